"""Threads, tasks, forks, servers with many workers and exits: every run is counted once, where it was served."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from agents import Agent, RunConfig, Runner, function_tool

from tests.helpers.scripted_model import Call, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.agents_sdk.conftest import Bench, Node

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def agent_of(bench: Bench, name: str) -> Agent:
    """Return an agent whose tool makes a span of the application, called after the agent."""

    @function_tool
    def fetch() -> str:
        bench.app.start_span(f"GET {name}").end()
        time.sleep(0.002)
        return "there"

    return Agent(name=name, model=ScriptedModel(Call("fetch"), "Done.", delay=0.002), tools=[fetch])


def flat(tree: Node) -> list[Node]:
    """Return a trace's spans in one list, the root first."""
    return [tree, *(node for child in tree["children"] for node in flat(child))]


def whole(tree: Node) -> str:
    """Check that a trace has all of its own spans and no other; return whose it is."""
    name = next(str(node["gen_ai.agent.name"]) for node in flat(tree) if node["name"].startswith("invoke_agent"))
    (turn,) = tree["children"]
    (agent,) = turn["children"]
    assert [node["name"] for node in (tree, turn, agent)] == [
        "invoke_workflow Agent workflow", f"handle_conversation_turn {name}", f"invoke_agent {name}",
    ]  # fmt: skip
    assert [node["name"] for node in agent["children"]] == [
        "chat gpt-5-mini", "execute_tool fetch", "chat gpt-5-mini",
    ]  # fmt: skip
    assert [node["name"] for node in agent["children"][1]["children"]] == [f"GET {name}"]
    ours = [node for node in flat(tree) if not node["name"].startswith("GET")]
    assert {node["gen_ai.conversation.id"] for node in ours} == {f"conversation of {name}"}
    return name


# --- threads and tasks ------------------------------------------------------------------------------------------------


def test_threads(bench: Bench) -> None:
    """Sixteen threads that run agents at once, each twice: each trace is whole, and of its own conversation."""
    gate = threading.Barrier(16)

    def serve(number: int) -> None:
        gate.wait()
        for _ in range(2):
            config = RunConfig(group_id=f"conversation of a{number}")
            Runner.run_sync(agent_of(bench, f"a{number}"), "hi", run_config=config)
        asyncio.get_event_loop_policy().get_event_loop().close()  # the SDK leaves it to the thread

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(serve, range(16)))

    trees = bench.trees("gen_ai.conversation.id", "gen_ai.agent.name")
    assert Counter(whole(tree) for tree in trees) == {f"a{number}": 2 for number in range(16)}
    assert bench.value("messages_total", role="user") == 32
    assert bench.value("conversations_started_total", channel="unknown") == 16
    assert len(bench.bridge._family.spans) == len(bench.bridge._family._traces) == 0


async def test_tasks(bench: Bench) -> None:
    """Fifty runs at once in one event loop, each in its own server span, keep their parents."""

    async def serve(number: int) -> None:
        with bench.app.start_as_current_span(f"POST {number}"):
            config = RunConfig(group_id=f"conversation of a{number}")
            await Runner.run(agent_of(bench, f"a{number}"), "hi", run_config=config)

    await asyncio.gather(*(serve(number) for number in range(50)))

    trees = bench.trees("gen_ai.conversation.id", "gen_ai.agent.name")
    served = {tree["name"]: whole(tree["children"][0]) for tree in trees}
    assert served == {f"POST {number}": f"a{number}" for number in range(50)}
    assert len({span.context.trace_id for span in bench.spans}) == 50
    assert bench.value("messages_total", role="user") == 50


# --- processes --------------------------------------------------------------------------------------------------------

