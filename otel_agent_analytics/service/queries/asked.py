"""What a caller asks about, as text → a window of time, a time zone, a service; or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics.service.queries.choices import CHOICES
from otel_agent_analytics.service.queries.zone import DEFAULT, SECOND_NS, offsets, zone_of
from otel_agent_analytics.storage.export import FORMATS, PARQUET, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable

_HOUR_SECONDS: Final = 3600
MOST_DAYS: Final = 3653
"""Ten years."""
_LONGEST_NS: Final = MOST_DAYS * 24 * _HOUR_SECONDS * SECOND_NS
_LAST_NS: Final = 2**63 - 1
ID: Final = "id"
"""The one parameter that may be given several times."""
LONGEST_TEXT: Final = 1024
"""Characters of a service or of the id of a conversation."""
_SHOWN: Final = 200
"""Characters of a wrong value that are told back."""
_NOTHING: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType({})

_LENGTH: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,9})?", re.ASCII)
_LIMIT: Final = re.compile(r"[0-9]{1,6}", re.ASCII)
_NANOSECONDS: Final = re.compile(r"[0-9]{1,19}", re.ASCII)
# A plus sign in a query string means a space, and people forget that.
_ISO: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.(?P<part>[0-9]{1,9}))?(?P<zone>Z|[-+ ][0-9]{2}:[0-9]{2})?)?",
    re.ASCII,
)


class WrongParameterError(ValueError):
    """A parameter is none, or its value is."""

    def __init__(self, parameter: str, value: str, allowed: str) -> None:
        self.parameter = parameter
        self.value = value[:_SHOWN]
        self.allowed = allowed
        super().__init__(f"{parameter}={self.value!r}: {allowed}")


class Asked(NamedTuple):
    """What is asked about."""

    from_ns: int
    to_ns: int
    """The first instant that is no part of the window, UTC nanoseconds."""
    zone: tzinfo = UTC
    zone_name: str = DEFAULT
    service: str | None = None
    """None: all of them; so for the next two."""
    namespace: str | None = None
    environment: str | None = None
    limit: int = 100
    """Most items that are answered."""
    conversation_id: str = ""
    conversation_ids: tuple[str, ...] = ()
    """Of the conversations that are asked about, where it is about single ones."""
    human_cost_usd: Decimal | None = None
    """What a conversation costs that a human handles; None: not known."""
    chosen: Mapping[str, Mapping[str, Any]] = _NOTHING
    """Which conversations a list shows: by the name of a choice, the values of the parameters of its condition."""

    def values(self) -> dict[str, Any]:
        """Return the values of the parameters that statements have, by name."""
        parts = offsets(self.zone, self.from_ns, self.to_ns)
        return {
            "from_ns": self.from_ns,
            "to_ns": self.to_ns,
            "service": self.service,
            "namespace": self.namespace,
            "environment": self.environment,
            "conversation_id": self.conversation_id,
            "conversation_ids": list(self.conversation_ids),
            "most": self.limit + 1,  # one more tells that there are more
            "zone_from_ns": [part.from_ns for part in parts],
            "zone_to_ns": [part.to_ns for part in parts],
            "zone_offset_ns": [part.offset_ns for part in parts],
        }


_NAMESPACE: Final = "service_namespace"
_ENVIRONMENT: Final = "deployment_environment_name"
_OF_SERVICES: Final = ("service", _NAMESPACE, _ENVIRONMENT)


class Taken(NamedTuple):
    """Which parameters a query takes, and what holds where they are not given."""

    window: str = "days=7"
    """The length of the window, as a parameter; empty: it has none."""
    limit: int = 0
    """0: it takes none."""
    most: int = 1000
    ids: int = 0
    """How many ids of conversations may be given; 0: none."""
    choices: bool = False
    """Whether conversations can be chosen by what is known of them."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in the order in which they are documented."""
        windows = ("from", "to", "hours", "days", "tz", *_OF_SERVICES) if self.window else ()
        choices = CHOICES if self.choices else ()
        return (*windows, *choices, *(("limit",) if self.limit else ()), *((ID,) if self.ids else ()))


def asked_of(parameters: Iterable[tuple[str, str]], taken: Taken, now_ns: int) -> Asked:
    """Return what parameters ask about.

    Args:
        parameters: names and values, as they came.
        taken: which of them the query takes.
        now_ns: the time now, UTC nanoseconds.

    Raises:
        WrongParameterError: one is not among them, comes twice, or has a value that it cannot have.
    """
    given: dict[str, str] = {}
    ids: list[str] = []
    for name, value in parameters:
        if name not in taken.names:
            raise WrongParameterError(name[:_SHOWN], value, f"no parameter here; {_listed(taken.names)}")
        if name in given:
            raise WrongParameterError(name, value, "may be given once")
        if name == ID:
            ids.append(_id(value, len(ids), taken.ids))
        else:
            given[name] = value
    zone_name = given.get("tz", DEFAULT)
    zone = zone_of(zone_name)
    if zone is None:
        raise WrongParameterError("tz", zone_name, "an IANA name of a time zone, as Europe/Amsterdam or UTC")
    from_ns, to_ns = _window(given, taken, zone, now_ns)
    service, namespace, environment = (_of_services(given, name) for name in _OF_SERVICES)
    limit = _limit(given, taken)
    asked = Asked(from_ns, to_ns, zone, zone_name, service, namespace, environment, limit)
    return asked._replace(conversation_ids=tuple(ids), chosen=_chosen(given))


