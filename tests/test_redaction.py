"""One text: the application's hook first, then personal data, then the cut; settings say which."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.capture import capture_of
from otel_agent_analytics.conversations.events import LogRecord, Service
from otel_agent_analytics.errors import SettingError, fault_counts
from otel_agent_analytics.personal_data.kinds import KINDS
from otel_agent_analytics.redaction import REDACTED, Redaction
from otel_agent_analytics.service.care import care_of
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.settings import Settings

MAIL = "jan@example.com"
PLACEHOLDER = r"\[email:[0-9a-f]{12}\]"


def redaction(max_length: int = 1000, **said: Any) -> Redaction:
    """Return what redacts all kinds, with a key."""
    return Redaction(max_length, said.get("redact"), tuple(KINDS), b"k")


def test_the_hook_comes_first() -> None:
    """The application's function is given the text as it is; personal data that it leaves gets placeholders."""
    seen: list[str] = []

    def hook(text: str) -> str | None:
        seen.append(text)
        return None if "secret" in text else text.replace("Jan", "…")

    one = redaction(redact=hook)
    assert re.fullmatch(rf"… is {PLACEHOLDER}", one.text(f"Jan is {MAIL}"))
    assert one.text("a secret") == REDACTED
    assert seen == [f"Jan is {MAIL}", "a secret"]


def test_nothing_is_left_at_the_cut() -> None:
    """Where an address lies across the end of what is kept nothing of it is; the mark says how long the text was."""
    for before in range(20, 120):
        text = "x " * (before // 2) + MAIL + " y" * 2_000
        found = redaction(60).text(text)
        assert "jan" not in found
        assert "example" not in found
        assert found.endswith(f"… [truncated, {len(text)} characters]")
        assert len(found) <= 60 + 40


def test_what_shrinks_brings_nothing_half_read() -> None:
    """Where a long secret becomes a short placeholder no text moves up that was not searched as a whole."""
    text = "eyJ" + "a" * 900 + ".eyJ" + "b" * 100 + f" and {MAIL} " + "z" * 2_000
    for max_length in range(940, 1_100):
        found = redaction(max_length).text(text)
        assert not re.search(r"jan|example|[ab]{10}", found)


def test_numbers_and_names_of_fields() -> None:
    """A number is read as the text that it was; the name of a field can be an address too."""
    one = redaction()

    assert one.number(4111111111111111).startswith("[card:")
    assert (one.number(49.99), one.number(7), one.number(1763750000, "created_at")) == (49.99, 7, 1763750000)
    assert one.number(6125550123, "phone").startswith("[phone:")
    assert (one.text("4900990404", "id"), one.text('["4900990404"]')) == ("4900990404", '["4900990404"]')
    assert re.fullmatch(PLACEHOLDER, one.key(MAIL))
    assert one.key("order_id") == "order_id"


def test_a_fault_lets_nothing_through() -> None:
    """Where looking for personal data fails, the text is left out whole, which is counted and logged without it."""
    one = redaction()
    one.__dict__["_personal_data"] = None  # as if it could not be loaded
    before = fault_counts()["agents_sdk.redact"]

    assert one.text(f"I am {MAIL}") == REDACTED
    assert fault_counts()["agents_sdk.redact"] == before + 1
    assert redaction().text(f"\ud800 {MAIL}").startswith("\ud800 [email:")


def test_off() -> None:
    """Switched off, no text changes; with some kinds only those are redacted."""
    text = f"{MAIL} +31 6 12345678"
    off, some = Settings(redact_personal_data=False), Settings(redact_personal_data=("phone",))

    assert Redaction(100, None, off.personal_data_kinds).text(text) == text
    assert Redaction(100, None, some.personal_data_kinds).text(text).startswith(f"{MAIL} [phone:")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [("true", tuple(KINDS)), ("off", ()), ("email, phone", ("email", "phone")), (None, tuple(KINDS))],
)
def test_setting(text: str | None, kinds: tuple[str, ...]) -> None:
    """It is a switch, on unless said otherwise, or a list of kinds."""
    environ = {} if text is None else {"AGENT_ANALYTICS_REDACT_PERSONAL_DATA": text}

    assert Settings.from_environment(environ).personal_data_kinds == kinds


@pytest.mark.parametrize("wrong", ["emails", "email,fax", ","])
def test_wrong_setting(wrong: str) -> None:
    """A kind that is none is refused, in the environment and in code, and what is allowed is said."""
    with pytest.raises(SettingError, match=f"{wrong}.*allowed is true, false, or some of secret, email"):
        Settings.from_environment({"AGENT_ANALYTICS_REDACT_PERSONAL_DATA": wrong})
    with pytest.raises(SettingError, match="redact_personal_data"):
        Settings(redact_personal_data=("emails",))


def test_tool_arguments_by_their_names() -> None:
    """In the arguments of a tool the name of a field says what its value is."""
    capture = capture_of(Settings(capture_message_content="SPAN_ONLY", user_key=b"k"))
    given = {"phone": "6125550123", "order": "6125550123", "to": [MAIL], "customer": {"password": "hunter2"}, MAIL: 1}
    said = capture.tool_call({"input": json.dumps(given), "output": "ok"})[v.GEN_AI_TOOL_CALL_ARGUMENTS]

    kinds = json.dumps(said).replace("6125550123", "kept")
    assert "hunter2" not in kinds
    assert MAIL not in kinds
    assert said["order"] == "6125550123"
    assert said["phone"].startswith("[phone:")


def test_application_and_analyzer_agree() -> None:
    """With the same key both make the same placeholder, and the analyzer leaves alone what has been redacted."""
    own = ServiceSettings(keep_content=True)
    settings = Settings(capture_message_content="SPAN_ONLY", user_key=b"k")
    sent = capture_of(settings).text(f"I am {MAIL}")
    care = care_of(settings, own)
    rows = []
    for text in (sent, f"I am {MAIL.upper()}"):
        said = {v.GEN_AI_CONVERSATION_ID: "c", v.EVENT_ID: "e", v.GEN_AI_EVALUATION_EXPLANATION: text}
        assert care.keeper is not None
        rows += care.keeper.rows([LogRecord(v.EVENT_EVALUATION_RESULT, 5, said, Service("shop"))], 9)

    kept = [care.safe.unpack(bytes(row[5]))[v.GEN_AI_EVALUATION_EXPLANATION] for row in rows]
    assert kept == [sent, sent]
