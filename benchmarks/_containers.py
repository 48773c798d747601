"""How many entries are in every container that can be reached from some objects."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, MutableSequence
from collections.abc import Set as AbstractSet
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final

# An object is walked into; these are not, since everything can be reached from them.
_ENDS: Final = (str, bytes, int, float, type, FunctionType, ModuleType, type(None))
_CONTAINERS: Final = (Mapping, AbstractSet, MutableSequence)


def sizes(*roots: Any) -> dict[str, int]:
    """Return the number of entries by path, as in ``AgentTraceProcessor._family.spans``.

    Entries are walked into too. What hangs on the entries of one container is counted together: ``spans[].calls``.
    """
    counted: dict[str, int] = {}
    seen: set[int] = set()
    # Nearest first, so that what can be reached in several ways goes by its shortest name.
    waiting = deque((type(root).__name__, root) for root in roots)
    while waiting:
        path, value = waiting.popleft()
        if isinstance(value, _ENDS) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, _CONTAINERS):
            counted[path] = counted.get(path, 0) + len(value)
        waiting += _inside(path, value)
    return counted


def _inside(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield everything that an object holds, with its path."""
    if isinstance(value, MethodType):
        yield path, value.__self__
    if isinstance(value, (*_CONTAINERS, tuple)):
        entries = [*value.keys(), *value.values()] if isinstance(value, Mapping) else list(value)
        yield from ((f"{path}[]", entry) for entry in entries)
    yield from ((f"{path}.{name}", attribute) for name, attribute in _attributes(value))


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    yield from getattr(value, "__dict__", {}).items()
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            name = f"_{kind.__name__.lstrip('_')}{slot}" if slot.startswith("__") and not slot.endswith("__") else slot
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                yield name, getattr(value, name)
