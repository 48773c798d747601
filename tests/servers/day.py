"""A made-up day of conversations, replayed through the Collector, and what the analyzer has of it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics.demo.traffic import synthetic_day

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.chain import Chain

SERVICE: Final = "replay"
_BEGIN: Final = datetime(2026, 1, 4, 18, tzinfo=UTC)


class Day(NamedTuple):
    """What ``replay --json --each`` printed, which is what the analyzer answered."""

    figures: dict[str, Any]

    @property
    def each(self) -> dict[str, dict[str, Any]]:
        """Each conversation by its id."""
        return {one["id"]: one for one in self.figures["each"]}


def play(chain: Chain, folder: Path, conversations: int, seed: int = 1) -> Day:
    """Send a day through the Collector and wait until all of it has ended in the analyzer.

    Raises:
        RuntimeError: the replay failed; the text has what it said.
    """
    file = folder / "day.jsonl"
    lines = [json.dumps(one) for one in synthetic_day(seed=seed, conversations=conversations, start=_BEGIN)]
    file.write_text("\n".join(lines), encoding="utf-8")
    addresses = ["--endpoint", chain.url("collector"), "--api", chain.url("analyzer")]
    command = [sys.executable, "-m", "otel_agent_analytics", "replay", str(file), *addresses]
    asked = [*command, "--shift-to-now", "--json", "--each"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"replay ended with {done.returncode}: {done.stderr}")
    return Day(json.loads(done.stdout))
