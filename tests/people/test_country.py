"""The country of a user: the caller's word, or an address that is looked up and forgotten."""

from __future__ import annotations

import gc
import ipaddress
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent_analytics.people.country import COUNTRIES, country_code, country_of

# Addresses of registries, root name servers and public resolvers, whose owners have not moved for decades.
REGISTERED = {
    "8.8.8.8": "US", "1.1.1.1": "AU", "193.0.6.139": "NL", "202.12.27.33": "JP", "168.126.63.1": "KR",
    "114.114.114.114": "CN", "77.88.8.8": "RU", "200.160.2.3": "BR", "196.216.2.1": "ZA", "195.176.3.23": "CH",
    "2001:4860:4860::8888": "US", "2001:67c:2e8:22::c100:68b": "NL", "2001:dc3::35": "JP",
}  # fmt: skip


@pytest.mark.parametrize(("address", "country"), REGISTERED.items())
def test_registered_addresses(address: str, country: str) -> None:
    """Public addresses of IPv4 and IPv6 are of the country that they are registered in."""
    assert country_of(address) == country
    assert country_of(ipaddress.ip_address(address)) == country


@pytest.mark.parametrize(
    "written",
    [
        " 193.0.6.139 ", "193.0.6.139:443", "[193.0.6.139]:443", "[::ffff:193.0.6.139]:443", "::ffff:193.0.6.139",
        "::FFFF:C100:068B", "64:ff9b::193.0.6.139", "2002:c100:068b::1", "2001:067C:02E8:0022:0000:0000:C100:068B",
        "[2001:67c:2e8:22::c100:68b]", "[2001:67c:2e8:22::c100:68b]:8080", "2001:67c:2e8:22::c100:68b%eth0",
        '"[2001:67c:2e8:22::c100:68b]:8080"', "193.0.6.139, 8.8.8.8", "10.0.0.7, 193.0.6.139, 8.8.8.8",
        "unknown,193.0.6.139", ",,193.0.6.139", "127.0.0.1, fd00::1, [2001:67c:2e8:22::c100:68b]:1, 8.8.8.8",
    ],
)  # fmt: skip
def test_ways_to_write_an_address(written: str) -> None:
    """Ports, brackets, zones, quotes and lists change nothing; in a list the first registered address counts."""
    assert country_of(written) == "NL"


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.5.4", "192.168.1.1", "127.0.0.1", "100.64.0.1", "169.254.1.1", "0.0.0.1", "255.255.255.255",
        "224.0.0.1", "203.0.113.7", "::1", "::", "fe80::1%eth0", "fd12:3456::1", "ff02::1", "2001:db8::1",
        "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:0a00:0001::1", "", " ", ",", "8.8.8", "8.8.8.8.8", "256.8.8.8",
        "08.8.8.8", "8.8.8.8/24", "dns.google", "http://8.8.8.8/", "8,8,8,8", "\ud800", "8.8.8.8\0",
        "\N{FULLWIDTH DIGIT EIGHT}.8.8.8", "8.8.8.8 " * 200_000, None, 134_744_072, b"\x08\x08\x08\x08", 8.8, True, [],
    ],
)  # fmt: skip
def test_private_and_invalid_addresses_have_no_country(address: object) -> None:
    """What is no public address, or none at all, has no country and raises nothing."""
    assert country_of(address) is None


def test_long_lists_are_not_read() -> None:
    """Of a list 16 addresses are read; what is longer than 1,024 characters is not: its end may be half an address."""
    assert country_of("10.0.0.1," * 15 + "193.0.6.139") == "NL"
    assert country_of("10.0.0.1," * 16 + "193.0.6.139") is None
    assert country_of("193.0.6.139," + "x" * 1_100) is None


@given(st.text() | st.from_regex(r"[\[\]0-9a-f:.,% ]{1,60}", fullmatch=True) | st.ip_addresses().map(str))
def test_any_text_gives_a_country_or_none(text: str) -> None:
    """Whatever is looked up, the answer is a code of ISO 3166-1 or None."""
    assert country_of(text) in {*COUNTRIES, None}


def test_addresses_are_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    """After the look-up no log line and no object of the process holds the address, right or wrong."""
    with caplog.at_level(logging.DEBUG):
        for number in range(20):
            country_of(".".join(["193", "0", "6", str(139 + number)]))
            country_of(".".join(["193", "0", "6", f"{139 + number}x"]))

    assert caplog.records == []
    gc.collect()
    first, last = int(ipaddress.IPv4Address("193.0.6.140")), int(ipaddress.IPv4Address("193.0.6.255"))
    held = [getattr(one, "_ip", None) for one in gc.get_objects() if type(one) is ipaddress.IPv4Address]
    assert [number for number in held if type(number) is int and first <= number <= last] == []


def test_codes_of_countries() -> None:
    """ISO 3166-1 has 249 codes of two letters; those that are only reserved, or free to use, are not among them."""
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in COUNTRIES)
    assert COUNTRIES.isdisjoint({"UK", "EU", "AP", "XK", "ZZ", "XX", "AN", "SU", "YU", "CS", "T1", "A1", "EL"})
    assert COUNTRIES >= {"NL", "GB", "US", "DE", "FR", "CN", "IN", "BR", "ZA", "NG", "JP", "KR", "SS", "CW", "TL", "ME"}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("nl", "NL"), ("NL", "NL"), (" Nl\n", "NL"), ("gb", "GB"), ("NLD", None), ("Netherlands", None), ("UK", None),
        ("EU", None), ("XX", None), ("T1", None), ("528", None), ("", None), (" ", None), ("N L", None),
        ("nl-NL", None),
        ("\N{LATIN SMALL LETTER DOTLESS I}t", None), ("\N{FULLWIDTH LATIN CAPITAL LETTER N}L", None), ("\ud800", None),
        ("n\0", None), ("NL" * 500_000, None), (None, None), (528, None), (b"NL", None), (["NL"], None),
    ],
)  # fmt: skip
def test_what_callers_say(said: object, code: str | None) -> None:
    """Codes of two letters that exist are taken in any case of letters; anything else is None."""
    assert country_code(said) == code
