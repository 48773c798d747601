"""Which model an agent asks for, and who provides it: the SDK's span of a model call says neither beforehand."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from agents.models.default_models import get_default_model
from agents.models.multi_provider import MultiProvider
from agents.models.openai_provider import OpenAIProvider

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.errors import guard
from otel_agent_analytics.values import UNSOUND, name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.agents_sdk.runner import RunGiven

# Host names, with * for anything → the provider, in the conventions' words.
_HOSTS: Final = {
    "api.openai.com": "openai",
    "*.openai.azure.com": "azure.ai.openai",
    "*.services.ai.azure.com": "azure.ai.inference",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "*aiplatform.googleapis.com": "gcp.vertex_ai",
    "bedrock*.amazonaws.com": "aws.bedrock",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.moonshot.ai": "moonshot_ai",
    "api.moonshot.cn": "moonshot_ai",
    "api.perplexity.ai": "perplexity",
    "api.x.ai": "x_ai",
}
# First words of model names that name the provider, as LiteLLM and any-llm write them.
_PREFIXES: Final = {
    "anthropic": "anthropic",
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "gemini": "gcp.gemini",
    "groq": "groq",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "openai": "openai",
    "perplexity": "perplexity",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
_ROUTERS: Final = frozenset({"litellm", "any-llm"})
_MOST_AGENTS: Final = 200


class ModelFacts(NamedTuple):
    """What is known of an agent's model before it is called."""

    model: str | None = None
    provider: str = v.PROVIDER_OPENAI
    """By the client's address or the model's name; else openai, whose interface it then speaks."""
    address: str | None = None
    port: int | None = None


UNKNOWN_MODEL: Final = ModelFacts()


@guard("agents_sdk.models")
def _facts_of_agent(given: RunGiven, agent_name: Any) -> ModelFacts:
    agent = next((agent for agent in _agents(given.agent) if getattr(agent, "name", None) == agent_name), None)
    if agent is None:
        return UNKNOWN_MODEL
    model = given.model if given.model is not None else getattr(agent, "model", None)
    if model is not None:
        return facts_of_model(model)
    own = given.model_provider is None or isinstance(given.model_provider, (MultiProvider, OpenAIProvider))
    return facts_of_model(get_default_model()) if own else UNKNOWN_MODEL


def facts_of(given: RunGiven | None, agent_name: Any) -> ModelFacts:
    """Return what is known of the model of one of a run's agents."""
    return (_facts_of_agent(given, agent_name) if given is not None else None) or UNKNOWN_MODEL


def facts_of_model(model: Any) -> ModelFacts:
    """Return what a model's name, or the SDK's object for it, says."""
    if isinstance(model, str):
        words = model.split("/")
        words = words[1:] if words[0] in _ROUTERS else words
        provider = _PREFIXES.get(words[0], v.PROVIDER_OPENAI) if len(words) > 1 else v.PROVIDER_OPENAI
        return ModelFacts(_sound(model), provider)
    named = facts_of_model(text) if isinstance(text := getattr(model, "model", None), str) else UNKNOWN_MODEL
    client = getattr(model, "_client", None)
    return with_address(named, getattr(client, "base_url", None)) if client is not None else named


def with_address(facts: ModelFacts, base_url: Any) -> ModelFacts:
    """Return the facts with what the address of the service tells."""
    try:
        parts = urlsplit(str(base_url)) if base_url else None
        host, port = (parts.hostname, parts.port) if parts is not None else (None, None)
    except ValueError:  # no address at all
        return facts
    if not host or parts is None:
        return facts
    known = (
        provider for pattern, provider in _HOSTS.items() if fnmatchcase(host, pattern) or host.endswith("." + pattern)
    )
    port = port or {"https": 443, "http": 80}.get(parts.scheme)
    return facts._replace(provider=next(known, facts.provider), address=_sound(host) if port else None, port=port)


def _agents(first: Any) -> Iterator[Any]:
    """Yield an agent and those that it may hand over to, and so on; each once, the nearest first."""
    waiting, seen = [first], {id(first)}
    for agent in waiting:
        yield agent
        for handoff in getattr(agent, "handoffs", None) or ():
            reference = getattr(handoff, "_agent_ref", None)
            after = reference() if callable(reference) else handoff
            if after is not None and id(after) not in seen and len(waiting) < _MOST_AGENTS:
                seen.add(id(after))
                waiting.append(after)


def _sound(text: Any) -> str | None:
    found = name(text)
    return None if found is UNSOUND else found
