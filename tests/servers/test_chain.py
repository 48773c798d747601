"""A day through the whole chain: what the trace store, Loki, Prometheus and the analyzer know of it is the same."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics import vocabulary as v
from tests.servers.day import SERVICE, Day
from tests.servers.programs import ask, until

if TYPE_CHECKING:
    from tests.servers.chain import Chain


def counted(found: list[dict[str, Any]]) -> dict[str, float]:
    """Return the values of an instant query by outcome; what is 0 is not there."""
    return {one["metric"]["outcome"]: float(one["value"][1]) for one in found if float(one["value"][1])}


def spans_of(trace: dict[str, Any]) -> list[dict[str, Any]]:
    """Return name and attributes of the spans of a trace."""
    return [
        {"name": span["operationName"], **{tag["key"]: tag["value"] for tag in span["tags"]}} for span in trace["spans"]
    ]


def test_day_is_whole(day: Day) -> None:
    """All 60 conversations have ended in the analyzer; most of them have an outcome, each of the frequent ones."""
    assert len(day.each) == 60
    outcomes = Counter(one["outcome"] for one in day.each.values())
    assert {v.COMPLETED, v.ESCALATED, v.ABANDONED} <= set(outcomes)


def test_metrics_in_prometheus(chain: Chain, day: Day) -> None:
    """Scraped, each outcome has been counted as often as conversations have it."""
    expected = Counter(one["outcome"] for one in day.each.values() if one["outcome"])
    query = (
        f'sum by (outcome) (agent_analytics_conversations_ended_total{{service_name="{SERVICE}"}}) - '
        f'sum by (outcome) (agent_analytics_conversations_retracted_total{{service_name="{SERVICE}"}})'
    )
    until(lambda: counted(chain.promql(query)) == expected, what=f"not {expected}")
    assert chain.promql(f'agent_analytics_conversations_active{{service_name="{SERVICE}"}} > 0') == []


def test_traces_of_each_conversation(chain: Chain, day: Day) -> None:
    """Found by the id of a conversation, the trace store has the turns and tool calls that the analyzer counted."""
    calls: Counter[str] = Counter()
    turns: Counter[str] = Counter()
    models = 0
    for one in day.each:
        found = chain.traces(SERVICE, json.dumps({v.GEN_AI_CONVERSATION_ID: one}))
        for span in (span for trace in found for span in spans_of(trace)):
            assert span[v.GEN_AI_CONVERSATION_ID] == one
            calls[one] += span.get(v.GEN_AI_OPERATION_NAME) == v.OPERATION_EXECUTE_TOOL
            turns[one] += span.get(v.OPERATION) == v.OPERATION_TURN
            models += span.get(v.GEN_AI_OPERATION_NAME) == v.OPERATION_CHAT
    assert {one: number for one, number in calls.items() if number} == {
        one: said["tool_calls"] for one, said in day.each.items() if said["tool_calls"]
    }
    # A greeting has no turn; a message of the user that nobody answered has none, either.
    assert all(0 <= said["user_turns"] - turns[one] <= 1 for one, said in day.each.items() if turns[one])
    assert models == day.figures["model_calls"]


@pytest.mark.parametrize(
    "name",
    ["conversation_duration_seconds", "conversation_turns", "response_time_seconds"],
)
def test_exemplars_lead_to_traces(chain: Chain, day: Day, name: str) -> None:
    """Every exemplar in Prometheus has the id of a trace that the trace store has."""
    now = time.time()
    address, query = f"{chain.url('prometheus')}/api/v1/query_exemplars", f"agent_analytics_{name}_bucket"
    found = until(lambda: ask(address, query=query, start=str(now - 2 * 86400), end=str(now + 60))["data"])
    ids = {exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"]}
    assert ids
    assert [one for one in ids if not chain.has_trace(one)] == []


def told(chain: Chain, query: str) -> list[dict[str, str]]:
    """Return the analyzer's records that a filter finds."""
    return chain.logql(f'{{service_name="{SERVICE}"}} | scope_name="{v.DERIVED_SCOPE_NAME}" | {query}')


