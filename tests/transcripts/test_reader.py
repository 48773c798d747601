"""The transcript format, field by field, and what is said of lines that cannot be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent_analytics.errors import TranscriptError
from otel_agent_analytics.transcripts.reader import nanoseconds, read_transcripts
from otel_agent_analytics.transcripts.transcript import Call, Guardrail, Message, Transcript

SECOND_NS = 1_000_000_000
NOON_NS = 1_767_614_400 * SECOND_NS
"""2026-01-05T12:00:00Z."""


def read(*lines: bytes | dict[str, Any]) -> tuple[list[Transcript], list[str]]:
    """Return what is read from the lines of ``chats.jsonl``, and the reports on the others."""
    problems: list[str] = []
    written = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    transcripts = list(read_transcripts(written, "chats.jsonl", lambda problem: problems.append(str(problem))))
    return transcripts, problems


def one(**said: Any) -> Transcript:
    """Return the transcript of one good line."""
    transcripts, problems = read({"id": "c-1", "messages": [], **said})
    assert problems == []
    assert len(transcripts) == 1
    return transcripts[0]


def messages(*said: dict[str, Any]) -> tuple[Message, ...]:
    """Return the messages of one good line."""
    return one(messages=list(said)).messages


def calling(*calls: dict[str, Any], text: str = "") -> dict[str, Any]:
    """Return a message of an agent that calls tools."""
    return {"role": "assistant", "content": text, "tool_calls": list(calls)}


def result(text: Any, **said: Any) -> dict[str, Any]:
    """Return a message of a tool."""
    return {"role": "tool", "content": text, **said}


def results(*said: dict[str, Any]) -> list[str | None]:
    """Return the result of each call, None where the recording has none."""
    calls = [call for message in messages(*said) for call in message.calls]
    return [call.result if call.answered else None for call in calls]


def test_a_visit_has_an_id_and_nothing_else() -> None:
    """A line without messages is read, with everything absent that it does not say."""
    assert one() == Transcript(id="c-1", where="chats.jsonl:1", messages=(), context={"metadata": {}})


def test_every_field_of_a_conversation_is_read() -> None:
    """Who, where, which model, how it ended and how it was rated stand where the format says."""
    transcript = one(
        user_id="mia",
        session_id="s-9",
        channel="web",
        device="tablet",
        language="nl",
        country="NL",
        metadata={"plan": "gold"},
        model="parrot-2",
        outcome="completed",
        feedback={"rating": 4, "comment": "quick", "rater": "mia"},
        streamed=True,
        timestamp="2026-01-05T12:00:00Z",
    )
    assert transcript == Transcript(
        id="c-1",
        where="chats.jsonl:1",
        messages=(),
        context={
            "user_id": "mia",
            "session_id": "s-9",
            "channel": "web",
            "device": "tablet",
            "language": "nl",
            "country": "NL",
            "metadata": {"plan": "gold"},
        },
        model="parrot-2",
        streamed=True,
        outcome="completed",
        feedback=({"rating": 4, "comment": "quick", "rater": "mia"},),
        at_ns=NOON_NS,
    )


def test_every_field_of_a_message_is_read() -> None:
    """Text, time, agent, calls with their results, and usage stand where the format says."""
    usage = {"input_tokens": 12, "output_tokens": 3}
    said: list[dict[str, Any]] = [
        {"role": "user", "content": "where is my kite", "timestamp": "2026-01-05T12:00:00Z"},
        {
            "role": "assistant",
            "content": "let me see",
            "agent": "Kites",
            "usage": usage,
            "timestamp": "2026-01-05T12:00:05Z",
            "tool_calls": [{"id": "k1", "name": "find_kite", "arguments": {"colour": "red"}}],
        },
        {"role": "tool", "content": "on the roof", "tool_call_id": "k1", "timestamp": "2026-01-05T12:00:06Z"},
    ]
    call = Call("find_kite", '{"colour": "red"}', "on the roof", answered=True, result_ns=NOON_NS + 6 * SECOND_NS)
    assert messages(*said) == (
        Message("user", "where is my kite", NOON_NS),
        Message("assistant", "let me see", NOON_NS + 5 * SECOND_NS, agent="Kites", calls=(call,), usage=usage),
    )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        (None, ""),
        ([{"type": "text", "text": "first"}, {"type": "text", "text": "second"}], "first\nsecond"),
        (["a string", {"type": "image_url", "image_url": "x"}, {"text": "a part"}], "a string\na part"),
        ([], ""),
        ({"answer": 3}, '{"answer": 3}'),
    ],
)
def test_contents_are_a_string_parts_or_nothing(content: Any, text: str) -> None:
    """Every form that chat APIs give contents in becomes one text; an image has none."""
    assert messages({"role": "user", "content": content}, calling({"name": "f"}), result(content)) == (
        Message("user", text, None),
        Message("assistant", "", None, calls=(Call("f", "{}", text, answered=True, result_ns=None),)),
    )


def test_a_message_may_lack_its_content() -> None:
    """An agent that only calls a tool often has no content at all."""
    assert messages({"role": "assistant"}) == (Message("assistant", "", None),)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({"id": 7}, '{"id": 7}'),
        ('{"id":7}', '{"id":7}'),
        ("seven, please", "seven, please"),
        ('{"id": 7', '{"id": 7'),
        ("", ""),
        ([1, 2], "[1, 2]"),
    ],
)
def test_arguments_are_an_object_or_any_string(given: Any, written: str) -> None:
    """A string is kept as the model wrote it, JSON or not; anything else is written as JSON."""
    (message,) = messages(calling({"name": "f", "arguments": given}))
    assert [call.arguments for call in message.calls] == [written]


def test_calls_without_arguments_have_an_empty_object() -> None:
    """A tool without parameters is called with none."""
    (message,) = messages(calling({"name": "f"}, {"name": "g", "arguments": None}))
    assert [call.arguments for call in message.calls] == ["{}", "{}"]


def test_calls_are_nested_in_function_as_chat_apis_have_them() -> None:
    """The form of chat completions gives the same call as the short form."""
    nested = {"id": "k1", "type": "function", "function": {"name": "find_kite", "arguments": '{"n": 1}'}}
    short = {"id": "k1", "name": "find_kite", "arguments": '{"n": 1}'}
    answer = result("here", tool_call_id="k1")
    assert messages(calling(nested), answer) == messages(calling(short), answer)
    assert results(calling(nested), answer) == ["here"]


def test_results_find_their_calls_by_id() -> None:
    """Several calls at once may be answered in any order."""
    calls = calling({"id": "a", "name": "f"}, {"id": "b", "name": "f"}, {"id": "c", "name": "f"})
    answers = [result(f"to {name}", tool_call_id=name) for name in ("c", "a", "b")]
    assert results(calls, *answers) == ["to a", "to b", "to c"]


def test_results_without_id_come_in_the_order_of_the_calls() -> None:
    """Where the recording has no ids, the first result answers the first call."""
    calls = calling({"name": "f"}, {"name": "g"}, {"name": "h"})
    assert results(calls, result("1"), result("2")) == ["1", "2", None]


def test_results_without_id_answer_calls_that_have_ids_too() -> None:
    """A recording may have lost the ids of the results alone."""
    assert results(calling({"id": "a", "name": "f"}, {"id": "b", "name": "g"}), result("1"), result("2")) == ["1", "2"]


def test_ids_may_recur_in_one_conversation() -> None:
    """Some agents number the calls of every message from the same start; a result belongs to the latest."""
    calls = calling({"id": "call_0", "name": "f"})
    given = [calls, result("first", tool_call_id="call_0"), calls, result("second", tool_call_id="call_0")]
    assert results(*given) == ["first", "second"]


def test_ids_may_recur_while_the_first_call_waits() -> None:
    """A call that never got a result does not take that of a later call with its id."""
    calls = calling({"id": "call_0", "name": "f"})
    assert results(calls, calls, result("late", tool_call_id="call_0")) == [None, "late"]


def test_ids_may_recur_in_one_message() -> None:
    """Two calls at once under one id are answered in their order."""
    calls = calling({"id": "x", "name": "f"}, {"id": "x", "name": "f"})
    assert results(calls, result("1", tool_call_id="x"), result("2", tool_call_id="x")) == ["1", "2"]


def test_ids_may_be_numbers() -> None:
    """An id is compared by its text."""
    assert results(calling({"id": 5, "name": "f"}), result("five", tool_call_id="5")) == ["five"]


def test_a_result_may_come_after_later_messages() -> None:
    """A slow tool answers after the agent has spoken on."""
    said = [calling({"id": "a", "name": "f"}), {"role": "assistant", "content": "still looking"}]
    assert results(*said, result("there", tool_call_id="a")) == ["there"]


@pytest.mark.parametrize(("outcome", "stated"), [(None, None), ("silent", "silent"), ("escalated", "escalated")])
def test_the_outcome_is_one_of_the_five_or_none(outcome: str | None, stated: str | None) -> None:
    """A null says nothing."""
    assert one(outcome=outcome).outcome == stated


def test_instructions_are_what_system_and_developer_say() -> None:
    """They stand in their order, and are no messages of the conversation."""
    said = [
        {"role": "system", "content": "Sell kites."},
        {"role": "user", "content": "hello"},
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
    ]
    transcript = one(messages=said)
    assert transcript.instructions == "Sell kites.\nBe brief."
    assert transcript.messages == (Message("user", "hello", None),)


def test_unknown_keys_are_metadata() -> None:
    """Nothing that a line says is lost: values that are no plain value become JSON text, nulls are left out."""
    transcript = one(source="shop", attempt=2, score=0.5, tested=True, tags=["a", "b"], nothing=None, metadata={"a": 1})
    assert transcript.context["metadata"] == {
        "a": 1,
        "source": "shop",
        "attempt": 2,
        "score": 0.5,
        "tested": True,
        "tags": '["a", "b"]',
    }


def test_long_metadata_is_cut() -> None:
    """A value of any length does not blow up every span of its conversation."""
    assert one(note="x" * 5000).context["metadata"] == {"note": "x" * 256}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("positive", [{"rating": "positive"}]),
        ("negative", [{"rating": "negative"}]),
        (1, [{"rating": 1}]),
        (4.5, [{"rating": 4.5}]),
        ({"rating": 3, "comment": None, "colour": "red"}, [{"rating": 3}]),
        ([{"rating": 5, "rater": "a"}, "negative"], [{"rating": 5, "rater": "a"}, {"rating": "negative"}]),
        ([], []),
        (None, []),
    ],
)
def test_feedback_is_a_rating_an_object_or_a_list(given: Any, kept: list[dict[str, Any]]) -> None:
    """Every form becomes a list of ratings with the keywords of ``feedback()``."""
    assert list(one(feedback=given).feedback) == kept


@pytest.mark.parametrize(("given", "text"), [("out of paper", "out of paper"), (500, "500"), (True, "True")])
def test_an_error_is_kept_as_text(given: Any, text: str) -> None:
    """Whatever the recording says of the failure, it failed."""
    (message,) = messages({"role": "assistant", "content": "", "error": given})
    assert message.error == text


@pytest.mark.parametrize("given", [None, False, ""])
def test_no_error_is_none(given: Any) -> None:
    """Recordings write the absence of an error in several ways."""
    (message,) = messages({"role": "assistant", "content": "fine", "error": given})
    assert message.error is None


@pytest.mark.parametrize(("given", "kept"), [(17, "17"), ("  c-2 ", "c-2"), ("0", "0"), (0, "0")])
def test_ids_are_texts_or_numbers(given: Any, kept: str) -> None:
    """An id is a text without blanks at its ends."""
    assert one(id=given).id == kept


def test_of_users_only_text_and_time_are_read() -> None:
    """Usage beside a user message is a simulator's, not the agent's."""
    said = {"role": "user", "content": "hi", "usage": {"input_tokens": 9}, "agent": "x", "error": "y"}
    assert messages(said) == (Message("user", "hi", None),)


@pytest.mark.parametrize("key", ["agent", "usage"])
@pytest.mark.parametrize("given", [None, 5, [], ""])
def test_what_has_the_wrong_form_beside_a_message_is_absent(key: str, given: Any) -> None:
    """An odd extra is no reason to lose a conversation."""
    assert messages({"role": "assistant", "content": "x", key: given}) == (Message("assistant", "x", None),)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2026-01-05T12:00:00Z", 0),
        ("2026-01-05T12:00:00", 0),
        ("2026-01-05 12:00:00", 0),
        ("2026-01-05T14:30:00+02:30", 0),
        ("2026-01-05T07:00:00-05:00", 0),
        ("20260105T120000Z", 0),
        ("2026-01-05T12:00:00.250Z", 0.25),
        ("2026-01-05T12:00:00.000001", 0.000001),
        ("2026-01-05", -43200),
    ],
)
def test_times_without_offset_are_utc(written: str, seconds: float) -> None:
    """A time with an offset is that moment; one without is the moment in UTC."""
    assert nanoseconds(written) == NOON_NS + round(seconds * 1e9)


@pytest.mark.parametrize(
    ("line", "report"),
    [
        (b"{", "no JSON ("),
        (b'{"id": "c", "messages": [}', "no JSON ("),
        (b'{"id": "caf\xe9", "messages": []}', "no JSON ("),
        (b"[1, 2]", "line: [1, 2] is not allowed; allowed is a JSON object"),
        (b"null", "line: None is not allowed; allowed is a JSON object"),
        (b'"hello"', "line: 'hello' is not allowed; allowed is a JSON object"),
    ],
)
def test_a_line_that_is_no_object_is_reported(line: bytes, report: str) -> None:
    """The report says where, what and which value."""
    good = {"id": "good", "messages": []}
    transcripts, problems = read(good, line, good)
    assert len(problems) == 1
    assert problems[0].startswith(f"chats.jsonl:2: {report}")
    assert [transcript.where for transcript in transcripts] == ["chats.jsonl:1", "chats.jsonl:3"]


def test_a_line_that_is_no_json_is_shown_from_its_beginning() -> None:
    """The value is recognisable, and a long one does not flood the terminal."""
    _, (problem,) = read(b'{"id": oops, ' + b"x" * 10_000)
    assert '{"id": oops, xxx' in problem
    assert len(problem) < 300


USER = {"role": "user", "content": "hi"}
MESSAGE_ROLES = "one of user, assistant, tool, system, developer"
TIMES = "an ISO 8601 time from 1970 to 2199"
WAITING = "the id of a call that waits for its result; there is none"
RATINGS = "positive, negative or a number from 1 to 5"
OUTCOMES = "one of completed, escalated, failed, abandoned, silent"
ID = "a text that is not empty, or a number"
NAME = "a text that is not empty"


@pytest.mark.parametrize(
    ("said", "what", "value", "allowed"),
    [
        ({"messages": {}}, "messages", {}, "a list of messages"),
        ({"messages": None}, "messages", None, "a list of messages"),
        ({"id": ""}, "id", "", ID),
        ({"id": "  "}, "id", "  ", ID),
        ({"id": None}, "id", None, ID),
        ({"id": True}, "id", True, ID),
        ({"id": ["a"]}, "id", ["a"], ID),
        ({"outcome": "happy"}, "outcome", "happy", OUTCOMES),
        ({"outcome": []}, "outcome", [], OUTCOMES),
        ({"feedback": "great"}, "feedback", "great", RATINGS),
        ({"feedback": 6}, "feedback", 6, RATINGS),
        ({"feedback": 0.9}, "feedback", 0.9, RATINGS),
        ({"feedback": True}, "feedback", True, RATINGS),
        ({"feedback": {"comment": "no rating"}}, "feedback", {"comment": "no rating"}, RATINGS),
        ({"feedback": [5, "meh"]}, "feedback", "meh", RATINGS),
        ({"metadata": "x"}, "metadata", "x", "an object"),
        ({"timestamp": "yesterday"}, "timestamp", "yesterday", TIMES),
        ({"timestamp": 1767614400}, "timestamp", 1767614400, TIMES),
        ({"messages": ["hi"]}, "message 1: message", "hi", "an object"),
        ({"messages": [USER, {"role": "robot"}]}, "message 2: role", "robot", MESSAGE_ROLES),
        ({"messages": [{"content": "hi"}]}, "message 1: role", None, MESSAGE_ROLES),
        ({"messages": [{"role": ["user"]}]}, "message 1: role", ["user"], MESSAGE_ROLES),
        ({"messages": [{**USER, "timestamp": "12:00"}]}, "message 1: timestamp", "12:00", TIMES),
        ({"messages": [{**USER, "timestamp": "1969-12-31"}]}, "message 1: timestamp", "1969-12-31", TIMES),
        ({"messages": [{**USER, "timestamp": "2200-01-01"}]}, "message 1: timestamp", "2200-01-01", TIMES),
        ({"messages": [USER, result("x")]}, "message 2: tool_call_id", None, WAITING),
        ({"messages": [result("x", tool_call_id="k9")]}, "message 1: tool_call_id", "k9", WAITING),
        (
            {"messages": [calling({"id": "k1", "name": "f"}), result("x", tool_call_id="k2")]},
            "message 2: tool_call_id",
            "k2",
            WAITING,
        ),
        (
            {"messages": [calling({"id": "k1", "name": "f"}), *[result("x", tool_call_id="k1")] * 2]},
            "message 3: tool_call_id",
            "k1",
            WAITING,
        ),
        ({"messages": [calling({"arguments": {}})]}, "message 1: name of a tool call", None, NAME),
        ({"messages": [calling({"name": ""})]}, "message 1: name of a tool call", "", NAME),
        ({"messages": [calling({"function": {"name": 3}})]}, "message 1: name of a tool call", 3, NAME),
        ({"messages": [{"role": "assistant", "tool_calls": ["f"]}]}, "message 1: tool call", "f", "an object"),
        ({"messages": [{"role": "assistant", "tool_calls": {}}]}, "message 1: tool_calls", {}, "a list"),
    ],
)
def test_each_kind_of_bad_line_is_reported_and_the_others_are_read(
    said: dict[str, Any], what: str, value: Any, allowed: str
) -> None:
    """The report is ``FILE:LINE: what and which value``, with what is allowed."""
    transcripts, problems = read(
        {"id": "before", "messages": []}, {"id": "bad", "messages": [], **said}, {"id": "after", "messages": [USER]}
    )
    assert problems == [f"chats.jsonl:2: {what}: {value!r} is not allowed; allowed is {allowed}"]
    assert [transcript.id for transcript in transcripts] == ["before", "after"]


def test_a_line_without_messages_is_reported() -> None:
    """An object of another kind is no visit."""
    transcripts, problems = read({"id": "c", "text": "hello"})
    assert transcripts == []
    assert problems == [
        "chats.jsonl:1: messages: None is not allowed; allowed is a list of messages; the line has none"
    ]


def test_a_line_without_id_is_reported() -> None:
    """A conversation that has no name cannot be told from others."""
    _, problems = read({"messages": []})
    assert problems == [f"chats.jsonl:1: id: None is not allowed; allowed is {ID}"]


def test_long_values_are_cut_in_reports() -> None:
    """A report stays readable, whatever stands in the line."""
    _, (problem,) = read({"id": "c", "messages": "x" * 10_000})
    assert problem.startswith("chats.jsonl:1: messages: 'xxxxxx")
    assert len(problem) < 200


def test_reports_are_errors_of_this_project() -> None:
    """Whoever reads transcripts can tell a bad line from a fault."""
    refused: list[TranscriptError] = []
    assert list(read_transcripts([b"{"], "f", refused.append)) == []
    assert [type(problem) for problem in refused] == [TranscriptError]


def test_blank_lines_are_passed_over_and_counted() -> None:
    """They are neither transcripts nor reported, and the lines keep their numbers."""
    transcripts, problems = read(b"\n", b'{"id": 1, "messages": []}\r\n', b"  \t\n", b"x\n", b"")
    assert [transcript.where for transcript in transcripts] == ["chats.jsonl:2"]
    assert len(problems) == 1
    assert problems[0].startswith("chats.jsonl:4: no JSON")


def test_a_byte_order_mark_is_passed_over() -> None:
    """Some editors put one at the beginning of the file."""
    transcripts, problems = read(b'\xef\xbb\xbf{"id": 1, "messages": []}')
    assert ([transcript.id for transcript in transcripts], problems) == (["1"], [])


def test_half_a_surrogate_pair_is_replaced() -> None:
    """Programs that cut texts leave halves of an emoji; everything that is read can be written and hashed."""
    line = rb'{"id": "kite \ud83d", "messages": [{"role": "user", "content": "\ud83d\ude00 \uDE00"}]}'
    transcripts, problems = read(line)
    assert problems == []
    (transcript,) = transcripts
    assert transcript.id.startswith("kite \N{REPLACEMENT CHARACTER}")
    assert transcript.messages[0].text.startswith("\N{GRINNING FACE} \N{REPLACEMENT CHARACTER}")
    (transcript.id + transcript.messages[0].text).encode()


def test_deep_nesting_is_read_or_reported() -> None:
    """A line that is nested beyond all measure ends nothing, wherever the limit is met."""
    for depth in (*range(1100), 100_000):
        transcripts, problems = read(b'{"id": 1, "messages": [], "deep": ' + b"[" * depth + b"]" * depth + b"}")
        assert len(transcripts) + len(problems) == 1


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ROLES = st.sampled_from(["user", "assistant", "tool", "system", "developer"])
CALLS = st.fixed_dictionaries({}, optional={"id": ANYTHING, "name": st.text() | ANYTHING, "arguments": ANYTHING})
MESSAGES = st.fixed_dictionaries(
    {"role": ROLES | ANYTHING},
    optional={
        "content": ANYTHING,
        "tool_calls": st.lists(CALLS, max_size=3) | ANYTHING,
        "tool_call_id": ANYTHING,
        "timestamp": st.datetimes().map(str) | ANYTHING,
        "agent": ANYTHING,
        "usage": ANYTHING,
        "error": ANYTHING,
    },
)
ALMOST = st.fixed_dictionaries(
    {"id": st.text(min_size=1) | ANYTHING, "messages": st.lists(MESSAGES | ANYTHING, max_size=4) | ANYTHING},
    optional=dict.fromkeys(
        ("user_id", "metadata", "model", "outcome", "feedback", "streamed", "timestamp", "x"), ANYTHING
    ),
)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b" ")), max_size=5))
def test_any_bytes_are_a_transcript_or_a_report(lines: list[bytes]) -> None:
    """No line raises, and none is passed over that is not blank."""
    transcripts, problems = read(*lines)
    assert len(transcripts) + len(problems) == sum(bool(line.strip()) for line in lines)


@settings(deadline=None)
@given(st.lists(ALMOST, max_size=4))
def test_any_json_is_a_transcript_or_a_report(objects: list[dict[str, Any]]) -> None:
    """Whatever stands in a field, a line is read or reported, each once."""
    transcripts, problems = read(*objects)
    numbers = [int(transcript.where.split(":")[1]) for transcript in transcripts]
    numbers += [int(problem.split(":")[1]) for problem in problems]
    assert sorted(numbers) == list(range(1, len(objects) + 1))


def test_guardrails_of_a_user_message() -> None:
    """Each has a name; one that does not say that it stepped in did not. Those of an agent's message are left alone."""
    (asked, answered) = messages(
        {"role": "user", "content": "hi", "guardrails": [{"name": "cards", "triggered": True}, {"name": "spam"}]},
        {"role": "assistant", "content": "hello", "guardrails": [{"name": "tone"}]},
    )

    assert asked.guardrails == (Guardrail("cards", triggered=True), Guardrail("spam", triggered=False))
    assert answered.guardrails == ()


@pytest.mark.parametrize(
    ("said", "report"),
    [
        ("cards", "guardrails: 'cards' is not allowed; allowed is a list"),
        (["cards"], "guardrail: 'cards' is not allowed; allowed is an object"),
        ([{"name": ""}], "name of a guardrail: '' is not allowed; allowed is a text that is not empty"),
        ([{"name": "a", "triggered": "no"}], "triggered: 'no' is not allowed; allowed is true or false"),
    ],
)
def test_guardrails_that_cannot_be_read(said: Any, report: str) -> None:
    """Line, message and value are said."""
    _, problems = read({"id": "c", "messages": [{"role": "user", "content": "hi", "guardrails": said}]})

    assert problems == [f"chats.jsonl:1: message 1: {report}"]
