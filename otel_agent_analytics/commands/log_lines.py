"""What a command logs, to standard error: a line of text, or a JSON object a line for programs that read logs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

_TEXT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
_OF_EVERY_RECORD: Final = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "color_message"})
_JSON: Final = "json"


class JsonLines(logging.Formatter):
    """One object a line: time (UTC), level, logger, message, whatever ``extra`` brought, and the stack of a fault."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields = {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD | said.keys()}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(said | fields, ensure_ascii=False, default=str)


def log_to_standard_error(form: str, level: str) -> None:
    """Log from now on.

    Args:
        form: ``json`` or ``text``.
        level: what is logged at least, of this package; of others warnings and worse, and all of it at ``debug``.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == _JSON else logging.Formatter(_TEXT))
    least = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(handlers=[handler], level=least if least == logging.DEBUG else max(least, logging.WARNING))
    logging.getLogger("otel_agent_analytics").setLevel(least)
