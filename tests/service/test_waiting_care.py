"""Spans that wait for their trace: stored without personal data, encrypted, found by whom they name; figures stay."""

from __future__ import annotations

import http.client
import random
import time
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.context import user_hash
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.dialects.identity import USER_KEYS
from otel_agent_analytics.dialects.turns import translate
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.care import Care, care_of
from otel_agent_analytics.service.serving import _options
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.storage.duckdb import DuckDBDatabase
from otel_agent_analytics.storage.retention import DAY_NS, Retention
from tests.dialects import conversation
from tests.helpers.otlp import traces_body
from tests.helpers.searching import places
from tests.helpers.traffic import price, straight
from tests.service.test_analyzer import Clock, batches, net, rows
from tests.service.test_foreign import BEGIN_NS, MINUTE_NS, expected_rows, read_out, retold, translated
from tests.service.test_serve import count, get, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from otel_agent_analytics.conversations.events import SpanRecord
    from otel_agent_analytics.storage.database import Database

Fernet: Any = pytest.importorskip("cryptography.fernet").Fernet
KEY, USER_KEY = Fernet.generate_key().decode(), b"a key of the operator"
ANN, MAIL, CARD = "ann@example.org", "jan.berg@example.com", "4111 1111 1111 1111"
DIALECTS = ("openinference", "traceloop", "official", "older")


def told(dialect: str, number: int = 0) -> list[SpanRecord]:
    """Return the spans of a dialect, by a named user, who says an address and a card in every text that he says."""
    planted = f"{conversation.FIRST} {MAIL} {CARD}"

    def value(said: Any) -> Any:
        return said.replace(conversation.FIRST, planted) if isinstance(said, str) else said

    return [
        one._replace(
            attributes={
                **{key: value(said) for key, said in one.attributes.items() if key not in USER_KEYS},
                "user.id": ANN,
            }
        )
        for one in retold(dialect, number)
    ]


def care(*, key: str | None = KEY, redact: Callable[[str], str | None] | None = None, on: bool = True) -> Care:
    """Return what settings make."""
    settings = Settings(user_key=USER_KEY, redact_personal_data=on, redact=redact)
    return care_of(settings, ServiceSettings(content_key=() if key is None else (key,)))


def started(database: Database, clock: Clock, care: Care, **said: Any) -> Analyzer:
    """Return an analyzer as it starts on a database."""
    options = _options(Settings(user_key=USER_KEY, tool_error_pattern=""), None)
    writer = getattr(database, "writer", 0)
    return Analyzer(
        database, DEFAULT_RULES, clock, price, writer=writer, options=options, envelope=care.envelope, **said
    )


@pytest.mark.parametrize(
    ("dialect", "key"),
    [("openinference", None), *((one, KEY) for one in DIALECTS)],
    ids=lambda said: said if said in DIALECTS else "key" if said else "plain",
)
def test_nothing_of_a_person_waits(database: Database, dialect: str, key: str | None) -> None:
    """While a trace waits no address, card or user id is stored, with a key no word of it; then all figures are right.

    The analyzer starts again with every batch.
    """
    spans, clock = told(dialect), Clock(BEGIN_NS + 90 * MINUTE_NS)
    wanted = [MAIL, CARD, ANN, *([conversation.FIRST] if key else [])]
    for batch in batches(list(spans), 3, random.Random(3)):
        clock.now_ns += SECOND_NS
        started(database, clock, care(key=key)).take(batch)
        assert places(database, wanted) == set()
    assert places(database, [user_hash(ANN, USER_KEY)]) >= {("waiting", "names", user_hash(ANN, USER_KEY))}
    last = started(database, clock, care(key=key))
    read_out([last], clock)
    for _ in range(30):  # longer than the maximum age, and all that waits for it
        clock.now_ns += DAY_NS // 2
        last.close_due()

    assert rows(database) == expected_rows(spans)
    assert net([last.totals]) == net([straight(translated(spans)).totals])
    assert database.read("SELECT DISTINCT user_hash FROM conversations") == [(user_hash(ANN, USER_KEY),)]
    assert places(database, wanted) == set()


def test_the_search_finds_what_waits(database: Database) -> None:
    """Without a key and with redaction off the same search finds what is there, but for the user's id."""
    started(database, Clock(BEGIN_NS + 90 * MINUTE_NS), care(key=None, on=False)).take(told("openinference"))

    assert {found[2] for found in places(database, [MAIL, CARD, conversation.FIRST, ANN])} == {
        MAIL,
        CARD,
        conversation.FIRST,
    }


