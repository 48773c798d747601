"""A topmost span and what is under it → the attributes of a turn: what its texts say, as numbers, and how it ended."""

from __future__ import annotations

from typing import Any, Final

from otel_agent_analytics import measuring
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects.identity import Person, person_of
from otel_agent_analytics.dialects.options import Options, RecentMessages
from otel_agent_analytics.dialects.reading import Role, read_fields
from otel_agent_analytics.dialects.run import Run, run_of
from otel_agent_analytics.dialects.tree import Node, Tree

_TOOL_REASONS: Final = frozenset({"tool_call", "tool_calls", "tool_use", "function_call"})
_LONGEST_RATING: Final = 16


def turn_attributes(
    tree: Tree, named: tuple[str, str] | None, options: Options, recent: RecentMessages | None
) -> dict[str, Any]:
    """Return what the turn of a topmost span carries.

    Args:
        tree: the span and all under it.
        named: the id of the conversation, and the attribute that said so.
        options: what the host decides.
        recent: what users said last.
    """
    root, run = tree[0], run_of(tree)
    conversation_id, named_by = named if named is not None else (None, None)
    person = _person(tree, named_by)
    known = {
        v.GEN_AI_AGENT_NAME: run.first_agent,
        v.ANSWERING_AGENT: run.agent,
        v.TURN_ERROR_TYPE: run.error_type,
        v.TURN_LOOPS: run.loops or None,
        v.METADATA_FEEDBACK: _rating(root),
    }
    said: dict[str, Any] = {v.OPERATION: v.OPERATION_TURN, **_side(person, options)}
    said.update((key, value) for key, value in known.items() if value is not None)
    if run.asked.after_tool and root.role is Role.MODEL:
        said[v.TURN_RESUMED] = True
    elif run.asked.user is not None:
        speaker = measuring.Speaker(conversation_id, said.get(v.USER_HASH), root.span.service)
        said.update(_user_message(run, speaker, person.language, options, recent))
    return {**said, **_agent_message(run, root, person.language, options)}


def _person(tree: Tree, named_by: str | None) -> Person:
    """Return what the spans of a turn say of the user: each thing as the first span has it that says it."""
    people = [person_of(node.span.attributes, named_by) for node in tree]
    return Person(*(next((one for one in said if one is not None), None) for said in zip(*people, strict=True)))


def _side(person: Person, options: Options) -> dict[str, Any]:
    said = {key: value for key, value in person._asdict().items() if value is not None}
    return dict(options.describe(**said)) if said and options.describe is not None else {}


def _user_message(
    run: Run, speaker: measuring.Speaker, language: str | None, options: Options, recent: RecentMessages | None
) -> dict[str, Any]:
    text, previous = run.asked.user or "", run.asked.previous
    if recent is not None:
        previous = recent.last(speaker.conversation_id) if previous is None else previous
        recent.note(speaker.conversation_id, text)
    return measuring.user_message(
        text, previous=previous, language=language, signals=options.signals, wants=options.wants, speaker=speaker
    )


def _agent_message(run: Run, root: Node, language: str | None, options: Options) -> dict[str, Any]:
    text, visible = run.answered.text, run.answered.visible
    if text is None:
        return {v.TURN_ANSWERED: False} if visible or _only_asks_for_tools(root) else {}
    return {v.TURN_ANSWERED: True, **measuring.agent_message(text, language=language, signals=options.signals)}


def _only_asks_for_tools(root: Node) -> bool:
    """Return whether a model call without a run around it says, without its text, that it stopped to call a tool."""
    if root.role is not Role.MODEL or root.dialect is None:
        return False
    reasons = read_fields(root.dialect.fields[Role.MODEL], root.span.attributes).get(v.GEN_AI_RESPONSE_FINISH_REASONS)
    return _TOOL_REASONS.issuperset(reasons) if reasons else False


def _rating(root: Node) -> Any:
    """Return a rating that the application put on the span under our own name: a word, or a number."""
    rating = root.span.attributes.get(v.METADATA_FEEDBACK)
    short = isinstance(rating, str) and len(rating) <= _LONGEST_RATING
    return rating if short or type(rating) in {int, float} else None