# Every process writes each span as a line of JSON, with its own process id, when it ends.
PRELUDE = """
import asyncio, faulthandler, json, os, signal, sys, threading, time
sys.path.insert(0, {root!r})
from agents import Agent, RunConfig, Runner, function_tool, trace
from agents.tracing import custom_span, set_trace_provider
from agents.tracing.provider import DefaultTraceProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor
from prometheus_client import REGISTRY, generate_latest
from otel_agent_analytics import instrument
from otel_agent_analytics.errors import fault_counts
from tests.helpers.scripted_model import Call, ScriptedModel

class Lines:
    def write(self, text):
        os.write(1, text.encode())
    def flush(self):
        pass

def line(span):
    return json.dumps({{"pid": os.getpid(), **json.loads(span.to_json(indent=None))}}) + "\\n"

def provider(batch=False):
    made = TracerProvider(resource=Resource({{"service.name": "shop"}}))
    exporter = ConsoleSpanExporter(out=Lines(), formatter=line)
    made.add_span_processor((BatchSpanProcessor if batch else SimpleSpanProcessor)(exporter))
    return made

def own_sdk():
    set_trace_provider(DefaultTraceProvider())  # without the processor that uploads

def serve(conversation, model=None):
    agent = Agent(name="Helper", model=model or ScriptedModel("Hello."))
    return Runner.run_sync(agent, "hi", run_config=RunConfig(group_id=conversation)).final_output

def shown(name, **labels):
    return REGISTRY.get_sample_value("agent_analytics_" + name, {{"service_name": "shop", **labels}})

def say(**facts):
    os.write(1, (json.dumps({{"pid": os.getpid(), "says": facts}}) + "\\n").encode())
"""
# Has everything imported, and becomes whatever program it is given: an import costs two seconds, a fork none.
STARTER = """
import gc
gc.freeze()
for order in sys.stdin:
    body, out, err = json.loads(order)
    child = os.fork()
    if child == 0:
        for number, path in ((0, os.devnull), (1, out), (2, err)):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND), number)
        faulthandler.register(signal.SIGALRM, chain=True)  # a deadlock is shown, and ends
        os.register_at_fork(after_in_child=lambda: signal.alarm(5))
        signal.alarm(10)
        exec(body, globals())
        sys.exit()
    sys.stdout.write(f"{{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}}\\n")
    sys.stdout.flush()
"""


