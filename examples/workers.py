"""Several processes serve one conversation, and an analyzer counts it as one.

Shows: ``instrument(conversation_metrics=False)`` in every process, forked or spawned; a conversation that goes by the
id of its session, whichever process serves a message; ``end_conversation()`` from another process; figures of all of
them from one analyzer.

    pip install '.[serve]'
    AGENT_ANALYTICS_LATENESS_SECONDS=2 otel-agent-analytics serve    # in another terminal; without it: a minute
    python examples/workers.py --workers 3

With ``OPENAI_API_KEY`` a model of OpenAI answers; without, the answers come from a script.
``OTEL_EXPORTER_OTLP_ENDPOINT`` says where the analyzer is, if not at http://127.0.0.1:4318.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from agents import Agent, Runner, SQLiteSession, function_tool, set_default_openai_client, set_trace_processors
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

import analyzer
import scripted_openai
from otel_agent_analytics import end_conversation, instrument

# These lines run in every process: before it is forked, or again when it is spawned. gRPC promises forked processes
# little, so spans go by HTTP; and with a key the SDK would upload each trace, texts too, to OpenAI as well.
os.environ.setdefault("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
os.environ.setdefault("OTEL_SERVICE_NAME", "shop")
set_trace_processors([])
instrument(conversation_metrics=False)
if not os.environ.get("OPENAI_API_KEY"):
    set_default_openai_client(scripted_openai.async_client(), use_for_tracing=False)

MESSAGES = ("Where is my order A-7?", "It came broken!", "Yes, I have it. Thanks, bye!")


@function_tool
def track_order(order: str) -> str:
    """Say where an order is."""
    return f"Order {order} left the warehouse on Monday."


def answer(conversation_id: str, text: str, history: str) -> tuple[int, str]:
    """Serve one message in a worker; return which process it was, and the answer."""
    agent = Agent(name="Support", instructions="Help customers of a lamp shop. Be brief.", tools=[track_order])
    session = SQLiteSession(conversation_id, history)
    return os.getpid(), Runner.run_sync(agent, text, session=session).final_output


def send_what_waits() -> None:
    """Send what waits in this worker: a process of a pool ends without its exit handlers."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.force_flush()


def main() -> None:
    """Serve three conversations, and show what the analyzer makes of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=3, help="how many processes (default %(default)s)")
    methods = multiprocessing.get_all_start_methods()
    parser.add_argument("--start", choices=methods, help="how they are started (default: as Python does here)")
    asked = parser.parse_args()

    started = time.time_ns()
    ids = [f"workers-{started}-{number}" for number in range(3)]
    served_by: dict[str, set[int]] = defaultdict(set)
    context = multiprocessing.get_context(asked.start)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        # A pool of one process each, so that it can be said which of them serves a message.
        workers = [stack.enter_context(ProcessPoolExecutor(1, context)) for _ in range(asked.workers)]
        for turn, text in enumerate(MESSAGES):
            for number, conversation_id in enumerate(ids):
                worker = workers[(turn + number) % len(workers)]
                history = str(Path(folder) / "history.db")
                process, said = worker.submit(answer, conversation_id, text, history).result()
                served_by[conversation_id].add(process)
                print(f"{conversation_id}  process {process}: {said}")
        for worker in workers:
            worker.submit(send_what_waits).result()
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
