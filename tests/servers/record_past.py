"""What recording rules would have recorded in the past, reckoned by promtool through a real Prometheus."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from tests.servers.blocks import ONE_BLOCK
from tests.servers.programs import run
from tests.servers.prometheus import prometheus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

Rule = dict[str, Any]

_RECORDED: Final = re.compile(r"[a-zA-Z_]\w*:[\w:]+")
_ASKED_BACK: Final = re.compile(r"([a-zA-Z_]\w*:[\w:]+) offset (\d+)([mhdw])")
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def recording_rules(files: Iterable[Path]) -> dict[str, list[Rule]]:
    """Return the recording rules of rule files by what they record."""
    found: dict[str, list[Rule]] = {}
    for file in files:
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                if "record" in rule:
                    found.setdefault(rule["record"], []).append(rule)
    return found


def asked_back(files: Iterable[Path]) -> dict[str, set[int]]:
    """Return which recorded series the rules look at in the past, and how many seconds back."""
    found: dict[str, set[int]] = {}
    for file in files:
        for name, number, unit in _ASKED_BACK.findall(file.read_text()):
            found.setdefault(name, set()).add(int(number) * _SECONDS[unit])
    return found


def layers(rules: Mapping[str, Sequence[Rule]], wanted: Iterable[str]) -> Iterator[list[Rule]]:
    """Yield the rules of some series and all that these read, in layers that read nothing but what earlier ones record.

    promtool asks a server, so a rule sees nothing of what others record in the same run.

    Raises:
        ValueError: rules read each other in a circle.
    """
    needed = _needed(rules, wanted)
    while needed:
        ready = {name for name in needed if not any(needed & _reads(rule) for rule in rules[name])}
        if not ready:
            raise ValueError(f"recording rules that read each other: {sorted(needed)}")
        yield [rule for name in sorted(ready) for rule in rules[name]]
        needed -= ready


def _needed(rules: Mapping[str, Sequence[Rule]], wanted: Iterable[str]) -> set[str]:
    needed: set[str] = set()
    left = list(wanted)
    while left:
        name = left.pop()
        if name in rules and name not in needed:
            needed.add(name)
            left += [read for rule in rules[name] for read in _reads(rule)]
    return needed


def _reads(rule: Rule) -> set[str]:
    return set(_RECORDED.findall(rule["expr"]))


def record_past(
    folder: Path,
    data: Path,
    rules: Mapping[str, Sequence[Rule]],
    wanted: Iterable[str],
    spans: Sequence[tuple[int, int]],
    every: str = "1m",
) -> None:
    """Add to the data folder of a Prometheus what rules would have recorded.

    Args:
        folder: for what is needed on the way.
        data: of a Prometheus that is not running.
        rules: recording rules, without those whose series are there already.
        wanted: the series that are wanted; what their rules read comes with them.
        spans: from when to when, UTC seconds.
        every: how often.

    Raises:
        RuntimeError: promtool could not.
    """
    folder.mkdir(parents=True)
    for number, layer in enumerate(layers(rules, wanted)):
        file = folder / f"layer-{number}.yaml"
        file.write_text(yaml.safe_dump({"groups": [{"name": file.stem, "interval": every, "rules": layer}]}))
        asked = prometheus(folder, data)
        blocks = folder / f"blocks-{number}"
        with asked.server:
            for begin, end in spans:
                where = [f"--url={asked.address}", f"--start={begin}", f"--end={end}", f"--output-dir={blocks}"]
                done = run("promtool", "tsdb", "create-blocks-from", "rules", "--quiet", ONE_BLOCK, *where, file)
                if done.returncode != 0 or "level=ERROR" in done.stderr:
                    raise RuntimeError(f"promtool records nothing of {file}: {done.stderr}")
        for block in blocks.iterdir():
            block.rename(data / block.name)
