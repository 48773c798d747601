"""The page's files, read once: each with its type, its tag, and packed."""

from __future__ import annotations

import gzip
import hashlib
from importlib import resources
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

_FOLDER: Final = "assets"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""By the end of the name; the system's own table of types says something else on every machine."""


class File(NamedTuple):
    """A file as it is sent."""

    media_type: str
    body: bytes
    packed: bytes
    """The same by gzip."""
    tag: str
    """Changes with the body: the entity tag, without quotation marks."""


def files() -> Mapping[str, File]:
    """Return all files by their paths below ``assets``, divided by slashes."""
    folder = resources.files(__package__) / _FOLDER
    return {
        name: _file(name, entry.read_bytes()) for name, entry in _entries(folder, "") if PurePath(name).suffix in _TYPES
    }


def _entries(folder: Traversable, before: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _entries(entry, f"{before}{entry.name}/")
        else:
            yield before + entry.name, entry


def _file(name: str, body: bytes) -> File:
    packed = gzip.compress(body, mtime=0)  # the time would make each copy another one
    return File(_TYPES[PurePath(name).suffix], body, packed, hashlib.sha256(body).hexdigest()[:32])
