"""What the bridge measures of a run's texts and calls, as attributes of its turn, and what comes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner, RunState, function_tool

from otel_agent_analytics import Settings, conversation, instrument, record_event
from otel_agent_analytics import vocabulary as v
from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from tests.agents_sdk.conftest import Bench

TURN = "handle_conversation_turn Helper"
SIGNS = {
    v.USER_MESSAGE_LANGUAGE, v.USER_MESSAGE_SENTIMENT, v.USER_MESSAGE_THANKS, v.USER_MESSAGE_NEGATION,
    v.USER_MESSAGE_SAYS_NO, v.USER_MESSAGE_COMPLAINT, v.USER_MESSAGE_HUMAN_REQUEST,
}  # fmt: skip
COMPARED = {v.USER_MESSAGE_OVERLAP, v.USER_MESSAGE_REPHRASE, v.USER_MESSAGE_REPEAT}
STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["run", "run_streamed"])
QUESTION = "Where is my parcel for order 7?"
REPHRASED = "Could you tell me where the parcel for order 7 is?"


@function_tool
def look(place: str) -> str:
    """Look somewhere."""
    return f"nothing in {place}"


@function_tool(needs_approval=True)
async def wire(amount: int) -> str:
    """Move money."""
    return f"wired {amount}"


def helper(*answers: Any) -> Agent:
    """Return an agent that answers from a script."""
    return Agent(name="Helper", model=ScriptedModel(*answers), tools=[look, wire])


async def run(
    agent: Agent,
    given: Any,
    *,
    streamed: bool = False,
    group: str | None = "c1",
    conversation_id: str | None = None,
    previous_response_id: str | None = None,
) -> Any:
    """Run an agent to the end; return the result."""
    more: dict[str, Any] = {"conversation_id": conversation_id, "previous_response_id": previous_response_id}
    config = RunConfig(group_id=group, workflow_name="chat")
    if not streamed:
        return await Runner.run(agent, given, run_config=config, **more)
    result = Runner.run_streamed(agent, given, run_config=config, **more)
    async for _ in result.stream_events():
        pass
    return result


def turns(bench: Bench) -> list[dict[str, Any]]:
    """Return the attributes of the turns, in the order in which they ended."""
    return [dict(one.attributes or {}) for one in bench.spans if one.name.startswith("handle_conversation_turn")]


def history(*texts: str) -> list[Any]:
    """Return messages of user and agent by turns, the user first."""
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]


# --- what was said ----------------------------------------------------------------------------------------------------


@STREAMED
async def test_turn_carries_signals_and_no_text(bench: Bench, *, streamed: bool) -> None:
    """The numbers of message and answer are on the turn, measured before the texts are dropped."""
    await run(helper("I am sorry, that failed. Shall I try again?"), "This is useless, thanks", streamed=streamed)
    said = bench.said(TURN)

    assert said.keys() >= SIGNS | COMPARED
    assert (said[v.USER_MESSAGE_LANGUAGE], said[v.USER_MESSAGE_LENGTH]) == ("en", 23)
    assert (said[v.USER_MESSAGE_COMPLAINT], said[v.USER_MESSAGE_THANKS], said[v.USER_MESSAGE_CLOSING]) == (True,) * 3
    assert (said[v.AGENT_MESSAGE_REFUSAL], said[v.AGENT_MESSAGE_STATEMENT]) == (True, "failure")
    assert said[v.AGENT_MESSAGE_QUESTION] is True
    assert not [one for one in bench.spans if "useless" in one.to_json() or "sorry" in one.to_json()]


async def test_language_that_the_application_names(bench: Bench) -> None:
    """Its word goes before what the text shows: English word lists meet no text of another language."""
    with conversation("c1", language="de-AT"):
        await run(helper("I am sorry."), "this is useless")
    said = bench.said(TURN)

    assert said[v.USER_MESSAGE_LANGUAGE] == "de"
    assert v.USER_MESSAGE_SENTIMENT not in said
    assert v.AGENT_MESSAGE_REFUSAL not in said


@pytest.mark.parametrize("by_settings", [False, True])
async def test_signals_switched_off(bare_bench: Bench, *, by_settings: bool) -> None:
    """By the argument or by the setting: length, question and closing words are left, and the outcome by them."""
    settings = Settings(signals=False) if by_settings else None
    if by_settings:
        bare_bench.instrument(settings)
    else:
        instrument(tracer_provider=bare_bench.provider, metrics_registry=bare_bench.registry, signals=False)
    await run(helper("I am sorry."), "thanks, bye")
    record_event("user_message", "c2", text="This is useless")
    said = bare_bench.said(TURN)

    assert not said.keys() & (SIGNS | COMPARED | {v.AGENT_MESSAGE_REFUSAL, v.AGENT_MESSAGE_STATEMENT})
    assert (said[v.USER_MESSAGE_LENGTH], said[v.USER_MESSAGE_CLOSING], said[v.AGENT_MESSAGE_LENGTH]) == (11, True, 11)
    assert bare_bench.value("conversations_active") == 2


async def test_sensitive_data_off_is_unknown(bench: Bench) -> None:
    """Where the SDK itself holds the texts back nothing is measured, and nothing is taken for measured."""
    config = RunConfig(group_id="c1", trace_include_sensitive_data=False)
    await Runner.run(helper("I am sorry."), "This is useless", run_config=config)
    said = bench.said(TURN)

    assert not [key for key in said if "user_message" in key or "agent_message" in key]


# --- the message before -----------------------------------------------------------------------------------------------


@STREAMED
async def test_message_before_from_the_history(bench: Bench, *, streamed: bool) -> None:
    """The run's own input says what the user said before, also where this process knows nothing of it."""
    await run(helper("On its way."), history(QUESTION, "Let me see.", REPHRASED), streamed=streamed)
    said = bench.said(TURN)

    assert (said[v.USER_MESSAGE_REPHRASE], said[v.USER_MESSAGE_REPEAT]) == (True, False)
    assert said[v.USER_MESSAGE_OVERLAP] > 0.5


