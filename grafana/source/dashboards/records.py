"""The LogQL that dashboards share. Loki has the attributes of a record as structured metadata, with _ for each dot."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import wide_names as w

STREAMS: Final = '{service_name=~"$service", deployment_environment_name=~"$environment"}'
"""The records of the chosen services and environments."""

_FIELDS: Final = {column.field: column.name for column in w.WIDE}


def label(attribute: str) -> str:
    """Return what Loki calls an attribute."""
    return attribute.replace(".", "_")


def column(field: str) -> str:
    """Return what Loki calls a field of the wide record.

    Raises:
        KeyError: it has no such field.
    """
    return label(_FIELDS[field])


EVENT: Final = label(w.EVENT_NAME)
COUNT: Final = label(w.COUNT)
CONVERSATION: Final = label(v.GEN_AI_CONVERSATION_ID)
TRACE: Final = "trace_id"
ENDED: Final = v.EVENT_CONVERSATION_ENDED.removeprefix(v.EVENT_PREFIX)
RETRACTED: Final = w.EVENT_RETRACTED.removeprefix(v.EVENT_PREFIX)
USER_MESSAGE: Final = v.EVENT_USER_MESSAGE.removeprefix(v.EVENT_PREFIX)

THIS_CONVERSATION: Final = f'{STREAMS} | {EVENT}!="" | {CONVERSATION}="${{conversation_id:raw}}"'
"""All records of the conversation that is chosen, and none while none is."""


def all_ends() -> str:
    """Return the wide records of ends and of what was taken back: with their counts they add up."""
    return f'{STREAMS} | {EVENT}=~"{ENDED}|{RETRACTED}"'


def by_weekday_and_hour(time: str) -> str:
    """Return the stage that says the weekday, with a number to sort by, and the hour of a time, in Loki's time zone."""
    numbered = "".join(
        f' | replace "{day}" "{at} {day}"'
        for at, day in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), 1)
    )
    return f'label_format weekday=`{{{{ {time} | date "Mon"{numbered} }}}}`, hour=`{{{{ {time} | date "15" }}}}`'
