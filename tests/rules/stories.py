"""What a service's counters show over time, told by rates, and the file of promtool's unit tests that holds it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

ROOT: Final = Path(__file__).parents[2]
RULES: Final = ROOT / "grafana" / "rules"
RECORDED: Final = ("thresholds", "counters", "counts", "limits", "shares", "changes")
"""The files of recording rules, in the order in which one reads the other."""


class Day(NamedTuple):
    """How a service fares; shares are of the conversations, unless said otherwise."""

    conversations: float = 240.0
    """A day."""
    completed: float = 0.7
    abandoned: float = 0.1
    failed: float = 0.0
    escalated: float = 0.1
    known: float = 1.0
    """Of whose result something is known."""
    resolved: float = 0.75
    """Of these."""
    negative: float = 0.1
    rated: float = 0.5
    positive: float = 0.9
    """Of the rated ones."""
    rephrased: float = 0.02
    """Of the user messages, four a conversation."""
    parcels: float = 0.1
    """About parcels; the others are about refunds."""
    lost: float = 0.1
    """Unresolved, of those about parcels; of the others a tenth is."""
    loops: float = 0.0
    """Of the user messages."""
    slow: float = 0.0
    """Of the responses: those that take 60 seconds; the others take less than one."""
    tool_failed: float = 0.02
    """Of the calls, one a message."""
    unpriced: float = 0.0
    """Of the model calls, one a message."""
    cost: float = 0.1
    """USD a conversation."""
    dropped: float = 0.0
    """Of the spans, ten a message."""
    late: float = 0.0
    nameless: float = 0.0
    """Of the spans: those that name no conversation."""
    derived: float = 0.0
    folded: float = 0.0
    """Values a conversation."""


class Stage(NamedTuple):
    """For how long it is so."""

    hours: float
    day: Day


MESSAGES: Final = 4
"""Of the user, in a conversation; each has an answer, a tool call and a model call."""
WHERE: Final = 'deployment_environment_name="prod",service_namespace="chat"'
"""The further labels of every service."""


def rates(day: Day) -> dict[str, float]:
    """Return how much each counter grows a day; a key is the name, without prefix, and its own labels."""
    n, messages = day.conversations, day.conversations * MESSAGES
    known = n * day.known
    spans = messages * 10
    silent = n * (1 - day.completed - day.abandoned - day.failed)
    return {
        'conversations_ended_total{outcome="completed",agent="Helper"}': n * day.completed,
        'conversations_ended_total{outcome="abandoned",agent="Helper"}': n * day.abandoned,
        'conversations_ended_total{outcome="failed",agent="Helper"}': n * day.failed,
        'conversations_ended_total{outcome="silent",agent="Helper"}': silent,
        'conversations_escalated_total{agent="Helper"}': n * day.escalated,
        'conversations_by_resolution_status_total{status="resolved"}': known * day.resolved,
        'conversations_by_resolution_status_total{status="unresolved"}': known * (1 - day.resolved),
        'conversations_by_resolution_status_total{status="unknown"}': n - known,
        'conversations_by_sentiment_total{sentiment="negative"}': n * day.negative / 2,
        'conversations_by_sentiment_total{sentiment="frustrated"}': n * day.negative / 2,
        'conversations_by_sentiment_total{sentiment="neutral"}': n * (1 - day.negative),
        'conversations_by_topic_total{topic="parcels"}': n * day.parcels,
        'conversations_by_topic_total{topic="refunds"}': n * (1 - day.parcels),
        'unresolved_conversations_by_topic_total{topic="parcels"}': n * day.parcels * day.lost,
        'unresolved_conversations_by_topic_total{topic="refunds"}': n * (1 - day.parcels) * 0.1,
        'rated_conversations_total{rating="positive"}': n * day.rated * day.positive,
        'rated_conversations_total{rating="negative"}': n * day.rated * (1 - day.positive),
        "rephrases_total": messages * day.rephrased,
        "judged_turns_total": messages,
        'conversations_started_total{channel="web"}': n,
        'messages_total{role="user"}': messages,
        "loops_total": messages * day.loops,
        'response_time_seconds_bucket{agent="Helper",le="1.0"}': messages * (1 - day.slow),
        'response_time_seconds_bucket{agent="Helper",le="30.0"}': messages * (1 - day.slow),
        'response_time_seconds_bucket{agent="Helper",le="120.0"}': messages,
        'response_time_seconds_bucket{agent="Helper",le="+Inf"}': messages,
        'response_time_seconds_count{agent="Helper"}': messages,
        'tool_calls_total{tool="lookup"}': messages,
        'tool_errors_total{tool="lookup"}': messages * day.tool_failed,
        'model_calls_total{model="m"}': messages,
        'unpriced_calls_total{model="m"}': messages * day.unpriced,
        'cost_usd_total{agent="Helper",model="m"}': n * day.cost,
        "spans_received_total": spans,
        'spans_dropped_total{reason="queue_full"}': spans * day.dropped,
        "spans_late_total": spans * day.late,
        "spans_without_conversation_total": spans * day.nameless,
        "spans_derived_elsewhere_total": spans * day.derived,
        'labels_folded_total{label="tool"}': n * day.folded,
    }


TWINS: Final = {
    "conversations_ended_total": "conversations_retracted_total",
    "conversations_escalated_total": "conversations_escalated_retracted_total",
    "conversations_by_resolution_status_total": "conversations_by_resolution_status_retracted_total",
    "conversations_by_sentiment_total": "conversations_by_sentiment_retracted_total",
    "conversations_by_topic_total": "conversations_by_topic_retracted_total",
    "unresolved_conversations_by_topic_total": "unresolved_conversations_by_topic_retracted_total",
    "rated_conversations_total": "rated_conversations_retracted_total",
    "rephrases_total": "rephrases_retracted_total",
    "judged_turns_total": "judged_turns_retracted_total",
}


def series_name(key: str, service: str, instance: str = "one:4318") -> str:
    """Return a series as it is scraped, from its name and own labels."""
    name, _, labels = key.rstrip("}").partition("{")
    scraped = f'job="agent-analytics",instance="{instance}",service_name="{service}",{WHERE}'
    return f"agent_analytics_{name}{{{','.join(part for part in (labels, scraped) if part)}}}"


def _twin(key: str) -> str:
    name, brace, labels = key.partition("{")
    return f"{TWINS[name]}{brace}{labels}" if name in TWINS else ""


def input_series(service: str, stages: Sequence[Stage], minutes: int) -> Iterator[dict[str, str]]:
    """Yield the series of a service, a sample every so many minutes; twins stay at 0."""
    for key in rates(Day()):
        slopes = [(round(stage.hours * 60 / minutes), rates(stage.day)[key] * minutes / 1440) for stage in stages]
        yield {"series": series_name(key, service), "values": _told(slopes)}
        if twin := _twin(key):
            yield {"series": series_name(twin, service), "values": f"0x{sum(steps for steps, _ in slopes)}"}


def _told(slopes: Iterable[tuple[int, float]]) -> str:
    """Return promtool's notation of a counter that grows so much in each of so many steps, one stage after another."""
    grown = itertools.chain([0.0], *(itertools.repeat(slope, steps) for steps, slope in slopes))
    return " ".join(f"{value:.6g}" for value in itertools.accumulate(grown))


