"""The kinds of personal data, by the word that stands in a placeholder."""

from __future__ import annotations

from typing import Final

EMAIL: Final = "email"
PHONE: Final = "phone"
CARD: Final = "card"
IBAN: Final = "iban"
NATIONAL_ID: Final = "national_id"
IP_ADDRESS: Final = "ip_address"
SECRET: Final = "secret"  # noqa: S105 - a word, not one
NAME: Final = "name"
KINDS: Final = {
    SECRET: "API keys, tokens, private keys, passwords after a word that says so; also inside of URLs",
    EMAIL: "e-mail addresses",
    IBAN: "bank accounts (IBAN)",
    CARD: "payment cards",
    IP_ADDRESS: "IP addresses, version 4 and 6",
    NATIONAL_ID: "numbers that a state gives to persons, of 23 countries",
    PHONE: "phone numbers, international and national",
    NAME: "names of persons after words that say so, such as “my name is”",
}
"""Each with what it is, in the order in which they go before one another where they overlap."""
