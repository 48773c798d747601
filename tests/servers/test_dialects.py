"""Spans of other frameworks through the Collector: the same conversations as when they are sent to the analyzer."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from tests.dialects import conversation
from tests.helpers.otlp import traces_body
from tests.servers.chain import Chain
from tests.servers.members import Options
from tests.servers.programs import fetch, program, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.conversations.events import SpanRecord

PROTOBUF = "application/x-protobuf"
NO_CONTENT = {"COLLECTOR_CONTENT_TO_ANALYZER": "false", "COLLECTOR_USER_IDS_TO_ANALYZER": "false"}
DIALECTS = ("openinference", "traceloop", "official", "older")
# What depends on how spans are divided into requests, or on texts alone.
OF_REQUESTS = ("spans_received", "spans_duplicate", "_created")


@pytest.fixture(scope="module", params=["as shipped", "without content"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Chain, bool]]:
    """A Collector and an analyzer, and whether texts may pass."""
    program("otelcol")
    content = request.param == "as shipped"
    environ = {"AGENT_ANALYTICS_LATENESS_SECONDS": "1", "AGENT_ANALYTICS_USER_KEY": "a key of the tests, long enough"}
    options = Options({**environ, **({} if content else NO_CONTENT)}, only=frozenset({"collector", "analyzer"}))
    with Chain(tmp_path_factory.mktemp("dialects"), options=options) as running:
        yield running, content


def spans(dialect: str, number: int) -> list[SpanRecord]:
    """Return the spans of the conversation in a dialect, under a number of their own."""
    own = format(number, "04x")

    def said(value: Any) -> Any:
        return f"chat-{number}" if value == conversation.ID else value

    return [
        one._replace(
            trace_id=own + one.trace_id[4:],
            span_id=f"{own}:{one.span_id}",
            parent_id=f"{own}:{one.parent_id}" if one.parent_id else "",
            attributes={key: said(value) for key, value in one.attributes.items()} | {"user.id": "ann"},
        )
        for trace in getattr(conversation, dialect)()
        for one in trace
    ]


def counters(chain: Chain, service: str) -> dict[str, float]:
    """Return every counter and bucket of a service, less the service's name."""
    lines = fetch(f"{chain.url('analyzer')}/metrics").decode().splitlines()
    label = f'service_name="{service}"'
    said = [one.replace(label, "").rpartition(" ") for one in lines if label in one]
    return {name: float(value) for name, _, value in said if not any(left in name for left in OF_REQUESTS)}


def without_models(found: dict[str, float]) -> dict[str, float]:
    """Return what is told without texts. OpenInference has the model that answered, and handoffs, in texts alone."""
    kept = ("tool_calls", "tokens_total", "tool_duration", "turn_reached", 'role="user"')
    sums: dict[str, float] = defaultdict(float)
    for name, value in found.items():
        if any(one in name for one in kept) and 'tool="unknown"' not in name:
            sums[re.sub(r'model="[^"]*",?', "", name)] += value
    return sums


def ended(chain: Chain, service: str) -> float:
    """Return how many conversations of a service have ended."""
    return sum(value for name, value in counters(chain, service).items() if "conversations_ended_total" in name)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_same_figures_through_the_collector(pair: tuple[Chain, bool], dialect: str) -> None:
    """As shipped every figure is the same; where no content may pass, turns, calls, tokens and times of tools are."""
    chain, content = pair
    for number, (target, service) in enumerate((("analyzer", "direct"), ("collector", "through")), start=1):
        named = f"{service}-{dialect}"
        body = traces_body(spans(dialect, 2 * DIALECTS.index(dialect) + number), named, scope="some.library")
        fetch(f"{chain.url(target)}/v1/traces", body, Content_Type=PROTOBUF)
    until(lambda: ended(chain, f"direct-{dialect}") == ended(chain, f"through-{dialect}") == 1)

    direct, through = (counters(chain, f"{service}-{dialect}") for service in ("direct", "through"))
    assert sum(direct.values()) > 20
    if content:
        assert through == direct
    else:
        assert without_models(through) == without_models(direct)
