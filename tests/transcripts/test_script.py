"""What is played of a transcript: which messages a run carries, by which model calls, and what no run carries."""

from __future__ import annotations

from typing import Any

import pytest

from otel_agent_analytics.transcripts.script import Move, Run, Said, script
from otel_agent_analytics.transcripts.transcript import Call, Guardrail, Message, Transcript

F = Call("f", "{}", "found", answered=True, result_ns=None)
G = Call("g", "{}", "got", answered=True, result_ns=None)
OPEN = Call("f", "{}", "", answered=False, result_ns=None)
"""A call without a result in the recording."""


def user(text: str) -> Message:
    """Return a message of a user."""
    return Message("user", text, None)


def agent(text: str = "", *calls: Call, by: str | None = None, **said: Any) -> Message:
    """Return a message of an agent."""
    return Message("assistant", text, None, agent=by, calls=calls, **said)


def move(*texts: str, calls: tuple[Call, ...] = (), by: str = "agent", **said: Any) -> Move:
    """Return a model call."""
    return Move(by, texts, calls, 0, **said)


def played(*messages: Message) -> list[Run | Said]:
    """Return what is played, without times: each message has the time of its place, in nanoseconds."""
    return script(Transcript(id="c", where="f:1", messages=messages, context={}))


def run(text: str, *moves: Move, by: str = "agent", left: tuple[Message, ...] = ()) -> Run:
    """Return a run that serves a user message."""
    return Run(0, text, by, moves, left)


def said(message: Message) -> Said:
    """Return a message that no run carries."""
    return Said(0, message)


