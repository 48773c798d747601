"""Celery's workers serve a conversation between them, and an analyzer counts it as one.

Shows: ``instrument(conversation_metrics=False)`` where the tasks are defined, so that Celery's forked workers have it;
``conversation(…)`` inside a task; sending what waits when a worker ends.

    pip install '.[serve,examples]'
    AGENT_ANALYTICS_LATENESS_SECONDS=2 otel-agent-analytics serve                   # in one terminal
    cd examples && celery -A celery_workers worker --concurrency 2                  # in another
    cd examples && python celery_workers.py                                         # in a third: asks and shows

The broker is a folder (``CELERY_FOLDER``), so that no server is needed; with Redis or RabbitMQ only the settings of the
broker differ. Without ``AGENT_ANALYTICS_USER_KEY`` each worker hashes users with a key of its own. With
``OPENAI_API_KEY`` a model of OpenAI answers; without, the answers come from a script. ``OTEL_EXPORTER_OTLP_ENDPOINT``
says where the analyzer is, if not at http://127.0.0.1:4318.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from agents import Agent, Runner, SQLiteSession, function_tool, set_default_openai_client, set_trace_processors
from celery import Celery
from celery.signals import worker_process_shutdown
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

import analyzer
import scripted_openai
from otel_agent_analytics import conversation, end_conversation, instrument

# gRPC promises forked processes little, so spans go by HTTP. They go twice a second, instead of every five seconds: an
# analyzer that waits for two seconds only would count an end before them, and again when they are there.
os.environ.setdefault("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
os.environ.setdefault("OTEL_BSP_SCHEDULE_DELAY", "500")
os.environ.setdefault("OTEL_SERVICE_NAME", "shop")
# With a key the SDK would upload each trace, texts too, to OpenAI as well.
set_trace_processors([])
instrument(conversation_metrics=False)
if not os.environ.get("OPENAI_API_KEY"):
    set_default_openai_client(scripted_openai.async_client(), use_for_tracing=False)

FOLDER = Path(os.environ.get("CELERY_FOLDER", Path(tempfile.gettempdir()) / "celery_workers"))
QUEUE, CONTROL, RESULTS = (FOLDER / name for name in ("queue", "control", "results"))
for folder in (QUEUE, CONTROL, RESULTS):
    folder.mkdir(parents=True, exist_ok=True)

app = Celery("celery_workers", broker="filesystem://", backend=RESULTS.as_uri())
app.conf.broker_transport_options = {
    "data_folder_in": str(QUEUE), "data_folder_out": str(QUEUE), "control_folder": str(CONTROL),
    "polling_interval": 0.1,
}  # fmt: skip
app.conf.worker_prefetch_multiplier = 1

MESSAGES = ("Where is my order A-7?", "It came broken!", "Yes, I have it. Thanks, bye!")


@function_tool
def track_order(order: str) -> str:
    """Say where an order is."""
    return f"Order {order} left the warehouse on Monday."


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def answer(conversation_id: str, text: str, user: str) -> tuple[int, str]:
    """Serve one message; return which process it was, and the answer."""
    agent = Agent(name="Support", instructions="Help customers of a lamp shop. Be brief.", tools=[track_order])
    session = SQLiteSession(conversation_id, FOLDER / "history.db")
    with conversation(conversation_id, user_id=user, channel="web"):
        return os.getpid(), Runner.run_sync(agent, text, session=session).final_output


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def send_what_waits(**_: Any) -> None:
    """Send what waits in a worker that ends: its process ends without its exit handlers."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.force_flush()


def main() -> None:
    """Ask the workers in three conversations at once, and show what the analyzer makes of them."""
    started = time.time_ns()
    ids = [f"celery-{started}-{number}" for number in range(3)]
    served_by: dict[str, set[int]] = defaultdict(set)
    for text in MESSAGES:
        asked = {one: answer.delay(one, text, user=f"user of {one}") for one in ids}
        for conversation_id, task in asked.items():
            process, said = task.get(timeout=60)
            served_by[conversation_id].add(process)
            print(f"{conversation_id}  process {process}: {said}")
    for conversation_id in ids:
        end_conversation(conversation_id)

    print("waiting for the analyzer to count them …")
    for episode in analyzer.ended(ids):
        processes = len(served_by[episode["conversation_id"]])
        print(
            f"{episode['conversation_id']}: {episode['outcome']}, {episode['user_turns']} turns, "
            f"{episode['tool_calls']} tool calls, by {processes} processes"
        )


if __name__ == "__main__":
    main()
