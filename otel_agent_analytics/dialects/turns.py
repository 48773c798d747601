"""The spans of one trace, in whatever dialects → the same spans in our vocabulary, without a text in them.

Every topmost GenAI span that serves a user becomes a turn; model calls, tools and handoffs in it become ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import SpanRecord
from otel_agent_analytics.dialects.calls import agent_call, call_attributes
from otel_agent_analytics.dialects.detect import OURS, dialect_of, is_genai
from otel_agent_analytics.dialects.identity import conversation_of
from otel_agent_analytics.dialects.options import DEFAULT_OPTIONS, Options, RecentMessages
from otel_agent_analytics.dialects.reading import Attributes, Role
from otel_agent_analytics.dialects.run import is_turn
from otel_agent_analytics.dialects.tree import Node, Tree, genai_nodes, trees
from otel_agent_analytics.dialects.user_turn import turn_attributes

TURN_ID_SUFFIX: Final = ":turn"
"""What the span id of a turn ends with where the topmost span is a model call, which keeps its own."""
MODEL_ID_SUFFIX: Final = ":model"
"""What the span id of a model call ends with where only the span of an agent tells of it."""


def is_topmost(own: Attributes, parent: Attributes | None) -> bool:
    """Return whether a span that begins in this process is a topmost one: a GenAI span, and its parent is none.

    Spans of ours are not meant: they say themselves what they are.

    Args:
        own: attributes with which the span begins.
        parent: attributes of the span that it begins under; None without one, or where they cannot be seen.
    """
    return is_genai(own) and dialect_of(own) != OURS and (parent is None or not is_genai(parent))


def translate(
    spans: Sequence[SpanRecord], options: Options = DEFAULT_OPTIONS, recent: RecentMessages | None = None
) -> list[SpanRecord]:
    """Return the GenAI spans of one trace in our vocabulary, whatever order they come in.

    Args:
        spans: all spans of the trace that are at hand. Those of something else only show what hangs under what. Spans
            of ours, and all others of a service that made some, come back as they are.
        options: what the host decides.
        recent: where the user message before is looked up when no span has it, and the new one is noted.

    Returns:
        One record per GenAI span; one more for a turn whose topmost span is a model call, and for a model call that
        only an agent's span tells of. A span that comes twice comes back twice. Ids are the same each time.
    """
    unique = _unique(spans)
    single = [group[0] for group in unique.values()]
    records: list[SpanRecord] = []
    for tree in trees(single, genai_nodes(single)):
        for node, record in _records(tree, options, recent):
            records += [record] * len(unique[_key(node.span)])
    return records


def _key(span: SpanRecord) -> tuple[str, int]:
    return (span.span_id, 0) if span.span_id else ("", id(span))


def _unique(spans: Sequence[SpanRecord]) -> dict[tuple[str, int], list[SpanRecord]]:
    """Return the spans by id; first among several of one id is always the same one, whatever order they came in."""
    found: dict[tuple[str, int], list[SpanRecord]] = {}
    for span in spans:
        found.setdefault(_key(span), []).append(span)
    for group in found.values():
        if len(group) > 1:
            group.sort(key=repr)
    return found


def _records(tree: Tree, options: Options, recent: RecentMessages | None) -> Iterator[tuple[Node, SpanRecord]]:
    """Yield what becomes of the spans of a tree, each with the span that it comes from."""
    root = tree[0]
    named = conversation_of(node.span.attributes for node in tree)
    identity = {} if named is None else {v.GEN_AI_CONVERSATION_ID: named[0], v.CONVERSATION_KEY: named[1]}
    turn = is_turn(tree)
    if turn:
        suffix = TURN_ID_SUFFIX if root.role is Role.MODEL else ""
        yield root, _record(root, {**turn_attributes(tree, named, options, recent), **identity}, suffix)
    for node in tree:
        if node.dialect is None:
            yield node, node.span
            continue
        if node is not root or root.role is Role.MODEL or not turn:
            yield node, _record(node, {**call_attributes(node, tree, options), **identity})
        call = agent_call(node, tree)
        if call is not None:
            yield node, _record(node, {**call, **identity}, MODEL_ID_SUFFIX)


def _record(node: Node, said: dict[str, Any], suffix: str = "") -> SpanRecord:
    if node.span.attributes.get(v.DERIVED) is True:  # the process of the span derives its conversations itself
        said[v.DERIVED] = True
    return node.span._replace(span_id=node.span.span_id + suffix, attributes=said)
