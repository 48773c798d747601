"""The GenAI spans of one trace as trees: what hangs under what, whatever other spans lie between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import SpanRecord
from otel_agent_analytics.dialects.detect import DIALECTS, OURS, dialect_of
from otel_agent_analytics.dialects.identity import conversation_key
from otel_agent_analytics.dialects.reading import Dialect, Role, read_fields

# What happens under these is no step of the run that they are in.
_APART: Final = frozenset({Role.TOOL, Role.GUARDRAIL, Role.EVALUATOR})
_OPEN_TOGETHER: Final = 64
"""Spans that are open at one time and are looked at for one whose parent is missing."""


class Node:
    """A GenAI span in its tree."""

    __slots__ = ("above", "agent", "dialect", "judging", "missing", "outer", "role", "root", "same", "span")

    def __init__(self, span: SpanRecord, dialect: Dialect | None) -> None:
        self.span = span
        self.dialect = dialect
        """None for a span that is left as it is."""
        self.role = dialect.role(span.attributes) if dialect is not None else Role.OTHER
        self.above: Node | None = None
        """The nearest GenAI span around it."""
        self.missing = ""
        """Span id at which the way up ends because that span is not at hand."""
        self.root: Node = self
        self.outer = True
        """Whether it is a step of the run itself, and not of a tool or a guardrail in it."""
        self.judging = False
        """Whether it is part of an evaluation."""
        self.same: list[Node] = []
        """Of a model call: the spans directly inside it that are of the same call."""
        self.agent = self._own_agent()
        """The agent at work; None when that is not known."""

    def _own_agent(self) -> str | None:
        attributes = self.span.attributes
        if self.dialect is None:
            own = attributes.get(v.GEN_AI_AGENT_NAME)
            return own if isinstance(own, str) else None
        return read_fields(self.dialect.agent, attributes).get(v.GEN_AI_AGENT_NAME)


Tree = list[Node]
"""The nodes of one topmost span, itself first, in the order in which they began."""

_began: Final[Any] = attrgetter("span.start_ns", "span.span_id")


def genai_nodes(spans: Iterable[SpanRecord]) -> list[Node]:
    """Return the GenAI spans as nodes, each on its own.

    Where a service made spans of ours in this trace, its own spans tell everything, and whatever else it made is left
    as it is: the bridge has already dealt with it.
    """
    said = [(span, dialect_of(span.attributes, getattr(span, "scope", ""))) for span in spans]
    complete = {span.service for span, dialect in said if dialect == OURS}
    return [
        Node(span, None if span.service in complete else DIALECTS[dialect])
        for span, dialect in said
        if dialect is not None
    ]


def trees(spans: Sequence[SpanRecord], nodes: Sequence[Node]) -> list[Tree]:
    """Return the trees of the GenAI spans of one trace, in the order in which they began.

    Args:
        spans: every span of the trace that is at hand, of whatever kind, no id twice.
        nodes: the GenAI spans among them.
    """
    ordered = sorted(nodes, key=_began)
    _link(spans, ordered)
    _adopt(ordered)
    placed: set[int] = set()
    found: dict[int, Tree] = {}
    for node in ordered:
        _place(node, placed)
    for node in ordered:
        found.setdefault(id(node.root), [node.root]).extend([node] if node is not node.root else [])
    return sorted(found.values(), key=lambda tree: _began(tree[0]))


def _link(spans: Sequence[SpanRecord], nodes: Sequence[Node]) -> None:
    known: dict[str, Node | str] = {span.span_id: span.parent_id for span in spans if span.span_id}
    known.update((node.span.span_id, node) for node in nodes if node.span.span_id)
    for node in nodes:
        node.above, node.missing = _nearest(node.span.parent_id, known)


def _nearest(parent_id: str, known: dict[str, Node | str]) -> tuple[Node | None, str]:
    """Return the nearest GenAI span on the way up; without one, the id at which the way ends, empty at a root."""
    passed: list[str] = []
    found: Node | None = None
    while parent_id:
        parent = known.get(parent_id)
        if not isinstance(parent, str):
            found = parent
            break
        passed.append(parent_id)
        known[parent_id] = ""  # so that a circle ends
        parent_id = parent
    for one in passed:  # the next one from there need not go the whole way
        known[one] = found if found is not None else parent_id
    return found, "" if found is not None else parent_id


def _adopt(nodes: Sequence[Node]) -> None:
    """Hang a span whose parent is not at hand under a topmost one that was open all the time that it was.

    An application's own spans lie between, and often only the GenAI ones are kept. Not under a sibling, nor under one
    of another service or of another conversation.
    """
    opened: list[Node] = []
    for node in sorted((one for one in nodes if one.above is None), key=_longest_first):
        opened = [one for one in opened if one.span.end_ns >= node.span.start_ns][-_OPEN_TOGETHER:]
        if node.missing:
            node.above = next((one for one in reversed(opened) if _holds(one, node)), None)
        opened.append(node)


def _longest_first(node: Node) -> tuple[int, int, str]:
    return node.span.start_ns, -node.span.end_ns, node.span.span_id


def _holds(outer: Node, inner: Node) -> bool:
    if outer.missing == inner.missing or outer.span.service != inner.span.service:
        return False
    if outer.span.end_ns < inner.span.end_ns:
        return False
    one, other = conversation_key(outer.span.attributes), conversation_key(inner.span.attributes)
    return one is None or other is None or one[0] == other[0]


def _place(node: Node, placed: set[int]) -> None:
    """Find the topmost span of a node and of all between, and hand down what holds for those under it."""
    way: list[Node] = []
    at: Node | None = node
    met: set[int] = set()
    while at is not None and id(at) not in placed and id(at) not in met:
        met.add(id(at))
        way.append(at)
        at = at.above
    if at is not None and id(at) not in placed:
        at.above = None  # a circle, which is cut at the first of them
    for one in reversed(way):
        _hand_down(one)
        placed.add(id(one))


def _hand_down(node: Node) -> None:
    above = node.above
    node.judging = node.role is Role.EVALUATOR
    if above is not None:
        node.root = above.root
        node.agent = node.agent or above.agent
        node.outer = above.outer and above.role not in _APART
        node.judging = node.judging or above.judging
        if node.role is Role.MODEL and above.role is Role.MODEL:
            above.same.append(node)
    tells = node.dialect.is_handoff if node.dialect is not None and node.role is Role.TOOL else None
    if tells is not None and tells(node.span.attributes, node.agent):
        node.role = Role.HANDOFF
