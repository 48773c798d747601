"""Definitions of what is counted: episodes, turns, their start and end, and the times of windows."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.definitions import figures as f
from otel_agent_analytics.definitions.definition import Definition, duration
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.settings import variable

_GROUP: Final = "Conversations"
_IDLE, _REOPEN, _AGE = duration(f.IDLE.value), duration(f.REOPEN.value), duration(f.MAX_AGE.value)

EPISODES: Final = (
    Definition(
        "event_time",
        _GROUP,
        "Event time",
        "All times are those in the spans and records, in UTC, never those of their arrival. A host acts on what is "
        f"due when its clock, less {duration(f.LATENESS.value)}, has passed that time; what arrives later corrects "
        "what was said.",
        figures=(f.LATENESS,),
        metrics=(c.LATE.name, c.DUPLICATE.name, c.DROPPED.name),
    ),
    Definition(
        "conversation",
        _GROUP,
        "Conversation",
        "All spans and records with one `gen_ai.conversation.id`. An id is never made up: what has none is counted, "
        "and is in no figure of conversations. In metrics and rates the word means an episode.",
        metrics=(c.WITHOUT_CONVERSATION.name,),
    ),
    Definition(
        "episode",
        _GROUP,
        "Episode",
        "What is counted. A conversation has the episodes 1, 2, …; one begins with the first event of an id that has "
        f"no other one open or reopenable. A user message within {_REOPEN} after the end reopens the episode; a later "
        f"one, or one that comes more than {_AGE} after its start, begins the next.\n\nAn ended episode is held until "
        "nothing can change it any more, that is for the longer of the reopening time and "
        f"{duration(f.RETURN.value)}, and {duration(f.HELD_ON.value)} more for late spans; at most "
        f"{f.MOST_ENDED.value:,.0f} of them, the oldest go first. A span of an episode that is no longer held counts "
        "as late and changes nothing else.",
        figures=(f.REOPEN, f.MAX_AGE, f.MOST_ENDED, f.HELD_ON),
        metrics=(c.STARTED.name, c.LATE.name),
    ),
    Definition(
        "visit",
        _GROUP,
        "Visit, engaged",
        "An episode in which the user says nothing is a visit; with one user message it is engaged. Only engaged "
        "episodes are in starts, outcomes and rates.",
        metrics=(c.VISITS.name, c.STARTED.name, c.ACTIVE.name),
    ),
    Definition(
        "turn",
        _GROUP,
        "Turn",
        "Turn n is the n-th user message by event time, from 1, whether or not it is answered. What the agent says "
        "before the first is turn 0. One run of an agent serves one user message; the model's own steps inside a run "
        "are no turns. In traces of other instrumentations there is one user message per topmost GenAI span of a "
        "trace; a topmost model call whose input ends in a tool result goes on with the turn before it.",
        metrics=(c.MESSAGES.name, c.CONVERSATION_TURNS.name),
    ),
    Definition(
        "ended",
        _GROUP,
        "Ended",
        f"An episode ends by `end_conversation`; or {_IDLE} after its last event "
        f"(`{variable('idle_seconds_by_channel')}` sets another time for single channels); or {_AGE} after its start. "
        "While a run of it is open in the same process, or waits for a human's approval, it is not idle. It ended when "
        "its last event was over, or when the application said so; its duration is from the first event to then.",
        figures=(f.IDLE, f.MAX_AGE),
        metrics=(c.ENDED.name, c.DURATION.name),
    ),
    Definition(
        "reopened",
        _GROUP,
        "Reopened",
        "When the user comes back, everything that the end had counted is counted in the retracted twins, and the "
        "episode is judged again at its next end. Histograms cannot be taken back: they have an observation for each "
        "end.",
        metrics=(c.REOPENED.name, c.ENDED.twin),
    ),
    Definition(
        "window",
        _GROUP,
        "Windows",
        "An episode belongs to the window, from its start up to but not including its end, in which the episode "
        "ended (outcomes, durations, cost), or started (starts, conversations by the hour). Nothing is cut at the "
        "edge of a window. Days and hours are those of UTC unless the reader asks for another zone. Counters count an "
        "end when it is decided: an explicit one after the allowed lateness, any other after the idle time as well. "
        "The log records have the times themselves, for windows that must be exact.",
        metrics=(c.STARTED.name, c.ENDED.name),
    ),
    Definition(
        "by_the_hour",
        _GROUP,
        "By the hour, peak hours",
        "An episode counts once, in the hour in which it started, however long it lasts. Peak hours are the user "
        "messages by weekday and hour, each at the time at which it was said, in the reader's time zone; that is no "
        "label, so it comes from the log records.",
        metrics=(c.STARTED.name, c.MESSAGES.name),
    ),
    Definition(
        "drop_off",
        _GROUP,
        "Drop-off by turn",
        "A turn is reached, once, when it is decided: the next one began, or the episode ended in it. The hazard of "
        "turn n is the abandoned ones in n, less those taken back, divided by the reached ones; other outcomes stay in "
        "the denominator. The survival to turn n is the product of 1 less the hazard over the turns up to it. A "
        "reopened episode takes its abandonment back; the turn stays reached. Turns above "
        f"{v.LAST_SINGLE_TURN} are one value.",
        metrics=(c.TURN_REACHED.name, c.TURN_ABANDONED.name),
    ),
    Definition(
        "response_time",
        _GROUP,
        "Response time",
        "From the user's message to the end of the run that answered it, by the agent that answered; counted when the "
        "run is over. The first response is from the message to the first token of the turn's last model call or, "
        "where that was not streamed, to the first answer; it is counted for each answered turn when the episode ends. "
        "The time to the first token alone is that of each streamed model call, from its start.",
        metrics=(c.RESPONSE_TIME.name, c.FIRST_RESPONSE_TIME.name, c.TIME_TO_FIRST_TOKEN.name),
    ),
    Definition(
        "errors",
        _GROUP,
        "Errors",
        "Runs that failed or were cut off, and calls of tools and models that failed, by the class of the error "
        f"(`error.type`); `{v.OTHER_ERROR}` where there is none, `{v.TOOL_ERROR_RESULT}` where only the result of a "
        f"tool says that it failed, `{v.CUT_OFF_ERROR}` for what nobody finished.",
        metrics=(c.ERRORS.name, c.TOOL_ERRORS.name, c.MODEL_ERRORS.name),
    ),
    Definition(
        "agent",
        _GROUP,
        "Agent of an episode",
        "The one agent that an episode counts for: with the outcome escalated the one that asked for the human, with "
        "failed the one whose run failed, else the one that gave the last answer; where nobody answered, the one that "
        f"the user spoke to, and where that is not known `{v.UNKNOWN}`. So the agents add up to the total. "
        "All agents that took part are in the wide log record.",
        metrics=(c.ENDED.name, c.RESOLUTION_TIME.name),
    ),
)