def shipped() -> list[dict[str, Any]]:
    """Return all rules as they are shipped, recording rules first, in the order in which one reads the other."""
    families = sorted(file.stem for file in RULES.glob("*_alerts.yaml"))
    files = [yaml.safe_load((RULES / f"{name}.yaml").read_text()) for name in (*RECORDED, *families)]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def needed(*alerts: str) -> list[dict[str, Any]]:
    """Return alerts and every rule that they read, also through others, in the order of ``shipped``."""
    rules = shipped()
    names, wanted = set(alerts), 0
    while len(names) > wanted:
        wanted = len(names)
        read = " ".join(yaml.safe_dump(rule, width=10_000) for rule in rules if _name(rule) in names)
        names |= set(re.findall(r"\w+:\w+(?::\w+)?", read))
    return [rule for rule in rules if _name(rule) in names]


def _name(rule: Mapping[str, Any]) -> str:
    return str(rule.get("record") or rule["alert"])


def unit_test(
    folder: Path,
    alerts: Sequence[str],
    minutes: int,
    series: Iterable[Mapping[str, str]],
    tests: Mapping[str, Any],
    more: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """Write a file of promtool's unit tests over alerts and the rules they read, as shipped; return its path.

    They stand in one group, so that each evaluation sees what the rules before it have just recorded.

    Args:
        folder: for the files.
        alerts: their names.
        minutes: between samples, and between evaluations.
        series: what is scraped.
        tests: what is asked, as promtool has it.
        more: further rules, such as a threshold of one service.
    """
    group = {"name": "shipped", "rules": [*more, *needed(*alerts)]}
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": [group]}, width=10_000))
    content = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": f"{minutes}m",
        "tests": [{"interval": f"{minutes}m", "input_series": [dict(one) for one in series], **tests}],
    }
    path = folder / "test.yaml"
    path.write_text(yaml.safe_dump(content, width=10_000_000))
    return path
