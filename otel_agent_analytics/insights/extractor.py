"""Asks a language model what it finds in a conversation: one call, one answer in the form of ``Findings``.

The model has no tools, and what it answers is a value of the schema or nothing: a conversation that tells it what to do
can at most make a judgement of that conversation wrong. No run is traced, and nothing of it is sent anywhere else.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager, contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Final, NamedTuple

import openai
from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel, RunConfig, Runner
from agents.exceptions import AgentsException
from agents.models.interface import Model

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.insights.schema import Findings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from agents.usage import Usage

    from otel_agent_analytics.insights.transcript import Transcript

PROMPT: Final = (resources.files(__package__) / "judge_prompt.md").read_text(encoding="utf-8")
VERSION: Final = "1"
"""Of the prompt and the frame, beside the model: a change of it judges anew what is judged again."""
_SCHEMA_BYTES: Final = len(json.dumps(Findings.model_json_schema()))
_BYTES_PER_TOKEN: Final = 2
"""Texts have 3 to 5; so an estimate is of more tokens than there are."""
_NO_KEY: Final = "none"
_OPENAI: Final = "https://api.openai.com/v1"
_LONGEST_RETRY_SECONDS: Final = 3600.0


class Used(NamedTuple):
    """Tokens of a call, as its answer says."""

    input: int
    output: int
    cached: int
    reasoning: int


class Judgement(NamedTuple):
    """What a judge found, and what it used."""

    findings: Findings
    used: Used | None


class JudgeError(RuntimeError):
    """A call of the judge failed.

    Args:
        failure: why, one of ``vocabulary.JUDGE_FAILURES``.
        said: what is told of it; nothing of the conversation.
        used: what the call used all the same; None where nothing says it.
        free: whether it is sure that it cost nothing.
        rest_seconds: how long to rest at least, as the endpoint asks for.
    """

    def __init__(
        self, failure: str, said: str, *, used: Used | None = None, free: bool = False, rest_seconds: float = 0.0
    ) -> None:
        super().__init__(f"{failure}: {said}")
        self.failure = failure
        self.used = used
        self.free = free
        self.rest_seconds = rest_seconds


class Endpoint(NamedTuple):
    """Where and how a judge is asked."""

    model: str
    base_url: str | None = None
    """None: OpenAI's own."""
    api_key: str | None = None
    api: str = v.API_RESPONSES
    timeout_seconds: float = 60.0
    max_output_tokens: int = 1500


class Extractor:
    """A judge. Made and used within one event loop, by ``opened``."""

    def __init__(self, endpoint: Endpoint, client: openai.AsyncOpenAI) -> None:
        self._timeout = endpoint.timeout_seconds
        self._agent = Agent(
            name="judge",
            instructions=PROMPT,
            model=_model(endpoint, client),
            model_settings=_settings(endpoint),
            output_type=Findings,
        )

    async def judge(self, transcript: Transcript) -> Judgement:
        """Return what is found in a conversation.

        Raises:
            JudgeError: nothing was, and why.
        """
        try:
            async with asyncio.timeout(self._timeout):
                result = await Runner.run(
                    self._agent, transcript.framed, max_turns=1, run_config=RunConfig(tracing_disabled=True)
                )
        except Exception as problem:
            raise failure_of(problem) from problem
        used = _used(result.context_wrapper.usage)
        return Judgement(_sound(result.final_output, transcript.turns, used), used)


