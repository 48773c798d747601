"""Settings of the analyzer, read once from the environment or given on its command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from otel_agent_analytics.addresses import checked
from otel_agent_analytics.errors import SettingError, UsageError
from otel_agent_analytics.setting_fields import FromEnvironment, names, number, one_of, setting, switch, whole

DEFAULT_STORE: Final = "agent-analytics.duckdb"
OFF: Final = "off"
FOREVER: Final = "forever"
TRACE_ID: Final = "{trace_id}"
_DAYS: Final = "a whole number, 1 to 36500; 0 or forever"
_LONGEST_NAME: Final = 80
_PORTS: Final = range(65_536)
_TOKENS: Final = "tokens divided by commas or line breaks"


def address(text: str) -> tuple[str, int]:
    """Read ``HOST:PORT``, an address of IPv6 in brackets.

    Raises:
        ValueError: it is none.
    """
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host or int(port) not in _PORTS:
        raise ValueError(text)
    return host.removeprefix("[").removesuffix("]"), int(port)


def address_or_off(text: str) -> tuple[str, int] | None:
    """Read ``HOST:PORT``; None for ``off``.

    Raises:
        ValueError: it is neither.
    """
    return None if text.strip().lower() == OFF else address(text)


def days(text: str) -> int:
    """Read a number of days; 0 for ``forever``.

    Raises:
        ValueError: it is neither.
    """
    return 0 if text.strip().lower() == FOREVER else whole(0, 36_500)(text)


def _trace_url(text: str) -> str:
    """Read the address of a trace, with ``{trace_id}`` in the place of its id.

    Raises:
        ValueError: it is none.
    """
    address = text.strip()
    if not address.startswith(("http://", "https://")) or TRACE_ID not in address or any(map(str.isspace, address)):
        raise ValueError(text)
    return address


def _tokens(text: str) -> tuple[str, ...]:
    """Read tokens, divided by commas or, as in a file, by line breaks."""
    return tuple(text.replace(",", " ").split())


def _endpoint(text: str) -> str:
    """Read the address below which OTLP is taken; a name and password in it would be shown with it."""
    try:
        address = checked(text.strip(), "endpoint")
    except UsageError as problem:
        raise ValueError(text) from problem
    if "@" in urlsplit(address).netloc or urlsplit(address).query:
        raise ValueError(text)
    return address


def _name(text: str) -> str:
    if not text.strip() or len(text) > _LONGEST_NAME:
        raise ValueError(text)
    return text.strip()


def _judge_name(text: str) -> str:
    if _name(text).lower() == "local":  # the rules are called so
        raise ValueError(text)
    return _name(text)


def _store(text: str) -> str:
    if not text.strip():
        raise ValueError(text)
    return text.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings(FromEnvironment):
    """Everything of the analyzer that can be set, beside what ``Settings`` has of how conversations are judged."""

    serve_http: tuple[str, int] = setting(
        ("127.0.0.1", 4318), address, "HOST:PORT", "Where OTLP over HTTP, /metrics and health are served."
    )
    serve_grpc: tuple[str, int] | None = setting(
        ("127.0.0.1", 4317), address_or_off, "HOST:PORT, or off", "Where OTLP over gRPC is served."
    )
    store: str = setting(
        DEFAULT_STORE, _store, "the path of a DuckDB file, or postgresql://…", "Where everything is kept."
    )
    duckdb_threads: int = setting(
        1, whole(1, 256), "a whole number, 1 to 256", "Cores that a DuckDB file may use for one statement."
    )
    ingest_tokens: tuple[str, ...] = setting(
        (),
        _tokens,
        "tokens divided by commas or line breaks",
        "Bearer tokens of those who may send; unset: anybody.",
        secret=True,
    )
    read_tokens: tuple[str, ...] = setting(
        (),
        _tokens,
        "tokens divided by commas or line breaks",
        "Bearer tokens of those who may read; unset: anybody.",
        secret=True,
    )
    admin_tokens: tuple[str, ...] = setting(
        (),
        _tokens,
        "tokens divided by commas or line breaks",
        "Bearer tokens of those who may do everything.",
        secret=True,
    )
    api_token: str | None = setting(
        None,
        str,
        "any text that is not empty",
        "Bearer token by which commands ask an analyzer; unset: one of these, else that of OTEL_EXPORTER_OTLP_HEADERS.",
        secret=True,
    )
    tls_certificate: str | None = setting(
        None, str, "the path of a PEM file", "Certificate by which HTTP and gRPC are served with TLS."
    )
    tls_key: str | None = setting(None, str, "the path of a PEM file", "The key of that certificate.")
    max_body_bytes: int = setting(
        16 * 2**20, whole(1024, 2**30), "a whole number, 1024 to 1073741824", "Bytes of a request as it is sent."
    )
    max_unpacked_bytes: int = setting(
        64 * 2**20, whole(1024, 2**31), "a whole number, 1024 to 2147483648", "Bytes of a request without compression."
    )
    max_request_spans: int = setting(
        20_000, whole(1, 1_000_000), "a whole number, 1 to 1000000", "Spans and records of agents in a request."
    )
    max_attributes: int = setting(
        256, whole(1, 10_000), "a whole number, 1 to 10000", "Attributes of a span that are read; others are left out."
    )
    max_attribute_length: int = setting(
        65_536, whole(64, 2**24), "a whole number, 64 to 16777216", "Characters of an attribute that are kept."
    )
    max_requests: int = setting(
        256, whole(1, 100_000), "a whole number, 1 to 100000", "Requests that may be at work at once."
    )
    max_body_seconds: float = setting(
        30.0, number(0.1, 3600), "a number, 0.1 to 3600", "Seconds that a request's body may take to arrive."
    )
    max_waiting_spans: int = setting(
        50_000, whole(1, 10_000_000), "a whole number, 1 to 10000000", "Spans that may wait for the store at once."
    )

    events_endpoint: str | None = setting(
        None,
        _endpoint,
        "http://HOST:PORT or https://HOST:PORT, perhaps with a path",
        "Where log records of conversations are sent by OTLP over HTTP, to /v1/logs below it; unset: none are made.",
    )
    max_waiting_events: int = setting(
        100_000,
        whole(1, 10_000_000),
        "a whole number, 1 to 10000000",
        "Log records that may wait in the store while they cannot be sent; the oldest go first.",
    )
    metrics_endpoint: str | None = setting(
        None,
        _endpoint,
        "http://HOST:PORT or https://HOST:PORT, perhaps with a path",
        "Where the metrics of /metrics are pushed by OTLP over HTTP, to /v1/metrics below it; unset: nowhere.",
    )
    metrics_interval_seconds: float = setting(
        30.0, number(0.1, 3600), "a number, 0.1 to 3600", "Seconds from one push of metrics to the next."
    )
    keep_content: bool = setting(
        False, switch, "true or false", "Whether messages, tool arguments and results that come on spans are kept."
    )
    content_key: tuple[str, ...] = setting(
        (),
        names,
        "Fernet keys divided by commas",
        "Keys of texts in the store, and of spans that wait: the first encrypts, each decrypts; unset: not encrypted.",
        secret=True,
    )
    retain_facts_days: int = setting(
        30, days, _DAYS, "How long what conversations are folded from is kept once they are forgotten, days."
    )
    retain_content_days: int = setting(30, days, _DAYS, "How long texts are kept, days.")
    retain_conversations_days: int = setting(
        400, days, _DAYS, "How long conversations with their calls and messages are kept after they last changed, days."
    )
    trace_url: str | None = setting(
        None,
        _trace_url,
        f"http:// or https://, with {TRACE_ID} in it",
        "Where the page links to for a trace; unset: nowhere.",
    )
    judge_model: str | None = setting(
        None,
        _name,
        "the name of a model",
        "Model of a language-model judge of ended conversations; unset: there is none, and no text leaves.",
    )
    judge_name: str = setting(
        "judge",
        _judge_name,
        "1 to 80 characters, not local",
        "What the judge is called in the table insights: another name judges anew.",
    )
    judge_base_url: str | None = setting(
        None,
        _endpoint,
        "http://HOST:PORT or https://HOST:PORT, perhaps with a path",
        "Where the judge is asked, an OpenAI-compatible endpoint like http://127.0.0.1:8000/v1; unset: OpenAI's own.",
    )
    judge_api_key: str | None = setting(
        None, str, "any text that is not empty", "API key of the judge; unset: none is needed there.", secret=True
    )
    judge_api: str = setting(
        "responses",
        one_of("responses", "chat_completions"),
        "responses or chat_completions",
        "Which of the two APIs of OpenAI the endpoint of the judge speaks.",
    )
    judge_sample: float = setting(
        1.0, number(0, 1), "a number, 0 to 1", "Share of the conversations that are judged, by a hash of their ids."
    )
    judge_budget_usd_per_day: float = setting(
        1.0, number(0, 1e6), "USD, 0 to 1000000", "What the judge may cost on a UTC day; the rest waits for the next."
    )
    judge_concurrency: int = setting(
        4, whole(1, 256), "a whole number, 1 to 256", "Calls of the judge that may be under way at once."
    )
    judge_timeout_seconds: float = setting(
        60.0, number(0.1, 3600), "a number, 0.1 to 3600", "Seconds after which a call of the judge is given up."
    )
    judge_attempts: int = setting(
        5, whole(1, 100), "a whole number, 1 to 100", "How often a conversation is tried before it is left unjudged."
    )
    judge_backoff_seconds: float = setting(
        2.0,
        number(0.01, 3600),
        "a number, 0.01 to 3600",
        "Rest after a first failure; four times as long after each further one, an hour at most.",
    )
    judge_max_output_tokens: int = setting(
        1500, whole(64, 100_000), "a whole number, 64 to 100000", "Tokens that an answer of the judge may have."
    )
    judge_max_characters: int = setting(
        24_000,
        whole(200, 10_000_000),
        "a whole number, 200 to 10000000",
        "Characters of a conversation that the judge is shown: of a longer one the beginning and the end.",
    )
    log_format: str = setting(
        "text", one_of("text", "json"), "text or json", "What a line of the log is: a text, or an object of JSON."
    )
    log_level: str = setting(
        "info", one_of("debug", "info", "warning", "error"), "debug, info, warning or error", "What is logged at least."
    )

    def __post_init__(self) -> None:
        """Refuse a certificate without its key, and a key without its certificate."""
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise SettingError("tls_certificate and tls_key: one of them is not set; allowed are both or neither")
