"""Objects that fail in whatever is done with them, as span data may hold."""

from __future__ import annotations

from typing import Any


class Hostile:
    """An object that cannot be made a text, compared, counted, read or asked whether it is true."""

    def _fail(self, *_: Any) -> Any:
        raise RuntimeError("hostile")

    __str__ = __repr__ = __eq__ = __len__ = __bool__ = __iter__ = __index__ = __float__ = __int__ = _fail
    __contains__ = __getitem__ = __format__ = _fail
    __hash__ = object.__hash__

    def __getattr__(self, _: str) -> Any:
        raise RuntimeError("hostile")


class Unbound:
    """What a web framework's proxy is outside of a request: not even its class can be asked for."""

    def __getattribute__(self, _: str) -> Any:
        raise RuntimeError("working outside of request context")

    def __str__(self) -> str:
        raise RuntimeError("working outside of request context")
