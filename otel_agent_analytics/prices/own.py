"""A user's own prices, from a JSON file: a list of objects, one for each price.

    [
      {"provider": "openai", "model": "gpt-4o*", "input_per_million_usd": 2.00, "output_per_million_usd": 8.00},
      {"model": "support-bot", "service_tier": "flex", "from": "2026-07-01",
       "input_per_million_usd": 0.50, "cache_read_per_million_usd": 0.05, "cache_write_per_million_usd": 0.60,
       "output_per_million_usd": 1.50}
    ]

    model                         name of the model that answered or was asked for; ``*`` stands for anything; any case
    provider                      any name of the provider; without it, the entry holds for all providers
    service_tier                  the tier that it holds for, ``*`` for all; without it, the standard tier
    from                          first UTC day on which it holds, as YYYY-MM-DD; without it, always
    input_per_million_usd         USD for a million tokens: from 0 to 1000000, at most 12 decimals
    output_per_million_usd        the same; reasoning tokens are output
    cache_read_per_million_usd    the same; without it, cached tokens cost what other input costs
    cache_write_per_million_usd   the same

These prices go before the price table. Where several hold, an exact name goes before a pattern, an entry with a
provider before one without, a later ``from`` before an earlier one, and what stands further down before the rest.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.prices.entries import OwnPrice, OwnPrices
from otel_agent_analytics.prices.model_names import tier_of
from otel_agent_analytics.prices.provider_names import provider_id
from otel_agent_analytics.prices.rates import Prices, rates_of
from otel_agent_analytics.prices.timeline import day_number

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE: Final = "file"
_HIGHEST: Final = 1_000_000
_MOST_DECIMALS: Final = 12
_LONGEST_SHOWN: Final = 80
_PRICE_WORDS: Final = f"a number from 0 to {_HIGHEST} with at most {_MOST_DECIMALS} decimals"


def read_own_prices(path: Path | str) -> OwnPrices:
    """Read a price file.

    Raises:
        SettingError: The file cannot be read, is no such list, or an entry is wrong; the text names file, entry (from
            1) and value.
    """
    try:
        said = json.loads(
            Path(path).read_text(encoding="utf-8-sig"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except (OSError, ValueError, ArithmeticError, RecursionError) as problem:
        raise SettingError(f"{path}: cannot be read as JSON: {problem}") from problem
    if not isinstance(said, list):
        raise SettingError(f"{path}: must be a JSON list of prices, not {_shown(said)}")
    return OwnPrices([_entry(one, f"{path}, entry {number}") for number, one in enumerate(said, start=1)])


def _entry(said: Any, place: str) -> OwnPrice:
    if not isinstance(said, dict):
        raise SettingError(f"{place}: must be an object, not {_shown(said)}")
    unknown = sorted(set(said) - set(_FIELDS))
    if unknown:
        raise SettingError(f"{place}: {_shown(unknown[0])} is no field; the fields are {', '.join(_FIELDS)}")
    values: dict[str, Any] = {}
    for name, (needed, read, allowed) in _FIELDS.items():
        if name not in said:
            if needed:
                raise SettingError(f"{place}: {name} is missing; give {allowed}")
            values[name] = None
            continue
        try:
            values[name] = read(said[name])
        except ValueError as problem:
            raise SettingError(f"{place}: {name} is {_shown(said[name])}, but must be {allowed}") from problem
    rates = rates_of(
        fresh=values["input_per_million_usd"],
        output=values["output_per_million_usd"],
        cache_read=values["cache_read_per_million_usd"],
        cache_write=values["cache_write_per_million_usd"],
    )
    return OwnPrice(
        model=values["model"],
        provider=values["provider"],
        tier=values["service_tier"],
        start=values["from"],
        prices=Prices(SOURCE, (), (rates,)),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value.strip().lower()


def _provider(value: Any) -> str:
    return provider_id(_text(value))


def _tier(value: Any) -> str | None:
    return tier_of(_text(value))


def _price(value: Any) -> Decimal:
    if not isinstance(value, Decimal) or not 0 <= value <= _HIGHEST:
        raise ValueError(value)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_MOST_DECIMALS:
        raise ValueError(value)
    return value


def _day(value: Any) -> int:
    return day_number(date.fromisoformat(_text(value)))


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{_shown(twice)} stands twice in one entry")
    return found


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


# Name → whether it is needed, how it is read, what is allowed.
_FIELDS: Final[dict[str, tuple[bool, Callable[[Any], Any], str]]] = {
    "provider": (False, _provider, "the name of a provider"),
    "model": (True, _text, "the name of a model, with * for anything"),
    "service_tier": (False, _tier, "the name of a tier, or * for all"),
    "from": (False, _day, "a day as YYYY-MM-DD"),
    "input_per_million_usd": (True, _price, _PRICE_WORDS),
    "output_per_million_usd": (True, _price, _PRICE_WORDS),
    "cache_read_per_million_usd": (False, _price, _PRICE_WORDS),
    "cache_write_per_million_usd": (False, _price, _PRICE_WORDS),
}
