"""Whatever stands in spans: nothing raises, no text gets through, order changes nothing, and the cost is bounded."""

from __future__ import annotations

import json
import random
import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service, SpanRecord
from otel_agent_analytics.conversations.from_span import decode
from otel_agent_analytics.dialects import names
from otel_agent_analytics.dialects.chat import answered, asked, result_of
from otel_agent_analytics.dialects.identity import CONVERSATION_KEYS, USER_KEYS
from otel_agent_analytics.dialects.options import Options
from otel_agent_analytics.dialects.turns import translate
from tests.dialects.conversation import ID, ns, official, older, openinference, span, span_id, traceloop

SECRET = "zebra-crossing"
OPTIONS = Options(tool_error_pattern="^Error")

# Every name that is read, and numbered ones; what may hold a text, and what may not.
_ALL = sorted(
    {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str) and "." in value}
    | {v.GEN_AI_OPERATION_NAME, v.GEN_AI_AGENT_NAME, v.GEN_AI_REQUEST_MODEL, v.GEN_AI_TOOL_NAME, v.ERROR_TYPE}
    | {v.GEN_AI_USAGE_INPUT_TOKENS, v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, v.GEN_AI_RESPONSE_FINISH_REASONS}
    | {v.OPERATION, v.MODEL_TURN, v.DERIVED, v.METADATA_FEEDBACK, *CONVERSATION_KEYS, *USER_KEYS}
)
_NUMBERED = [
    f"{prefix}{number}.{rest}"
    for prefix in (names.LLM_INPUT_MESSAGES, names.GEN_AI_PROMPTS, names.GEN_AI_COMPLETIONS, names.LLM_OUTPUT_MESSAGES)
    for number in ("0", "1", "07", "999999", "9999999", "-1", "x", "")
    for rest in ("role", "content", "message.role", "message.content", "message.contents.0.message_content.text", "")
]
TEXTS = (
    *(names.INPUT_VALUE, names.OUTPUT_VALUE, names.TRACELOOP_ENTITY_INPUT, names.TRACELOOP_ENTITY_OUTPUT),
    *(v.GEN_AI_INPUT_MESSAGES, v.GEN_AI_OUTPUT_MESSAGES, names.GEN_AI_PROMPT, names.GEN_AI_COMPLETION),
    *(names.LANGFUSE_INPUT, names.LANGFUSE_OUTPUT, v.GEN_AI_TOOL_CALL_ARGUMENTS, v.GEN_AI_TOOL_CALL_RESULT),
    *("gen_ai.prompt.0.content", "gen_ai.completion.0.content", "llm.input_messages.0.message.content"),
)
KINDS = st.sampled_from(
    [
        {names.OPENINFERENCE_KIND: "LLM"}, {names.OPENINFERENCE_KIND: "AGENT"}, {names.OPENINFERENCE_KIND: "TOOL"},
        {names.OPENINFERENCE_KIND: "CHAIN"}, {names.OPENINFERENCE_KIND: 7}, {names.TRACELOOP_KIND: "workflow"},
        {names.TRACELOOP_KIND: "handoff"}, {names.TRACELOOP_KIND: "tool"}, {v.GEN_AI_OPERATION_NAME: "chat"},
        {v.GEN_AI_OPERATION_NAME: "invoke_agent"}, {v.GEN_AI_OPERATION_NAME: ["chat"]}, {names.LANGSMITH_KIND: "llm"},
        {names.LANGFUSE_KIND: "generation"}, {names.LLM_REQUEST_TYPE: "chat"}, {v.OPERATION: v.OPERATION_TURN}, {},
    ]
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=5),
    st.sampled_from(["\ud800", "\x00", "[" * 5_000, "{" * 5_000, '"', "x" * 10_000, "__REDACTED__", "Error", "user"]),
)  # fmt: skip
KEYS = st.sampled_from(
    [
        *("role", "content", "messages", "type", "data", "kwargs", "id", "text", "parts", "choices", "message"),
        *("update", "output", "outputs", "inputs", "input", "generations", "status", "args"),
    ]
)
JUNK = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
WORDS = st.sampled_from(["user", "assistant", "tool", "human", "ai", "text", "tool_result", "Error", "hi"])
# Messages that are nearly right: of which any part may be something else.
CHAT: st.SearchStrategy[Any] = st.recursive(
    WORDS | SCALARS | st.just([]) | st.just({}),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(KEYS, inner, max_size=3),
        st.fixed_dictionaries({"role": WORDS | inner, "content": inner}, optional={"type": inner, "parts": inner}),
        st.fixed_dictionaries({"type": WORDS | inner, "text": inner}, optional={"data": inner, "status": inner}),
        st.fixed_dictionaries({"id": inner, "kwargs": inner}),
    ),
    max_leaves=15,
)


def as_json(value: Any) -> str:
    """Return a value as JSON, whatever is in it."""
    return json.dumps(value, default=str)


