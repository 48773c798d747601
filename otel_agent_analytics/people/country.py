"""The country of a user: from what the caller says, or from an IP address, which is looked up offline and forgotten."""

from __future__ import annotations

import functools
import ipaddress
import logging
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("otel_agent_analytics")

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"

_CODES: Final = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
    JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY
    MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM
    PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
    UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES: Final = frozenset(_CODES.split())
"""The 249 codes of ISO 3166-1 alpha-2."""

_LONGEST_CODE: Final = 64
_LONGEST_LIST: Final = 1_024
_MOST_ADDRESSES: Final = 16
# Addresses of IPv6 that stand for one of IPv4, as a translator in front of the server makes them (RFC 6052).
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
_LOW_BITS: Final = 2**32 - 1
_ADDRESSES: Final = (str, ipaddress.IPv4Address, ipaddress.IPv6Address)


def country_code(said: object) -> str | None:
    """Return an ISO 3166-1 alpha-2 code in upper case; None for all that is none, such as ``NLD``, ``UK`` or a name."""
    if not isinstance(said, str) or len(said) > _LONGEST_CODE or not said.isascii():
        return None
    code = said.strip().upper()
    return code if code in COUNTRIES else None


def country_of(ip: object) -> str | None:
    """Return the country to which an IP address is registered; None where that is unknown. Never raises.

    Registered is not located: about 95 % of the addresses of IPv4 are used in that country. The address is held by
    nothing here, and stands in no log line and in no exception.

    Args:
        ip: an address of IPv4 or IPv6, with or without port, brackets, or zone; or a list with commas, as
            ``X-Forwarded-For`` has it, of which the first registered address counts: the one next to the user, where
            nobody has forged the header; private ones are registered nowhere. At most 1,024 characters, of which 16
            addresses are read. Addresses of IPv6 that stand for one of IPv4 (``::ffff:…``, ``64:ff9b::…``, 6to4) are
            taken for that one.
    """
    said = str(ip) if isinstance(ip, _ADDRESSES) else ""
    if len(said) > _LONGEST_LIST:
        return None
    # Never asks an address for ``is_global`` or ``is_private``: Python 3.11 keeps the last 128 that it was asked for.
    addresses = filter(None, map(_address, said.split(",", _MOST_ADDRESSES)[:_MOST_ADDRESSES]))
    found = filter(None, map(_registry(), map(str, addresses)))
    return country_code(next(found, None))


def _address(text: str) -> Address | None:
    """Return the address that one entry of a list holds; None for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return _plain(address) if isinstance(address, ipaddress.IPv6Address) else address


def _plain(address: ipaddress.IPv6Address) -> Address:
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & _LOW_BITS)
    return address.ipv4_mapped or address.sixtofour or address


@functools.cache
def _registry() -> Callable[[str], str | None]:
    """Return what looks an address up in the registries' lists; without the library, what knows none."""
    try:
        from iptocc import country_code as look_up
    except ImportError:
        logger.info("iptocc is not installed: no country is looked up from IP addresses")
        return lambda _: None
    return look_up
