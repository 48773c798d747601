"""Unique users per window, new and returning: estimates that are the same from every writer."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent_analytics.people.audience import Audience, NewAndReturning, Part, available

ROOT = Path(__file__).parents[2]
DAY_NS = 86_400 * 10**9
TODAY = 20_000
NOON = TODAY * DAY_NS + DAY_NS // 2
STANDARD_ERROR = 0.0082


def user(number: int) -> str:
    """Return the hash of a user: 64 hexadecimal characters."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def days_ago(days: int) -> int:
    """Return noon of an earlier day, in nanoseconds; of a later one for a negative number."""
    return NOON - days * DAY_NS


def audience_of(seen: dict[int, range], *, stable_key: bool = True) -> Audience[str]:
    """Return an audience of one service that saw these users so many days ago."""
    audience = Audience[str](stable_key=stable_key)
    for days, users in seen.items():
        for number in users:
            audience.seen("shop", user(number), days_ago(days), NOON)
    return audience


def test_library_is_available() -> None:
    """With the extra, users can be counted."""
    assert available()


def test_small_counts_are_exact() -> None:
    """Every number of users up to 100 is counted exactly, and so is a thousand."""
    audience = Audience[str](stable_key=True)
    for number in range(1, 1_001):
        audience.seen("shop", user(number), NOON, NOON)
        if number <= 100 or number == 1_000:
            assert audience.windows(NOON) == {"shop": {"1d": number, "7d": number, "30d": number}}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_large_counts_are_within_three_standard_errors(seed: int) -> None:
    """Of 100,000 users the estimate is off by less than three times the standard error that is promised."""
    source = random.Random(seed)
    audience = Audience[str](stable_key=True)
    for _ in range(100_000):
        audience.seen("shop", f"{source.getrandbits(256):064x}", NOON, NOON)

    assert audience.windows(NOON)["shop"]["1d"] == pytest.approx(100_000, rel=3 * STANDARD_ERROR)


def test_windows_are_of_whole_days() -> None:
    """A window ends with the day of now and holds that many days; users of several days are counted once."""
    audience = audience_of(
        {0: range(10), 6: range(5, 25), 7: range(25, 60), 29: range(100, 101), 30: range(200, 203), 31: range(300, 304)}
    )

    assert audience.windows(NOON) == {"shop": {"1d": 10, "7d": 25, "30d": 61}}
    assert audience.windows(NOON + DAY_NS) == {"shop": {"1d": 0, "7d": 10, "30d": 60}}
    last_moment, next_moment = (TODAY + 1) * DAY_NS - 1, (TODAY + 1) * DAY_NS
    assert audience.windows(last_moment)["shop"]["1d"] == 10
    assert audience.windows(next_moment)["shop"]["1d"] == 0


def test_services_are_apart() -> None:
    """Each service has its own users, and one that nobody talks to any more shows zeros."""
    audience = Audience[tuple[str, str]](stable_key=True)
    audience.seen(("shop", "prod"), user(1), NOON, NOON)
    audience.seen(("shop", "test"), user(1), NOON, NOON)
    audience.seen(("shop", "test"), user(2), NOON, NOON)
    audience.seen(("bank", ""), user(3), days_ago(400), NOON)

    assert audience.windows(NOON) == {
        ("shop", "prod"): {"1d": 1, "7d": 1, "30d": 1},
        ("shop", "test"): {"1d": 2, "7d": 2, "30d": 2},
        ("bank", ""): {"1d": 0, "7d": 0, "30d": 0},
    }


def test_new_and_returning() -> None:
    """New are those whose first day lies in the window; the others of the window return."""
    audience = audience_of(
        {0: range(20), 3: range(15, 30), 10: range(10, 17), 30: range(3), 50: range(5, 7), 900: range(29, 30)}
    )

    # Seen before: of 0-19 today 10-19, 0-2, 5-6; of 0-29 this week 10-16, 0-2, 5-6, 29; this month 0-2, 5-6, 29.
    assert audience.new_and_returning(NOON) == {
        "shop": {
            "1d": NewAndReturning(new=5, returning=15),
            "7d": NewAndReturning(new=17, returning=13),
            "30d": NewAndReturning(new=24, returning=6),
        }
    }


def test_first_day_may_be_told_late() -> None:
    """An earlier day that is told later makes a new user a returning one."""
    audience = audience_of({0: range(10)})
    assert audience.new_and_returning(NOON)["shop"]["1d"] == (10, 0)

    audience.seen("shop", user(4), days_ago(2), NOON)
    audience.seen("shop", user(5), days_ago(200), NOON)

    assert audience.new_and_returning(NOON) == {"shop": {"1d": (8, 2), "7d": (9, 1), "30d": (9, 1)}}


def test_large_numbers_of_new_users_are_within_three_standard_errors() -> None:
    """Of 20,000 users of today, 5,000 of them new among 100,000 ever seen, the error is within what is promised."""
    audience = audience_of({40: range(95_000), 0: range(80_000, 100_000)})
    three_errors = 3 * (5_000 * 100_000) ** 0.5 / 90

    new, returning = audience.new_and_returning(NOON)["shop"]["1d"]
    assert new == pytest.approx(5_000, abs=three_errors)
    assert new + returning == audience.windows(NOON)["shop"]["1d"]


