"""Asking an analyzer for what became of conversations, and waiting until all have ended there."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from otel_agent_analytics.analyzer_client import AnalyzerClient, AskingError, BusyError, token_of
from otel_agent_analytics.commands.asking import Api, Standing
from otel_agent_analytics.commands.episodes import of_answer, of_record
from otel_agent_analytics.commands.waiting import ended, is_over
from otel_agent_analytics.errors import SettingError, UsageError
from otel_agent_analytics.service.queries.answers import encoded
from otel_agent_analytics.service.queries.records import EPISODE
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.storage.rows import conversation_row
from tests.helpers.script import write
from tests.helpers.traffic import straight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOUR_NS = 3600 * 10**9
RETURN_NS = 24 * HOUR_NS
NOW_NS = 1_800_000_000 * 10**9
TALKS = (
    "user hi | model mini 120 40 | agent it is booked | user thanks, bye | rate 5 ann | rate 4 bob | rate positive cem",
    "user hi | tool look failed | agent sorry | rate 3",
    "user a human please | tool transfer_to_human | agent ok | rate negative",
    "as user=u1 | user hi | model exotic 9 9 | agent which one? | end failed",
    "open",
)


def answered(talk: str, **changed: Any) -> dict[str, Any]:
    """Return an episode as an analyzer's API answers it, read back."""
    (record,) = straight(write(talk)).records
    said = json.loads(encoded(EPISODE.of((*conversation_row(record), NOW_NS))), parse_float=Decimal)
    return {**said, **changed}


@pytest.mark.parametrize("talk", TALKS)
def test_an_answered_episode_is_the_one_that_ended(talk: str) -> None:
    """Every figure comes through the row and the answer as it was, ratings and money to the last digit."""
    (record,) = straight(write(talk)).records
    assert of_answer(answered(talk)) == of_record(record)


def test_ratings_add_up_again() -> None:
    """Three raters, two of them with a number: 5 and 4 are 9."""
    episode = of_answer(answered(TALKS[0]))
    assert (episode.ratings, episode.scores, episode.score_sum, episode.rating) == (3, 2, Decimal(9), "positive")


@pytest.mark.parametrize(
    ("open_", "due_in_hours", "returned", "ended_hours_ago", "over"),
    [
        (False, 24, True, 48, True),
        (False, None, False, 48, True),
        (True, 24, True, 48, False),  # another episode runs
        (False, 0.5, False, 48, False),  # something more arrived, and is not judged yet
        (False, 24, None, 48, False),  # whether the user came back is to be said now
        (False, 24, None, 1, True),  # that is known tomorrow
        (False, -1, False, 48, False),
    ],
)
def test_when_a_conversation_is_over(
    open_: bool, due_in_hours: float | None, returned: bool | None, ended_hours_ago: int, over: bool
) -> None:
    """When it is closed, judged, and nothing is due before one stops to wait, which is in an hour."""
    episode = of_answer(answered(TALKS[0]))._replace(ended_ns=NOW_NS - ended_hours_ago * HOUR_NS, returned=returned)
    due_ns = None if due_in_hours is None else NOW_NS + round(due_in_hours * HOUR_NS)
    assert is_over(Standing(open_, due_ns, (episode,)), NOW_NS, NOW_NS + HOUR_NS, RETURN_NS) is over
    assert not is_over(Standing(open_, due_ns, ()), NOW_NS, NOW_NS + HOUR_NS, RETURN_NS)


