"""What it costs to count people and to name their country, and what is held for that.

  seen        Audience.seen: a user on a day that has a sketch of its own, of 100,000 users a day
  windows     unique users of one service in three windows, as a scrape asks for them, after 31 such days
  returning   the same, new and returning
  memory      31 days of 100,000 users for each of 3 services: MiB more than before, and kB as stored
  country     country_of: an address of IPv4 and one of IPv6, which are looked up
  imports     the libraries, which are loaded when they are first needed: datasketches (with NumPy), iptocc

Every repetition is a process of its own; times are CPU time.
"""

from __future__ import annotations

import importlib
import json
import random
from typing import TYPE_CHECKING, Final

from benchmarks._measure import Clock, Figures, parser_of, peak_mib, settle, show, spread, take_turns
from otel_agent_analytics.people.audience import Audience
from otel_agent_analytics.people.country import country_of

if TYPE_CHECKING:
    from collections.abc import Callable

DAY_NS: Final = 86_400 * 10**9
NOW_NS: Final = 20_000 * DAY_NS
DAYS: Final = 31
SERVICES: Final = ("shop", "bank", "travel")
USERS: Final = 100_000
SCRAPES: Final = 20
LOOK_UPS: Final = 20_000


def main() -> None:
    """Measure, and print what came of it."""
    given = parser_of(__doc__, repetitions=3).parse_args()
    if given.child:
        print(json.dumps(_MEASURED[given.child]()))
        return
    measured = take_turns(_MEASURED, given.repetitions)
    show(
        {name: spread(one[name] for one in ones) for ones in measured.values() for name in ones[0]},
        as_json=given.json,
    )


def _audience() -> Figures:
    source = random.Random(1)
    # Each day half of the users are those of the day before.
    users = [f"{source.getrandbits(256):064x}" for _ in range(USERS * (DAYS + 1) // 2)]
    Audience[str](stable_key=True).seen("warm", users[0], NOW_NS, NOW_NS)
    settle()
    audience = Audience[str](stable_key=True)
    before, clock = peak_mib(), Clock()
    for day in range(DAYS):
        now_ns = NOW_NS - (DAYS - 1 - day) * DAY_NS
        for service in SERVICES:
            for one in range(day * USERS // 2, day * USERS // 2 + USERS):
                audience.seen(service, users[one], now_ns, now_ns)
    seen, after = clock.cpu(), peak_mib()
    return {
        "seen us": seen * 1e6 / (DAYS * USERS * len(SERVICES)),
        "memory MiB": after - before,
        "memory kB stored": sum(len(part.sketch) for part in audience.parts()) / 1e3,
        "windows ms": _per_service(lambda: audience.windows(NOW_NS)),
        "returning ms": _per_service(lambda: audience.new_and_returning(NOW_NS)),
    }


def _per_service(scrape: Callable[[], object]) -> float:
    clock = Clock()
    for _ in range(SCRAPES):
        scrape()
    return clock.cpu() * 1e3 / SCRAPES / len(SERVICES)


def _country() -> Figures:
    figures = {}
    for name, address in (("country IPv4 us", "193.0.6.139"), ("country IPv6 us", "2001:67c:2e8:22::c100:68b")):
        country_of(address)
        clock = Clock()
        for _ in range(LOOK_UPS):
            country_of(address)
        figures[name] = clock.cpu() * 1e6 / LOOK_UPS
    return figures


def _import(name: str) -> Figures:
    before, clock = peak_mib(), Clock()
    importlib.import_module(name)
    return {f"import {name} ms": clock.cpu() * 1e3, f"import {name} MiB": peak_mib() - before}


_MEASURED: Final[dict[str, Callable[[], Figures]]] = {
    "audience": _audience,
    "country": _country,
    "datasketches": lambda: _import("datasketches"),
    "iptocc": lambda: _import("iptocc"),
}


if __name__ == "__main__":
    main()
