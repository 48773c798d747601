"""Write the tables of the pages in docs/ anew, from the code that computes.

A page keeps what is written by hand; what stands between ``<!-- NAME: generated -->`` and ``<!-- end -->`` is replaced.

    .venv/bin/python docs/generate.py            write what has changed, and name the pages
    .venv/bin/python docs/generate.py --check    write nothing; exit with 1 where something would change
"""  # noqa: INP001 - a program, no package

from __future__ import annotations

import argparse
import itertools
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.definitions.all_definitions import DEFINITIONS_VERSION, definitions
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs import wide_names as w
from otel_agent_analytics.outputs.event_kinds import KINDS, OF_EVERY_EVENT
from otel_agent_analytics.outputs.wide_record import OF_SMALL
from otel_agent_analytics.service.queries.openapi import document
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.setting_fields import plain_default, variable_of
from otel_agent_analytics.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from otel_agent_analytics.definitions.definition import Definition, Figure

DOCS: Final = Path(__file__).parent
PAGES: Final = ("metrics.md", "definitions.md", "events.md", "settings.md", "api.md")
_PART: Final = re.compile(r"<!-- (\w+): generated -->\n.*?<!-- end -->", re.DOTALL)


def main() -> int:
    """Write or check the pages; return 1 when a checked page is not what it would be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where something would change")
    check = parser.parse_args().check
    changed = [path for path in (DOCS / name for name in PAGES) if page(path) != path.read_text(encoding="utf-8")]
    for path in changed:
        sys.stdout.write(f"{path.name} {'is not up to date' if check else 'was written'}\n")
        if not check:
            path.write_text(page(path), encoding="utf-8")
    return 1 if check and changed else 0


def page(path: Path) -> str:
    """Return what a page must be: as it is, with its generated parts made anew.

    Raises:
        KeyError: it has a part that nothing makes.
    """

    def part(found: re.Match[str]) -> str:
        return f"<!-- {found[1]}: generated -->\n{PARTS[found[1]]()}\n<!-- end -->"

    return _PART.sub(part, path.read_text(encoding="utf-8"))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


# --- Metrics ----------------------------------------------------------------------------------------------------------


def _metrics() -> str:
    header = ("metric", "kind", "labels", "unit", "what it counts")
    groups = (f"### {title}\n\n{_table(header, map(_metric, group))}" for title, group in c.GROUPS.items())
    return "\n\n".join(groups)


def _metric(metric: c.Metric) -> tuple[str, ...]:
    name = f"`{metric.name}`" + (f"<br>`{metric.twin}`" if metric.twin else "")
    return name, metric.kind, _code(metric.labels), _unit(metric), metric.help + _whose(metric)


def _unit(metric: c.Metric) -> str:
    return "seconds" if metric.unit == c.SECONDS else "USD" if "usd" in metric.name else ""


def _whose(metric: c.Metric) -> str:
    return " Of the process, without the labels of a service." if metric in c.PER_PROCESS else ""


def _labels() -> str:
    closed = [(f"`{label}`", _code(_short(values))) for label, values in c.CLOSED_LABELS.items()]
    opened = [(f"`{label}`", f"{most} a service, then `{v.OTHER_LABEL}`") for label, most in c.OPEN_LABELS.items()]
    pairs = [
        (_code(metric.labels), f"{metric.pairs} combinations a service in `{metric.name}`, then `{v.OTHER_LABEL}`")
        for metric in c.CATALOGUE
        if metric.pairs
    ]
    return _table(("label", "values"), [*closed, *opened, *pairs])


def _short(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return values without those between: turns 2 to 19 go without saying."""
    return values if values != v.TURNS else (values[0], values[1], "…", *values[-2:])


def _buckets() -> str:
    histograms = [metric for metric in c.CATALOGUE if metric.kind == c.HISTOGRAM]
    return _table(
        ("histogram", "upper bounds, beside `+Inf`"),
        [(f"`{metric.name}`", ", ".join(f"{bound:,g}" for bound in metric.buckets)) for metric in histograms],
    )


# --- Definitions ------------------------------------------------------------------------------------------------------


def _definitions() -> str:
    chapters = itertools.groupby(definitions(), key=lambda definition: definition.group)
    told = (f"## {group}\n\n" + "\n\n".join(map(_definition, those)) for group, those in chapters)
    return f"Version {DEFINITIONS_VERSION}.\n\n" + "\n\n".join(told)


def _definition(definition: Definition) -> str:
    return f"### {definition.title}\n\n" + "\n\n".join(_paragraphs(definition))


