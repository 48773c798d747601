"""Users as gauges: who spoke on which day, by service; nothing else that happens moves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest

from otel_agent_analytics.conversations.events import Context, Service, UserMessage
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.conversations.state import new
from otel_agent_analytics.outputs.audience import AudienceGauges
from otel_agent_analytics.outputs.exposition import ConversationCollector
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker
from tests.conversations.made import CALM
from tests.helpers.script import SERVICE, play, write

if TYPE_CHECKING:
    from collections.abc import Callable

DAY_NS = 86_400 * 10**9
TODAY_NS = 20_000 * DAY_NS + 5
BANK = Service("bank")
STATE = new("c")


def gauges(*, stable_key: bool = True, clock: Callable[[], int] | None = None) -> AudienceGauges:
    """Return what counts users, with a clock or with that of the messages."""
    return AudienceGauges(stable_key=stable_key, clock=clock)


def spoke(to: AudienceGauges, user: str | None, days_ago: int = 0, service: Service = SERVICE) -> None:
    """Let a user say something."""
    at_ns = TODAY_NS - days_ago * DAY_NS
    to.moved(STATE, STATE, [UserMessage("u", at_ns, at_ns, service, "", None, 1, CALM, Context(user=user))])


def shown(of: AudienceGauges, service: Service = SERVICE) -> dict[str, int]:
    """Return the gauges of a service by name and window."""
    return {
        f"{metric.name.removeprefix('agent_analytics_')} {window}": users
        for metric, whose, window, users in of.gauges()
        if whose == service
    }


def test_windows() -> None:
    """Each user counts once in a window, however often he speaks; windows are whole UTC days up to today."""
    counted = gauges()
    for user, days_ago in (("ann", 0), ("ann", 0), ("ann", 3), ("bob", 0), ("eve", 6), ("joe", 7), ("kim", 29)):
        spoke(counted, user, days_ago)

    assert {name: n for name, n in shown(counted).items() if name.startswith("unique")} == {
        "unique_users 1d": 2, "unique_users 7d": 3, "unique_users 30d": 5,
    }  # fmt: skip


def test_new_and_returning() -> None:
    """Of a window's users those are new who were not seen before it."""
    counted = gauges()
    for user, days_ago in (("ann", 0), ("ann", 3), ("bob", 0), ("eve", 0), ("eve", 20)):
        spoke(counted, user, days_ago)

    assert {name: n for name, n in shown(counted).items() if not name.startswith("unique")} == {
        "new_users 1d": 1, "returning_users 1d": 2,
        "new_users 7d": 2, "returning_users 7d": 1,
        "new_users 30d": 3, "returning_users 30d": 0,
    }  # fmt: skip


def test_without_a_key_that_stays_nobody_is_new() -> None:
    """A hash that another process would not make says nothing of earlier days; users are counted all the same."""
    counted = gauges(stable_key=False)
    spoke(counted, "ann")

    assert shown(counted) == {"unique_users 1d": 1, "unique_users 7d": 1, "unique_users 30d": 1}


def test_services_are_kept_apart() -> None:
    """The same user of two services is one of each."""
    counted = gauges()
    spoke(counted, "ann")
    spoke(counted, "ann", service=BANK)
    spoke(counted, "bob", service=BANK)

    assert (shown(counted)["unique_users 1d"], shown(counted, BANK)["unique_users 1d"]) == (1, 2)


def test_only_what_users_say_counts() -> None:
    """Whoever is unknown, and whatever else happens, is nobody."""
    counted = gauges()
    spoke(counted, None)
    record = play("as user=ann | user a | agent x").record
    counted.ended(record)
    counted.changed(record, record)
    counted.reopened(record)
    counted.noted("received", SERVICE, 5)
    counted.moved(STATE, STATE, [])

    assert shown(counted) == {}


def test_clock_of_a_live_host() -> None:
    """Windows end today, whenever somebody spoke last; those of a replay end with its last message."""
    now = [TODAY_NS]
    live, replayed = gauges(clock=lambda: now[0]), gauges()
    for counted in (live, replayed):
        spoke(counted, "ann")
    now[0] += 2 * DAY_NS

    assert [shown(live)[f"unique_users {window}"] for window in ("1d", "7d", "30d")] == [0, 1, 1]
    assert [shown(replayed)[f"unique_users {window}"] for window in ("1d", "7d", "30d")] == [1, 1, 1]


def test_nothing_is_left_after_a_reset() -> None:
    """A forked child counts its own users."""
    counted = gauges()
    spoke(counted, "ann")
    counted.reset()
    assert shown(counted) == {}
    spoke(counted, "bob", 40)

    assert shown(counted)["unique_users 30d"] == 1


def test_as_a_sink_behind_the_tracker() -> None:
    """Messages of spans and of records count, each once, and the collector shows them with their window."""
    counted, totals = gauges(), Totals()
    tracker = Tracker(MemoryStore(), (totals, counted), DEFAULT_RULES)
    for user, conversation_id in (("ann", "a"), ("bob", "b"), ("ann", "c")):
        for source in write(f"as user={user} | user hi | agent hello | user more", conversation_id):
            tracker.take(source)
            tracker.take(source)
    registry = CollectorRegistry()
    registry.register(ConversationCollector(totals, tracker.active, lambda: None, audience=counted))

    for window in ("1d", "7d", "30d"):
        labels = {"service_name": "shop", "window": window}
        assert registry.get_sample_value("agent_analytics_unique_users", labels) == 2
        assert registry.get_sample_value("agent_analytics_new_users", labels) == 2
        assert registry.get_sample_value("agent_analytics_returning_users", labels) == 0


def test_without_the_library_there_are_no_gauges() -> None:
    """Their families are described, and have no sample: absent is not 0."""
    registry = CollectorRegistry()
    registry.register(ConversationCollector(Totals(), dict, lambda: None))
    text = generate_latest(registry).decode()

    assert "# TYPE agent_analytics_unique_users gauge" in text
    assert "\nagent_analytics_unique_users" not in text


def test_human_cost_is_a_gauge_of_the_process() -> None:
    """The setting is shown as it is, without a service; where it is not said, it is absent."""
    shown_costs = []
    for cost in (5.0, 0.0, None):
        registry = CollectorRegistry()
        registry.register(ConversationCollector(Totals(), dict, lambda: None, human_cost_usd=cost))
        shown_costs.append(registry.get_sample_value("agent_analytics_human_cost_usd"))

    assert shown_costs == [5.0, 0.0, None]
