"""Sets of user hashes as HyperLogLog sketches: values in, estimates out. The work is done by Apache DataSketches.

A sketch of 2^14 registers: the standard error of an estimate is 1.04 / √16,384 = 0.8 %. Up to 1,536 users it holds four
bytes or a few more for each, and counts them exactly but for a rare miss; from there on it holds 16 kB.

The same set gives the same estimate to the last digit, whatever the order, the duplicates, and the sketches among which
it was divided. The library's own estimate of a sketch that took one stream is somewhat better (0.65 %) but depends on
the order; ``cumulative`` keeps away from it.

P. Flajolet et al., HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm (2007).
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import logging
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger("otel_agent_analytics")

Sketch: TypeAlias = Any
"""``datasketches.hll_sketch``; it comes without types."""

_LIBRARY: Final = "datasketches"
LOG_REGISTERS: Final = 14
_LONGEST: Final = 256
"""Characters of a user hash that count."""
_HEADER: Final = b"hll14\x01"
"""What the bytes of a sketch begin with: registers and version of the form."""
_DIGEST: Final = 8


@functools.cache
def available() -> bool:
    """Return whether users can be counted: the library is installed. Says so in one log line where it is not."""
    try:
        found = importlib.util.find_spec(_LIBRARY) is not None
    except (ImportError, ValueError):  # somebody has put something else in its place
        found = False
    if not found:
        logger.info("datasketches is not installed: unique users are not counted; the extra 'users' brings it")
    return found


def load() -> None:
    """Load the library, which the first user does otherwise: 50 ms and 18 MB, since it brings NumPy.

    Raises:
        ImportError: the library is not installed, or cannot be loaded.
    """
    _library()


@functools.cache
def _library() -> Any:
    return importlib.import_module(_LIBRARY)


def empty() -> Sketch:
    """Return a sketch of nobody.

    Raises:
        ImportError: the library is not installed, or cannot be loaded.
    """
    library = _library()
    return library.hll_sketch(LOG_REGISTERS, library.tgt_hll_type.HLL_8)


def add(sketch: Sketch, user: str) -> None:
    """Put a user into a sketch: any text, of which 256 characters count; an empty one is nobody."""
    user = user[:_LONGEST]
    try:
        sketch.update(user)
    except TypeError:  # no UTF-8 can be made of it
        sketch.update(user.encode("utf-8", "replace").decode())


def merged(sketches: Iterable[Sketch]) -> Sketch:
    """Return a sketch of all whom one of the sketches holds."""
    library = _library()
    union = library.hll_union(LOG_REGISTERS)
    for sketch in sketches:
        union.update(sketch)
    return union.get_result(library.tgt_hll_type.HLL_8)


def cumulative(groups: Iterable[Iterable[Sketch]]) -> list[float]:
    """Return how many users the first group of sketches holds, the first two together, the first three, and so on."""
    library = _library()
    union = library.hll_union(LOG_REGISTERS)
    estimates = []
    for group in groups:
        for sketch in group:
            union.update(sketch)
        # After a union of two large sketches, be they the same, the library estimates from the registers alone.
        whole, twice = union.get_result(library.tgt_hll_type.HLL_8), library.hll_union(LOG_REGISTERS)
        twice.update(whole)
        twice.update(whole)
        estimates.append(float(twice.get_estimate()))
    return estimates


def to_bytes(sketch: Sketch) -> bytes:
    """Return a sketch as bytes: at most 8.4 kB."""
    library = _library()
    union = library.hll_union(LOG_REGISTERS)
    union.update(sketch)
    content: bytes = union.get_result(library.tgt_hll_type.HLL_4).serialize_compact()
    return _HEADER + _digest(content) + content


def from_bytes(stored: bytes) -> Sketch:
    """Return the sketch that ``to_bytes`` made bytes of.

    Raises:
        ValueError: these are no such bytes, or they are damaged.
    """
    start = len(_HEADER) + _DIGEST
    content = stored[start:]
    # The library believes whatever it reads: damaged bytes would end the process.
    if stored[:start] != _HEADER + _digest(content):
        raise ValueError(f"sketch: {len(stored)} bytes are not allowed; allowed is what to_bytes gave")
    return merged([_library().hll_sketch.deserialize(content)])


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()
