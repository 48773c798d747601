"""What the application gives a run and no span carries: its conversation, its agents, whether an old one goes on.

``conversation_id=`` and ``session=`` are arguments of ``Runner.run`` and its sisters, and the SDK keeps them to itself;
so these three are wrapped for as long as somebody needs to know.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from agents import Runner, RunState

from otel_agent_analytics.agents_sdk.wrapping import Wrapping
from otel_agent_analytics.errors import guard
from otel_agent_analytics.values import LONGEST_ID, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

logger = logging.getLogger("otel_agent_analytics")


class RunGiven:
    """What the application gave one run."""

    __slots__ = (
        "agent",
        "conversation_id",
        "handled",
        "history_elsewhere",
        "key",
        "model",
        "model_provider",
        "resumed",
    )

    def __init__(self, options: dict[str, Any]) -> None:
        run_input = options.get("input")
        self.resumed = isinstance(run_input, RunState)
        """Whether it goes on with a run that waited, mostly for a human's approval."""
        self.agent = (getattr(run_input, "_current_agent", None) if self.resumed else None) or options.get(
            "starting_agent"
        )
        """The agent that it begins with."""
        kept = getattr(run_input, "_conversation_id", None) if self.resumed else None
        named = options.get("conversation_id") or kept
        said = _text(named)
        self.key = "conversation_id" if said else "session"
        """Which of the two arguments named it."""
        self.conversation_id: str | None = said or _text(_session_id(options.get("session")))
        """The application's id of the conversation, in the SDK's order; None when neither argument names one."""
        self.history_elsewhere = bool(named or options.get("previous_response_id"))
        """Whether the provider keeps what was said before, so that the model call's input does not hold it."""
        config = options.get("run_config")
        self.model = _of(config, "model")
        """The model that takes the place of the agents' own; None mostly."""
        self.model_provider = _of(config, "model_provider")
        """What finds the models that are given by name; None for the SDK's own."""
        self.handled = frozenset(options.get("error_handlers") or ())
        """The kinds of errors that the application answers itself."""


_given: Final[ContextVar[RunGiven | None]] = ContextVar("run_given", default=None)


def given_now() -> RunGiven | None:
    """Return what was given the run that is being set up or is on; None outside of any."""
    return _given.get()


def watch_runs(user: object) -> None:
    """Wrap the SDK's entry points, for as long as this user needs it."""
    for wrapping in _ENTRY_POINTS:
        wrapping.add(user)


def unwatch_runs(user: object) -> None:
    """Put back what was there."""
    for wrapping in _ENTRY_POINTS:
        wrapping.remove(user)


def _wrapped(there: Any) -> Any:
    """Return our class method around what is there: the SDK's, or what another instrumentation put in its place."""
    entry = there.__get__(None, Runner)
    ours = _noting_async(entry) if inspect.iscoroutinefunction(entry) else _noting(entry)
    return classmethod(functools.wraps(there.__func__ if type(there) is classmethod else entry)(ours))


def _noting(entry: Callable[..., Any]) -> Callable[..., Any]:
    names = tuple(inspect.signature(entry).parameters)

    def noting(_: Any, *args: Any, **options: Any) -> Any:
        with _noted(names, args, options):
            return entry(*args, **options)

    return noting


def _noting_async(entry: Callable[..., Any]) -> Callable[..., Any]:
    names = tuple(inspect.signature(entry).parameters)

    async def noting(_: Any, *args: Any, **options: Any) -> Any:
        with _noted(names, args, options):
            return await entry(*args, **options)

    return noting


@contextlib.contextmanager
def _noted(names: tuple[str, ...], args: tuple[Any, ...], options: dict[str, Any]) -> Iterator[None]:
    given = None
    with guard("agents_sdk.run_given"):
        given = RunGiven({**dict(zip(names, args, strict=False)), **options})
    token = _given.set(given)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # the run was closed from another task, whose context is not this one
            _given.reset(token)


def _of(config: Any, name: str) -> Any:
    """Read a run's settings, which the SDK takes as a dictionary too."""
    return config.get(name) if isinstance(config, dict) else getattr(config, name, None)


def _session_id(session: Any) -> Any:
    try:
        return getattr(session, "session_id", None)
    except Exception as fault:  # noqa: BLE001 - the application's session, which may ask a database
        logger.debug("the session has no id yet: %s", fault)  # the SDK takes it for a run without one, and so do we
        return None


def _text(value: Any) -> str | None:
    return text(value.strip(), LONGEST_ID) if isinstance(value, str) else None


_ENTRY_POINTS: Final = tuple(Wrapping(Runner, name, _wrapped) for name in ("run", "run_sync", "run_streamed"))
