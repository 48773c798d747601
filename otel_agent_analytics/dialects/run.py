"""What happened under one topmost span: which model call came first and last, who answered, whether it failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects.chat import NOTHING_ANSWERED, NOTHING_ASKED, Answered, Asked
from otel_agent_analytics.dialects.messages import answered_by, arguments_in, asked_by, result_in
from otel_agent_analytics.dialects.reading import Role, name
from otel_agent_analytics.dialects.tree import Node, Tree

_LOOP: Final = 3
"""A call that is made as often in a turn, with the same arguments, goes round in circles."""
_MOST_READ: Final = 8
"""Model calls whose input is read for the user's message."""
_WORKERS: Final = frozenset({Role.AGENT, Role.MODEL})
_ALWAYS: Final = frozenset({Role.AGENT, Role.WORKFLOW, Role.MODEL})


class Run(NamedTuple):
    """A turn, in plain words."""

    asked: Asked
    answered: Answered
    first_agent: str | None
    agent: str | None
    """The one that answered."""
    error_type: str | None
    """Why it failed; None when it did not."""
    loops: int
    """How many calls of tools went round in circles."""


def is_turn(tree: Tree) -> bool:
    """Return whether a topmost span serves a user's message: an agent, a workflow, a model; not a tool by itself."""
    root = tree[0]
    if root.dialect is None:
        return False
    return root.role in _ALWAYS or (root.role is Role.STEP and next(_workers(tree), None) is not None)


def run_of(tree: Tree) -> Run:
    """Return what happened in a turn."""
    root = tree[0]
    calls = [node for node in tree if node.outer and not node.judging and _is_call(node)]
    last = max(calls, key=_over, default=None)
    said = _answered(root, last, tree)
    agents = [node.agent for node in tree if node.outer and node.agent is not None]
    answering = last.agent if last is not None else None
    return Run(
        asked=_asked(root, calls),
        answered=said,
        first_agent=next(iter(agents), None),
        agent=answering or (agents[-1] if agents else None),
        error_type=_error_type(tree, said),
        loops=_loops(tree),
    )


def is_inner(node: Node) -> bool:
    """Return whether the span around a model call, or around a tool's, tells of the same call."""
    above = node.above
    if above is None or above.role is not node.role or node.role not in {Role.MODEL, Role.TOOL}:
        return False
    return node.role is Role.MODEL or tool_name(node) == tool_name(above)


def tool_name(node: Node) -> str | None:
    """Return the name of the tool that a span calls; None where it does not say."""
    if node.dialect is None:
        return name(node.span.attributes.get(v.GEN_AI_TOOL_NAME))
    for field in node.dialect.fields.get(Role.TOOL, ()):
        if field.ours == v.GEN_AI_TOOL_NAME:
            found = next((one for one in map(name, map(node.span.attributes.get, field.theirs)) if one), None)
            if found is not None:
                return found
    return name(getattr(node.span, "name", "")) if node.dialect.tool_is_span else None


def _is_call(node: Node) -> bool:
    return node.dialect is not None and node.role is Role.MODEL and not is_inner(node)


def _workers(tree: Tree) -> Iterator[Node]:
    return (node for node in tree if node.role in _WORKERS and node.outer and not node.judging)


def _over(node: Node) -> tuple[int, int, str]:
    """Return the key that puts spans in the order in which they were over, what is around others after these."""
    return node.span.end_ns, -node.span.start_ns, node.span.span_id


def _asked(root: Node, calls: Sequence[Node]) -> Asked:
    """Return what the user said: as the topmost span has it, else as the first model call that has it."""
    own = _asked_by(root)
    if own.found and own.previous is not None:
        return own
    first = next((one for one in map(_asked_by, calls[:_MOST_READ]) if one.found), NOTHING_ASKED)
    if not own.found:
        return first._replace(after_tool=own.after_tool)
    return own._replace(previous=first.previous) if first.user == own.user else own


def _asked_by(node: Node) -> Asked:
    return asked_by(node.dialect, node.span.attributes) if node.dialect is not None else NOTHING_ASKED


def _answered(root: Node, last: Node | None, tree: Tree) -> Answered:
    """Return what the user was told: as the topmost span has it, else as the last model call, or the tool after it."""
    own = _answered_by(root)
    if own.text is not None or last is None or last is root:
        return own
    said = _answered_by(last)
    if said.text is None and said.visible:
        said = said._replace(text=_shown(last, tree))
    return said if said.visible else own


def _answered_by(node: Node) -> Answered:
    return answered_by(node.dialect, node.span.attributes) if node.dialect is not None else NOTHING_ANSWERED


def _shown(last: Node, tree: Tree) -> str | None:
    """Return the result of the tool that a run ended on: it is what the user was shown."""
    tools = [node for node in tree if node.role is Role.TOOL and node.outer and node.span.end_ns >= last.span.end_ns]
    ended_on = max(tools, key=_over, default=None)
    if ended_on is None or ended_on.dialect is None or ended_on.span.failed:
        return None
    return result_in(ended_on.dialect, ended_on.span.attributes)[0]


def _error_type(tree: Tree, said: Answered) -> str | None:
    """Return why a run failed. Many a topmost span ends well whatever happened in it.

    So it has failed, too, when it says nothing itself and the agent or model call in it that was over last has failed.
    """
    root = tree[0]
    workers = sorted((node for node in _workers(tree) if node is not root), key=_over, reverse=True)
    if not (root.span.failed or (said.text is None and workers and workers[0].span.failed)):
        return None
    failed = [node for node in (root, *workers) if node.span.failed]
    named = (name(node.span.attributes.get(v.ERROR_TYPE)) for node in failed)
    return next((one for one in named if one not in {None, v.OTHER_ERROR}), None) or v.OTHER_ERROR


def _loops(tree: Tree) -> int:
    calls: Counter[tuple[str | None, str]] = Counter()
    for node in tree:
        if node.role is Role.TOOL and node.dialect is not None and node.outer and not is_inner(node):
            arguments = arguments_in(node.dialect, node.span.attributes)
            if arguments is not None:
                calls[tool_name(node), arguments] += 1
    return sum(made >= _LOOP for made in calls.values())