def _paragraphs(definition: Definition) -> Iterator[str]:
    yield definition.text
    if definition.lines:
        yield "\n".join(f"{number}. *{name}*: {text}" for number, (name, text) in enumerate(definition.lines, 1))
    if definition.after:
        yield definition.after
    settings = [_figure(figure) for figure in definition.figures if figure.setting]
    if settings:
        yield f"Settings: {'; '.join(settings)}."
    if definition.metrics:
        yield f"Metrics: {_code(definition.metrics)}."


def _figure(figure: Figure) -> str:
    return f"{figure.name} `{figure.setting}` ({figure.value:,g}{' ' if figure.unit else ''}{figure.unit})"


# --- Events -----------------------------------------------------------------------------------------------------------

_DECIDED: Final = {
    v.EVENT_STARTED: ("all", "the user has begun to speak, and the application had not told of the start"),
    v.EVENT_CONVERSATION_ENDED: ("ended, all", "an episode ended: the wide record"),
    w.EVENT_RETRACTED: ("ended, all", "what a wide record said holds no longer: the user came back, or a late span"),
    w.EVENT_SETTLED: ("ended, all", "a day is over, and it is known whether the user was back"),
    v.EVENT_REOPENED: ("ended, all", "the user came back to an ended episode"),
    w.EVENT_IDLE: ("all", "an episode ended since nothing happened any more"),
    v.EVENT_COMPLETED: ("all", "the outcome of an episode is completed, and the application had not said so"),
    v.EVENT_ABANDONED: ("all", "the outcome of an episode is abandoned, and the application had not said so"),
}


def _events() -> str:
    happened = [(f"`{kind.event_name}`", "all", _code(kind.attributes)) for kind in KINDS.values()]
    return _table(("event name", "sent with", "carries, beside what every record carries"), happened)


def _decided() -> str:
    rows = [(f"`{name}`", mode, when) for name, (mode, when) in _DECIDED.items()]
    return _table(("event name", "sent with", "when"), rows)


def _common() -> str:
    return f"{_code(OF_EVERY_EVENT)}: as far as it is known."


def _small() -> str:
    return f"The small ones carry, where it is known: {_code(OF_SMALL)}."


def _wide() -> str:
    columns = [(f"`{column.name}`", column.meaning) for column in w.WIDE]
    resolutions = [(f"`{name}`", f"Whether the resolution {kind} holds.") for kind, name in w.RESOLUTION.items()]
    return _table(("attribute", "what it is"), [*columns, *resolutions])


# --- Settings ---------------------------------------------------------------------------------------------------------


def _settings(section: type) -> str:
    rows = [
        (f"`{variable_of(item)}`", _default(item.default), item.metadata["meaning"], item.metadata["allowed"])
        for item in fields(section)
    ]
    return _table(("variable", "default", "what it says", "allowed"), rows)


def _default(value: object) -> str:
    return "" if value in (None, ()) else f"`{plain_default(value)}`"


# --- API --------------------------------------------------------------------------------------------------------------


_WINDOW: Final = ("from", "to", "hours", "days", "tz")
_SERVICES: Final = ("service", "service_namespace", "deployment_environment_name")


def _api() -> str:
    rows = [
        (f"`{method.upper()} {path}`", f"{said['summary'].rstrip('.')}.", ", ".join(_taken(said.get("parameters", ()))))
        for path, methods in document()["paths"].items()
        for method, said in methods.items()
    ]
    return _table(("address", "what it answers", "takes"), rows)


def _taken(parameters: Sequence[dict[str, Any]]) -> Iterator[str]:
    defaults = {one["name"]: one["schema"].get("default") for one in parameters}
    if set(_WINDOW) <= defaults.keys():
        [(unit, length)] = [(unit, defaults[unit]) for unit in ("hours", "days") if defaults[unit]]
        yield f"a window ({length} {unit})"
    if set(_SERVICES) <= defaults.keys():
        yield "services"
    for name in [name for name in defaults if name not in {*_WINDOW, *_SERVICES}]:
        yield f"`{name}`" + (f" ({defaults[name]})" if defaults[name] else "")


PARTS: Final[dict[str, Callable[[], str]]] = {
    "metrics": _metrics,
    "labels": _labels,
    "buckets": _buckets,
    "definitions": _definitions,
    "events": _events,
    "decided": _decided,
    "common": _common,
    "small": _small,
    "wide": _wide,
    "settings": lambda: _settings(Settings),
    "service_settings": lambda: _settings(ServiceSettings),
    "api": _api,
}


if __name__ == "__main__":
    sys.exit(main())
