"""How fast a replay is, how much of its time is the Agents SDK's own, and how much memory it takes.

Plays the demo's day, or the transcripts of --file, through the real Agents SDK, in three variants:

  sdk     the same runs, but nothing of this project installed: a trace processor that does nothing
  bridge  with OpenTelemetry spans, without conversation metrics
  all     with conversation metrics, as `replay` and `demo` do it

What the player itself costs (its model, its clock) is in all three, and so counts as the SDK's own time.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

from benchmarks._measure import (
    Clock,
    Figures,
    median_of,
    parser_of,
    peak_mib,
    run_child,
    settle,
    show,
    spread,
    take_turns,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from otel_agent_analytics.transcripts.player import Player
    from otel_agent_analytics.transcripts.transcript import Transcript

VARIANTS: Final = ("sdk", "bridge", "all")
MANY: Final = 3600


def main() -> int:
    """Measure, and print what came of it."""
    given = _arguments()
    if given.child:
        print(json.dumps(_child(given)))
        return 0
    files = [argument for name in given.file for argument in ("--file", name)]
    measured = take_turns(VARIANTS, given.repetitions, (*files, "--conversations", str(given.conversations)))
    results = _results(measured)
    if not given.file:
        results |= _growth(measured["all"], given.conversations)
    show(results, as_json=given.json)
    return 0


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__, repetitions=3)
    parser.add_argument("--file", action="append", default=[], metavar="FILE", help="play these transcripts instead")
    parser.add_argument(
        "--conversations", type=int, default=360, metavar="N", help="of the demo's day (default %(default)s)"
    )
    return parser.parse_args()


def _results(measured: dict[str, list[Figures]]) -> dict[str, Any]:
    results: dict[str, Any] = {"conversations": measured["sdk"][0]["conversations"]}
    for variant, ones in measured.items():
        for name in ("cpu", "wall"):
            results[f"{variant} conversations_per_{name}_second"] = spread(o["conversations"] / o[name] for o in ones)
    sdk, bridge, everything = (median_of(measured[variant], "cpu") for variant in VARIANTS)
    spans = measured["sdk"][0]["sdk_spans"]
    return results | {
        "share of the SDK, %": 100 * sdk / everything,
        "sdk_spans": spans,
        "bridge us_per_sdk_span": (bridge - sdk) / spans * 1e6,
        "all us_per_sdk_span": (everything - sdk) / spans * 1e6,
        "peak MiB": spread(one["peak_mib"] for one in measured["all"]),
        "peak MiB, of which before playing": median_of(measured["all"], "start_mib"),
    }


def _growth(few: Sequence[Figures], conversations: int) -> dict[str, Any]:
    many = run_child("all", ("--conversations", str(MANY)))
    return {
        f"peak MiB, {MANY} conversations": many["peak_mib"],
        f"peak MiB, {MANY} conversations, of which before playing": many["start_mib"],
        f"growth from {conversations} to {MANY}, MiB": many["peak_mib"] - median_of(few, "peak_mib"),
        "growth, of which before playing, MiB": many["start_mib"] - median_of(few, "start_mib"),
        f"all conversations_per_cpu_second, {MANY} conversations": MANY / many["cpu"],
    }


def _child(given: argparse.Namespace) -> Figures:
    from benchmarks._plays import BridgePlayer, SdkPlayer, transcripts_of, whole_player

    transcripts = transcripts_of(given.file, given.conversations)
    make = {"sdk": SdkPlayer, "bridge": BridgePlayer, "all": whole_player}[given.child]
    _play(make(), transcripts[:20])
    settle()
    player, start, clock = make(), peak_mib(), Clock()
    _play(player, transcripts)
    measured = {"cpu": clock.cpu(), "wall": clock.wall(), "start_mib": start, "peak_mib": peak_mib()}
    spans = player.processor.ended if isinstance(player, SdkPlayer) else None
    return {**measured, "conversations": len(transcripts), "sdk_spans": spans}


def _play(player: Player, transcripts: Sequence[Transcript]) -> None:
    with player.installed() as installation:
        problems = player.play(transcripts)
        if installation is not None:
            player.finish(installation)
    if problems:
        raise SystemExit("\n".join(problems))


if __name__ == "__main__":
    sys.exit(main())