async def test_message_before_from_memory(bench: Bench) -> None:
    """A run that is given the last message alone: what the process remembers of the conversation."""
    agent = helper("Let me see.", "On its way.", "Hello.")
    await run(agent, QUESTION)
    await run(agent, QUESTION)
    await run(agent, QUESTION, group="c2")

    assert [said[v.USER_MESSAGE_REPEAT] for said in turns(bench)] == [False, True, False]


async def test_history_goes_before_memory(bench: Bench) -> None:
    """What the model was given is what the user said, whatever came by another way meanwhile."""
    agent = helper("Let me see.", "On its way.")
    await run(agent, QUESTION)
    await run(agent, history("something else", "I see.", QUESTION))

    assert [said[v.USER_MESSAGE_REPEAT] for said in turns(bench)] == [False, False]


async def test_message_that_no_run_carried_is_remembered(bench: Bench) -> None:
    """An event of the application is a message too: who says it again says it again."""
    record_event("user_message", "c1", text=QUESTION)
    await run(helper("Let me see."), REPHRASED)

    assert bench.said(TURN)[v.USER_MESSAGE_REPHRASE] is True


@pytest.mark.parametrize("named", [True, False], ids=["conversation_id", "previous_response_id"])
async def test_message_before_is_unknown(bench: Bench, *, named: bool) -> None:
    """Where the history is kept by the provider nobody here knows whether the user repeats himself: unknown, not no."""
    agent = helper("Let me see.", "On its way.")
    conversation_id, previous_response_id = ("conv_1", None) if named else (None, "resp_1")
    for _ in range(2):
        await run(
            agent, QUESTION, group=None, conversation_id=conversation_id, previous_response_id=previous_response_id
        )
    first, *rest = turns(bench)

    assert first.keys() >= SIGNS
    assert not first.keys() & COMPARED
    # With an id of the conversation the process remembers it from now on.
    assert [said.get(v.USER_MESSAGE_REPEAT) for said in rest] == [True if named else None]


