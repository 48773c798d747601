"""A conversation as a line of text → the spans and records that it would send, and a tracker to play them into.

    play("user hi | agent hello | tool lookup failed | agent sorry | idle 31m | user thanks, bye")

Moves, divided by ``|``; ten seconds pass before each user message, one second before anything else:

    as KEY=VALUE ...         the application says from now on: user, channel, device, language, country, session,
                             or meta.KEY for a fact in its metadata
    open                     the application opens the conversation
    user TEXT                the user speaks (a run begins, if anything of it follows)
    agent[:NAME] TEXT        the agent answers; before the first user message it greets
    tool NAME [failed]       the agent calls a tool
    handoff NAME             the agent hands over
    model NAME [IN OUT]      the agent calls a model, with so many tokens; none: the provider told none
    guard NAME [tripped]     a guardrail is run
    loop N                   so many tool calls of the turn were repeated
    wait                     the run waits for a human's approval
    resume                   a run goes on after it
    error TYPE               the run fails
    end [OUTCOME]            the application ends the conversation
    rate RATING [RATER]      somebody rates it: positive, neutral, negative, or 1 to 5
    meta RATING              a rating in the metadata of the run, or else of an opening
    judge LABEL              somebody who can know says resolved or unresolved
    idle 31m                 time passes: s, m, h or d

The text ``-`` is one that was not to be had: nothing was measured of it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, Service, SpanRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS, Rules
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.signals.closing import has_closing_words
from otel_agent_analytics.signals.question import ends_with_question
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.conversations.record import ConversationRecord

Source = SpanRecord | LogRecord

SERVICE = Service("shop")
BEGIN_NS = 1_700_000_000 * SECOND_NS
NOT_TO_BE_HAD = "-"
WANTED = {"where": "whereabouts", "human": "somebody else", "so": v.OTHER_LABEL}
"""Words of a user, and the intents that they show."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass
class Writer:
    """Writes down, move by move, what a conversation sends. ``turn`` is the run that is open."""

    conversation_id: str
    now_ns: int
    ids: str
    sources: list[Source] = field(default_factory=list)
    agent: str = "helper"
    turn: dict[str, Any] | None = None
    numbers: Any = field(default_factory=itertools.count)
    before: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    trace: str = "0" * 31 + "1"

    def move(self, move: str) -> None:
        word, _, rest = move.partition(" ")
        word, _, name = word.partition(":")
        if word in _BETWEEN_TURNS:
            self.finish_turn()
        if word != "user":
            self.now_ns += SECOND_NS
        _MOVES[word](self, rest, name)

    def identity(self) -> dict[str, Any]:
        return {v.GEN_AI_CONVERSATION_ID: self.conversation_id, **self.context}

    def record(self, name: str, **said: Any) -> None:
        number = f"{self.ids}-{next(self.numbers)}"
        attributes = {**self.identity(), v.EVENT_ID: number, **said}
        self.sources.append(LogRecord(name, self.now_ns, attributes, SERVICE))

    def span(self, begin_ns: int, said: dict[str, Any], *, failed: bool = False) -> None:
        number = f"{self.ids}-{next(self.numbers)}"
        # What ``derived`` says is as the analyzer reads it: these are spans of ours, and nobody has derived anything.
        attributes = {**self.identity(), v.DERIVED: False, v.GEN_AI_AGENT_NAME: self.agent, **said}
        self.sources.append(SpanRecord(self.trace, number, begin_ns, self.now_ns, attributes, failed, SERVICE))

    def finish_turn(self) -> None:
        turn, self.turn = self.turn, None
        if turn is None:
            return
        begin_ns = turn.pop("begin_ns")
        if not turn.pop("ran"):
            then, self.now_ns = self.now_ns, begin_ns
            self.record(v.EVENT_USER_MESSAGE, **turn)
            self.now_ns = then
            return
        failed = v.ERROR_TYPE in turn
        self.span(begin_ns, {v.OPERATION: v.OPERATION_TURN, v.TURN_ANSWERED: False, **turn}, failed=failed)

    def user(self, text: str) -> None:
        self.now_ns += 10 * SECOND_NS
        self.turn = {
            "begin_ns": self.now_ns,
            "ran": False,
            **said_by_user(text, self.before),
        }
        self.before = text

    def resume(self) -> None:
        self.turn = {"begin_ns": self.now_ns, "ran": True, v.TURN_RESUMED: True}

    def of_turn(self, said: dict[str, Any]) -> None:
        assert self.turn is not None, "this needs a user message before it"
        self.turn |= {**said, "ran": True}

    def agent_said(self, text: str) -> None:
        said = said_by_agent(text)
        if self.turn is None:
            self.record(v.EVENT_AGENT_RESPONSE, **{v.GEN_AI_AGENT_NAME: self.agent}, **said)
        else:
            self.turn |= {**said, v.TURN_ANSWERED: True, v.ANSWERING_AGENT: self.agent, "ran": True}

    def work(self, said: dict[str, Any]) -> None:
        if self.turn is not None:
            self.turn["ran"] = True
        self.span(self.now_ns - SECOND_NS // 2, said)


def said_by_user(text: str, before: str) -> dict[str, Any]:
    """Return what is measured of a user's message, by single words: ``bad``, ``anew`` (a rephrase), ``where``."""
    words = set(text.split())
    if text == NOT_TO_BE_HAD:
        return {}
    return {
        v.USER_MESSAGE_LENGTH: len(text),
        v.USER_MESSAGE_LANGUAGE: "en",
        v.USER_MESSAGE_SENTIMENT: -0.5 if "bad" in words else 0.5 if "good" in words else 0.0,
        v.USER_MESSAGE_CLOSING: has_closing_words(text),
        v.USER_MESSAGE_THANKS: "thanks" in text,
        v.USER_MESSAGE_NEGATION: "not" in words,
        v.USER_MESSAGE_QUESTION: "?" in text,
        v.USER_MESSAGE_SAYS_NO: text.startswith("no"),
        v.USER_MESSAGE_COMPLAINT: "complaint" in words,
        v.USER_MESSAGE_HUMAN_REQUEST: "human" in words,
        v.USER_MESSAGE_OVERLAP: 0.5 if "anew" in words else 0.0,
        v.USER_MESSAGE_REPHRASE: "anew" in words,
        v.USER_MESSAGE_REPEAT: text == before,
        **next((wanted(intent) for word, intent in WANTED.items() if word in words), {}),
    }


def wanted(intent: str) -> dict[str, Any]:
    """Return what is said of the intent of a message of two words."""
    return {
        v.USER_MESSAGE_CONTENT_WORDS: 2,
        v.USER_MESSAGE_INTENT: intent,
        v.USER_MESSAGE_INTENT_CONFIDENCE: 0.75,
    }


def said_by_agent(text: str) -> dict[str, Any]:
    """Return what is measured of an agent's message, by single words: ``sorry``, ``booked``, ``failed``."""
    words = set(text.split())
    if text == NOT_TO_BE_HAD:
        return {}
    statement = (
        v.STATEMENT_FAILURE if "failed" in words else v.STATEMENT_SUCCESS if "booked" in words else v.STATEMENT_NONE
    )
    return {
        v.AGENT_MESSAGE_LENGTH: len(text),
        v.AGENT_MESSAGE_QUESTION: ends_with_question(text),
        v.AGENT_MESSAGE_REFUSAL: "sorry" in words,
        v.AGENT_MESSAGE_STATEMENT: statement,
    }


def write(text: str, conversation_id: str = "c", begin_ns: int = BEGIN_NS, ids: str = "") -> list[Source]:
    """Return what a conversation sends, in the order in which it ends; ``ids`` begins the ids of its spans."""
    writer = Writer(conversation_id, begin_ns, ids or conversation_id)
    for move in text.split("|"):
        writer.move(move.strip())
    writer.finish_turn()
    return writer.sources


def _agent(writer: Writer, text: str, name: str) -> None:
    writer.agent = name or writer.agent
    writer.agent_said(text)


def _tool(writer: Writer, text: str, _: str) -> None:
    tool, _, failed = text.partition(" ")
    said = {v.GEN_AI_OPERATION_NAME: v.OPERATION_EXECUTE_TOOL, v.GEN_AI_TOOL_NAME: tool}
    writer.work({**said, v.TOOL_RESULT_FAILED: True} if failed else said)


def _handoff(writer: Writer, to_agent: str, _: str) -> None:
    said = {v.HANDOFF_FROM_AGENT: writer.agent, v.HANDOFF_TO_AGENT: to_agent}
    writer.work({v.OPERATION: v.OPERATION_HANDOFF, **said})
    writer.agent = to_agent


def _model(writer: Writer, text: str, _: str) -> None:
    model, *tokens = text.split()
    counts = dict(zip((v.GEN_AI_USAGE_INPUT_TOKENS, v.GEN_AI_USAGE_OUTPUT_TOKENS), map(int, tokens), strict=False))
    writer.work({v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT, v.GEN_AI_REQUEST_MODEL: model, **counts})


def _guard(writer: Writer, text: str, _: str) -> None:
    name, _, tripped = text.partition(" ")
    said = {v.GUARDRAIL_NAME: name, v.GUARDRAIL_TRIGGERED: bool(tripped)}
    writer.work({v.OPERATION: v.OPERATION_GUARDRAIL, **said})


def _as(writer: Writer, text: str, _: str) -> None:
    for key, _, value in (word.partition("=") for word in text.split()):
        fact = key.removeprefix("meta.")
        writer.context[v.METADATA_PREFIX + fact if fact != key else _SAID[key]] = value


def _end(writer: Writer, outcome: str, _: str) -> None:
    writer.record(v.EVENT_ENDED, **({v.OUTCOME: outcome} if outcome else {}))


def _rate(writer: Writer, text: str, _: str) -> None:
    rating, _, rater = text.partition(" ")
    rated: dict[str, Any] = (
        {v.GEN_AI_EVALUATION_SCORE_VALUE: int(rating)}
        if rating.isdigit()
        else {v.GEN_AI_EVALUATION_SCORE_LABEL: rating}
    )
    said = {v.GEN_AI_EVALUATION_NAME: v.EVALUATION_USER_FEEDBACK, **rated}
    writer.record(v.EVENT_EVALUATION_RESULT, **said, **{v.RATER: rater or v.DEFAULT_RATER})


def _judge(writer: Writer, label: str, _: str) -> None:
    said = {v.GEN_AI_EVALUATION_NAME: v.EVALUATION_RESOLUTION, v.GEN_AI_EVALUATION_SCORE_LABEL: label}
    writer.record(v.EVENT_EVALUATION_RESULT, **said)


def _meta(writer: Writer, rating: str, _: str) -> None:
    said = {v.METADATA_FEEDBACK: int(rating) if rating.isdigit() else rating}
    if writer.turn is None:
        writer.record(v.EVENT_STARTED, **said)
    else:
        writer.of_turn(said)


def _idle(writer: Writer, text: str, _: str) -> None:
    writer.now_ns += round(float(text[:-1]) * _UNITS[text[-1]] * SECOND_NS)


_BETWEEN_TURNS = frozenset({"user", "end", "idle", "open", "rate", "judge", "resume"})
_SAID = {
    "user": v.USER_HASH,
    "channel": v.CHANNEL,
    "device": v.DEVICE,
    "language": v.LANGUAGE,
    "country": v.COUNTRY,
    "session": v.SESSION_ID,
}
_MOVES: dict[str, Any] = {
    "as": _as,
    "open": lambda writer, _text, _name: writer.record(v.EVENT_STARTED),
    "user": lambda writer, text, _name: writer.user(text),
    "agent": _agent,
    "tool": _tool,
    "handoff": _handoff,
    "model": _model,
    "guard": _guard,
    "loop": lambda writer, times, _name: writer.of_turn({v.TURN_LOOPS: int(times)}),
    "wait": lambda writer, _text, _name: writer.of_turn({v.TURN_WAITS_FOR_APPROVAL: True}),
    "resume": lambda writer, _text, _name: writer.resume(),
    "error": lambda writer, error_type, _name: writer.of_turn({v.ERROR_TYPE: error_type}),
    "end": _end,
    "rate": _rate,
    "meta": _meta,
    "judge": _judge,
    "idle": _idle,
}


@dataclass(frozen=True)
class Played:
    """What came of playing."""

    records: list[ConversationRecord]
    totals: Totals
    tracker: Tracker

    @property
    def record(self) -> ConversationRecord:
        """The only record."""
        assert len(self.records) == 1, self.records
        return self.records[0]

    def series(self) -> dict[tuple[str, tuple[str, ...]], float]:
        """Every counter and its twin, and the count and sum of every histogram, by name and label values."""
        found: dict[tuple[str, tuple[str, ...]], float] = {}
        for metric, totals in self.totals.counters().items():
            for (_, labels), total in totals.items():
                found[metric.name, labels] = float(total.value)
                if metric.twin:
                    found[metric.twin, labels] = float(total.retracted)
        for metric, distributions in self.totals.histograms().items():
            for (_, labels), distribution in distributions.items():
                found[f"{metric.name}_buckets", (*labels, str(distribution.counts))] = sum(distribution.counts)
                found[f"{metric.name}_sum", labels] = float(distribution.total)
        return found

    def count(self, name: str, *labels: str) -> float:
        """Return one series, without the prefix and the ``_total``; 0 when there is none."""
        return self.series().get((f"agent_analytics_{name}_total", labels), 0)


def host(rules: Rules = DEFAULT_RULES) -> tuple[Tracker, Totals, Ledger]:
    """Return a tracker with metrics and a ledger behind it."""
    totals, ledger = Totals(), Ledger()
    return Tracker(MemoryStore(), (totals, ledger), rules), totals, ledger


def feed(sources: Iterable[Source], rules: Rules = DEFAULT_RULES) -> Played:
    """Play everything at once, then let the time run past the end of it all."""
    tracker, totals, ledger = host(rules)
    last_ns = BEGIN_NS
    for source in sources:
        tracker.take(source)
        last_ns = max(last_ns, source.time_ns if isinstance(source, LogRecord) else source.end_ns)
    tracker.advance_to(last_ns + rules.idle_ns + 3 * rules.reopen_ns)
    return Played(ledger.records(), totals, tracker)


def live(sources: Iterable[Source], rules: Rules = DEFAULT_RULES, lateness_ns: int = 60 * SECOND_NS) -> Played:
    """Play in the order in which things end, with a clock that goes along, as a live host does."""
    tracker, totals, ledger = host(rules)
    now_ns = BEGIN_NS
    for source in sorted(sources, key=_end_ns):
        now_ns = _end_ns(source)
        tracker.advance_to(now_ns - lateness_ns)
        tracker.take(source)
    tracker.advance_to(now_ns + rules.idle_ns + 3 * rules.reopen_ns)
    return Played(ledger.records(), totals, tracker)


def play(text: str, rules: Rules = DEFAULT_RULES) -> Played:
    """Play one conversation live."""
    return live(write(text), rules)


def _end_ns(source: Source) -> int:
    return source.time_ns if isinstance(source, LogRecord) else source.end_ns
