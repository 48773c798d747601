"""Which series, labels and groupings a PromQL text names. Not a parser: promtool and the grammar judge the syntax."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR: Final = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)\s*\{(?P<matchers>[^}]*)\}")
_MATCHER: Final = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPING: Final = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_MADE: Final = re.compile(r"\blabel_(?:replace|join)\(")
_MADE_LABEL: Final = re.compile(r',\s*"(\w+)",\s*"(?:[^"]*)",\s*"(?:[^"]*)",\s*"(?:[^"]*)"\)')
_RANGE: Final = re.compile(r"\[[^\]]*\]")
_NAME: Final = re.compile(r"(?<![\w:.$])[a-zA-Z_:][\w:]*(?![\w:]*\s*\()")
_WORDS: Final = {
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "or",
    "and",
    "unless",
    "offset",
    "bool",
}
_DURATION: Final = re.compile(r"\d[\w.]*")


class Names(NamedTuple):
    """What a PromQL text names."""

    series: dict[str, set[str]]
    """Each metric, with the labels that it is narrowed by."""
    grouped: set[str]
    """Labels by which something is grouped or joined."""
    made: set[str]
    """Labels that the text itself makes."""


def names(text: str) -> Names:
    """Return what a PromQL text names; variables of Grafana may stand in it."""
    series: dict[str, set[str]] = {}
    made = set(_MADE_LABEL.findall(text)) | set(re.findall(r'label_join\(.*, "(\w+)", " → "', text))
    for found in _SELECTOR.finditer(text):
        series.setdefault(found["name"], set()).update(_MATCHER.findall(_TEXT.sub('""', found["matchers"])))
    bare = _SELECTOR.sub(" ", text)
    grouped = {label.strip() for found in _GROUPING.finditer(bare) for label in found[2].split(",") if label.strip()}
    bare = _RANGE.sub(" ", _GROUPING.sub(" ", _TEXT.sub(" ", bare)))
    bare = _DURATION.sub(" ", re.sub(r"\$\w+", " ", bare))
    for name in _NAME.findall(bare):
        if name not in _WORDS:
            series.setdefault(name, set())
    return Names(series, grouped, made)