async def test_unknown_comparison_is_unknown_satisfaction(bench: Bench) -> None:
    """No turn is judged by features that nobody knows; the conversation counts as decided without signals."""
    await run(helper("It has been sent."), QUESTION, group=None, conversation_id="conv_1")
    instrument().advance_to(2**62)

    assert bench.value("judged_turns_total") == 0
    assert bench.value("conversations_without_signals_total") == 1
    assert bench.value("conversations_ended_total", outcome="silent", agent="Helper") == 1


# --- loops ------------------------------------------------------------------------------------------------------------


def looks(*places: str) -> list[Call]:
    """Return a call for each place."""
    return [Call("look", place=place, call_id=f"call_{number}") for number, place in enumerate(places)]


@pytest.mark.parametrize(
    ("calls", "loops"),
    [
        (looks("box", "box", "box"), 1),
        (looks("box", "box", "box", "box", "box", "box"), 1),
        (looks("box", "bag", "box", "bag", "box", "bag"), 2),
        (looks("box", "box", "bag"), None),
        (looks("box"), None),
    ],
)
async def test_loops(bench: Bench, calls: list[Call], loops: int | None) -> None:
    """The same tool with the same arguments three times in a turn is a loop, once however often it goes round."""
    await run(helper(*calls, "Nothing."), "look for it")

    assert bench.said(TURN).get(v.TURN_LOOPS) == loops
    assert (bench.value("loops_total") or 0) == (loops or 0)


async def test_calls_of_different_turns_are_no_loop(bench: Bench) -> None:
    """Who asks three times gets three answers."""
    for _ in range(3):
        await run(helper(*looks("box"), "Nothing."), "look for it")

    assert [said.get(v.TURN_LOOPS) for said in turns(bench)] == [None] * 3


# --- waiting for a human ----------------------------------------------------------------------------------------------


@STREAMED
async def test_run_that_waits_for_approval(bench: Bench, *, streamed: bool) -> None:
    """It says so on its turn, and its conversation is not over however long the human takes."""
    handle = instrument()
    agent = helper(Call("wire", amount=5), "Done.")
    result = await run(agent, "wire five", streamed=streamed)
    assert result.interruptions
    assert bench.said(TURN)[v.TURN_WAITS_FOR_APPROVAL] is True
    assert bench.said(TURN)[v.TURN_ANSWERED] is False
    begun_ns = bench.span(TURN).start_time or 0
    handle.advance_to(begun_ns + 6 * 86_400 * 10**9)
    assert bench.value("conversations_active") == 1

    state: RunState[Any] = await RunState.from_json(agent, json.loads(json.dumps(result.to_state().to_json())))
    for asked in state.get_interruptions():
        state.approve(asked)
    await run(agent, state, streamed=streamed)
    after = turns(bench)[-1]

    assert v.TURN_WAITS_FOR_APPROVAL not in after
    assert after[v.TURN_RESUMED] is True
    assert bench.value("messages_total", role="user") == 1
    assert bench.value("messages_total", role="agent") == 1


async def test_run_that_ends_does_not_wait(bench: Bench) -> None:
    """Neither an answer, nor an answer after a tool, nor a failure waits for anybody."""
    await run(helper(*looks("box"), "Nothing."), "look")
    await run(helper("Hello."), "hi")
    with pytest.raises(ConnectionError):
        await run(helper(ConnectionError("down")), "hi")

    assert [v.TURN_WAITS_FOR_APPROVAL in said for said in turns(bench)] == [False] * 3


async def test_run_that_is_refused_goes_on(bench: Bench) -> None:
    """A human who says no ends the waiting as well."""
    agent = helper(Call("wire", amount=5), "As you wish.")
    result = await run(agent, "wire five")
    state = result.to_state()
    for asked in state.get_interruptions():
        state.reject(asked)
    await run(agent, state)

    assert [v.TURN_WAITS_FOR_APPROVAL in said for said in turns(bench)] == [True, False]
    assert bench.value("messages_total", role="agent") == 1
