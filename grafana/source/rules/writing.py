"""Groups of rules as YAML. Pure."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import yaml

from grafana.source.rules import naming

HEADER: Final = "# Built by `python -m grafana.source`. Do not edit: the figures to change are in thresholds.yaml.\n"
HEADER_LOKI: Final = """\
# Built by `python -m grafana.source`. For Loki's ruler, which cannot read the thresholds of Prometheus: with a local
# rule store, put it into the folder of the tenant (`fake` where there are no tenants); figures are changed in a copy.
"""


class Group(NamedTuple):
    """Rules that are evaluated one after the other."""

    name: str
    rules: tuple[dict[str, Any], ...]
    """Each as the file has it."""
    interval: str = naming.INTERVAL
    """A duration. Less than five minutes: what is older, Prometheus no longer takes as the present value."""


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and indents lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key too."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def recording(record: str, expr: str) -> dict[str, str]:
    """Return a recording rule."""
    return {"record": record, "expr": expr}


def file_text(groups: tuple[Group, ...], header: str = HEADER) -> str:
    """Return a file of rules that begins with a comment."""
    content = {"groups": [{"name": g.name, "interval": g.interval, "rules": list(g.rules)} for g in groups]}
    return header + yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=150, allow_unicode=True)
