"""An analyzer with traffic, one with hostile names everywhere, and a browser to look at them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from tests.helpers.browser import browser
from tests.helpers.script import BEGIN_NS
from tests.helpers.served import Served, served
from tests.helpers.traffic import DAY_NS, day_of, price

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.helpers.script import Source

NOW_NS = BEGIN_NS + 5 * DAY_NS
VIEWS = (
    "overview",
    "course",
    "wants",
    "drop-off",
    "agents",
    "tools",
    "audience",
    "cost",
    "conversations",
    "definitions",
)
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>{{7*7}}&lt;' + "long" * 60
HOSTILE_INTENT = "<img src=x onerror=window.hacked=3>{{7*7}}&lt;b"
"""As long as a name of an intent may be."""
TRACES = "http://traces.example/explore?id={trace_id}&x=1"
_COUNTRIES = ("NL", "SG", "US", "MT", "RU")
_NAMED = frozenset(
    {
        v.GEN_AI_AGENT_NAME, v.GEN_AI_TOOL_NAME, v.GEN_AI_REQUEST_MODEL, v.HANDOFF_FROM_AGENT, v.HANDOFF_TO_AGENT,
        v.CHANNEL, v.ERROR_TYPE, v.TURN_ERROR_TYPE, v.GEN_AI_CONVERSATION_ID,
    }
)  # fmt: skip


def traffic() -> list[Source]:
    """Return a day's conversations from several countries."""
    found = []
    for source in day_of(random.Random(31), 60):
        number = int(str(source.attributes[v.GEN_AI_CONVERSATION_ID])[1:])
        said = {v.COUNTRY: _COUNTRIES[number % 5], v.DEVICE: ("desktop", "mobile")[number % 2], v.LANGUAGE: "en"}
        found.append(source._replace(attributes={**source.attributes, **said}))
    return found


def hostile() -> list[Source]:
    """Return the same in which every text is hostile that somebody else may choose."""
    return [
        source._replace(
            attributes={
                **{key: f"{HOSTILE}{value}" if key in _NAMED else value for key, value in source.attributes.items()},
                **({v.USER_MESSAGE_INTENT: HOSTILE_INTENT} if v.USER_MESSAGE_INTENT in source.attributes else {}),
                **{key: f"{HOSTILE}{key}" for key in (v.DEVICE, v.LANGUAGE, v.SESSION_ID)},
            },
            service=Service(HOSTILE, HOSTILE, HOSTILE),
            version=HOSTILE,
        )
        for source in traffic()
    ]


def database_with(sources: list[Source]) -> DuckDBDatabase:
    """Return a store in which all these conversations have ended."""
    database = DuckDBDatabase(IN_MEMORY)
    Analyzer(database, DEFAULT_RULES, lambda: NOW_NS, price).take(sources)
    late = Analyzer(database, DEFAULT_RULES, lambda: NOW_NS + 12 * DAY_NS, price)
    while late.close_due():
        pass
    return database


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Run a browser, for one file: while it runs, no other test of this process can have an event loop of its own."""
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def shop() -> Iterator[Served]:
    """Serve a day's traffic."""
    database = database_with(traffic())
    with served(database, lambda: NOW_NS, human_cost_usd=5.0, trace_url=TRACES) as found:
        yield found
    database.close()


@pytest.fixture(scope="module")
def den() -> Iterator[Served]:
    """Serve hostile traffic."""
    database = database_with(hostile())
    with served(database, lambda: NOW_NS, human_cost_usd=5.0, trace_url=TRACES) as found:
        yield found
    database.close()


@pytest.fixture(scope="module")
def mall() -> Iterator[Served]:
    """Serve the traffic of three services: one of them runs in two places."""
    which = (Service("shop"), Service("help"), Service("help", "", "live"))
    found = traffic()
    numbers = {str(one.attributes[v.GEN_AI_CONVERSATION_ID]): None for one in found}
    places = {name: which[at % 3] for at, name in enumerate(numbers)}
    told = [one._replace(service=places[str(one.attributes[v.GEN_AI_CONVERSATION_ID])]) for one in found]
    database = database_with(told)
    with served(database, lambda: NOW_NS) as running:
        yield running
    database.close()


@pytest.fixture(scope="module")
def nothing() -> Iterator[Served]:
    """Serve a store in which nothing is."""
    database = DuckDBDatabase(IN_MEMORY)
    with served(database, lambda: NOW_NS) as found:
        yield found
    database.close()