@contextmanager
def answering(answer: Callable[[list[str], str | None], tuple[int, Any]]) -> Iterator[str]:
    """Serve answers to what is asked: the ids, and the header with the token; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ids = parse_qs(urlsplit(self.path).query).get("id", [])
            status, said = answer(ids, self.headers["Authorization"])
            body = said if isinstance(said, bytes) else json.dumps(said, default=float).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - so the base class calls it
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def standing(name: str, *episodes: dict[str, Any], open_: bool = False) -> dict[str, Any]:
    """Return where a conversation stands, as it is answered."""
    return {"conversation_id": name, "open": open_, "due": None, "episodes": list(episodes)}


def wait_for(address: str, ids: list[str], limit_seconds: float = 20) -> list[str]:
    """Return the ids of the episodes that are waited for, in their order."""
    found = ended(
        Api(AnalyzerClient(address)), ids, return_ns=RETURN_NS, progress=lambda _: None, limit_seconds=limit_seconds
    )
    return [one.conversation_id for one in found]


def test_all_are_asked_for_and_waited_for() -> None:
    """In portions; what is busy or open is asked again, what has ended is not; in the order of their starts."""
    ids = [f"ü/&{number}" for number in range(450)]
    asked: list[list[str]] = []

    def answer(wanted: list[str], _: str | None) -> tuple[int, Any]:
        asked.append(wanted)
        if len(asked) == 1:
            return 503, b""
        late = len(asked) < 8
        times = {name: f"2026-01-05T10:00:00.{999 - ids.index(name):09d}Z" for name in wanted}
        said = [
            standing(name, answered(TALKS[1], conversation_id=name, started=times[name]), open_=late and name == ids[7])
            for name in wanted
        ]
        return 200, {"conversations": said}

    with answering(answer) as address:
        assert wait_for(address, ids) == ids[::-1]
    assert max(map(len, asked)) <= 200
    assert [name for wanted in asked[1:] for name in wanted if name != ids[7]] == [*ids[:7], *ids[8:]]
    assert asked[-1] == [ids[7]]


def test_what_has_not_ended_is_told() -> None:
    """How many, which of them never arrived, and which are not over."""

    def answer(wanted: list[str], _: str | None) -> tuple[int, Any]:
        known = [standing(name, open_=name == "a") for name in wanted if name in ("a", "b")]
        return 200, {"conversations": [{**one, "due": "2100-01-01T00:00:00.000000000Z"} for one in known]}

    with answering(answer) as address, pytest.raises(AskingError) as told:
        wait_for(address, ["a", "b", "c", "d", "e", "f"], limit_seconds=0.3)
    assert str(told.value) == (
        f"{address}: 6 of 6 conversations have not ended after 0.3 s; nothing is known of 'c', 'd', 'e' and 1 more "
        "(not arrived, or from the future); 'a', 'b' are not over yet"
    )


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "says 401: Unauthorized; set AGENT_ANALYTICS_API_TOKEN"),
        (404, "no analyzer is at"),
        (503, "is busy or has no database (503)"),
        (200, "no analyzer answers at"),
    ],
)
def test_why_there_is_no_answer(status: int, told: str) -> None:
    """A refusal says what to do; somebody else's page is no answer."""
    with answering(lambda *_: (status, b"<html>")) as address, pytest.raises(AskingError) as problem:
        Api(AnalyzerClient(address)).standings(["a"])
    assert told in str(problem.value)
    assert isinstance(problem.value, BusyError) is (status in (503, 200))


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address of this machine is asked without a proxy; nobody there is told with the address, in time."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with answering(lambda ids, _: (200, {"conversations": [standing(name) for name in ids]})) as address:
        assert list(Api(AnalyzerClient(address)).standings(["a"])) == ["a"]
    begun = time.monotonic()
    with pytest.raises(BusyError, match="no analyzer answers at http://127"):
        wait_for(address, ["a"], limit_seconds=0.5)
    assert time.monotonic() - begun < 5


def test_the_token_is_the_settings_or_that_of_otlp() -> None:
    """The setting goes before the standard header; what is no bearer token is none; it is sent as it is."""
    plain, own = ServiceSettings(), ServiceSettings(api_token="own")
    sent = {"OTEL_EXPORTER_OTLP_HEADERS": "x=y,authorization=Bearer%20otlp"}
    assert (token_of(own, sent), token_of(plain, sent), token_of(plain, {})) == ("own", "otlp", None)
    assert token_of(ServiceSettings(read_tokens=("read",), admin_tokens=("all",)), sent) == "all"
    assert token_of(plain, {"OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Basic%20x"}) is None

    heard: list[str | None] = []

    def answer(_: list[str], token: str | None) -> tuple[int, Any]:
        heard.append(token)
        return 200, {"conversations": []}

    with answering(answer) as address:
        Api(AnalyzerClient(address, "own")).standings(())
        Api(AnalyzerClient(address)).standings(())
    assert heard == ["Bearer own", None]


def test_an_address_that_is_none() -> None:
    """It is refused at once."""
    with pytest.raises(UsageError, match="--api: 'localhost:4318' is not allowed"):
        AnalyzerClient("localhost:4318")


def test_a_token_is_never_shown() -> None:
    """A wrong file of it is told without its content."""
    with pytest.raises(SettingError, match="AGENT_ANALYTICS_API_TOKEN_FILE: cannot read"):
        ServiceSettings.from_environment({"AGENT_ANALYTICS_API_TOKEN_FILE": "/nowhere"})