def environment() -> dict[str, str]:
    """Return an environment in which nothing is set for OpenTelemetry, and faults are not raised."""
    dropped = ("OTEL_", "OPENAI_", "AGENT_ANALYTICS_", "PYTEST_", "PROMETHEUS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}


def source(body: str) -> str:
    """Return a program that begins with what all have."""
    return PRELUDE.format(root=str(ROOT)) + body


class Programs:
    """Runs programs, each in a process of its own."""

    def __init__(self, starter: subprocess.Popen[str], folder: Path) -> None:
        self._starter = starter
        self._out, self._err = folder / "out", folder / "err"

    def run(self, body: str) -> tuple[list[dict[str, Any]], str]:
        """Run a program to its end; return the lines that it and its children wrote, and what they logged."""
        self._out.unlink(missing_ok=True)
        self._err.unlink(missing_ok=True)
        assert self._starter.stdin is not None
        assert self._starter.stdout is not None
        self._starter.stdin.write(json.dumps([textwrap.dedent(body), str(self._out), str(self._err)]) + "\n")
        self._starter.stdin.flush()
        code = self._starter.stdout.readline()
        log = self._err.read_text(encoding="utf-8")
        assert code == "0\n", log
        return [json.loads(line) for line in self._out.read_text(encoding="utf-8").splitlines()], log


@pytest.fixture(scope="module", autouse=True)  # so that its imports run beside the first tests
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """Return what runs programs."""
    with subprocess.Popen(
        [sys.executable, "-c", source(STARTER.format())], env=environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as starter:  # fmt: skip
        yield Programs(starter, tmp_path_factory.mktemp("programs"))
        assert starter.stdin is not None
        starter.stdin.close()


def names(lines: list[dict[str, Any]], pid: int) -> list[str]:
    """Return the names of the spans that a process wrote."""
    return [line["name"] for line in lines if line["pid"] == pid and "name" in line]


def says(lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what each process said of itself, by its role."""
    return {line["says"]["role"]: {"pid": line["pid"], **line["says"]} for line in lines if "says" in line}


ONE_RUN = [
    "chat gpt-5-mini",
    "invoke_agent Helper",
    "handle_conversation_turn Helper",
    "invoke_workflow Agent workflow",
]


def test_fork(programs: Programs) -> None:
    """A child counts its own runs alone, and so does the parent; the spans of both come out once."""
    lines, log = programs.run("""
        tracer_provider = provider(batch=True)
        own_sdk()
        instrument(tracer_provider=tracer_provider)
        serve("c1")
        tracer_provider.force_flush()
        child = os.fork()
        for number in range(3 if child == 0 else 1):
            serve("c1")
        say(role="child" if child == 0 else "parent", user=shown("messages_total", role="user"),
            started=shown("conversations_started_total", channel="unknown"))
        if child:
            os.waitpid(child, 0)
    """)
    told = says(lines)

    assert told["child"]["user"] == 3
    assert told["parent"]["user"] == 2
    assert told["child"]["started"] == told["parent"]["started"] == 1
    assert names(lines, told["child"]["pid"]) == ONE_RUN * 3
    assert names(lines, told["parent"]["pid"]) == ONE_RUN * 2
    ids = [line["context"]["span_id"] for line in lines if "context" in line]
    assert len(set(ids)) == len(ids) == 20
    assert log == ""


def test_faults_after_a_fork(programs: Programs) -> None:
    """The faults that a parent has counted before a fork are not shown by its child too."""
    lines, _ = programs.run("""
        made = provider()
        own_sdk()
        instrument(tracer_provider=made)
        with trace("work", group_id=5):
            pass
        child = os.fork()
        say(role="child" if child == 0 else "parent", faults=sum(fault_counts().values()))
        if child:
            os.waitpid(child, 0)
    """)
    told = says(lines)

    assert told["parent"]["faults"] == 1
    assert told["child"]["faults"] == 0


def test_fork_in_the_middle_of_a_run(programs: Programs) -> None:
    """A fork while another thread runs an agent: the child works, and that run's spans stay the parent's alone."""
    lines, log = programs.run("""
        made = provider()
        own_sdk()
        instrument(tracer_provider=made)
        slow = ScriptedModel("Hello.", delay=0.3)
        thread = threading.Thread(target=serve, args=("c1", slow))
        thread.start()
        while not slow.called.is_set():
            time.sleep(0.005)
        child = os.fork()
        if child == 0:
            serve("c2")
            say(role="child", user=shown("messages_total", role="user"))
            sys.exit(0)
        os.waitpid(child, 0)
        thread.join()
        say(role="parent", user=shown("messages_total", role="user"))
    """)
    told = says(lines)

    assert told["child"]["user"] == told["parent"]["user"] == 1
    assert names(lines, told["child"]["pid"]) == ONE_RUN
    assert names(lines, told["parent"]["pid"]) == ONE_RUN
    assert not [line for line in lines if "agent_analytics.cut_off" in line.get("attributes", {})]
    assert log == ""


def test_many_forks_at_busy_moments(programs: Programs) -> None:
    """Forks at any moment while threads run agents and metrics are read leave no lock held: every child gets done."""
    lines, log = programs.run("""
        made = provider(batch=True)
        own_sdk()
        instrument(tracer_provider=made)
        from agents.tracing import agent_span, function_span
        serve("c0")  # what libraries build when it is first used, under locks of theirs, is there then
        over = threading.Event()

        def busy(conversation):  # not whole runs: making an agent takes a lock of the SDK, which a fork may find held
            while not over.is_set():
                with trace("work", group_id=conversation), agent_span("a"), function_span("tool", "{}"):
                    pass

        def read():  # ours alone: a registry has a lock of its own, which a fork may find held
            ours = [each for each in REGISTRY._collector_to_names if type(each).__name__ == "ConversationCollector"]
            while not over.is_set():
                list(ours[0].collect())

        threads = [threading.Thread(target=busy, args=(f"c{number}",)) for number in range(2)]
        threads.append(threading.Thread(target=read))
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        left = []
        for number in range(10):
            child = os.fork()
            if child == 0:
                serve("mine")
                user = shown("messages_total", role="user")
                os._exit(7 if user == 1 and b"agent_analytics_messages" in generate_latest() else 1)
            left.append(child)
            time.sleep(0.01)
        over.set()
        for thread in threads:
            thread.join()
        say(role="parent", codes=[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in left])
    """)

    assert says(lines)["parent"]["codes"] == [7] * 10, log
    assert "internal fault" not in log


# --- exit -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agents_first", [True, False])
def test_exit_with_open_spans(programs: Programs, agents_first: bool) -> None:
    """A process that ends while spans are open ends them, marks them as cut off, and sends them."""
    lines, log = programs.run(f"""
        if {agents_first}:
            own_sdk()
        made = provider(batch=True)
        if not {agents_first}:
            own_sdk()
        instrument(tracer_provider=made)
        serve("c1")
        work = trace("work", group_id="c1")
        work.start(mark_as_current=True)
        step = custom_span("step", {{}})
        step.start(mark_as_current=True)
        sys.exit(0)
    """)
    cut_off = [line["name"] for line in lines if line.get("attributes", {}).get("agent_analytics.cut_off") is True]

    assert [line["name"] for line in lines] == [*ONE_RUN, "step", "invoke_workflow work"]
    assert cut_off == ["step", "invoke_workflow work"]
    assert log == ""


def test_exit_in_the_middle_of_a_run(programs: Programs) -> None:
    """A process that leaves from inside a tool says so on every span that was open."""
    lines, log = programs.run("""
        made = provider()
        own_sdk()
        instrument(tracer_provider=made)

        @function_tool(failure_error_function=None)
        def leave() -> str:
            raise SystemExit(0)

        agent = Agent(name="Helper", model=ScriptedModel(Call("leave"), "Done."), tools=[leave])
        Runner.run_sync(agent, "hi", run_config=RunConfig(group_id="c1"))
    """)
    status = {line["name"]: line["status"]["status_code"] for line in lines}

    assert sorted(status) == sorted(["execute_tool leave", *ONE_RUN])
    assert status["invoke_workflow Agent workflow"] == "ERROR"
    assert "internal fault" not in log


# --- gunicorn ---------------------------------------------------------------------------------------------------------

# An application as anybody would write it: one line to instrument, one agent, metrics on a route.
APPLICATION = """
made = provider()
own_sdk()
instrument(tracer_provider=made)

def application(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Worker", str(os.getpid()))])
    if path == "/metrics":
        return [generate_latest()]
    return [serve(path.strip("/")).encode()]
"""


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def users_counted(metrics: str) -> float:
    """Return how many messages of users a worker shows."""
    found = re.search(
        r'^agent_analytics_messages_total\{role="user",service_name="shop"\} (.+)$', metrics, re.MULTILINE
    )
    return float(found[1]) if found else 0.0


class Server(NamedTuple):
    """A gunicorn of two workers."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    def wait(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.get("metrics")
                return
            except OSError:
                time.sleep(0.05)
        pytest.fail(f"the server did not start: {self.log.read_text(encoding='utf-8')}")

    def get(self, path: str) -> tuple[str, str]:
        """Return which worker answered, and what."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=10) as answer:
            return answer.headers["X-Worker"], answer.read().decode()


@pytest.fixture(scope="module", autouse=True)  # as above
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Return two servers, with `--preload` and without; none where gunicorn is not installed."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(source(APPLICATION), encoding="utf-8")
    started: dict[str, Server] = {}
    with contextlib.ExitStack() as stack:
        for name, options in {"preload": ["--preload"], "no preload": []}.items() if find_spec("gunicorn") else ():
            port, log = free_port(), folder / name
            written = stack.enter_context(log.open("w", encoding="utf-8"))
            command = [sys.executable, "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "--no-control-socket"]
            command += [*options, "shop:application"]
            process = subprocess.Popen(
                command, cwd=folder, env=environment(), stdout=written, stderr=subprocess.STDOUT, text=True
            )
            stack.enter_context(process)
            stack.callback(process.terminate)
            started[name] = Server(process, port, log)
        yield started


@pytest.mark.skipif(find_spec("gunicorn") is None, reason="gunicorn is not installed")
@pytest.mark.parametrize("name", ["preload", "no preload"])
def test_gunicorn(servers: dict[str, Server], name: str) -> None:
    """Under gunicorn each run is counted by the worker that served it, and by no other; SIGTERM ends it in peace."""
    server = servers[name]
    server.wait()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: server.get(f"c{number}"), range(40)))
    served = Counter(worker for worker, _ in answers)
    shown: dict[str, float] = {}
    end = time.monotonic() + 10
    while len(shown) < len(served) and time.monotonic() < end:
        worker, metrics = server.get("metrics")
        shown[worker] = users_counted(metrics)
    server.process.send_signal(signal.SIGTERM)
    code = server.process.wait(20)
    text = server.log.read_text(encoding="utf-8")
    spans = [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    assert {answer for _, answer in answers} == {"Hello."}
    assert {worker: count for worker, count in shown.items() if count} == served
    assert sum(shown.values()) == 40
    assert Counter(str(span["pid"]) for span in spans if span["name"].startswith("handle_")) == served
    assert len({span["context"]["span_id"] for span in spans}) == len(spans) == 40 * 4
    assert code == 0
    assert "internal fault" not in text
    assert "Traceback" not in text
