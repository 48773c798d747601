"""Names of persons, only where the words before them say that it is one: no list of names could be whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from otel_agent_analytics.personal_data.find import Find, Message, by_word, phrases_in
from otel_agent_analytics.personal_data.kinds import NAME

_SAID: Final = by_word((
    "my name is", "my name’s", "my name's", "his name is", "her name is", "i am called", "i’m called",
    "full name is", "full name:", "first name:", "last name:", "surname:", "customer name:", "contact person is",
    "this is", "speaking with", "kind regards,", "best regards,", "regards,", "sincerely,", "vorname:", "nachname:",
    "mein name ist", "ich heiße", "ich heisse", "ich bin", "der name ist", "mit freundlichen grüßen", "viele grüße",
    "je m’appelle", "je m'appelle", "mon nom est", "je suis", "prénom :", "cordialement,", "cordialement",
    "me llamo", "mi nombre es", "soy", "apellido:", "saludos,", "mi chiamo", "il mio nome è", "sono", "cognome:",
    "mijn naam is", "ik heet", "ik ben", "achternaam:", "met vriendelijke groet,", "meu nome é", "me chamo", "sou o",
    "sou a", "jag heter", "mitt namn är", "nazywam się", "mam na imię", "mr.", "mrs.", "ms.", "mr", "mrs", "dr.",
    "herr", "frau", "madame", "monsieur", "mme", "señor", "señora", "sr.", "sra.", "signor", "signora", "meneer",
    "mevrouw",
))  # fmt: skip
_BETWEEN: Final = re.compile(r"[\s,:]{1,3}(?:(?:mr|mrs|ms|dr|herr|frau|prof)\.?\s)?")
_PART: Final = r"(?:[A-ZÀ-ÖØ-ÞŁŚŻŹĆ](?:\.|[\w’'\-]{1,24}))"
_SMALL: Final = r"(?:van|von|de|der|den|del|della|di|da|dos|du|la|le|ter|ten|zu|bin|al|y|e)"
_NAME: Final = re.compile(rf"{_PART}(?:\s(?:{_SMALL}\s){{0,2}}{_PART}){{0,3}}")
_WEAK: Final = ("this is", "ich bin", "je suis", "soy", "sono", "ik ben", "sou")
"""After these a single capital is often no name, so two parts are wanted."""


def names(message: Message) -> Iterator[Find]:
    """Find names of persons."""
    for said, end in phrases_in(message, _SAID):
        between = _BETWEEN.match(message.lowered, end)
        found = _NAME.match(message.text, between.end()) if between is not None else None
        if found is not None and _means_it(said, message.text[end - len(said) : end], found[0]):
            yield Find(found.start(), found.end(), NAME, found[0].rstrip(".").casefold())


def _means_it(said: str, written: str, name: str) -> bool:
    """Return whether a phrase is no title of a film and no abbreviation: “This Is Not Berlin”, “MR imaging”."""
    if said in _WEAK:
        return " " in name and written[1:].islower()
    return not (written.isupper() and " " not in said)
