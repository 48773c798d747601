"""Names that mean a human, and names that only look so."""

from __future__ import annotations

import pytest

from otel_agent_analytics.conversations.escalation import means_human, target_means_human
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, Rules

HUMAN = (
    "fallback_to_human", "open_ticket", "ticket", "contact_human", "transfer_to_human_agents", "transfer_to_human",
    "escalate", "escalate_to_manager", "escalateCase", "callHuman", "talkToHuman", "speak_to_representative",
    "contactSupervisor", "live_agent", "liveAgent", "request_live_agent", "transfer-to-operator", "TransferToHuman",
    "createTicket", "raise_ticket", "submit_ticket", "file_ticket", "create_ticket_now", "HUMAN",
    "transferToHUMANAgent",
)  # fmt: skip
NOT_HUMAN = (
    "buy_bus_ticket", "tour_operator_search", "human_resources_lookup", "handoff_to_billing",
    "transfer_to_refund_agent",
    "lookup_order", "get_ticket_price", "ticket_status", "agent", "live_weather", "transfer_to_billing",
    "humanize_text",
    "operators_list", "representative_sample_stats", "supervisor_schedule_lookup", "deescalate", "", "_", "ticketing",
)  # fmt: skip


@pytest.mark.parametrize("name", HUMAN)
def test_name_means_human(name: str) -> None:
    """Tools that fetch a person are found, in snake_case and camelCase."""
    assert means_human(name, DEFAULT_RULES)


@pytest.mark.parametrize("name", NOT_HUMAN)
def test_name_does_not_mean_human(name: str) -> None:
    """Tools that only have such a word in them are not taken for one."""
    assert not means_human(name, DEFAULT_RULES)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [("Human Agent", True), ("Supervisor", True), ("Live Agent", True), ("Billing", False), ("Refund Agent", False)],
)
def test_handoff_target(agent: str, expected: bool) -> None:
    """A handoff asks for a human when its target is one."""
    assert target_means_human(agent, DEFAULT_RULES) is expected


def test_settings_go_before_the_rule() -> None:
    """A name that the settings list counts, or does not count, whatever the rule says."""
    rules = Rules(escalation_names=frozenset({"page_duty"}), not_escalation_names=frozenset({"open_ticket"}))

    assert means_human("page_duty", rules)
    assert not means_human("open_ticket", rules)
    assert target_means_human("page_duty", rules)
    assert not target_means_human("open_ticket", rules)
