"""What is no turn, in our vocabulary: model calls, tools, handoffs, agents; and what carries nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects.messages import result_in
from otel_agent_analytics.dialects.options import Options
from otel_agent_analytics.dialects.reading import Role, read_fields
from otel_agent_analytics.dialects.run import is_inner, tool_name
from otel_agent_analytics.dialects.tree import Node, Tree

_PARTS_OF_INPUT: Final = (v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS)


def call_attributes(node: Node, tree: Tree, options: Options) -> dict[str, Any]:
    """Return what a span that is no turn becomes; what is no call carries nothing but the agent."""
    make = _MAKERS.get(node.role, _nothing) if not node.judging else _nothing
    said = make(node, tree, options)
    if node.agent is not None:
        said.setdefault(v.GEN_AI_AGENT_NAME, node.agent)
    return said


def agent_call(node: Node, tree: Tree) -> dict[str, Any] | None:
    """Return the model call that only an agent's span tells of: one elsewhere, whose tokens are summed up on it.

    None where a model call in the tree, or an agent around this one, tells of the same tokens.
    """
    if node.judging or any(one.role is Role.MODEL for one in tree) or not _counts(node):
        return None
    above = node.above
    while above is not None:
        if _counts(above):
            return None
        above = above.above
    return {**call_attributes(node, tree, Options()), v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT, **_counted(node)}


def _counts(node: Node) -> bool:
    counted = node.dialect is not None and node.role is Role.AGENT
    return counted and v.GEN_AI_USAGE_INPUT_TOKENS in _read(node)


def _read(node: Node) -> dict[str, Any]:
    return read_fields(node.dialect.fields.get(node.role, ()), node.span.attributes) if node.dialect is not None else {}


def _model(node: Node, _tree: Tree, _options: Options) -> dict[str, Any]:
    said = {v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT, **_counted(node)}
    return {**said, v.INNER: True} if is_inner(node) else said


def _counted(node: Node) -> dict[str, Any]:
    """Return what is known of a model call; what its own span does not say, as a span inside it of the same call does.

    Input includes what was cached. Where it is less than that, it was counted without.
    """
    said = _read(node)
    for same in node.same:
        if not same.span.failed:
            said = {**_read(same), **said}
    cached = sum(max(0, said.get(key, 0)) for key in _PARTS_OF_INPUT)
    if 0 <= said.get(v.GEN_AI_USAGE_INPUT_TOKENS, -1) < cached:
        said[v.GEN_AI_USAGE_INPUT_TOKENS] += cached
    return said


def _tool(node: Node, tree: Tree, options: Options) -> dict[str, Any]:
    if is_inner(node):
        return _nothing(node, tree, options)
    said = {v.GEN_AI_OPERATION_NAME: v.OPERATION_EXECUTE_TOOL, **_read(node)}
    tool = tool_name(node)
    if tool is not None:
        said[v.GEN_AI_TOOL_NAME] = tool
    if node.dialect is not None:
        text, failed = result_in(node.dialect, node.span.attributes)
        pattern = options.tool_error_pattern
        if failed or (text is not None and pattern and re.search(pattern, text) is not None):
            said[v.TOOL_RESULT_FAILED] = True
    return said


def _handoff(node: Node, tree: Tree, _options: Options) -> dict[str, Any]:
    said = {v.OPERATION: v.OPERATION_HANDOFF, **_read(node)}
    target = said.get(v.HANDOFF_TO_AGENT) or (None if node.span.failed else _next_agent(node, tree))
    return said if target is None else {**said, v.HANDOFF_TO_AGENT: target}


def _next_agent(node: Node, tree: Tree) -> str | None:
    """Return the agent that began to work next: a handoff whose target is not said has led to it."""
    later = (one for one in tree if one.role is Role.AGENT and one.span.start_ns >= node.span.start_ns)
    return next((one.agent for one in later if one.agent not in {None, node.agent}), None)


def _agent(_node: Node, _tree: Tree, _options: Options) -> dict[str, Any]:
    return {v.GEN_AI_OPERATION_NAME: v.OPERATION_INVOKE_AGENT}


def _workflow(_node: Node, _tree: Tree, _options: Options) -> dict[str, Any]:
    return {v.GEN_AI_OPERATION_NAME: v.OPERATION_INVOKE_WORKFLOW}


def _nothing(_node: Node, _tree: Tree, _options: Options) -> dict[str, Any]:
    return {v.OPERATION: v.OPERATION_CUSTOM}


_MAKERS: Final[Mapping[Role, Callable[[Node, Tree, Options], dict[str, Any]]]] = {
    Role.MODEL: _model,
    Role.TOOL: _tool,
    Role.HANDOFF: _handoff,
    Role.AGENT: _agent,
    Role.WORKFLOW: _workflow,
}
