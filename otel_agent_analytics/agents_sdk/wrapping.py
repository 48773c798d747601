"""Put a function of ours around one of the SDK's, for as long as somebody needs what it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Wrapping:
    """One attribute of a class of the SDK, and what takes its place.

    Args:
        owner: the class; None where this version of the SDK has none.
        name: the attribute.
        wrap: makes the replacement from what is there.
    """

    def __init__(self, owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
        self._owner, self._name, self._wrap = owner, name, wrap
        self._there: Any = None
        self._ours: Any = None
        self._users: set[object] = set()
        """Mostly one, for a moment two, where one installation takes the place of another."""

    def add(self, user: object) -> bool:
        """Wrap it, once; False where there is nothing to wrap."""
        if self._ours is None:
            there = getattr(self._owner, "__dict__", {}).get(self._name)
            if there is None:
                return False
            self._there, self._ours = there, self._wrap(there)
            setattr(self._owner, self._name, self._ours)
        self._users.add(user)
        return True

    def remove(self, user: object) -> None:
        """Put back what was there, once nobody needs it.

        Where somebody else has wrapped ours meanwhile, it stays below theirs and does no harm.
        """
        self._users.discard(user)
        if self._users or self._ours is None:
            return
        if self._owner.__dict__.get(self._name) is self._ours:
            setattr(self._owner, self._name, self._there)
        self._there = self._ours = None
