"""Messages of a shop's users, made from a seed: six things that they want, each said in many ways."""

from __future__ import annotations

import random
from typing import Final, NamedTuple

WANTS: Final = {
    "parcel": "parcel courier tracking late arrive",
    "refund": "refund money returned credited back",
    "password": "password login reset locked forgot",
    "voucher": "voucher discount code coupon expired",
    "warranty": "warranty broken repair screen replace",
    "invoice": "invoice receipt tax company statement",
}
_FRAMES: Final = ("hello, my {0} {1}", "what about {0} and {1}?", "I need the {0} {1} {2}", "{0} {1} {2} please")
START_NS: Final = 1_790_000_000 * 10**9
MINUTE_NS: Final = 60 * 10**9


class Said(NamedTuple):
    """A message, who said it, when, and what it wants."""

    text: str
    user: str
    time_ns: int
    want: str


def said(count: int, seed: int = 1, users: int = 50) -> list[Said]:
    """Return messages, a minute apart."""
    source = random.Random(seed)
    found = []
    for number in range(count):
        want = source.choice(list(WANTS))
        words = source.sample(WANTS[want].split(), 3)
        text = source.choice(_FRAMES).format(*words)
        found.append(Said(text, f"user {number % users}", START_NS + number * MINUTE_NS, want))
    return found
