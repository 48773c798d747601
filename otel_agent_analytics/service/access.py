"""Who may do what: bearer tokens, each for one kind of request. Without tokens of a kind everybody may."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

INGEST: Final = "ingest"
READ: Final = "read"
ADMIN: Final = "admin"
_SCHEME: Final = "bearer"


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
