"""First messages of conversations, made from a seed: topics that each have words of their own, said in many ways."""

from __future__ import annotations

import random
from typing import Final, NamedTuple

_THINGS: Final = (
    "parcel tracking courier late, refund money returned cashback, invoice receipt tax statement, "
    "password login reset locked, subscription renewal cancel plan, address moved street delivery, "
    "voucher discount coupon code, size exchange smaller shirt, warranty repair broken screen, "
    "battery charger overheats power, router internet wifi slow, roaming abroad sim data, "
    "flight seat upgrade aisle, luggage suitcase lost airport, hotel breakfast checkout room, "
    "visa passport border stamp, insurance claim accident damage, doctor appointment clinic visit, "
    "prescription pharmacy pills dose, gym membership trainer class, mortgage interest loan rate, "
    "salary transfer payroll bank, pension retirement savings fund, stocks shares portfolio broker, "
    "electricity meter bill tariff, heating boiler cold radiator, water leak pipe plumber, "
    "moving van boxes furniture, recipe oven cake baking, allergy gluten menu vegan, "
    "table booking dinner guests, wine delivery cellar bottle, concert ticket stage band, "
    "museum guided tour art, library book overdue fine, course exam certificate teacher, "
    "puppy vet vaccine dog, garden seeds lawn fertiliser, bicycle brake chain tyre, "
    "car lease mileage dealer"
)
_FRAMES: Final = (
    "hello, {0} {1} please",
    "I need help with my {0} and the {1}",
    "what about the {0}, it is about {1}",
    "my {0} {1} does not work since {2}",
    "how do I get the {0} {1} {2}?",
    "where is the {0}? I was told {1}",
    "the {1} is wrong and my {0} {2} too",
    "can you change the {0} {1} for me {2}",
)
_EXTRAS: Final = (
    *("weekend", "yesterday", "family", "office", "account", "number", "colour", "website"),
    *("phone", "letter", "colleague", "holiday", "morning", "urgent", "summer", "branch"),
)


class Message(NamedTuple):
    """A message, and what it is about."""

    text: str
    topic: str


def messages(count: int, seed: int) -> list[Message]:
    """Return messages of 40 topics, the first ones more frequent than the last."""
    source = random.Random(seed)
    topics = [words.split() for words in _THINGS.split(", ")]
    weights = [1 / (rank + 5) for rank in range(len(topics))]
    return [_message(source, source.choices(topics, weights)[0]) for _ in range(count)]


def _message(source: random.Random, words: list[str]) -> Message:
    said = source.sample(words, 2) + source.sample(_EXTRAS, 2)
    extra = f" {source.choice(_EXTRAS)} {source.choice(_EXTRAS)}" if source.random() < 0.5 else ""
    return Message(source.choice(_FRAMES).format(said[0], said[1], said[2]) + extra, words[0])