@pytest.mark.parametrize("dialect", [*DIALECTS, "ours"])
def test_redaction_changes_no_figure(dialect: str) -> None:
    """What a span becomes is the same with redaction, hashing and encryption, where there is nothing personal in it."""
    envelope, spans = care().envelope, [one for trace in getattr(conversation, dialect)() for one in trace]
    stored = envelope.unpack(envelope.pack([envelope.storable(span) for span in spans]))

    assert translate(stored) == translate(spans)


def test_what_a_hook_keeps_back_is_unknown() -> None:
    """Where the operator's function lets nothing of a text be kept, it is unknown what was said, not another text."""
    envelope, spans = care(redact=lambda _: None).envelope, told("official")
    stored = [envelope.storable(span) for span in spans]

    assert "redacted" not in str(stored)
    assert [one.attributes.get("agent_analytics.user_message.length") for one in translate(stored)] == [None] * len(
        translate(stored)
    )
    assert any("agent_analytics.user_message.length" in one.attributes for one in translate(spans))


def test_forgotten_without_the_key_of_texts(database: Database) -> None:
    """Who is forgotten is found in what waits by her hash alone, whoever asks and whatever the bodies are."""
    clock = Clock(BEGIN_NS + 90 * MINUTE_NS)
    started(database, clock, care()).take(told("traceloop"))
    other = [one._replace(attributes={**one.attributes, "user.id": "bob"}) for one in told("official", 7)]
    started(database, clock, care()).take(other)

    assert started(database, clock, care(key=None)).forget(user_hash(ANN, USER_KEY)).rows["waiting"] > 0
    assert {row[0] for row in database.read("SELECT trace_id FROM waiting")} == {one.trace_id for one in other}


def test_what_cannot_be_read_goes_with_the_texts(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Where the key is lost, a trace is left as it is and told of; it goes when texts do."""
    clock = Clock(BEGIN_NS + 90 * MINUTE_NS)
    started(database, clock, care()).take(told("official"))
    one = started(database, clock, care(key=Fernet.generate_key().decode()), retention=Retention(content=3))
    read_out([one], clock)
    assert "AGENT_ANALYTICS_CONTENT_KEY does not have" in caplog.text
    clock.now_ns += 2 * DAY_NS
    one.tidy()
    assert database.read("SELECT count(*) > 0 FROM waiting") == [(True,)]
    clock.now_ns += DAY_NS
    one.tidy()

    assert database.read("SELECT count(*) FROM waiting") == [(0,)]


def test_what_an_earlier_version_wrote(database: Database) -> None:
    """Rows without names, in plain, are read as ever, and who is forgotten is found in them."""
    clock = Clock(BEGIN_NS + 90 * MINUTE_NS)
    before = Analyzer(database, DEFAULT_RULES, clock, price, writer=getattr(database, "writer", 0))
    before.take([*told("official"), *told("traceloop", 1)])
    with database.transaction() as transaction:
        transaction.ask("UPDATE waiting SET names = NULL")
    one = started(database, clock, care())
    first, second = "conversation 0", "conversation 1"

    assert one.forget(user_hash("nobody", USER_KEY), rater=first).rows["waiting"] > 0
    assert {found[2] for found in places(database, [first, second])} == {second}
    read_out([one], clock)
    assert one.shown().counters()


def test_as_it_is_served(tmp_path: Path) -> None:
    """The analyzer, killed while spans wait, has nothing personal in its file; started again it reads them."""
    said = {"USER_KEY": USER_KEY.decode(), "CONTENT_KEY": KEY, "LATENESS_SECONDS": "3"}
    environ = {f"AGENT_ANALYTICS_{name}": value for name, value in said.items()}
    with serving(tmp_path, **environ) as (port, _, process):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        body = traces_body(told("openinference"), scope="openinference.instrumentation.openai_agents")
        connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
        assert connection.getresponse().status == 200
        connection.close()
        process.kill()
        process.wait(20)
    stored = DuckDBDatabase(str(tmp_path / "x.duckdb"))
    assert stored.read("SELECT count(*) > 0 FROM waiting") == [(True,)]
    assert places(stored, [MAIL, CARD, ANN, conversation.FIRST]) == set()
    stored.close()
    with serving(tmp_path, **environ) as (port, _, _):
        give_up = time.monotonic() + 30
        while count(get(port, "/metrics")[1], "messages_total") < 3 and time.monotonic() < give_up:
            time.sleep(0.2)
        shown = get(port, "/metrics")[1]

    assert count(shown, "messages_total") == 3  # two of the user, one of the agent
    assert not [text for text in (MAIL, CARD, ANN) if text in shown + (tmp_path / "log.txt").read_text()]
