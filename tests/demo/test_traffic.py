"""The demo's synthetic day: the same for the same seed, and with every kind of conversation in it."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from otel_agent_analytics.demo.traffic import synthetic_day

START = datetime(2025, 3, 3, tzinfo=UTC)
SEEDS = range(1, 6)
CLOSING = re.compile(
    r"\b(thanks?|thank you|thx|bye|goodbye|that('s| is|'ll be| will be|s)? (all|it|everything)"
    r"|have a (great|good|nice|wonderful)|no(thing)?,? (that|more|else)|all (set|good)|appreciate)\b",
    re.IGNORECASE,
)
DONE = re.compile(r"\b(confirmed|has been (completed|booked|added|sent))\b")
ANNOYED = re.compile(r"\b(useless|difficult|unacceptable|fed up)\b", re.IGNORECASE)

Transcript = dict[str, Any]
Message = dict[str, Any]


@cache
def day(seed: int = 1, conversations: int = 360) -> tuple[Transcript, ...]:
    """Return a day, made once for all tests."""
    return tuple(synthetic_day(seed=seed, conversations=conversations, start=START))


def as_bytes(transcripts: Iterable[Transcript]) -> bytes:
    """Return a day as it would stand in a file."""
    return "\n".join(map(json.dumps, transcripts)).encode()


def said_by(role: str, transcript: Transcript) -> list[Message]:
    """Return the messages of one role."""
    return [message for message in transcript["messages"] if message["role"] == role]


def user_turns(transcript: Transcript) -> int:
    """Return the number of user messages."""
    return len(said_by("user", transcript))


def texts_of_user(transcript: Transcript) -> list[str]:
    """Return what the user said."""
    return [message["content"] for message in said_by("user", transcript)]


def agents(transcript: Transcript) -> list[str]:
    """Return who answered, message by message."""
    return [message["agent"] for message in said_by("assistant", transcript)]


def calls(transcript: Transcript) -> list[dict[str, Any]]:
    """Return all tool calls."""
    return [call for message in said_by("assistant", transcript) for call in message.get("tool_calls", ())]


def tools(transcript: Transcript) -> list[str]:
    """Return the names of the tools called."""
    return [call["name"] for call in calls(transcript)]


def answers_of_models(transcript: Transcript) -> list[Message]:
    """Return what models said: no greeting and no error."""
    answers = first_reply(transcript) + last_turn(transcript)
    return [message for message in answers if message["role"] == "assistant" and "error" not in message]


def times(transcript: Transcript) -> list[datetime]:
    """Return the times of the messages; of a visit its start."""
    stamps = [message["timestamp"] for message in transcript["messages"]] or [transcript["timestamp"]]
    return [datetime.fromisoformat(stamp) for stamp in stamps]


def last_turn(transcript: Transcript) -> list[Message]:
    """Return the messages from the last one of the user on."""
    messages: list[Message] = transcript["messages"]
    last = max((place for place, message in enumerate(messages) if message["role"] == "user"), default=0)
    return messages[last:]


def last_answer(transcript: Transcript) -> str:
    """Return what the agent said last in the last turn; empty when nothing."""
    last = last_turn(transcript)[-1:]
    return str(last[0]["content"]) if last and last[0]["role"] == "assistant" and "outcome" not in transcript else ""


def failed_tool(messages: list[Message]) -> bool:
    """Return whether a tool failed."""
    return any(message["role"] == "tool" and message["content"].startswith("Error: ") for message in messages)


def answered_transfer(transcript: Transcript) -> bool:
    """Return whether a transfer to a human did not fail."""
    waiting: list[str] = []
    for message in transcript["messages"]:
        waiting += [call["name"] for call in message.get("tool_calls", ())]
        if message["role"] == "tool":
            name = waiting.pop(0)
            if name == "transfer_to_human" and not failed_tool([message]):
                return True
    return False


def judged(transcript: Transcript) -> str:
    """Return the outcome by the definitions, as far as words, question marks and errors tell."""
    if not user_turns(transcript):
        return "visit"
    if "outcome" in transcript:
        return str(transcript["outcome"])
    turn = last_turn(transcript)
    unanswered, last = len(turn) == 1, turn[-1]["content"]
    lines = {
        "escalated": answered_transfer(transcript),
        "failed": "error" in turn[-1],
        "completed": CLOSING.search(turn[0]["content"]) or (DONE.search(last) and not unanswered),
        "abandoned": unanswered
        or last.endswith("?")
        or failed_tool(turn)
        or ANNOYED.search(turn[0]["content"])
        or says_it_anew(transcript),
    }
    return next((outcome for outcome, holds in lines.items() if holds), "silent")


def says_it_anew(transcript: Transcript) -> bool:
    """Return whether the last user message has much in common with the one before, and names no new number."""
    before, last = (["", *texts_of_user(transcript)])[-2:]
    numbers = [set(re.findall(r"\d+", text)) for text in (last, before)]
    return alike(before, last) > 0.40 and numbers[0] <= numbers[1]


def silence_after(transcript: Transcript, thanked: bool) -> bool:
    """Return whether the user came back after 45 to 300 minutes, having closed with thanks or not."""
    said = ""
    for before, message in pairwise(transcript["messages"]):
        said = before["content"] if before["role"] == "user" else said
        gap = datetime.fromisoformat(message["timestamp"]) - datetime.fromisoformat(before["timestamp"])
        if timedelta(minutes=45) <= gap <= timedelta(minutes=300) and message["role"] == "user":
            return bool(CLOSING.search(said)) is thanked
    return False


def four_grams(text: str) -> Counter[str]:
    """Return how often each run of four characters occurs."""
    return Counter(text.lower()[place : place + 4] for place in range(len(text) - 3))


def alike(one: str, other: str) -> float:
    """Return the cosine of the character 4-grams."""
    left, right = four_grams(one), four_grams(other)
    norm = sum(n * n for n in left.values()) * sum(n * n for n in right.values())
    return sum(n * right[gram] for gram, n in left.items()) / norm**0.5 if norm else 0.0


def rephrases(transcript: Transcript) -> bool:
    """Return whether a user message has much in common with the one before."""
    return any(one != other and alike(one, other) > 0.40 for one, other in pairwise(texts_of_user(transcript)))


def repeats(transcript: Transcript) -> bool:
    """Return whether a user message equals the one before."""
    return any(one == other for one, other in pairwise(texts_of_user(transcript)))


def loops(transcript: Transcript) -> bool:
    """Return whether a tool was called three times in a turn with the same arguments."""
    turns: Counter[tuple[int, str]] = Counter()
    turn = 0
    for message in transcript["messages"]:
        turn += message["role"] == "user"
        turns.update((turn, json.dumps([c["name"], c["arguments"]])) for c in message.get("tool_calls", ()))
    return any(count >= 3 for count in turns.values())


def checks(transcript: Transcript) -> list[bool]:
    """Return of each check of a guardrail whether it stepped in."""
    return [check["triggered"] for message in transcript["messages"] for check in message.get("guardrails", ())]


def hands_over_in_first_reply(transcript: Transcript) -> bool:
    """Return whether two agents take part in the first reply."""
    return len(set(agents({"messages": first_reply(transcript)}))) > 1


def first_reply(transcript: Transcript) -> list[Message]:
    """Return the first user message and the reply to it."""
    messages: list[Message] = transcript["messages"]
    asked = [place for place, message in enumerate(messages) if message["role"] == "user"]
    return messages[asked[0] : asked[1] if len(asked) > 1 else None] if asked else []


def rating_of(transcript: Transcript) -> object:
    """Return the rating, be it said when all is over or in the metadata; None without one."""
    return transcript.get("feedback", {}).get("rating", transcript["metadata"].get("feedback"))


def rating(value: object) -> Callable[[Transcript], bool]:
    """Return a test for a rating."""
    return lambda one: rating_of(one) == value


def states(outcome: str) -> Callable[[Transcript], bool]:
    """Return a test for an outcome that the application stated."""
    return lambda one: one.get("outcome") == outcome


def has(key: str, value: object) -> Callable[[Transcript], bool]:
    """Return a test for a value of the transcript."""
    return lambda one: one.get(key) == value


def calls_tool(name: str) -> Callable[[Transcript], bool]:
    """Return a test for a tool."""
    return lambda one: name in tools(one)


def agent_speaks(name: str) -> Callable[[Transcript], bool]:
    """Return a test for an agent."""
    return lambda one: name in agents(one)


def abandons_at(turn: int) -> Callable[[Transcript], bool]:
    """Return a test for giving up at a turn."""
    return lambda one: "outcome" not in one and judged(one) == "abandoned" and user_turns(one) == turn


def takes(turns: int) -> Callable[[Transcript], bool]:
    """Return a test for the number of user turns."""
    return lambda one: user_turns(one) == turns


def user_says(text: str) -> Callable[[Transcript], bool]:
    """Return a test for words of the user."""
    return lambda one: any(text in said.lower() for said in texts_of_user(one))


INGREDIENTS: dict[str, Callable[[Transcript], bool]] = {
    **{f"agent {name}": agent_speaks(name) for name in ("Front Desk", "Orders", "Refunds", "Technical Support")},
    "one agent only": lambda one: user_turns(one) > 1 and len(set(agents(one))) == 1,
    "handoff within the first reply": hands_over_in_first_reply,
    "handoff later": lambda one: len(set(agents(one))) > 1 and not hands_over_in_first_reply(one),
    **{
        f"tool {name}": calls_tool(name)
        for name in (
            "find_order",
            "track_parcel",
            "issue_refund",
            "create_invoice_copy",
            "search_manual",
            "transfer_to_human",
        )
    },
    "several calls in one message": lambda one: any(len(m.get("tool_calls", ())) > 1 for m in one["messages"]),
    "text beside calls": lambda one: any(m["content"] and m.get("tool_calls") for m in one["messages"]),
    "failed tool": lambda one: failed_tool(one["messages"]),
    "failed tool in the last turn": lambda one: failed_tool(last_turn(one)),
    "failed transfer": lambda one: "transfer_to_human" in tools(one) and not answered_transfer(one),
    "plain string as arguments": lambda one: any(isinstance(call["arguments"], str) for call in calls(one)),
    "call ids": lambda one: any("id" in call for call in calls(one)),
    "no call ids": lambda one: any("id" not in call for call in calls(one)),
    "transfer told": lambda one: answered_transfer(one) and one["messages"][-1]["role"] == "assistant",
    "recording stops on the transfer": lambda one: answered_transfer(one) and one["messages"][-1]["role"] == "tool",
    "model error": lambda one: "error" in (one["messages"] or [{}])[-1],
    **{f"states {name}": states(name) for name in ("completed", "escalated", "failed", "abandoned", "silent")},
    "empty visit": lambda one: not one["messages"] and "timestamp" in one,
    "greeted visit": lambda one: [m["role"] for m in one["messages"]] == ["assistant"],
    "agent greets first": lambda one: user_turns(one) > 0 and one["messages"][0]["role"] == "assistant",
    "user comes back after thanks": lambda one: silence_after(one, thanked=True),
    "user comes back after giving up": lambda one: silence_after(one, thanked=False),
    **{f"abandoned at turn {turn}": abandons_at(turn) for turn in range(1, 7)},
    **{f"{turns} turns": takes(turns) for turns in (*range(1, 10), 23)},
    "unanswered": lambda one: judged(one) == "abandoned" and one["messages"][-1]["role"] == "user",
    "unanswered thanks": lambda one: judged(one) == "completed" and one["messages"][-1]["role"] == "user",
    "ends as soon as it is done": lambda one: judged(one) == "completed" and bool(DONE.search(last_answer(one))),
    "annoyed": lambda one: judged(one) == "abandoned" and bool(ANNOYED.search(texts_of_user(one)[-1])),
    "gives up after saying it anew": lambda one: judged(one) == "abandoned" and says_it_anew(one),
    "half done": lambda one: "book_callback" in tools(one) and any(DONE.search(m["content"]) for m in one["messages"]),
    "ends on a question": lambda one: judged(one) == "abandoned" and one["messages"][-1]["content"].endswith("?"),
    "tool loop": loops,
    "repeated sentence": repeats,
    "request that a guardrail stops": lambda one: any(checks(one)),
    "request that a guardrail lets pass": lambda one: not all(checks(one)),
    "rephrased question": rephrases,
    "complaint": user_says("this is useless"),
    "asks for a person": user_says("let me speak to a person"),
    **{f"rating {value}": rating(value) for value in ("positive", "negative", 1, 2, 3, 4, 5)},
    "rating in the metadata": lambda one: "feedback" in one["metadata"],
    "comment": lambda one: "comment" in one.get("feedback", {}),
    "rater": lambda one: "rater" in one.get("feedback", {}),
    **{f"channel {name}": has("channel", name) for name in ("web", "app", "email")},
    **{f"device {name}": has("device", name) for name in ("desktop", "tablet", "mobile")},
    **{f"language {name}": has("language", name) for name in ("en", "de")},
    **{f"model {name}": has("model", name) for name in ("gpt-5-mini", "gpt-5", "northwind-local-1")},
    "streamed": has("streamed", True),
    "not streamed": lambda one: "streamed" not in one,
    "usage": lambda one: any("usage" in message for message in one["messages"]),
    "no usage": lambda one: bool(answers_of_models(one)) and not any("usage" in m for m in one["messages"]),
    "not signed in": lambda one: "user_id" not in one,
}


def test_the_same_seed_gives_the_same_day() -> None:
    """Two runs with one seed agree byte for byte."""
    assert as_bytes(synthetic_day(seed=3, start=START)) == as_bytes(synthetic_day(seed=3, start=START))


def test_another_seed_gives_another_day() -> None:
    """The seed decides what happens."""
    assert as_bytes(day(1)) != as_bytes(day(2))


@pytest.mark.parametrize("conversations", [0, 1, 7, 300, 360])
def test_yields_as_many_as_asked_for(conversations: int) -> None:
    """Any number can be asked for; ids count from one in the order of the day."""
    ids = [one["id"] for one in day(1, conversations)]
    assert ids == [f"demo-{number:04d}" for number in range(1, conversations + 1)]


def test_has_three_hundred_conversations_unless_told_otherwise() -> None:
    """The default is enough for rates to mean something."""
    assert len(list(synthetic_day(start=START))) >= 300


@pytest.mark.parametrize("ingredient", INGREDIENTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_ingredient_occurs(seed: int, ingredient: str) -> None:
    """From 300 conversations on, nothing is left to luck."""
    assert any(INGREDIENTS[ingredient](one) for one in day(seed, 300))


@pytest.mark.parametrize("seed", SEEDS)
def test_outcomes_have_their_shares(seed: int) -> None:
    """The texts lead to the planned outcomes."""
    counts = Counter(map(judged, day(seed)))
    assert counts == {"completed": 180, "abandoned": 65, "silent": 43, "escalated": 43, "failed": 15, "visit": 14}


@pytest.mark.parametrize("seed", SEEDS)
def test_some_users_have_several_conversations(seed: int) -> None:
    """Returning users can be shown."""
    counts = Counter(one["user_id"] for one in day(seed) if "user_id" in one)
    assert max(counts.values()) > 1
    assert all(re.fullmatch(r"user-\d{3}", user) for user in counts)


@pytest.mark.parametrize("seed", SEEDS)
def test_about_a_quarter_gives_feedback(seed: int) -> None:
    """Feedback is there, and worse where the outcome was worse."""
    rated = [one for one in day(seed) if rating_of(one) is not None]
    bad = Counter(judged(one) for one in rated if rating_of(one) in ("negative", 1, 2))
    everything = Counter(map(judged, rated))
    assert 0.2 < len(rated) / len(day(seed)) < 0.3
    assert bad["abandoned"] / everything["abandoned"] > 0.5 > bad["completed"] / everything["completed"]


@pytest.mark.parametrize("seed", SEEDS)
def test_times_increase_and_stay_within_the_day(seed: int) -> None:
    """Within a conversation time only moves forward, and comebacks too are within 24 hours of the start."""
    for one in day(seed):
        moments = times(one)
        assert all(before < after for before, after in pairwise(moments))
        assert moments[0] >= START
        assert moments[-1] < START + timedelta(hours=24)


@pytest.mark.parametrize("seed", SEEDS)
def test_conversations_come_in_order_of_their_first_event(seed: int) -> None:
    """A reader need not sort."""
    firsts = [times(one)[0] for one in day(seed)]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize("seed", SEEDS)
def test_pauses_are_those_of_people_agents_and_tools(seed: int) -> None:
    """Users need 10 to 120 s unless they were away, agents 1 to 20 s, tools 0.2 to 4 s."""
    limits = {"user": (10, 120), "assistant": (1, 20), "tool": (0.2, 4)}
    for one in day(seed):
        for (before, after), message in zip(pairwise(times(one)), one["messages"][1:], strict=False):
            shortest, longest = limits[message["role"]]
            seconds = (after - before).total_seconds()
            away = message["role"] == "user" and 45 * 60 <= seconds <= 300 * 60
            # Half a millisecond either way is lost when both times are written.
            assert away or shortest - 0.001 <= seconds <= longest + 0.001


def test_the_day_has_a_curve() -> None:
    """Few write at night, most before noon and in the evening, by the clock in UTC whatever the start."""
    later = synthetic_day(conversations=1000, start=datetime(2025, 3, 3, 17, 20, tzinfo=timezone(timedelta(hours=2))))
    hours = Counter(times(one)[0].hour for one in later)
    night = sum(hours[hour] for hour in range(1, 5)) / 4
    assert min(hours[10], hours[11], hours[19], hours[20]) > 1.2 * hours[14] > 3 * night


@pytest.mark.parametrize("seed", SEEDS)
def test_every_tool_message_answers_a_call(seed: int) -> None:
    """A result follows its call, by id where there are ids, else by position; none is left without a result."""
    results = 0
    for one in day(seed):
        waiting: list[str | None] = []
        for message in one["messages"]:
            if message["role"] == "tool":
                results += 1
                assert message.get("tool_call_id") == waiting.pop(0)
            else:
                assert not waiting
            waiting += [call.get("id") for call in message.get("tool_calls", ())]
        assert not waiting
    assert results


@pytest.mark.parametrize("seed", SEEDS)
def test_token_counts_are_plausible(seed: int) -> None:
    """The input grows with the conversation, and details are parts of their sums."""
    told = 0
    for one in day(seed):
        counts = [message["usage"] for message in said_by("assistant", one) if "usage" in message]
        sent = [count["input_tokens"] for count in counts]
        assert sent == sorted(sent)
        assert all(count["input_tokens_details"]["cached_tokens"] <= count["input_tokens"] for count in counts)
        assert all(count["output_tokens_details"]["reasoning_tokens"] < count["output_tokens"] for count in counts)
        told += len(counts)
    assert told


def test_a_start_without_offset_is_utc() -> None:
    """A naive start means the same as one in UTC, and every timestamp says its offset."""
    naive: list[Transcript] = list(synthetic_day(conversations=20, start=START.replace(tzinfo=None)))
    assert as_bytes(naive) == as_bytes(day(1, 20))
    assert all(m["timestamp"].endswith("+00:00") for one in naive for m in one["messages"])


@pytest.mark.parametrize("seed", SEEDS)
def test_no_placeholder_is_left(seed: int) -> None:
    """Every name in the texts was filled in."""
    assert b"$" not in as_bytes(day(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_who_hands_over_says_so(seed: int) -> None:
    """Before another agent goes on, the one who had the conversation says a sentence, with its own token counts."""
    handed_over = 0
    for one in day(seed):
        answers = said_by("assistant", one)
        for before, message in pairwise(answers):
            if before["agent"] != message["agent"]:
                handed_over += 1
                assert before["content"]
                assert "tool_calls" not in before
                assert ("usage" in before) is any("usage" in answer for answer in answers)
    assert handed_over