def test_wide_records_in_loki(chain: Chain, day: Day) -> None:
    """Added up, the records of ends are one for each conversation, with outcome and turns as the analyzer has them."""
    expected = {(one, said["outcome"] or "", str(said["user_turns"])): 1 for one, said in day.each.items()}

    def ends() -> dict[tuple[str, str, str], int]:
        net: Counter[tuple[str, str, str]] = Counter()
        for record in told(chain, 'agent_analytics_event_name=~"conversation_(ended|retracted)"'):
            turns = record["agent_analytics_conversation_user_turns"]
            key = record["gen_ai_conversation_id"], record.get("agent_analytics_outcome", ""), turns
            net[key] += int(record["agent_analytics_conversation_count"])
        return {key: number for key, number in net.items() if number}

    until(lambda: ends() == expected, what="not the records that were expected")


def test_ends_added_up_by_logql(chain: Chain, day: Day) -> None:
    """The query of docs/events.md gives each outcome as often as conversations have it."""
    expected = Counter(one["outcome"] for one in day.each.values() if one["outcome"])
    query = (
        f'sum by (agent_analytics_outcome) (sum_over_time({{service_name="{SERVICE}"}} '
        '| agent_analytics_event_name=~"conversation_(ended|retracted)" | agent_analytics_outcome!="" '
        "| unwrap agent_analytics_conversation_count [2d]))"
    )

    def found() -> dict[str, float]:
        said = ask(f"{chain.url('loki')}/loki/api/v1/query", query=query)["data"]["result"]
        return {one["metric"]["agent_analytics_outcome"]: float(one["value"][1]) for one in said}

    until(lambda: found() == expected, what=f"not {expected}")


def test_events_in_loki(chain: Chain, day: Day) -> None:
    """Each tool call and each model call is a record, and only the three agreed labels are indexed."""
    expected = Counter(
        tool_called=sum(one["tool_calls"] for one in day.each.values()), model_called=day.figures["model_calls"]
    )

    def found() -> Counter[str]:
        records = told(chain, 'agent_analytics_event_name=~"tool_called|model_called"')
        return Counter(record["agent_analytics_event_name"] for record in records)

    until(lambda: found() == expected, what=f"not {expected}")
    labels = ask(f"{chain.url('loki')}/loki/api/v1/labels", since="48h")["data"]
    of_time = {"__time_shard__"}  # Loki's own, of records that came hours after their time
    assert set(labels) - of_time <= {"service_name", "service_namespace", "deployment_environment_name"}


def test_span_metrics_count_what_came(chain: Chain, day: Day) -> None:
    """Model calls by span_metrics, which came by OTLP, are as many as the analyzer counted."""
    query = f'sum(traces_span_metrics_calls_total{{service_name="{SERVICE}", gen_ai_operation_name="chat"}})'
    until(lambda: [float(one["value"][1]) for one in chain.promql(query)] == [day.figures["model_calls"]])


def test_own_metrics_of_the_collector(chain: Chain, day: Day) -> None:
    """Prometheus scrapes the Collector, under the names that the rules ask for; nothing failed."""
    sent = chain.promql('sum by (exporter) (otelcol_exporter_sent_spans_total{job="otel-collector"})')
    assert {one["metric"]["exporter"] for one in sent} == {"otlp_http/analyzer", "otlp_grpc/traces"}
    assert chain.promql('sum({__name__=~"otelcol_exporter_send_failed_.*"}) > 0') == []
    assert {one["metric"]["job"] for one in chain.promql("up == 1")} == {
        "agent-analytics", "otel-collector", "prometheus", "alertmanager", "loki",
    }  # fmt: skip


def test_prometheus_knows_the_alertmanager(chain: Chain) -> None:
    """It found it by the file of targets."""
    known = until(lambda: ask(f"{chain.url('prometheus')}/api/v1/alertmanagers")["data"]["activeAlertmanagers"])
    assert known == [{"url": f"{chain.url('alertmanager')}/api/v2/alerts"}]
