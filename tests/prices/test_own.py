"""A user's own price file: which entry holds, and what is said of a wrong one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.prices.book import PriceBook
from otel_agent_analytics.prices.call import UNKNOWN_TIER, PricedCall
from otel_agent_analytics.prices.own import read_own_prices

if TYPE_CHECKING:
    from pathlib import Path

DAY_NS = 86_400 * 10**9
DAY_1 = 20_000
"""2024-10-04, in days since 1970."""


def entry(model: str, price: str, more: str = "") -> str:
    """Return an entry whose input costs this much; output costs nothing."""
    return f'{{"model": "{model}", "input_per_million_usd": {price}, "output_per_million_usd": 0 {more}}}'


def book_of(path: Path, *entries: str) -> PriceBook:
    """Return a book with these entries."""
    file = path / "prices.json"
    file.write_text(f"[{', '.join(entries)}]", encoding="utf-8")
    return PriceBook(read_own_prices(file))


def price(book: PriceBook, model: str, provider: str | None = "vllm", tier: str | None = None, day: int = DAY_1) -> str:
    """Return what a million tokens of input cost."""
    return str(book.cost(PricedCall(provider, model, None, tier, day * DAY_NS, 10**6, 1)).usd)


def test_exact_name_goes_before_a_pattern(tmp_path: Path) -> None:
    """An exact name beats a pattern, wherever they stand and whatever the case."""
    book = book_of(tmp_path, entry("Chat-L", "2"), entry("chat-*", "1"), entry("*", "3"))

    assert (price(book, "chat-l"), price(book, "CHAT-s"), price(book, "other")) == ("2.000000", "3.000000", "3.000000")


def test_later_start_goes_before_an_earlier_one(tmp_path: Path) -> None:
    """Of entries that have begun, the latest holds; the order in the file does not matter."""
    book = book_of(
        tmp_path,
        entry("m", "3", ', "from": "2024-10-06"'),
        entry("m", "1"),
        entry("m", "2", ', "from": "2024-10-05"'),
    )

    assert [price(book, "m", day=day)[0] for day in range(DAY_1, DAY_1 + 4)] == ["1", "2", "3", "3"]


def test_first_day_of_the_calendar(tmp_path: Path) -> None:
    """An entry may begin with the calendar itself."""
    assert price(book_of(tmp_path, entry("m", "1", ', "from": "0001-01-01"')), "m") == "1.000000"


def test_last_of_equals_holds(tmp_path: Path) -> None:
    """Of entries that are alike, the last in the file holds."""
    assert price(book_of(tmp_path, entry("m", "1"), entry("m", "2")), "m") == "2.000000"


def test_provider_is_compared_under_any_of_its_names(tmp_path: Path) -> None:
    """An entry for a provider goes before one for all, and knows the provider by all its names."""
    book = book_of(tmp_path, entry("m", "2", ', "provider": "Azure"'), entry("m", "1"))

    assert price(book, "m", "azure.ai.openai")[0] == price(book, "m", "az.ai.inference")[0] == "2"
    assert price(book, "m", "vllm")[0] == price(book, "m", None)[0] == "1"


def test_providers_in_any_script_are_kept_apart(tmp_path: Path) -> None:
    """An entry for a provider whose name has no Latin letters holds for that one alone."""
    book = book_of(tmp_path, entry("m", "2", ', "provider": "日本"'))

    assert (price(book, "m", "日本"), price(book, "m", "中国")) == ("2.000000", "None")


def test_tier_holds_for_itself(tmp_path: Path) -> None:
    """Without a tier, an entry holds for the standard one; a star holds for all."""
    book = book_of(tmp_path, entry("m", "1"), entry("n", "2", ', "service_tier": "*"'))

    assert book.cost(PricedCall("vllm", "m", None, "flex", 0, 1, 1)).usd is None
    assert price(book, "m", tier="default")[0] == "1"
    assert price(book, "n", tier="flex")[0] == price(book, "n")[0] == "2"
    assert book.cost(PricedCall("openai", "gpt-4o", None, "flex", DAY_1 * DAY_NS, 1, 1)).unpriced == UNKNOWN_TIER


def test_answering_model_goes_before_the_one_asked_for(tmp_path: Path) -> None:
    """Entries for both are there: that of the model which answered holds."""
    book = book_of(tmp_path, entry("asked", "1"), entry("answered", "2"))

    assert book.cost(PricedCall("vllm", "asked", "answered", None, 0, 10**6, 1)).usd == 2
    assert book.cost(PricedCall("vllm", "asked", "unknown", None, 0, 10**6, 1)).usd == 1


def test_names_of_gateways_and_fine_tunes(tmp_path: Path) -> None:
    """An entry may name the model with or without its gateway's words, and a fine-tune or an ARN by its whole name."""
    arn = "arn:aws:bedrock:us-east-1:1:custom-model/x/y"
    book = book_of(tmp_path, entry("gpt-4o", "1"), entry("ft:gpt-4.1*", "2"), entry(arn, "3"))

    assert price(book, "openai/gpt-4o", "litellm")[0] == "1"
    assert price(book, "ft:gpt-4.1-2025-04-14:acme::x", "openai")[0] == "2"
    assert price(book, arn, "aws.bedrock")[0] == "3"