VALUES = JUNK | CHAT | st.builds(as_json, JUNK | CHAT)
USAGE_KEYS = st.sampled_from(
    [
        *("input", "input_cache_read", "output", "output_x", "prompt_tokens", "prompt_tokens_details", "cached_tokens"),
        *("input_token_details", "cache_read", "flex_cache_read", "reasoning", "user_id", "thread_id", "channel"),
    ]
)
USAGE = st.recursive(
    SCALARS, lambda inner: st.dictionaries(USAGE_KEYS | st.integers(), inner, max_size=4) | st.lists(inner, max_size=2)
)
READ_AS_OBJECTS = (names.LANGFUSE_USAGE, names.LANGSMITH_USAGE, names.OPENINFERENCE_METADATA, names.INPUT_VALUE)
ATTRIBUTES = st.builds(
    lambda kind, rest, objects: {**rest, **objects, **kind},
    KINDS,
    st.dictionaries(st.sampled_from(_ALL + _NUMBERED), VALUES, max_size=8),
    st.dictionaries(st.sampled_from(READ_AS_OBJECTS), USAGE | st.builds(as_json, USAGE), max_size=2),
)
IDS = st.sampled_from(["", *(span_id(number) for number in range(1, 7)), "not an id"])
SPANS = st.lists(
    st.builds(
        SpanRecord,
        trace_id=st.just("a" * 32),
        span_id=IDS,
        start_ns=st.integers(-5, 10),
        end_ns=st.integers(-5, 10),
        attributes=ATTRIBUTES,
        failed=st.booleans(),
        service=st.sampled_from([Service("a"), Service("b")]),
        parent_id=IDS,
    ),
    max_size=7,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spans=SPANS, seed=st.integers(0, 1000))
def test_junk(spans: list[SpanRecord], seed: int) -> None:
    """Any attributes at all give records that the core can read, and the same ones in whatever order they come."""
    records = translate(spans, OPTIONS)
    shuffled = random.Random(seed).sample(spans, len(spans))

    for record in records:
        list(decode(record))
    assert sorted(map(repr, translate(shuffled, OPTIONS))) == sorted(map(repr, records))
    named = [span for span in spans if span.span_id]
    assert list(map(repr, translate(random.Random(seed).sample(named, len(named)), OPTIONS))) == list(
        map(repr, translate(named, OPTIONS))
    )


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(value=CHAT)
def test_messages_that_are_nearly_right(value: Any) -> None:
    """Whatever stands in the place of a role, a type or a content, reading it never raises and gives texts or None."""
    found, said, (result, failed) = asked(value), answered(value), result_of(value)

    assert all(text is None or isinstance(text, str) for text in (found.user, found.previous, said.text, result))
    assert isinstance(failed, bool)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kinds=st.lists(KINDS, min_size=1, max_size=4),
    places=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4),
    shape=st.sampled_from(
        [
            SECRET,
            [{"role": "user", "content": SECRET}],
            {"messages": [{"type": "human", "content": SECRET}, {"type": "ai", "content": SECRET}]},
            {"content": f"Error: {SECRET}", "status": "error"},
            {"choices": [{"message": {"role": "assistant", "content": SECRET}}]},
            {SECRET: SECRET},
        ]
    ),
)
def test_no_text_gets_through(kinds: list[dict[str, Any]], places: list[str], shape: Any) -> None:
    """Wherever a text stands, in whatever dialect, it is in no record."""
    said = dict.fromkeys(places, shape if isinstance(shape, str) else json.dumps(shape))
    spans = [span(number, number - 1, 0, 9, {**said, **kind}) for number, kind in enumerate(kinds, 1)]
    foreign = [one for one in spans if v.OPERATION not in one.attributes]

    assert SECRET not in repr([record.attributes for record in translate(foreign, OPTIONS)])


def test_shuffled_conversations() -> None:
    """The spans of a whole conversation give the same translation in whatever order they come."""
    for dialect in (openinference, traceloop, official, older):
        for spans in dialect():
            expected = translate(spans, OPTIONS)
            for seed in range(20):
                assert translate(random.Random(seed).sample(spans, len(spans)), OPTIONS) == expected


def seconds(spans: list[SpanRecord]) -> float:
    """Return how long the processor works to translate spans."""
    begun = time.process_time()
    translate(spans, OPTIONS)
    return time.process_time() - begun


def test_cost_of_large_texts_is_bounded() -> None:
    """What is larger than a megabyte is not parsed: ten of it cost no more than one does; nor do ids of 10 kB."""
    huge = json.dumps([{"role": "user", "content": "x" * 100} for _ in range(100_000)])
    said = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": huge, "gen_ai.conversation.id": "x" * 10_000}
    (turn, *_) = translate([span(1, 0, 0, 1, said)])

    assert len(huge) > 10_000_000
    assert v.USER_MESSAGE_LENGTH not in turn.attributes
    assert seconds([span(number, 0, number, number + 1, said) for number in range(1, 50)]) < 1


def test_cost_grows_with_the_number_of_spans_alone() -> None:
    """Long chains, many orphans and many siblings cost about as much each as a few do."""
    many = 4_000
    call = {"gen_ai.operation.name": "chat", "gen_ai.conversation.id": ID}
    chain = [span(number, number - 1, 0, many, {} if number % 2 else call) for number in range(1, many)]
    orphans = [span(number, number + 100_000, 0, many - number, call) for number in range(1, many)]
    siblings = [span(number, 100_000, 0, 1, call) for number in range(1, many)]

    for shape in (chain, orphans, siblings):
        assert seconds(shape) < 4
        assert seconds(shape[: many // 10]) < 1


def test_backwards_times() -> None:
    """A span that ends before it begins is told of all the same."""
    call = span(1, 0, 5, 1, {"gen_ai.operation.name": "chat", "gen_ai.conversation.id": ID})

    assert next(event.time_ns for record in translate([call]) for _, event in decode(record)) == ns(5)
