"""Make the table of the conventions' names anew from a copy of their registry, and show what is different.

    python -m tests.conformance.compare_registry COPY [--write --source TEXT]

COPY is a folder with the registry's YAML files (``model`` in a checkout of semantic-conventions-genai; this needs
PyYAML), or a ``resolved.json`` in which they are put together, or a folder that holds one. Exit status: 0 when the
table is the same, or written, and the registry has every GenAI name of ``vocabulary.py``, 1 when not, 2 for wrong
usage.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

Facts = dict[str, Any]

TABLE: Final = Path(__file__).with_name("registry.json")
NAMESPACES: Final = ("gen_ai.", "mcp.", "openai.")

# Of all that the registry describes: what this project makes or may come to make.
SPANS: Final = (
    "gen_ai.client.inference",
    "gen_ai.invoke_agent.internal",
    "gen_ai.invoke_workflow.internal",
    "gen_ai.execute_tool.internal",
    "mcp.client",
)
REFINEMENTS: Final = ("openai.gen_ai.client.inference",)
EVENTS: Final = ("gen_ai.client.inference.operation.details", "gen_ai.evaluation.result")

# What the registry says in prose only, read there by hand: the severity in the event's note, the boundaries on the
# metrics' pages. The keys are the metrics that this project makes; None: a counter, which has no boundaries.
SEVERITIES: Final = {"gen_ai.client.inference.operation.details": 5}
_SHORT: Final[list[float]] = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
_AGENT: Final[list[float]] = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6]
_WORKFLOW: Final[list[float]] = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200]
_CALLS: Final[list[float]] = [1, 2, 4, 8, 16, 32, 64, 128]
_TOKENS: Final[list[float]] = [4**step for step in range(14)]
_MCP: Final[list[float]] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]
BUCKETS: Final[dict[str, list[float] | None]] = {
    "gen_ai.client.inference.duration": _SHORT,
    "gen_ai.client.inference.time_to_first_chunk": _SHORT,
    "gen_ai.client.inference.usage.input_tokens": None,
    "gen_ai.client.inference.usage.output_tokens": None,
    "gen_ai.client.inference.usage.cache_read.input_tokens": None,
    "gen_ai.client.inference.usage.cache_write.input_tokens": None,
    "gen_ai.client.inference.usage.reasoning.output_tokens": None,
    "gen_ai.client.inference.operation.input_tokens": _TOKENS,
    "gen_ai.client.inference.operation.output_tokens": _TOKENS,
    "gen_ai.invoke_agent.duration": _AGENT,
    "gen_ai.invoke_agent.inference_calls": _CALLS,
    "gen_ai.invoke_agent.tool_calls": _CALLS,
    "gen_ai.invoke_workflow.duration": _WORKFLOW,
    "gen_ai.execute_tool.duration": _SHORT,
    "mcp.client.operation.duration": _MCP,
}

# Attributes of other registries, which the GenAI one refers to and does not describe (semantic-conventions v1.44.0).
ELSEWHERE: Final[dict[str, str]] = {"server.port": "int", "client.port": "int", "process.exit.code": "int"}


def registry_of(copy: Path) -> Facts:
    """Read a copy of the registry, in either form."""
    if copy.is_dir() and not (copy / "resolved.json").exists():
        yaml: Any = importlib.import_module("yaml")  # no dependency of ours: only whoever has the YAML files needs it
        paths = sorted(copy.rglob("*.yaml"))
        return resolved([yaml.safe_load(path.read_text(encoding="utf-8")) or {} for path in paths])
    read: Facts = json.loads((copy / "resolved.json" if copy.is_dir() else copy).read_text(encoding="utf-8"))
    return read


def resolved(documents: Sequence[Facts]) -> Facts:
    """Put the registry's YAML documents together: each span, metric and event with all its attributes."""

    def every(kind: str) -> list[Facts]:
        return [entry for document in documents for entry in document.get(kind) or ()]

    registry = {entry["key"]: _type_of(entry["type"]) for entry in every("attributes")}
    groups = {entry["id"]: entry.get("attributes") for entry in every("attribute_groups")}
    groups |= {f"span.{entry['type']}": entry["attributes"] for entry in every("spans")}  # events refer to these

    def known(entry: Facts, **more: Any) -> Facts:
        found: Facts = {}
        for key, level in _flat(entry.get("attributes"), groups):
            described = registry.get(key) or {"type": ELSEWHERE.get(key, "string")}
            found[key] = {"level": level or found.get(key, {}).get("level", "recommended"), **described}
        return {**more, "attributes": found}

    return {
        "registry": registry,
        "spans": {one["type"]: known(one, kind=one["kind"], name=one["name"]["note"]) for one in every("spans")},
        "span_refinements": {one["id"]: known(one, of=one["ref"]) for one in every("span_refinements")},
        "metrics": {
            one["name"]: known(one, instrument=one["instrument"], unit=one["unit"]) for one in every("metrics")
        },
        "events": {one["name"]: known(one, level=_level(one.get("requirement_level"))) for one in every("events")},
    }