@asynccontextmanager
async def opened(endpoint: Endpoint) -> AsyncIterator[Extractor]:
    """Yield a judge, and let go of its connections after the block."""
    with _quiet():
        async with openai.AsyncOpenAI(
            base_url=endpoint.base_url or _OPENAI,
            api_key=endpoint.api_key or _NO_KEY,
            timeout=endpoint.timeout_seconds,
            max_retries=0,  # each call is reserved by itself
        ) as client:
            yield Extractor(endpoint, client)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the SDK and the client from writing about single requests: an error may repeat what it is about."""
    loggers = [logging.getLogger(name) for name in ("openai", "openai.agents", "httpx", "httpx2")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def most_tokens(transcript: Transcript, endpoint: Endpoint) -> Used:
    """Return more tokens than a call can use, in all likelihood."""
    size = len(PROMPT.encode()) + _SCHEMA_BYTES + len(transcript.framed.encode("utf-8", "replace"))
    return Used(size // _BYTES_PER_TOKEN, endpoint.max_output_tokens, 0, 0)


def failure_of(problem: Exception) -> JudgeError:
    """Return why a call failed, from what was raised."""
    if isinstance(problem, TimeoutError | openai.APITimeoutError):
        return JudgeError(v.JUDGE_TIMEOUT, "no answer in time")
    if isinstance(problem, openai.APIStatusError):
        return _refused(problem)
    if isinstance(problem, openai.APIConnectionError):
        return JudgeError(v.JUDGE_CONNECTION, type(problem.__cause__).__name__, free=_never_sent(problem))
    if isinstance(problem, AgentsException):
        data = problem.run_data
        used = None if data is None else _used(data.context_wrapper.usage)
        return JudgeError(v.JUDGE_BAD_OUTPUT, type(problem).__name__, used=used)
    if isinstance(problem, openai.OpenAIError | ValueError | TypeError | AttributeError):
        # What the endpoint answered is no answer of this API.
        return JudgeError(v.JUDGE_BAD_OUTPUT, type(problem).__name__)
    return JudgeError(v.JUDGE_FAULT, type(problem).__name__)


_BY_STATUS: Final = {401: v.JUDGE_NOT_ALLOWED, 403: v.JUDGE_NOT_ALLOWED, 404: v.JUDGE_NOT_ALLOWED}
_BUSY: Final = {408: v.JUDGE_TIMEOUT, 409: v.JUDGE_SERVER_ERROR, 429: v.JUDGE_RATE_LIMITED}
_SERVER: Final = 500


def _refused(problem: openai.APIStatusError) -> JudgeError:
    status = problem.status_code
    failure = {**_BY_STATUS, **_BUSY}.get(status, v.JUDGE_SERVER_ERROR if status >= _SERVER else v.JUDGE_REFUSED)
    try:
        rest = float(problem.response.headers.get("retry-after", 0))
    except ValueError:
        rest = 0.0
    rest = min(rest, _LONGEST_RETRY_SECONDS) if rest > 0 else 0.0
    return JudgeError(failure, f"status {status}", free=True, rest_seconds=rest)


def _never_sent(problem: openai.APIConnectionError) -> bool:
    return type(problem.__cause__).__name__ in ("ConnectError", "ConnectTimeout", "UnsupportedProtocol")


def _sound(findings: Findings, turns: int, used: Used | None) -> Findings:
    """Return findings whose evidence is of turns that there are; refuse texts that no database takes."""
    said = findings.model_dump()
    if not all(map(_can_be_stored, _texts(said))):
        raise JudgeError(v.JUDGE_BAD_OUTPUT, "a text that cannot be stored", used=used)
    return Findings.model_validate(_within(said, turns))


def _can_be_stored(text: str) -> bool:
    return "\x00" not in text and text.encode(errors="replace").decode() == text


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _within(value: object, turns: int) -> object:
    if isinstance(value, dict):
        return {
            key: [turn for turn in one if turn <= turns] if key == "evidence" else _within(one, turns)
            for key, one in value.items()
        }
    return [_within(one, turns) for one in value] if isinstance(value, list) else value


def _used(usage: Usage) -> Used | None:
    if not usage.total_tokens and not usage.input_tokens:
        return None
    cached, reasoning = usage.input_tokens_details.cached_tokens, usage.output_tokens_details.reasoning_tokens
    return Used(usage.input_tokens, usage.output_tokens, cached or 0, reasoning or 0)


def _model(endpoint: Endpoint, client: openai.AsyncOpenAI) -> Model:
    made = OpenAIResponsesModel if endpoint.api == v.API_RESPONSES else OpenAIChatCompletionsModel
    return made(endpoint.model, client)


def _settings(endpoint: Endpoint) -> ModelSettings:
    """Return the settings of a call; the Responses API keeps what it is given unless it is told not to."""
    store = False if endpoint.api == v.API_RESPONSES else None
    return ModelSettings(max_tokens=endpoint.max_output_tokens, store=store)