CASES: dict[str, tuple[list[Message], list[Run | Said]]] = {
    "nothing": ([], []),
    "a greeting is said": ([agent("welcome")], [said(agent("welcome"))]),
    "a greeting comes before the first run": (
        [agent("welcome"), user("hi"), agent("hello")],
        [said(agent("welcome")), run("hi", move("hello"))],
    ),
    "a greeting of several messages": (
        [agent("welcome"), agent("how are you?"), user("hi"), agent("hello")],
        [said(agent("welcome")), said(agent("how are you?")), run("hi", move("hello"))],
    ),
    "calls before the first user message are said": (
        [agent("", F), user("hi"), agent("hello")],
        [said(agent("", F)), run("hi", move("hello"))],
    ),
    "a message that nobody answers is said": ([user("hi")], [said(user("hi"))]),
    "several messages before an answer": (
        [user("hi"), user("anyone?"), agent("hello"), user("bye")],
        [said(user("hi")), run("anyone?", move("hello")), said(user("bye"))],
    ),
    "each answered message is a run": (
        [user("hi"), agent("hello"), user("a kite"), agent("which colour?")],
        [run("hi", move("hello")), run("a kite", move("which colour?"))],
    ),
    "calls, then the answer": (
        [user("hi"), agent("", F, G), agent("there")],
        [run("hi", move(calls=(F, G)), move("there"))],
    ),
    "text beside calls with results": (
        [user("hi"), agent("let me see", F), agent("there")],
        [run("hi", move("let me see", calls=(F,)), move("there"))],
    ),
    "text beside calls of which one has a result": (
        [user("hi"), agent("let me see", OPEN, G)],
        [run("hi", move("let me see", calls=(OPEN, G)))],
    ),
    "text beside calls without results is what came of them": (
        [user("hi"), agent("it is red", OPEN)],
        [run("hi", move(calls=(OPEN,)), move("it is red"))],
    ),
    "text of calls without results goes along with the next call": (
        [user("hi"), agent("it is red", OPEN), agent("", G), agent("done")],
        [run("hi", move(calls=(OPEN,)), move("it is red", calls=(G,)), move("done"))],
    ),
    "calls without text or results": (
        [user("hi"), agent("", OPEN), agent("it is red")],
        [run("hi", move(calls=(OPEN,)), move("it is red"))],
    ),
    "consecutive texts are one answer": (
        [user("hi"), agent("well"), agent("hello")],
        [run("hi", move("well", "hello"))],
    ),
    "a text before a call goes along with it": (
        [user("hi"), agent("one moment"), agent("", F), agent("there")],
        [run("hi", move("one moment", calls=(F,)), move("there"))],
    ),
    "a text before a call with a text": (
        [user("hi"), agent("one moment"), agent("looking", F)],
        [run("hi", move("one moment", "looking", calls=(F,)))],
    ),
    "an empty answer is one": ([user("hi"), agent("")], [run("hi", move())]),
    "the recording stops on a tool result": (
        [user("hi"), agent("", F)],
        [run("hi", move(calls=(F,)))],
    ),
    "the recording stops on a tool result in the middle": (
        [user("hi"), agent("", F), user("and?"), agent("there")],
        [run("hi", move(calls=(F,))), run("and?", move("there"))],
    ),
    "one agent has its name": (
        [user("hi"), agent("hello", by="Kites"), user("bye"), agent("bye", by="Kites")],
        [run("hi", move("hello", by="Kites"), by="Kites"), run("bye", move("bye", by="Kites"), by="Kites")],
    ),
    "an agent that is not named is the one before": (
        [user("hi"), agent("", F, by="Kites"), agent("there"), user("bye"), agent("bye")],
        [
            run("hi", move(calls=(F,), by="Kites"), move("there", by="Kites"), by="Kites"),
            run("bye", move("bye", by="Kites"), by="Kites"),
        ],
    ),
    "the first agent that is named has the conversation": (
        [user("hi"), agent("hello"), user("a kite"), agent("red", by="Kites")],
        [run("hi", move("hello", by="Kites"), by="Kites"), run("a kite", move("red", by="Kites"), by="Kites")],
    ),
    "a handoff at the start of a turn": (
        [user("hi"), agent("hello", by="Desk"), user("a kite"), agent("red", by="Kites")],
        [
            run("hi", move("hello", by="Desk"), by="Desk"),
            run("a kite", move(by="Desk", handoff_to="Kites"), move("red", by="Kites"), by="Desk"),
        ],
    ),
    "a handoff in the middle of a turn takes the text along": (
        [user("hi"), agent("I get a colleague", by="Desk"), agent("hello", by="Kites")],
        [run("hi", move("I get a colleague", by="Desk", handoff_to="Kites"), move("hello", by="Kites"), by="Desk")],
    ),
    "a handoff after a tool": (
        [user("hi"), agent("", F, by="Desk"), agent("red", by="Kites")],
        [
            run(
                "hi",
                move(calls=(F,), by="Desk"),
                move(by="Desk", handoff_to="Kites"),
                move("red", by="Kites"),
                by="Desk",
            )
        ],
    ),
    "a handoff there and back": (
        [user("hi"), agent("a", by="Desk"), agent("b", by="Kites"), agent("c", by="Desk"), user("bye"), agent("d")],
        [
            run(
                "hi",
                move("a", by="Desk", handoff_to="Kites"),
                move("b", by="Kites", handoff_to="Desk"),
                move("c", by="Desk"),
                by="Desk",
            ),
            run("bye", move("d", by="Desk"), by="Desk"),
        ],
    ),
    "a greeting by another agent is no handoff": (
        [agent("welcome", by="Desk"), agent("hello", by="Kites"), user("hi"), agent("red", by="Kites")],
        [
            said(agent("welcome", by="Desk")),
            said(agent("hello", by="Kites")),
            run("hi", move("red", by="Kites"), by="Kites"),
        ],
    ),
    "an error ends the run": (
        [user("hi"), agent(error="no paper"), user("and?"), agent("hello")],
        [run("hi", move(error="no paper")), run("and?", move("hello"))],
    ),
    "an error after a tool": (
        [user("hi"), agent("", F), agent(error="no paper")],
        [run("hi", move(calls=(F,)), move(error="no paper"))],
    ),
    "text after an error is said": (
        [user("hi"), agent(error="no paper"), agent("sorry"), agent("", F)],
        [run("hi", move(error="no paper"), left=(agent("sorry"), agent("", F)))],
    ),
    "a text just before an error is said": (
        [user("hi"), agent("one moment"), agent(error="no paper"), agent("sorry")],
        [run("hi", move(error="no paper"), left=(agent("one moment"), agent("sorry")))],
    ),
    "an error of the agent that took over": (
        [user("hi"), agent("a", by="Desk"), agent(error="no paper", by="Kites"), user("and?"), agent("b")],
        [
            run(
                "hi",
                move("a", by="Desk", handoff_to="Kites"),
                move(by="Kites", error="no paper"),
                by="Desk",
            ),
            run("and?", move("b", by="Kites"), by="Kites"),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_form_of_a_recording_is_played_as_it_happened(case: str) -> None:
    """Real recordings hold what tidy examples do not."""
    messages, expected = CASES[case]
    assert played(*messages) == expected


def test_a_guardrail_that_steps_in_ends_the_run_before_a_model_is_asked() -> None:
    """What the agent says then is said by no model; a guardrail that lets a message pass changes nothing."""
    stopped = user("my card is 4242")._replace(guardrails=(Guardrail("cards", triggered=True),))
    passed = user("hi")._replace(guardrails=(Guardrail("cards", triggered=False),))
    answer = agent("no card numbers, please", by="desk")

    assert played(stopped, answer, user("ok"), agent("thanks", by="desk")) == [
        Run(0, stopped.text, "desk", (), (answer,), stopped.guardrails),
        run("ok", move("thanks", by="desk"), by="desk"),
    ]
    assert played(stopped) == [Run(0, stopped.text, "agent", (), (), stopped.guardrails)]
    assert played(passed, agent("hello")) == [run("hi", move("hello"))._replace(guardrails=passed.guardrails)]


def test_times_are_those_of_the_messages() -> None:
    """A run begins with the user's message; a model call is over when its message is there."""
    messages = (
        Message("user", "hi", 100),
        Message("assistant", "", 200, agent="Desk", calls=(F._replace(result_ns=300),)),
        Message("assistant", "red", 400, agent="Kites"),
        Message("user", "bye", 500),
    )
    assert played(*messages) == [
        Run(
            100,
            "hi",
            "Desk",
            (
                Move("Desk", (), (F._replace(result_ns=300),), 200),
                Move("Desk", (), (), 400, handoff_to="Kites"),
                Move("Kites", ("red",), (), 400),
            ),
            (),
        ),
        Said(500, messages[3]),
    ]


def test_the_answer_that_came_of_calls_is_there_after_their_results() -> None:
    """Where the text stands beside calls without results, it cannot be earlier than what the tools gave."""
    messages = (
        Message("user", "hi", 100),
        Message("assistant", "red", 200, calls=(OPEN._replace(result_ns=300), OPEN._replace(result_ns=400))),
    )
    (only,) = played(*messages)
    assert isinstance(only, Run)
    assert [one.at_ns for one in only.moves] == [200, 400]


def test_usage_stays_with_its_model_call() -> None:
    """Each call has the counts of its message, those without any have none."""
    (only,) = played(user("hi"), agent("", F, usage={"input_tokens": 3}), agent("red"), user("x"))[:1]
    assert isinstance(only, Run)
    assert [one.usage for one in only.moves] == [{"input_tokens": 3}, None]


def test_usage_of_texts_that_share_a_model_call_is_added() -> None:
    """No token is lost where several messages become one call, a handoff too, and none is counted twice."""
    first = {"input_tokens": 10, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 4}}
    second = {"input_tokens": 20, "output_tokens": 3, "input_tokens_details": {"cached_tokens": 5}, "x": None}
    both = {"input_tokens": 30, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 9}}
    (text,) = played(user("hi"), agent("a", usage=first), agent("b", usage=second))
    (over,) = played(user("hi"), agent("a", by="A", usage=first), agent("b", by="B", usage=second))
    (beside,) = played(user("hi"), agent("a", OPEN, usage=first), agent("b", usage=second))
    assert isinstance(text, Run)
    assert isinstance(over, Run)
    assert isinstance(beside, Run)
    assert [one.usage for one in text.moves] == [both]
    assert [one.usage for one in over.moves] == [first, second]
    assert [one.usage for one in beside.moves] == [first, second]
