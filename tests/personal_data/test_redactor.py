"""Placeholders: typed and keyed, put in once, in bounded time whatever the text is."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent_analytics.personal_data.kinds import KINDS
from otel_agent_analytics.personal_data.redactor import PersonalData

ALL = PersonalData(KINDS, b"a key")
PLACEHOLDER = re.compile(r"\[(\w+):([0-9a-f]{12})\]")
PIECES = (
    "jan@example.com", "+31 6 12345678", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "10.1.2.3", "order ",
    "my name is ", "Anna Berg", "password is ", "hunter2", "123-45-6789", "[email:0123456789ab]", "[phone:",
    "2026-11-03",
    " ", ": ", "=", "12", "at ", "https://u:p@h.io/?token=ab12cd", "x",
)  # fmt: skip


def placeholders(text: str) -> list[str]:
    """Return the placeholders of a text once it is redacted."""
    return [found[0] for found in PLACEHOLDER.finditer(ALL.redacted(text))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jan@Example.com", "mail jan@example.COM!"),
        ("+31 6 12345678", "call 0031 6-1234 5678"),
        ("+49 (0)30 901820123", "+4930901820123"),
        ("4111 1111 1111 1111", "card 4111-1111-1111-1111"),
        ("DE89 3704 0044 0532 0130 00", "iban de89370400440532013000"),
        ("2001:db8::1", "2001:0db8:0:0:0:0:0:1"),
        ("529.982.247-25", "cpf 52998224725"),
        ("12.345.678-Z", "12345678z"),
    ],
)
def test_the_same_however_it_is_written(one: str, other: str) -> None:
    """What is the same has the same placeholder, in whatever way it is written."""
    first, second = placeholders(one), placeholders(other)

    assert len(first) == 1
    assert first == second


def test_keyed() -> None:
    """Another key makes other placeholders, without one they are of the process; other addresses differ."""
    text = "jan@example.com"

    assert ALL.redacted(text) == PersonalData(KINDS, b"a key").redacted(text)
    assert ALL.redacted(text) != PersonalData(KINDS, b"another").redacted(text)
    assert PersonalData(KINDS, None).redacted(text) == PersonalData(KINDS, None).redacted(text)
    assert ALL.redacted(text) != ALL.redacted("jane@example.com")


def test_kinds() -> None:
    """Only the kinds that are asked for are redacted."""
    text = "jan@example.com, +31 6 12345678"

    assert PersonalData(["email"], b"k").redacted(text).endswith(", +31 6 12345678")
    assert PersonalData(["phone"], b"k").redacted(text).startswith("jan@example.com, [phone:")
    assert PersonalData([], b"k").redacted(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call (351) 271 521 335 now", "call [phone] now"),
        ("https://jan:geheim@files.example.com/a?token=abc123&page=2",
        "https://[secret]@files.example.com/a?token=[secret]&page=2"),
        ("my password is jan@example.com1", "my password is [secret]"),
        ("on 2026-11-03 4111 1111 1111 1111 was charged", "on 2026-11-03 [card] was charged"),
        ("order 123456782, BSN 123456782", "order 123456782, BSN [national_id]"),
        ("My name is Anna van der Berg and I wait", "My name is [name] and I wait"),
        ("mr. Smith, 0612345678 (home)", "mr. [name], [phone] (home)"),
        ("the password is wrong", "the password is wrong"),
        (r'{"a": "Hi\nDE89370400440532013000\n0612345678\na@b.io"}', r'{"a": "Hi\n[iban]\n[phone]\n[email]"}'),
        (r'"{\"id\": \"4900990404\", \"tel\": \"6125550123\"}"', r'"{\"id\": \"4900990404\", \"tel\": \"[phone]\"}"'),
        ('{"phone": "6125550123", "order": "6125550123"}', '{"phone": "[phone]", "order": "6125550123"}'),
    ],
)  # fmt: skip
def test_what_becomes_of_a_text(text: str, expected: str) -> None:
    """What overlaps becomes one placeholder, and the text around it stays."""
    assert PLACEHOLDER.sub(r"[\1]", ALL.redacted(text)) == expected


@pytest.mark.parametrize(
    ("named", "text", "kind"),
    [
        ("password", "hunter2", "secret"), ("api_key", "abc123def", "secret"), ("customerPhone", "6125550123", "phone"),
        ("first_name", "Anna", "name"), ("query", "Anna", None), ("order", "6125550123", None),
    ],
)  # fmt: skip
def test_the_name_of_a_field_says_what_it_is(named: str, text: str, kind: str | None) -> None:
    """A field's name is read like words before its value; it is no part of what comes back."""
    found = PLACEHOLDER.fullmatch(ALL.redacted(text, named))

    assert (found[1] if found is not None else None) == kind
    assert kind is not None or ALL.redacted(text, named) == text


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12).map("".join))
def test_redacting_again_changes_nothing(text: str) -> None:
    """What has been redacted stays as it is."""
    once = ALL.redacted(text)

    assert ALL.redacted(once) == once


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    """No text makes it fail, and outside of placeholders nothing is added."""
    left = PLACEHOLDER.split(ALL.redacted(text))[::3]

    assert all(part in text for part in left)


@pytest.mark.parametrize(
    "unit", ["1 ", "00 ", "22 ", "111-", "a", "@a.", "1.", "::1 ", "DE11 ", "AA11 1111 ", "my name is A ",
    "eyJaaaaaaaaaa.",
             "-----BEGIN PRIVATE KEY-----", "://a:", " a at a dot ", "+1 (0", "password is x1 ", "[email:",
             "0612345678 ", "\n"]
)  # fmt: skip
def test_bounded_on_junk(unit: str) -> None:
    """Eight times the text takes about eight times as long: nothing is searched again and again."""

    def seconds(size: int, attempt: int) -> float:
        text = (unit * (size // len(unit) + 1))[:size] + "x" * attempt  # another text: some are remembered
        begun = time.process_time()
        ALL.redacted(text)
        return time.process_time() - begun

    # The quickest of three: a machine with other work counts some of that too.
    small, large = (min(seconds(size, attempt) for attempt in range(3)) for size in (4_000, 32_000))
    assert large < max(small, 0.005) * 24  # with every pair of places looked at it would be 64 times


def test_a_megabyte() -> None:
    """A megabyte of digits and signs is read in seconds."""
    text = "+31 6 (0) 12-34.56/78:90 a@b x= " * (1_000_000 // 32)
    begun = time.process_time()
    ALL.redacted(text)

    assert time.process_time() - begun < 40


def test_imported_when_needed() -> None:
    """The library loads the detectors with the first text that is redacted, not when it is imported."""
    code = (
        "import sys, otel_agent_analytics.install; loaded = [name for name in sys.modules if "
        "name.startswith('phonenumbers') or name.endswith('personal_data.redactor')]; sys.exit(len(loaded))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
