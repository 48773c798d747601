"""How many conversations about each topic the week before lets expect, so that one that emerges is told. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source.rules import naming
from grafana.source.rules.writing import Group, recording

LEVEL: Final = "service_topic"
COUNT: Final = "conversations_about"
EXPECTED: Final = f"{LEVEL}:agent_analytics_{COUNT}:expected1d"

# The topic's share of the week before, of as many conversations as there were in the last day: more of all of them is
# no news of one topic. A topic that was not there before had a share of 0.
_EXPECTED: Final = """\
(
  {week} offset 1d
  or {day} * 0
)
* on ({service}) group_left () (
  {ended_day} / ({ended_week} offset 1d > 0)
)
"""


def groups() -> tuple[Group, ...]:
    """Return the group of what is expected."""
    expected = _EXPECTED.format(
        week=naming.count(COUNT, "7d", LEVEL),
        day=naming.count(COUNT, "1d", LEVEL),
        service=naming.SERVICE,
        ended_day=naming.count("conversations_ended", "1d"),
        ended_week=naming.count("conversations_ended", "7d"),
    )
    return (Group("agent_analytics_emerging", (recording(EXPECTED, expected),)),)
