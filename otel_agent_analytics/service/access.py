"""Who may do what: bearer tokens, each for one kind of request. Without tokens of a kind everybody may."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.setting_fields import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from otel_agent_analytics.service_settings import ServiceSettings

INGEST: Final = "ingest"
READ: Final = "read"
ADMIN: Final = "admin"
_SCHEME: Final = "bearer"
_MAY: Final = {INGEST: "send", READ: "read"}


class Access(NamedTuple):
    """Tokens by what they are for; an admin's is for everything."""

    ingest: Sequence[str] = ()
    read: Sequence[str] = ()
    admin: Sequence[str] = ()

    def allows(self, scope: str, header: str | None) -> bool:
        """Return whether a request may do something.

        Args:
            scope: ingest, read or admin.
            header: its ``Authorization``; None without one.
        """
        tokens = (*getattr(self, scope), *self.admin)
        if not getattr(self, scope) and scope != ADMIN:
            return True
        scheme, _, given = (header or "").partition(" ")
        if scheme.lower() != _SCHEME:
            return False
        # Every token is compared, so that the time that this takes tells nothing.
        same = [hmac.compare_digest(given.strip().encode(), token.encode()) for token in tokens]
        return any(same)


def open_doors(settings: ServiceSettings) -> Iterator[str]:
    """Yield a warning for each thing that anybody may do from other machines, since no token is set for it."""
    addresses = [address for address in (settings.serve_http, settings.serve_grpc) if address is not None]
    outside = [f"{host}:{port}" for host, port in addresses if not _is_loopback(host)]
    for scope, may in _MAY.items():
        if outside and not getattr(settings, f"{scope}_tokens"):
            where = " and ".join(outside)
            variable = f"{PREFIX}{scope.upper()}_TOKENS"
            yield f"anybody who reaches {where} may {may}: set {variable}, or listen on 127.0.0.1"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