def table_of(registry: Facts) -> Facts:
    """Return the facts about the names that this project uses."""
    spans = {name: registry["spans"][name] for name in SPANS}
    spans |= {name: _refined(registry, registry["span_refinements"][name]) for name in REFINEMENTS}
    metrics = {name: registry["metrics"][name] for name in BUCKETS}
    events = {name: registry["events"][name] for name in EVENTS}
    described = {
        key: {"type": told["type"], **({"values": told["enum"]} if "enum" in told else {})}
        for one in (*spans.values(), *metrics.values(), *events.values())
        for key, told in one["attributes"].items()
    }
    return {
        "spans": {
            name: {"kind": one["kind"], "name": _template(one["name"]), **_levels(one)} for name, one in spans.items()
        },
        "metrics": {
            name: {"instrument": one["instrument"], "unit": one["unit"], "buckets": BUCKETS[name], **_levels(one)}
            for name, one in metrics.items()
        },
        "events": {
            name: {"level": one["level"], "severity": SEVERITIES.get(name), **_levels(one)}
            for name, one in events.items()
        },
        "attributes": dict(sorted(described.items())),
    }


def differences(before: Facts, after: Facts) -> list[str]:
    """Return one line for each fact that was added (+), removed (-) or changed (~)."""
    old, new = dict(_lines(before)), dict(_lines(after))
    added = [f"+ {path}: {new[path]}" for path in new.keys() - old.keys()]
    removed = [f"- {path}: {old[path]}" for path in old.keys() - new.keys()]
    changed = [f"~ {path}: {old[path]} -> {new[path]}" for path in new.keys() & old.keys() if old[path] != new[path]]
    return sorted(added + removed + changed, key=lambda line: line[2:])


def unknown_names(known: Collection[str], spelled: Iterable[Any] | None = None) -> list[str]:
    """Return the GenAI names that ``vocabulary.py`` spells and that are not among the known ones."""
    texts = vars(vocabulary).values() if spelled is None else spelled
    names = {text for text in texts if isinstance(text, str) and text.startswith(NAMESPACES)}
    return sorted(names.difference(known))


def committed() -> Facts:
    """Return the table as it stands in the repository."""
    table: Facts = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
    return table


def main(argv: Sequence[str] | None = None) -> int:
    """Compare, and write the table anew if asked to."""
    parser = argparse.ArgumentParser(prog="compare_registry", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("copy", type=Path, help="the registry's YAML files, or a resolved.json")
    parser.add_argument("--write", action="store_true", help="replace the table")
    parser.add_argument("--source", help="with --write: which state of the registry the copy is")
    given = parser.parse_args(argv)
    try:
        registry = registry_of(given.copy)
        fresh = table_of(registry)
    except (OSError, ImportError, ValueError, LookupError, TypeError, AttributeError) as problem:
        parser.error(f"{given.copy}: cannot be read as a registry: {problem!r}")
    before = committed()
    source = before.pop("source", None)
    lines = differences(before, fresh)
    known = {*registry["registry"], *registry["metrics"], *registry["events"]}
    unknown = [f"vocabulary.py: {name} is not in the registry" for name in unknown_names(known)]
    if given.write:
        if lines and not given.source:
            parser.error("--write of other facts needs --source, which says where they come from")
        TABLE.write_text(json.dumps({"source": given.source or source, **fresh}, indent=1) + "\n", encoding="utf-8")
    sys.stdout.writelines(f"{line}\n" for line in lines + unknown)
    return 1 if unknown or (lines and not given.write) else 0


def _type_of(told: Any) -> Facts:
    """Return an attribute's type; an enumeration is a string with values."""
    return (
        {"type": "string", "enum": [one["value"] for one in told["members"]]}
        if isinstance(told, dict)
        else {"type": told}
    )


def _level(told: Any) -> str | None:
    """Return a requirement level without its condition, which is prose."""
    level: str | None = next(iter(told)) if isinstance(told, dict) else told
    return level


def _flat(entries: Sequence[Facts] | None, groups: Facts) -> Iterator[tuple[str, str | None]]:
    """Yield the attributes of a list with their levels, if it says any; a later one goes before an earlier one."""
    for entry in entries or ():
        if "ref_group" in entry:
            yield from _flat(groups[entry["ref_group"]], groups)
        else:
            yield entry["ref"], _level(entry.get("requirement_level"))


def _refined(registry: Facts, refinement: Facts) -> Facts:
    """Return a span type with what a provider's refinement adds: attributes, and that some are required.

    A refinement that only explains an attribute anew looks, when put together, as if it recommended it.
    """
    base = registry["spans"][refinement["of"]]
    old, new = base["attributes"], refinement["attributes"]
    added = {key: told for key, told in new.items() if key not in old or told["level"] == "required"}
    return {**base, "attributes": {**old, **added}}


def _template(note: str) -> str:
    """Return the pattern in the prose about a span's name: the first text in backquotes that has a placeholder."""
    found = re.search(r"`([^`{]*\{[^`]*\})`", note)
    if found is None:
        raise ValueError(f"no pattern of a span name in {note!r}")
    return found[1]


def _levels(one: Facts) -> Facts:
    return {"attributes": {key: one["attributes"][key]["level"] for key in sorted(one["attributes"])}}


def _lines(fact: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(fact, dict):
        yield path, fact
        return
    for key, value in fact.items():
        yield from _lines(value, f"{path} / {key}" if path else key)


if __name__ == "__main__":
    sys.exit(main())
