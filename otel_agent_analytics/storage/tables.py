"""The tables of a store as data: columns with their types and meanings. Both dialects and the documents read this."""

from __future__ import annotations

from typing import Final, NamedTuple

TEXT: Final = "text"
WHOLE: Final = "whole"
"""A whole number of 64 bits."""
YES_NO: Final = "yes_no"
BYTES: Final = "bytes"
EXACT: Final = "exact"
"""A decimal number with 15 digits behind the point."""
NUMBER: Final = "number"
"""A floating-point number."""
NAMES: Final = "names"
"""A JSON array of texts."""

CONVERSATION_ID: Final = "conversation_id"
USER_HASH: Final = "user_hash"
TRACE_ID: Final = "trace_id"
ARRIVED_NS: Final = "arrived_ns"


class Column(NamedTuple):
    """One column."""

    name: str
    type: str
    meaning: str
    """What it holds, with its unit; NULL where that is not known."""


class Table(NamedTuple):
    """One table."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Columns that tell the rows apart; empty where rows are only ever added."""
    meaning: str
    personal: tuple[str, ...] | None = None
    """Columns by which the rows of one person are found: conversations, hash, traces. Empty where nothing of persons
    is in it; None: nobody has said it yet, which a test refuses."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)


def _columns(type_: str, **meanings: str) -> tuple[Column, ...]:
    return tuple(Column(name, type_, meaning) for name, meaning in meanings.items())


_CONVERSATION: Final = _columns(TEXT, conversation_id="Id of the conversation.")
_OF_CONVERSATION: Final = (CONVERSATION_ID,)
_ARRIVED: Final = _columns(WHOLE, arrived_ns="When it was written, UTC nanoseconds: from then on it is kept.")
_SERVICE: Final = _columns(
    TEXT,
    service_name="The service.",
    service_namespace="Its namespace; empty without one.",
    deployment_environment_name="Where it runs; empty when it does not say.",
)

FACTS: Final = Table(
    "facts",
    (
        *_CONVERSATION,
        *_columns(
            WHOLE,
            sequence="Which writing of its conversation it came with, from 1; negative, and at random, for spans whose "
            "own process derives their conversations: they are kept, and left out of everything else.",
            arrived_ns="When it was written.",
        ),
        *_columns(BYTES, body="The events that one batch brought, as the core needs them."),
    ),
    ("conversation_id", "sequence"),
    "One row for each conversation and batch: what was accepted. No query reads it.",
    _OF_CONVERSATION,
)

HEADS: Final = Table(
    "heads",
    (
        *_CONVERSATION,
        *_SERVICE,
        *_columns(
            WHOLE,
            sequence="How often it has been written.",
            first_sequence="From which row of facts on its running or last episode is told.",
            deadline_ns="Event time at which something is to be done; NULL when the episode is forgotten.",
            due_ns="Time of arrival at which that may be done; NULL as above.",
            arrived_ns="When something of it last arrived.",
        ),
        *_columns(YES_NO, active="Whether it is open and the user has spoken."),
        *_columns(BYTES, body="What the core must know beside the facts."),
        *_columns(WHOLE, since_ns="When the first row of facts that is told was written: those before need no look."),
    ),
    ("conversation_id",),
    "One row for each conversation: where it stands.",
    _OF_CONVERSATION,
)

CALLS: Final = Table(
    "calls",
    (
        *_CONVERSATION,
        *_SERVICE,
        *_columns(WHOLE, started_ns="When it began, UTC nanoseconds.", duration_ns="How long it took, nanoseconds."),
        *_columns(
            TEXT,
            kind="tool, model, handoff or guardrail.",
            name="The tool, model, guardrail, or the agent that was handed over to.",
            agent="The agent that called.",
            error_type="Why it failed.",
            trace_id="Its trace.",
        ),
        *_columns(YES_NO, triggered="Whether a guardrail was triggered."),
        *_columns(
            WHOLE,
            input_tokens="Tokens in, cached ones included.",
            output_tokens="Tokens out, reasoning ones included.",
            cache_read_tokens="Of the input, read from the cache.",
            cache_write_tokens="Of the input, written to the cache.",
            reasoning_tokens="Of the output.",
            first_token_ns="To the first token of a streamed answer, nanoseconds.",  # noqa: S106 - a time
        ),
        *_columns(EXACT, cost_usd="USD, at the price of its time."),
        *_ARRIVED,
    ),
    (),
    "One row for each call of a tool or model, each handoff and each guardrail.",
    _OF_CONVERSATION,
)

MESSAGES: Final = Table(
    "messages",
    (
        *_CONVERSATION,
        *_SERVICE,
        *_columns(WHOLE, sent_ns="When it was said, UTC nanoseconds."),
        *_columns(TEXT, role="user or agent.", agent="The agent that answers.", user_hash="Keyed hash of the user id."),
        *_ARRIVED,
    ),
    (),
    "One row for each message of a user or an agent, without its text.",
    _OF_CONVERSATION,
)

CONVERSATIONS: Final = Table(
    "conversations",
    (
        *_CONVERSATION,
        *_columns(WHOLE, episode="1 for the first episode of the id."),
        *_SERVICE,
        *_columns(
            WHOLE,
            started_ns="First event, UTC nanoseconds.",
            ended_ns="End, UTC nanoseconds.",
            user_turns="Messages of the user; 0 for a visit.",
            agent_messages="Messages of agents.",
            model_calls="Calls of models.",
            tool_calls="Calls of tools.",
            tool_errors="Calls of tools that failed.",
            handoffs="From agent to agent.",
            failed_turns="Turns whose run failed.",
            loops="Tool calls made three times or more with the same arguments in a turn.",
            guardrail_trips="Guardrails that were triggered.",
            input_tokens="Tokens in, over the calls that told.",
            output_tokens="Tokens out.",
            cached_tokens="Of the input, read from the cache.",
            reasoning_tokens="Of the output.",
            unpriced_calls="Model calls without a price.",
            first_response_ns="To the first of the first answer, nanoseconds.",
            dissatisfied_turns="Turns with a dissatisfied user.",
            judged_turns="Turns of which that is known.",
            rephrases="Messages that say the one before in other words.",
            repeats="Messages that repeat the one before.",
            effort="1 (easy) to 5.",
            ratings="Raters who rated.",
        ),
        *_columns(
            TEXT,
            end_reason="idle, requested or max_age.",
            outcome="One of the five; NULL for a visit.",
            outcome_reason="Which line of the definition decided.",
            requested_outcome="What the application said.",
            agent="The one agent that it counts for.",
            escalation_agent="The agent that asked for a human.",
            channel="As the application said.",
            device="As the application said.",
            language="As the application said.",
            country="Two letters.",
            user_hash="Keyed hash of the user id.",
            session_id="As the application said.",
            version="Of the service.",
            sentiment="positive, neutral, negative or frustrated.",
            trajectory="improved, stable or declined.",
            outcome_statement="What the agent last said of the result: success or failure.",
            resolution_status="resolved, partially_resolved, unresolved or escalated.",
            rating="The side of the mean of all raters.",
            last_rating="The rating that came last.",
            trace_id="The last trace.",
            intent="What the user came for; other: none of the known intents.",
            topic="What it is about: the discovered topic, else the intent.",
        ),
        *_columns(
            YES_NO,
            without_signals="Whether the outcome was decided with a signal unknown.",
            judged_resolved="What somebody who can know said of the result.",
            returned="Whether the user was back within a day.",
            contained="No human was asked for.",
            assumed="And nobody was back within a day.",
            confirmed="The application or the user said that it was resolved.",
            verified="A judge or the agent's last word said so.",
        ),
        *_columns(
            NUMBER,
            satisfaction="Estimate, 0 to 1.",
            score="Mean of the ratings from 1 to 5.",
            score_sum="Their sum.",
        ),
        *_columns(WHOLE, scored="How many ratings from 1 to 5 there are."),
        *_columns(EXACT, cost_usd="USD, over the calls that have a price."),
        *_columns(
            NAMES,
            agents="All that took part.",
            models="All that were called.",
            tools="All that were called.",
            error_types="Of runs and tools.",
            intents="All that the user asked for, in that order.",
        ),
        *_ARRIVED,
    ),
    ("conversation_id", "episode"),
    "One row for each ended episode; taken away while it is open again.",
    _OF_CONVERSATION,
)

TOTALS: Final = Table(
    "totals",
    (
        *_columns(TEXT, metric="Name of the family."),
        *_SERVICE,
        *_columns(NAMES, labels="Values of its labels, in their order."),
        *_columns(
            WHOLE,
            writer="Who adds to this row: 0 but where several analyzers share a database.",
            bucket="Which bucket of a histogram, from 0; -1 for its sum, and for a counter.",
        ),
        *_columns(
            EXACT,
            value="What it adds up to, in the unit in which it is counted (times in nanoseconds).",
            retracted="What of it was taken back.",
        ),
    ),
    ("metric", "service_name", "service_namespace", "deployment_environment_name", "labels", "writer", "bucket"),
    "One row for each series, histograms one for each bucket: what /metrics shows.",
    (),
)

CONTENT: Final = Table(
    "content",
    (
        *_CONVERSATION,
        *_columns(
            TEXT,
            span_id="Of the span; of an event its id.",
            trace_id="Its trace; empty without one.",
            user_hash="Keyed hash of the user id, where the span has one.",
        ),
        *_columns(WHOLE, sent_ns="When the span began, UTC nanoseconds."),
        *_columns(BYTES, body="Messages, tool arguments and results, redacted, packed and, with a key, encrypted."),
        *_ARRIVED,
    ),
    ("conversation_id", "span_id"),
    "One row for each span or event that carries texts, where the analyzer keeps them.",
    (CONVERSATION_ID, USER_HASH),
)

GONE: Final = Table(
    "gone",
    (
        *_columns(
            WHOLE,
            conversation_hash="What is left of the id of a conversation that was deleted: 64 bits of a keyed hash.",
            floor_ns="Event time up to which what still comes of it is late.",
            sequence="How often it had been written.",
            gone_ns="When it was deleted.",
        ),
    ),
    ("conversation_hash",),
    "One row for each conversation that was deleted, so that what comes of it again does not bring it back.",
    (),
)

WAITING: Final = Table(
    "waiting",
    (
        *_columns(TEXT, trace_id="The trace, 32 hex digits."),
        *_columns(
            WHOLE,
            part="Tells the rows of a trace apart; at random.",
            arrived_ns="When its spans arrived.",
            spans="How many there are.",
        ),
        *_columns(
            YES_NO, root="Whether the root of the trace is among them.", unread="Whether they are still to be folded."
        ),
        *_columns(BYTES, body="The spans, their texts redacted; encrypted where there is a key for texts."),
        *_columns(TEXT, names="Whom they name: conversations, and users as hashes, divided by U+001F."),
    ),
    ("trace_id", "part"),
    "Spans of other frameworks, one row for each trace and batch, until their trace is whole, and a minute longer.",
    (TRACE_ID,),
)

USERS: Final = Table(
    "users",
    (
        *_SERVICE,
        *_columns(
            WHOLE,
            day="UTC day, counted from 1970-01-01; -1 for all days that are no longer held apart.",
            writer="Who adds to this row, as in totals.",
            version="How often it has been written.",
        ),
        *_columns(BYTES, sketch="Whom it has seen, as a HyperLogLog sketch: nobody can be read off it."),
    ),
    ("service_name", "service_namespace", "deployment_environment_name", "day", "writer"),
    "One row for each service, day and writer: how many users there were.",
    (),
)

OUTBOX: Final = Table(
    "outbox",
    (
        *_columns(
            WHOLE,
            number="Tells the rows of a writer apart, and in which order they are sent.",
            writer="Who wrote it, as in totals.",
        ),
        *_CONVERSATION,
        *_SERVICE,
        *_columns(TEXT, user_hash="Keyed hash of the user id, where the record has one."),
        *_ARRIVED,
        *_columns(BYTES, body="The log record: name, time, attributes and line; no text of a message."),
    ),
    ("number", "writer"),
    "One row for each log record that is still to be sent, where they are sent at all.",
    (CONVERSATION_ID, USER_HASH),
)

REVISIONS: Final = Table(
    "revisions",
    (
        *_CONVERSATION,
        *_columns(
            WHOLE, episode="1 for the first episode of the id.", revision="How often log records told its end, from 2."
        ),
        *_ARRIVED,
    ),
    ("conversation_id", "episode"),
    "One row for each episode whose end log records told more than once.",
    _OF_CONVERSATION,
)

INSIGHTS: Final = Table(
    "insights",
    (
        *_CONVERSATION,
        *_columns(WHOLE, episode="Which episode."),
        *_columns(TEXT, extractor="Who judged: local, or the name of a judge."),
        *_columns(WHOLE, revision="How often this extractor has judged the episode, from 1; the highest holds."),
        *_SERVICE,
        *_columns(WHOLE, ended_ns="End of the episode, UTC nanoseconds.", judged_ns="When it was judged."),
        *_columns(
            TEXT,
            extractor_version="Version of the extractor, or the model that judged.",
            transcript_hash="Keyed hash of what was judged; empty where no text was.",
            primary_intent="What the user came for; NULL: unknown.",
            sentiment="positive, neutral, negative or frustrated.",
            trajectory="improved, stable or declined.",
            resolution_status="resolved, partially_resolved, unresolved or escalated.",
        ),
        *_columns(NAMES, secondary_intents="What else the user asked for.", topics="What it is about."),
        *_columns(WHOLE, effort="1 (easy) to 5."),
        *_columns(EXACT, cost_usd="What judging cost, USD; NULL where nothing was paid or the price is unknown."),
        *_columns(BYTES, body="All of it as JSON: with confidences, and the turns that show it."),
        *_ARRIVED,
    ),
    ("conversation_id", "episode", "extractor", "revision"),
    "One row for each time that an extractor judged an ended episode.",
    _OF_CONVERSATION,
)

INSIGHT_JOBS: Final = Table(
    "insight_jobs",
    (
        *_CONVERSATION,
        *_columns(WHOLE, episode="Which episode."),
        *_columns(TEXT, transcript_hash="Keyed hash of what is to be judged."),
        *_SERVICE,
        *_columns(
            WHOLE,
            ended_ns="End of the episode, UTC nanoseconds.",
            due_ns="From when on it may be taken, UTC nanoseconds: while it is under way, when that is given up.",
            attempts="How often it was taken.",
            lease="Tells whoever has it from those who had it before; 0 where nobody has.",
            reserved_day="UTC day whose budget has something reserved for it, days since 1970.",
        ),
        *_columns(EXACT, reserved_usd="What is reserved, USD."),
        *_ARRIVED,
    ),
    ("conversation_id", "episode", "transcript_hash"),
    "One row for each ended episode that a judge is still to judge.",
    _OF_CONVERSATION,
)

AGREEMENT: Final = Table(
    "agreement",
    (
        *_CONVERSATION,
        *_columns(WHOLE, episode="Which episode."),
        *_SERVICE,
        *_columns(
            TEXT,
            local_status="Resolution status by the rules.",
            local_sentiment="Sentiment by the rules.",
            rating="The side of the mean of all raters.",
            judge_status="Resolution status by the judge.",
            judge_sentiment="Sentiment by the judge.",
        ),
        *_ARRIVED,
    ),
    ("conversation_id", "episode"),
    "One row for each ended episode that a judge judged: as what the counters of agreement have it.",
    _OF_CONVERSATION,
)

JUDGE_DAYS: Final = Table(
    "judge_days",
    (
        *_columns(WHOLE, day="UTC day, days since 1970."),
        *_columns(EXACT, spent_usd="What the judge spent on that day, and what is reserved for calls under way, USD."),
    ),
    ("day",),
    "One row for each day on which a judge was asked.",
    (),
)

TOPICS: Final = Table(
    "topics",
    (
        *_SERVICE,
        *_columns(
            WHOLE,
            version="How often it has been written.",
            messages="How many different messages topics were learnt from.",
            oldest_ns="When the one arrived that has not come again for longest, UTC nanoseconds; NULL: none is left.",
            learnt_ns="When topics were last learnt, UTC nanoseconds.",
        ),
        *_columns(BYTES, body="Topics, their names, and words of messages: packed and, with a key, encrypted."),
    ),
    ("service_name", "service_namespace", "deployment_environment_name"),
    "One row for each service whose topics the analyzer finds.",
    (),
)
"""Persons are taken out of the bodies, which nothing but a reader of bodies can: see ``topics.forget_in``."""

TOPIC_MESSAGES: Final = Table(
    "topic_messages",
    (
        *_CONVERSATION,
        *_columns(TEXT, message_id="Of the event that told of it."),
        *_SERVICE,
        *_columns(TEXT, user_hash="Keyed hash of the user id."),
        *_columns(BYTES, body="Its content words, redacted, packed and, with a key, encrypted."),
        *_ARRIVED,
    ),
    ("conversation_id", "message_id"),
    "One row for each message that topics are still to be learnt from: the first of an episode that says something.",
    (CONVERSATION_ID, USER_HASH),
)

TABLES: Final = (
    FACTS, HEADS, CALLS, MESSAGES, CONVERSATIONS, TOTALS, WAITING, USERS, CONTENT, GONE, OUTBOX, REVISIONS,
    INSIGHTS, INSIGHT_JOBS, AGREEMENT, JUDGE_DAYS, TOPICS, TOPIC_MESSAGES,
)  # fmt: skip
"""In the order in which they are written."""
