"""What the bridge and the conversation metrics cost an agent, beside bare OpenTelemetry spans and beside its peers.

A run here is one SDK trace with 14 SDK spans of the usual mix, made by the SDK's tracing functions alone, with no model
and no agent behind them and message content off. Variants:

  noop              the SDK with a trace processor that does nothing
  floor             15 bare OpenTelemetry spans, no SDK
  floor_attributes  the same with 10 attributes each
  ours_bridge       instrument(conversation_metrics=False)
  ours              instrument(): every span is also folded into its conversation, on the worker thread

and with --peers other instrumentations of the Agents SDK, each run by the interpreter of an environment of its own,
which is made, over the network, where it is not there yet.

All export in batches to an exporter that does nothing. Of a variant's CPU time, what noop takes too is subtracted:

  us_per_span      (variant - noop) / spans exported; of the floors, which have no SDK in them, nothing is subtracted
  us_per_sdk_span  (variant - noop) / 15
  run_x_floor      (variant - noop) / floor
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from benchmarks._environments import ROOT, cache, outside, own_versions, pythons
from benchmarks._measure import Figures, Spread, median_of, parser_of, show, show_table, spread, take_turns
from benchmarks._peers import PEERS, chosen, content_off

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

FLOORS: Final = ("floor", "floor_attributes")
VARIANTS: Final = ("noop", *FLOORS, "ours_bridge", "ours")
SPANS: Final = 15


def main() -> int:
    """Measure, and print what came of it."""
    given = _arguments()
    if given.child:
        from benchmarks._variants import repetition

        print(json.dumps(repetition(given.child, given.runs)))
        return 0
    header, rows = _header(given.peers), _results(_measured(given))
    if given.json:
        flat = {f"{variant} {name}": value for variant, row in rows.items() for name, value in row.items()}
        show(header | flat, as_json=True)
        return 0
    show(header, as_json=False)
    show_table(rows)
    return 0


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__, repetitions=5)
    parser.add_argument("--runs", type=int, default=800, metavar="N", help="in a repetition (default %(default)s)")
    parser.add_argument(
        "--peers", type=chosen, default=[], metavar="NAMES", help=f"measure these too: {','.join(PEERS)}"
    )
    parser.add_argument(
        "--environments", type=outside, default=cache(), metavar="DIR", help="of the peers (default %(default)s)"
    )
    return parser.parse_args()


def _header(peers: Sequence[str]) -> dict[str, Any]:
    ours = {"otel-agent-analytics": importlib.metadata.version("otel-agent-analytics")}
    versions = own_versions() | ours | {name: PEERS[name].requirement for name in peers}
    return {"date": f"{datetime.now(UTC):%Y-%m-%d}", **versions}


def _measured(given: argparse.Namespace) -> dict[str, list[Figures]]:
    # A peer's environment has not this project installed: its child finds the benchmarks by this path.
    environ = {**os.environ, **content_off(), "PYTHONPATH": str(ROOT)}
    interpreters = pythons(given.peers, given.environments)
    arguments = ("--runs", str(given.runs))
    return take_turns((*VARIANTS, *given.peers), given.repetitions, arguments, environ, interpreters)


def _results(measured: dict[str, list[Figures]]) -> dict[str, dict[str, Any]]:
    noop, floor = (median_of(measured[name], "us_per_run") for name in ("noop", "floor"))
    return {variant: _row(variant, ones, noop, floor) for variant, ones in measured.items()}


def _row(variant: str, ones: Sequence[Figures], noop: float, floor: float) -> dict[str, Any]:
    times, spans = spread(one["us_per_run"] for one in ones), median_of(ones, "spans_per_run")
    row: dict[str, Any] = {"us_per_run": times}
    if variant == "noop":
        return row
    row["spans_per_run"] = spans
    if variant in FLOORS:
        return row | {"us_per_span": times.median / spans}
    added = Spread(*(time - noop for time in times))
    return row | {
        "us_per_span": added.median / spans,
        "us_per_sdk_span": added.median / SPANS,
        "run_x_floor": Spread(*(time / floor for time in added)),
    }


if __name__ == "__main__":
    sys.exit(main())
