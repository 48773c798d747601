"""Every question that the dashboards ask, with Grafana's variables filled in as Grafana does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.grafana.dashboards import marks, targets, variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TRACE_ID: Final = "${trace_id:raw}"
"""What the panel of one trace asks for: an id and no TraceQL."""
_LABEL_VALUES: Final = re.compile(r"label_values\((?P<series>.+), (?P<label>\w+)\)")
_VARIABLE: Final = re.compile(r"\$(?:\{(?P<braced>\w+)(?::\w+)?\}|(?P<plain>[A-Za-z_]\w*))")


class Expression(NamedTuple):
    """One question."""

    dashboard: str
    """Its uid."""
    place: str
    """Title of the panel and id of the query, or name of the variable or annotation."""
    datasource: str
    """prometheus, loki or tempo."""
    text: str
    """As it stands in the file."""
    substituted: str
    """What a server is asked."""
    instant: bool
    """Whether it is asked for one moment alone; else for each step of a range."""


FILLED: Final = {
    "__range": "1d", "__range_s": "86400", "__interval": "1h", "__rate_interval": "5m", "__auto": "1h", "window": "1d",
    "service": ".+", "environment": ".*", "agent": ".*", "channel": ".*", "outcome": ".*", "sentiment": ".*",
    "status": ".*", "user_hash": "", "tool": "", "error_type": "", "conversation_id": "a-conversation",
}  # fmt: skip
"""What stands for each variable: a day is shown, and all is chosen."""

_OF_SERVERS: Final = re.compile(r"\b(prometheus|alertmanager)_\w+")


def of_servers(text: str) -> bool:
    """Return whether a question is about Prometheus or Alertmanager themselves."""
    return _OF_SERVERS.search(text) is not None


def every_expression(**filled: str) -> list[Expression]:
    """Return every question of every panel, variable and annotation.

    Args:
        filled: other values for variables, such as the id of a conversation that exists, or ``__range``.

    Raises:
        KeyError: a question has a variable that nothing stands for.
    """
    values = {**FILLED, **filled}
    return [one._replace(substituted=substituted(one.text, values)) for one in _all()]


def substituted(text: str, values: Mapping[str, str]) -> str:
    """Return a question with values for its variables.

    Raises:
        KeyError: there is none for one of them.
    """
    return _VARIABLE.sub(lambda found: values[found["braced"] or found["plain"]], text)


def _all() -> Iterator[Expression]:
    for uid, panel, target in targets():
        text = text_of(target)
        if text != TRACE_ID:
            place = f"{panel['title']} {target['refId']}"
            instant = bool(target.get("instant")) or target.get("queryType") == "instant"
            yield Expression(uid, place, target["datasource"]["type"], text, "", instant)
    for uid, variable in variables():
        if variable["type"] == "query" and (found := _LABEL_VALUES.fullmatch(variable["definition"])):
            yield Expression(uid, variable["name"], "prometheus", found["series"].removesuffix("{}"), "", instant=True)
    for uid, annotation in marks():
        yield Expression(uid, annotation["name"], "prometheus", annotation["expr"], "", instant=False)


def text_of(target: Mapping[str, Any]) -> str:
    """Return the text of a query, whatever it is asked of."""
    text: str = target["query"] if target["datasource"]["type"] == "tempo" else target["expr"]
    return text
