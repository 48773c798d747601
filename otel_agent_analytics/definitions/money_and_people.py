"""Definitions of money and of users; and of what these figures cannot say."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.definitions import figures as f
from otel_agent_analytics.definitions.definition import Definition, listed
from otel_agent_analytics.outputs import catalogue as c

_MONEY: Final = "Money"
_PEOPLE: Final = "People"
_LIMITS: Final = "What these figures cannot say"

MONEY_AND_PEOPLE: Final = (
    Definition(
        "cost",
        _MONEY,
        "Cost",
        "Tokens times the price at the time of the call, in USD. Cached tokens cost the cached price, reasoning "
        "tokens count once. A call of an unknown model, or without usage, is unpriced: it is counted, and never "
        "costs 0. The cost of an episode is that of its priced calls, unknown where none is; sums are reckoned in "
        "decimals and never rounded.",
        metrics=(c.COST.name, c.ENDED_COST.name, c.UNPRICED.name, c.CONVERSATION_COST.name),
    ),
    Definition(
        "cost_per_resolved",
        _MONEY,
        "Cost per resolved",
        "The cost of all ended episodes, whatever became of them, divided by the number whose resolution status is "
        "resolved.",
        metrics=(c.ENDED_COST.name, c.BY_STATUS.name),
    ),
    Definition(
        "savings",
        _MONEY,
        "Savings",
        "Over the episodes that are verified as resolved: what a human would have cost, less what they cost; less "
        "what the escalated ones cost, whose human is paid all the same. One that is both is on both sides. Episodes "
        "with an unpriced call are left out, and counted. What a human costs is a setting; the result is worth as much "
        "as that number.",
        figures=(f.HUMAN_COST,),
        metrics=(c.SAVINGS_CONVERSATIONS.name, c.SAVINGS_COST.name, c.SAVINGS_UNPRICED.name, c.HUMAN_COST.name),
    ),
    Definition(
        "users",
        _PEOPLE,
        "Users",
        f"Users who spoke, by UTC day, in windows of {listed(v.WINDOWS, 'and')} that end today. User ids are hashed "
        "under a key before they are counted, by HyperLogLog: an estimate with a standard error of "
        f"{f.USERS_ERROR.value:.1f} %, exact up to about 1,500. New is who was first seen in the window, returning who "
        "was seen before it; both need a key that stays the same after a restart.",
        metrics=(c.UNIQUE_USERS.name, c.NEW_USERS.name, c.RETURNING_USERS.name),
    ),
    Definition(
        "audience",
        _PEOPLE,
        "Country, device, language, channel",
        "What the application said; the country also by looking up an IP address that is then dropped, in the tables "
        "that come with the package. The first word on an episode counts, each for itself.",
        metrics=(c.BY_COUNTRY.name, c.BY_DEVICE.name, c.BY_LANGUAGE.name, c.BY_CHANNEL.name),
    ),
    Definition(
        "limits",
        _LIMITS,
        "Limits",
        "- **Whether an answer was right.** Nothing in the flow of a conversation shows it. On 1,046 recorded "
        "conversations with a known result, models of turns, tool calls, errors, handoffs and sentiment told right "
        "from wrong with an area under the curve of .55 to .65 (.5 is chance), and below .5 for an agent that they "
        "had not seen. Who can know should say so: an evaluation named `resolution` goes before what is inferred, and "
        "ratings stand beside it.\n"
        "- **Why somebody left.** A user who reads a good answer and closes the window is silent, and so is one who "
        "gives up politely. `silent` therefore is an outcome of its own.\n"
        "- **Other languages.** Without English text there are outcomes and counts, and no sentiment, satisfaction or "
        "statements.\n"
        "- **What was not tested on labelled data**, for want of any: effort, the class frustrated, abandonment after "
        "real idle times, ratings of real customers.",
        metrics=(c.WITHOUT_SIGNALS.name,),
    ),
)