@pytest.mark.parametrize(
    ("pattern", "name", "holds"),
    [
        ("a*c", "abc", True), ("a*c", "ac", True), ("a*c", "abcd", False), ("a*a", "a", False), ("*b*", "abc", True),
        ("*b*c*", "acb", False), ("a*b*c", "aXbYc", True), ("a**c", "ac", True), ("a*bc*c", "abc", False),
        ("*aba*aba*", "ababa", False),
    ],
)  # fmt: skip
def test_star_stands_for_anything(tmp_path: Path, pattern: str, name: str, holds: bool) -> None:
    """A star stands for any text, none too; nothing stands in two parts of a pattern at once."""
    assert (price(book_of(tmp_path, entry(pattern, "1")), name) != "None") is holds


def test_prices_are_read_from_the_text(tmp_path: Path) -> None:
    """A price is the decimal that stands in the file, to the last of its twelve places; 0 is one."""
    book = book_of(tmp_path, entry("m", "0.123456789012"), entry("free", "0"), entry("e", "1e-3"))

    assert book.cost(PricedCall(None, "m", None, None, 0, 1, 0)).usd == Decimal("1.23456789012E-7")
    assert book.cost(PricedCall(None, "free", None, None, 0, 1, 1)).usd == 0
    assert book.cost(PricedCall(None, "e", None, None, 0, 1_000, 0)).usd == Decimal("0.000001")


BAD = {
    "negative": (entry("m", "-1"), "entry 2: input_per_million_usd is -1, but must be a number from 0"),
    "too high": (entry("m", "1000001"), "input_per_million_usd is 1000001"),
    "too fine": (entry("m", "0.1234567890123"), "input_per_million_usd is 0.1234567890123"),
    "tiny": (entry("m", "1e-999999"), "input_per_million_usd is 1E-999999"),
    "beyond decimals": (entry("m", "1e99999999999999999999"), "cannot be read as JSON"),
    "boolean": (entry("m", "true"), "input_per_million_usd is True"),
    "text": (entry("m", '"2.50"'), "input_per_million_usd is '2.50'"),
    "null": (entry("m", "null"), "input_per_million_usd is None"),
    "NaN": (entry("m", "NaN"), "NaN is no number"),
    "infinite": (entry("m", "-Infinity"), "-Infinity is no number"),
    "empty model": (entry("  ", "1"), "entry 2: model is '  '"),
    "day": (entry("m", "1", ', "from": "2026-02-30"'), "entry 2: from is '2026-02-30', but must be a day"),
    "day as number": (entry("m", "1", ', "from": 2026'), "from is 2026"),
    "provider": (entry("m", "1", ', "provider": ["a"]'), "provider is ['a']"),
    "tier": (entry("m", "1", ', "service_tier": null'), "service_tier is None"),
    "misspelt": (entry("m", "1", ', "input_per_milion_usd": 1'), "entry 2: 'input_per_milion_usd' is no field"),
    "twice": (entry("m", "1", ', "model": "n"'), "'model' stands twice"),
    "missing": ('{"model": "m", "input_per_million_usd": 1}', "entry 2: output_per_million_usd is missing"),
    "no object": ("[]", "entry 2: must be an object, not []"),
    "long value": (entry("m", '"' + "x" * 999 + '"'), "x" * 79 + "…"),
    "no JSON": ("{", "cannot be read as JSON"),
    "too deep": ("[" * 100_000, "cannot be read as JSON"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_error_names_file_entry_and_value(tmp_path: Path, name: str) -> None:
    """A wrong entry is refused, and the text says which, in which file, and what is wrong with it."""
    wrong, text = BAD[name]

    with pytest.raises(SettingError) as caught:
        book_of(tmp_path, entry("good", "1"), wrong)

    assert text in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "prices.json"))


@pytest.mark.parametrize("content", [b"", b"{}", b"3", b"\xff\xfe\x00", None])
def test_file_that_is_no_list_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing, not text, not JSON or no list is refused by name."""
    file = tmp_path / "prices.json"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SettingError, match=r"prices\.json"):
        read_own_prices(file)


def test_byte_order_mark_and_empty_list_are_fine(tmp_path: Path) -> None:
    """Editors on Windows put a mark in front; a list may be empty."""
    file = tmp_path / "prices.json"
    file.write_bytes(b"\xef\xbb\xbf[]")

    assert len(read_own_prices(str(file))) == 0
