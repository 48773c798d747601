"""Texts: kept only where a setting says so, redacted, encrypted with keys that can be changed, once for each span."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, Service, SpanRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.personal_data.kinds import KINDS
from otel_agent_analytics.redaction import Redaction
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.care import Care, care_of
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.storage.content import Keeper, Safe
from otel_agent_analytics.storage.errors import CodecError
from otel_agent_analytics.storage.redacted import redacted
from tests.helpers.script import BEGIN_NS
from tests.helpers.searching import places

if TYPE_CHECKING:
    from otel_agent_analytics.storage.database import Database

Fernet: Any = pytest.importorskip("cryptography.fernet").Fernet
MESSAGES = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "my number is 4111 1111"}]}])
SECRETS = ["my number is", "4111 1111"]
KEYS = [Fernet.generate_key().decode() for _ in range(3)]


def turn(number: int = 0, said: dict[str, Any] | None = None) -> SpanRecord:
    """Return the span of a user turn with a text."""
    attributes = {
        v.GEN_AI_CONVERSATION_ID: "c1", v.OPERATION: v.OPERATION_TURN, v.USER_HASH: "ab" * 32,
        v.GEN_AI_INPUT_MESSAGES: MESSAGES, **(said or {}),
    }  # fmt: skip
    at_ns = BEGIN_NS + number
    return SpanRecord("1" * 32, f"{number:016x}", at_ns, at_ns, attributes, failed=False, service=Service("shop"))


def analyzer(database: Database, care: Care) -> Analyzer:
    """Return an analyzer for which it is soon after the beginning."""
    writer = getattr(database, "writer", 0)
    return Analyzer(database, DEFAULT_RULES, lambda: BEGIN_NS + 10**9, keeper=care.keeper, writer=writer)


def care(**said: str) -> Care:
    """Return what some settings of the environment make."""
    environ = {f"AGENT_ANALYTICS_{name.upper()}": value for name, value in said.items()}
    return care_of(Settings.from_environment(environ), ServiceSettings.from_environment(environ))


def mask(text: str) -> str | None:
    """Redact a number; of a name nothing may be kept at all."""
    return None if text == "Ann" else text.replace("4111 1111", "****")


def test_nothing_is_kept_by_default(database: Database) -> None:
    """Without the setting no text stands anywhere in the store."""
    analyzer(database, care()).take([turn()])

    assert places(database, SECRETS) == set()
    assert database.read("SELECT count(*) FROM content") == [(0,)]
    assert database.read("SELECT count(*) FROM messages WHERE role = 'user'") == [(1,)]


def test_one_row_for_each_span(database: Database) -> None:
    """A span that comes again, in its batch or another, has one row; one without texts or conversation has none."""
    one = analyzer(database, care(keep_content="true"))
    quiet = turn(2, {v.GEN_AI_INPUT_MESSAGES: ""})
    one.take([turn(), turn(), turn(1), quiet, turn(3, {v.GEN_AI_CONVERSATION_ID: ""})])
    one.take([turn(1)])

    rows = database.read("SELECT conversation_id, span_id, trace_id, user_hash, sent_ns FROM content ORDER BY span_id")
    assert rows == [("c1", f"{n:016x}", "1" * 32, "ab" * 32, BEGIN_NS + n) for n in range(2)]
    ((body,),) = database.read("SELECT body FROM content WHERE sent_ns = ?", [BEGIN_NS])
    assert Safe().unpack(bytes(body)) == {v.GEN_AI_INPUT_MESSAGES: MESSAGES}


def test_text_of_an_event() -> None:
    """What an event says is kept under its id: a comment of a rating too."""
    said = {v.GEN_AI_CONVERSATION_ID: "c1", v.EVENT_ID: "e7", v.GEN_AI_EVALUATION_EXPLANATION: "too slow"}
    (row,) = Keeper(Safe()).rows([LogRecord(v.EVENT_EVALUATION_RESULT, 5, said, Service("shop"))], 9)

    assert (row[:5], row[6]) == (("c1", "e7", "", None, 5), 9)
    assert Safe().unpack(row[5]) == {v.GEN_AI_EVALUATION_EXPLANATION: "too slow"}


def test_redacted_before_it_is_stored(database: Database) -> None:
    """The application's hook sees each text as people wrote it, and not the words of the conventions around it."""
    arguments = {"name": "Ann", "card": "4111 1111", "role": "Ann", "many": 3}
    kept = care(keep_content="true", redact="tests.storage.test_content:mask")
    analyzer(database, kept).take([turn(0, {v.GEN_AI_TOOL_CALL_ARGUMENTS: json.dumps(arguments)})])

    ((body,),) = database.read("SELECT body FROM content")
    assert kept.safe.unpack(bytes(body)) == {
        v.GEN_AI_INPUT_MESSAGES: [{"role": "user", "parts": [{"type": "text", "content": "my number is ****"}]}],
        v.GEN_AI_TOOL_CALL_ARGUMENTS: {"name": "[redacted]", "card": "****", "role": "Ann", "many": 3},
    }
    assert places(database, ["4111 1111"]) == set()


def test_encrypted_with_keys_that_change(database: Database) -> None:
    """With a key no text can be found; a new key in front of the old one reads both; the old one alone does not."""
    first, both, second = KEYS[0], f"{KEYS[1]},{KEYS[0]}", KEYS[1]
    for number, key in enumerate((first, both)):
        analyzer(database, care(keep_content="true", content_key=key)).take([turn(number)])

    assert places(database, [*SECRETS, "parts"]) == set()
    bodies = [bytes(row[0]) for row in database.read("SELECT body FROM content ORDER BY sent_ns")]
    said = {v.GEN_AI_INPUT_MESSAGES: MESSAGES}
    assert [care(content_key=both).safe.unpack(body) for body in bodies] == [said, said]
    assert care(content_key=second).safe.unpack(bodies[1]) == said
    for wrong, told in ((second, "a key that"), (KEYS[2], "a key that"), ("", "no AGENT_ANALYTICS_CONTENT_KEY")):
        with pytest.raises(CodecError, match=told):
            care(content_key=wrong).safe.unpack(bodies[0])


@pytest.mark.parametrize("body", [b"", b"\x02\x00x", b"\x01\x07x", b"\x01\x00x", b"\x01\x01x"])
def test_body_that_cannot_be_read(body: bytes) -> None:
    """A body that is damaged or of another version is told as such."""
    with pytest.raises(CodecError):
        Safe([KEYS[0]]).unpack(body)


def test_key_that_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """A key of another form is refused with how to make one, and is not shown."""
    with caplog.at_level(logging.DEBUG), pytest.raises(SettingError, match=r"Fernet\.generate_key") as refused:
        care(content_key="my secret words")
    assert "my secret" not in str(refused.value) + caplog.text


def test_an_id_that_is_an_address() -> None:
    """In what a tool was called with, personal data goes under whatever name it stands; ids of messages stay."""
    said = {"id": "jan@example.com", "role": "+31 6 12345678", "type": "tool_call", "order": {"id": "call_4f2a"}}
    kept = redacted({v.GEN_AI_TOOL_CALL_ARGUMENTS: said}, Redaction(1_000, None, tuple(KINDS), b"k"))

    found = kept[v.GEN_AI_TOOL_CALL_ARGUMENTS]
    assert found["id"].startswith("[email:")
    assert found["role"].startswith("[phone:")
    assert (found["type"], found["order"]) == ("tool_call", {"id": "call_4f2a"})
