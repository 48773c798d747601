"""IP addresses of both versions; not version numbers, times, or the addresses that every machine has."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from otel_agent_analytics.personal_data.find import Find, Message
from otel_agent_analytics.personal_data.kinds import IP_ADDRESS

_V4: Final = re.compile(r"[0-9](?<![\w.][0-9])(?<!\w-[0-9])[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?!\w|\.\w|-\w)")
# Two colons at least; what is matched is looked at by ``ipaddress``.
_V6: Final = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f.]{0,15}(?:%[a-z0-9]{1,16})?(?![\w:])")
_VERSION: Final = re.compile(
    r"(?:\bv|version|versions|release|build|firmware|update|upgrade|driver|python|node|java|chrome|ios|android|kernel|"
    r"app|software|section|chapter|kapitel|paragraph|§|abschnitt|versión|versione|versie|versão)[\s:.]{0,3}(?:\w{1,10}\s)?$"
)
_VERSION_AFTER: Final = re.compile(r".{0,24}\b(?:version|release|build|firmware)\b")
_WINDOW: Final = 24


def ip_addresses(message: Message) -> Iterator[Find]:
    """Find IP addresses."""
    text = message.text
    if not message.has_digits:
        return
    if text.count(".") > 2:  # noqa: PLR2004 - as many as an address has
        for found in _V4.finditer(text):
            before = message.lowered[max(0, found.start() - _WINDOW) : found.start()]
            is_version = _VERSION.search(before) or _VERSION_AFTER.match(message.lowered, found.end())
            yield from _found(found.start(), found[0], is_version=is_version is not None)
    if text.count(":") > 1:
        for found in _V6.finditer(text):
            yield from _found(found.start(), found[0].rstrip("."), is_version=False)


def _found(start: int, written: str, *, is_version: bool) -> Iterator[Find]:
    try:
        address = ipaddress.ip_address(written.partition("%")[0])
    except ValueError:
        return
    if is_version or address.is_loopback or address.is_unspecified or not any(map(str.isdigit, written)):
        return
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    yield Find(start, start + len(written), IP_ADDRESS, (mapped or address).compressed)