def test_nothing_is_known_of_returning_users_without_a_stable_key() -> None:
    """Without a stable key new and returning are absent; unique users are there."""
    audience = audience_of({0: range(3), 2: range(3)}, stable_key=False)

    assert audience.new_and_returning(NOON) == {}
    assert audience.windows(NOON) == {"shop": {"1d": 3, "7d": 3, "30d": 3}}


def figures(audience: Audience[str]) -> tuple[object, object]:
    """Return all that an audience says."""
    return audience.windows(NOON), audience.new_and_returning(NOON)


# Around 1,536 users a sketch changes its form; the numbers lie on both sides.
@settings(max_examples=25, deadline=None)
@given(
    count=st.sampled_from([1, 90, 1_530, 1_536, 1_537, 1_545, 5_000]),
    writers=st.integers(1, 5),
    seed=st.integers(0, 2**32),
)
def test_union_of_parts_is_the_whole(count: int, writers: int, seed: int) -> None:
    """Whoever saw whom, in any order and however often: merged, they say what one says who saw it all."""
    source = random.Random(seed)
    sightings = [(user(source.randrange(10**9)), days_ago(source.choice((0, 1, 8, 30, 31, 45)))) for _ in range(count)]
    whole = Audience[str](stable_key=True)
    for hashed, time_ns in sightings:
        whole.seen("shop", hashed, time_ns, NOON)

    parts = [Audience[str](stable_key=True) for _ in range(writers)]
    for hashed, time_ns in source.sample(sightings, count):
        for part in source.sample(parts, source.randint(1, writers)):
            part.seen("shop", hashed, time_ns, NOON)
    union = Audience[str](stable_key=True)
    for part in source.choices(parts, k=2) + source.sample(parts, writers):
        for one in source.sample(part.parts(), len(part.parts())):
            union.merge(one, NOON)

    assert figures(union) == figures(whole)


def test_stored_parts_bring_an_audience_back() -> None:
    """What was stored yesterday is as good today: days that have gone out of reach count as seen before."""
    yesterday = NOON - DAY_NS
    before = Audience[str](stable_key=True)
    for number in range(50):
        before.seen("shop", user(number), days_ago(32), yesterday)
    for number in range(60):
        before.seen("shop", user(number), days_ago(1), yesterday)
    after = Audience[str](stable_key=True)
    for part in before.parts():
        after.merge(Part(part.service, part.day, bytes(part.sketch)), NOON)
    for number in range(55, 70):
        after.seen("shop", user(number), NOON, NOON)

    assert after.windows(NOON) == {"shop": {"1d": 15, "7d": 70, "30d": 70}}
    assert after.new_and_returning(NOON) == {"shop": {"1d": (10, 5), "7d": (20, 50), "30d": (20, 50)}}


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_damaged_parts_are_refused(data: st.DataObject) -> None:
    """Bytes that are no sketch, or not wholly, raise ValueError and change nothing."""
    audience = audience_of({0: range(data.draw(st.sampled_from([0, 3, 60])))})
    before = figures(audience)
    good = next(part for part in audience_of({0: range(40)}).parts() if part.day is not None).sketch
    place = data.draw(st.integers(0, len(good) - 1))
    damaged = data.draw(
        st.sampled_from([b"", good[:place], good + b"\0", good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]])
    )

    with pytest.raises(ValueError, match="sketch"):
        audience.merge(Part("shop", TODAY, damaged), NOON)
    assert figures(audience) == before


