"""What can go wrong with a store, told to its user."""

from __future__ import annotations

from otel_agent_analytics.errors import AgentAnalyticsError


class StorageError(AgentAnalyticsError, RuntimeError):
    """A store cannot be opened or used; the text names it and says what to do."""


class CodecError(StorageError):
    """Something that is stored cannot be read by this version."""


class ConflictError(StorageError):
    """Another analyzer was in the way: the same batch may be tried again at once."""


class UnavailableError(StorageError):
    """The database cannot be reached or has no room: nothing was stored, and the same batch may be tried later."""


class LockedError(StorageError):
    """The file is open in another process, which writes it: that one can be asked."""
