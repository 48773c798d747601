"""Texts to try the signals on: fragments that the word lists know or nearly know, and texts that are hard to take."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

_FRAGMENTS: Final = """
    thank thanks thank_you thankful thx appreciate appreciated great perfect that that's thats is all it everything
    sounds good no nope nah not n't never none nothing wrong instead actually frustrated frustrating annoy disappointing
    upset angry again already told said i as still don't doesn't doesnt haven't work working what do you mean dont
    are sure why can't cant did understand supervisor manager complaint unable cannot can possible allowed available
    eligible able options option results matches flights rooms sorry apologise apologize apology regret does found
    couldn't couldnt could success successfully unsuccessful confirmed booked overbooked reserved reservation has have
    been made scheduled rescheduled sent completed set reset purchased your you're youre yours enjoy fail failed
    wasn't wasnt was error problem unfortunately went didn't didnt go try bye goodbye 'll be will a nice wonderful
    welcome more else nothing, no, set appreciate hours late ago on hold speak talk to with human agent representative
    someone works now worked solved fixed got thank’s don’t can’t you’re Thanks SORRY \u017forry \u0130t kind of
"""
FRAGMENTS: Final = tuple(_FRAGMENTS.split())
"""Words of the lists, words that look like them, in both apostrophes."""

MESSAGES: Final = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4)), max_size=14).flatmap(
    lambda words: st.sampled_from((" ", " ", "  ", "", ", ", "\n")).map(lambda space: space.join(words))
)
"""Messages made of the fragments and of any characters."""

HARD: Final = {
    "empty": "",
    "one megabyte": "not good, but " * 75_000,
    "one word of a megabyte": "x" * 1_000_000,
    "spaces": " " * 1_000_000,
    "emoji": "\N{GRINNING FACE}" * 5_000,
    "lone surrogates": "\ud83d not \udc00 good \ud800",
    "nul": "no\0t good\0",
    "combining marks": "e\u0301" * 3_000,
    "questions": "?" * 5_000,
    "apostrophes": "'" * 5_000,
    "at signs": "x" * 3_900 + " @" + "@" * 90,
    "half phrases": "speak to " + "a the your human customer " * 150,
    "many halves": "your " * 800 + "x",
    "that is": "that's that is that will be " * 140,
    "capitals": "GREAT Not BAD but " * 220,
    "digits": "1234567890 " * 400,
}
"""Texts on which a careless pattern would fail or take for ever."""