@settings(max_examples=60, deadline=None)
@given(times=st.lists(st.integers() | st.integers(TODAY - 40, TODAY + 4).map(lambda day: day * DAY_NS), max_size=80))
def test_absurd_times_hold_no_memory_and_push_nobody_out(times: list[int]) -> None:
    """Whatever times come, at most 34 sketches are held, and those who were seen on real days stay counted."""
    audience = audience_of({0: range(5), 29: range(5, 8)})
    for number, time_ns in enumerate(times):
        audience.seen("shop", user(1_000 + number), time_ns, NOON)
    real = [time_ns for time_ns in times if time_ns // DAY_NS in range(TODAY - 29, TODAY + 1)]

    assert len(audience.parts()) <= 34
    assert audience.windows(NOON)["shop"]["30d"] == 8 + len(real)


def test_every_day_of_ten_years_holds_34_sketches_at_most() -> None:
    """A service that lives for years holds the sketches of a month; the years are in the one of all that was."""
    audience = Audience[str](stable_key=True)
    for day in range(1, 3_650):
        now = day * DAY_NS
        audience.seen("shop", user(day), now, now)
        audience.seen("shop", user(day), now + DAY_NS, now)
        audience.seen("shop", user(day), now + 2 * DAY_NS, now)
    assert len(audience.parts()) <= 34

    audience.seen("shop", user(7), 3_650 * DAY_NS, 3_650 * DAY_NS)
    assert audience.new_and_returning(3_650 * DAY_NS)["shop"]["1d"] == (0, 2)


def test_a_service_that_fell_silent_holds_one_sketch() -> None:
    """A month after its last user a service holds no days any more, but still knows who was there."""
    audience = audience_of({days: range(days, days + 3) for days in range(20)})
    later = NOON + 40 * DAY_NS
    assert audience.windows(later) == {"shop": {"1d": 0, "7d": 0, "30d": 0}}
    assert [part.day for part in audience.parts()] == [None]

    audience.seen("shop", user(21), later, later)
    assert audience.new_and_returning(later)["shop"]["30d"] == (0, 1)


def test_a_clock_may_be_set_back_by_two_days() -> None:
    """What was asked for a later day has not put out of reach what an earlier one needs."""
    audience = audience_of({29: range(4), 0: range(3, 9)})
    audience.windows(NOON + 2 * DAY_NS)

    assert audience.windows(NOON)["shop"] == {"1d": 6, "7d": 6, "30d": 9}


def test_clocks_may_be_a_day_ahead_and_no_more() -> None:
    """A user of tomorrow is counted when tomorrow has come; one of the day after never is."""
    audience = audience_of({-1: range(2), -2: range(2, 5), -4_000: range(5, 9)})

    assert audience.windows(NOON) == {"shop": {"1d": 0, "7d": 0, "30d": 0}}
    assert audience.windows(NOON + DAY_NS)["shop"]["1d"] == 2
    assert audience.windows(NOON + 2 * DAY_NS)["shop"] == {"1d": 0, "7d": 2, "30d": 2}


def test_no_time_is_no_day() -> None:
    """A record without a time (0) does not make its user one who returns."""
    audience = audience_of({0: range(1)})
    audience.seen("shop", user(0), 0, NOON)
    audience.seen("shop", user(0), -5, NOON)

    assert audience.new_and_returning(NOON)["shop"]["30d"] == (1, 0)


def test_any_text_is_a_user_but_the_empty_one() -> None:
    """Lone surrogates, NUL, emoji and a megabyte are users like any other; what is empty is nobody."""
    audience = Audience[str](stable_key=True)
    for hashed in ("\ud800", "a\0b", "a\0c", "\N{WAVING HAND SIGN}", "x" * 10**6, "", "x" * 10**6):
        audience.seen("shop", hashed, NOON, NOON)

    assert audience.windows(NOON)["shop"]["1d"] == 5


def test_services_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Of more than a thousand services the first are counted; one warning says so."""
    audience = Audience[int](stable_key=True)
    with caplog.at_level(logging.WARNING):
        for service in range(1_003):
            audience.seen(service, user(1), NOON, NOON)

    assert sorted(audience.windows(NOON)) == list(range(1_000))
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_threads_lose_nobody() -> None:
    """Users that eight threads see at once, while another reads, are all counted."""
    audience = Audience[str](stable_key=True)
    done = threading.Event()

    def see(first: int) -> None:
        for number in range(first, first + 150):
            audience.seen("shop", user(number), NOON, NOON)

    def read() -> None:
        while not done.is_set():
            audience.windows(NOON)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=see, args=(first,)) for first in range(0, 1_200, 150)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()

    assert audience.windows(NOON)["shop"]["1d"] == 1_200


def test_reset_after_fork() -> None:
    """After a reset nothing is known, and a lock that was held at the fork holds nobody up."""
    audience = audience_of({0: range(3)})
    audience._lock.acquire()
    audience.reset()

    assert audience.windows(NOON) == {}
    audience.seen("shop", user(1), NOON, NOON)
    assert audience.windows(NOON) == {"shop": {"1d": 1, "7d": 1, "30d": 1}}


WITHOUT_LIBRARIES = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(levelname)s %(name)s")
from otel_agent_analytics.people.audience import available
from otel_agent_analytics.people.country import country_of
print(available(), available(), country_of("8.8.8.8"), country_of("8.8.8.8"), "numpy" in sys.modules)
"""


def test_without_the_libraries() -> None:
    """Without datasketches nothing is available, without iptocc no country is known; each says so once, at INFO."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{WITHOUT_LIBRARIES}"],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip

    assert done.stdout.splitlines() == [
        "INFO otel_agent_analytics",
        "INFO otel_agent_analytics",
        "False False None None False",
    ]


def test_nothing_heavy_is_loaded_before_the_first_user() -> None:
    """NumPy is loaded when the first user is seen: not by the import, nor by the question whether it is there."""
    program = (
        "import sys\n"
        "from otel_agent_analytics.people.audience import Audience, available\n"
        "audience = Audience(stable_key=True)\n"
        "print(available(), audience.windows(1), audience.new_and_returning(1), 'numpy' in sys.modules)\n"
        "audience.seen('shop', 'u', 1, 1)\n"
        "print('numpy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout.splitlines() == ["True {} {} False", "True"]