def export_of(table: str, parameters: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Return which table is wanted as a file, and in which format.

    Raises:
        WrongParameterError: there is none of that name, or no such format or parameter.
    """
    if table not in TABLES:
        raise WrongParameterError("table", table, f"one of {', '.join(TABLES)}")
    format_ = PARQUET
    for name, value in parameters:
        if name != "format":
            raise WrongParameterError(name[:_SHOWN], value, "no parameter here; format is")
        if value not in FORMATS:
            raise WrongParameterError(name, value, f"one of {', '.join(FORMATS)}")
        format_ = value
    return table, format_


def _window(given: Mapping[str, str], taken: Taken, zone: tzinfo, now_ns: int) -> tuple[int, int]:
    lengths = [name for name in ("hours", "days") if name in given]
    if "from" in given:
        for name in lengths:
            raise WrongParameterError(name, given[name], "may not be given together with from")
        from_ns = _time("from", given["from"], zone)
        to_ns = _time("to", given["to"], zone) if "to" in given else now_ns
        if to_ns <= from_ns:
            at_fault = "to" if "to" in given else "from"
            raise WrongParameterError(at_fault, given[at_fault], "to must be later than from; it is now if not given")
        if to_ns - from_ns > _LONGEST_NS:
            raise WrongParameterError("from", given["from"], f"at most {MOST_DAYS} days before to")
        return from_ns, to_ns
    if "to" in given:
        raise WrongParameterError("to", given["to"], "needs from; hours and days reach back from now")
    if len(lengths) > 1:
        raise WrongParameterError("days", given["days"], "may not be given together with hours")
    default, _, length = taken.window.partition("=")
    name = lengths[0] if lengths else default
    return (now_ns - _length(name, given.get(name, length)), now_ns) if name else (0, now_ns)


def _length(name: str, value: str) -> int:
    """Return a length of time in nanoseconds."""
    hours = 24 if name == "days" else 1
    most = MOST_DAYS * 24 // hours
    length = Decimal(value) if _LENGTH.fullmatch(value) else Decimal(0)
    nanoseconds = int(length * hours * _HOUR_SECONDS * SECOND_NS)
    if not 0 < length <= most or not nanoseconds:
        raise WrongParameterError(name, value, f"a number above 0, at most {most}")
    return nanoseconds


def _time(name: str, value: str, zone: tzinfo) -> int:
    """Return a time in UTC nanoseconds; one without an offset is local."""
    if _NANOSECONDS.fullmatch(value) and int(value) <= _LAST_NS:
        return int(value)
    found = _ISO.fullmatch(value)
    try:
        if found is None:
            raise ValueError(value)  # noqa: TRY301 - told in one place
        offset = (found["zone"] or "").replace(" ", "+")
        moment = datetime.fromisoformat(f"{found['day']}T{found['time'] or '00:00'}{offset}")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        time_ns = round(moment.timestamp()) * SECOND_NS + int((found["part"] or "0").ljust(9, "0"))
    except (ValueError, OverflowError):
        time_ns = -1
    if not 0 <= time_ns <= _LAST_NS:
        allowed = (
            "a time from 1970 to 2262: 2026-03-29, 2026-03-29T14:00 (local in tz), 2026-03-29T14:00:00.5+02:00, "
            "or nanoseconds since 1970"
        )
        raise WrongParameterError(name, value, allowed)
    return time_ns


def _id(value: str, before: int, most: int) -> str:
    if not _sound(value):
        raise WrongParameterError(ID, value, f"the id of a conversation, 1 to {LONGEST_TEXT} characters, no NUL")
    if before >= most:
        raise WrongParameterError(ID, value, f"may be given {most} times")
    return value


def _sound(text: str) -> bool:
    return 0 < len(text) <= LONGEST_TEXT and "\x00" not in text


def _of_services(given: Mapping[str, str], name: str) -> str | None:
    """Return which services are asked about; of namespace and environment an empty text means those without one."""
    value = given.get(name)
    least = 1 if name == "service" else 0
    if value is not None and (not least <= len(value) <= LONGEST_TEXT or "\x00" in value):
        raise WrongParameterError(name, value, f"a name, {least} to {LONGEST_TEXT} characters, no NUL")
    return value


def _chosen(given: Mapping[str, str]) -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for name, choice in CHOICES.items():
        values = choice.read(given[name]) if name in given else _NOTHING
        if values is None:
            raise WrongParameterError(name, given[name], choice.allowed)
        if values:
            found[name] = values
    return found


def _limit(given: Mapping[str, str], taken: Taken) -> int:
    value = given.get("limit")
    if value is None:
        return taken.limit
    if not _LIMIT.fullmatch(value) or not 1 <= int(value) <= taken.most:
        raise WrongParameterError("limit", value, f"a whole number from 1 to {taken.most}")
    return int(value)


def _listed(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"{listed} are" if listed else "there are none"
