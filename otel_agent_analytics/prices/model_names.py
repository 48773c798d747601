"""How a model may be called in a price list, from what a call says of provider, model and tier. Pure.

Instrumentations and gateways write models in many ways: ``openai/gpt-4o``, ``litellm/bedrock/…``, ``models/gemini-…``,
an ARN. What is not plainly a model that everybody can buy gets no name, and so no price: custom, tuned and imported
models and provisioned capacity cost something else than the model that they are made of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.prices.provider_names import provider_id

if TYPE_CHECKING:
    from collections.abc import Callable

# Gateways: who sold the tokens stands in the model's name.
_GATEWAYS: Final = frozenset({"litellm", "anyllm"})
# Words for "I do not know", and a framework that some instrumentations name instead.
_NO_SELLER: Final = frozenset({None, "langchain", "other", "unknown", *_GATEWAYS})
# Of some calls only the interface is known, which is OpenAI's: the name of the model may know better.
_VAGUE: Final = _NO_SELLER | {"openai"}
# First words of model names that name the seller, as LiteLLM and OpenRouter write them. (Names of models with open
# weights begin with the organisation that made them, which says nothing of who runs them: no such name is here.)
_PREFIXES: Final = frozenset(
    {
        *("anthropic", "aws", "azure", "cerebras", "cohere", "databricks", "deepseek", "fireworks", "google", "groq"),
        *("mistral", "moonshotai", "novita", "openai", "openrouter", "perplexity", "together", "xai"),
        *("ibmwatsonxai", "ollama", "vllm", "hostedvllm", "huggingface", "sagemaker"),
    }
)
# Models that one company alone makes and sells under these names, for calls that name no provider.
_FAMILIES: Final = (
    (re.compile(r"(chatgpt|gpt)-|o[134](-|$)"), "openai"),
    (re.compile(r"claude-"), "anthropic"),
    (re.compile(r"(models/)?gemini-"), "google"),
    (re.compile(r"grok-[3-9]"), "xai"),
)
# Models made or kept for one customer.
_BESPOKE: Final = re.compile(r"(^|/)ft:|\.ft-|tunedmodels/|:(custom|imported|provisioned)-model")
# OpenAI gives these models away; whoever runs them has prices of his own.
_OPEN_WEIGHTS: Final = "gpt-oss"
_ARN: Final = re.compile(r"arn:aws[a-z-]*:bedrock:[^:/]*:[^:/]*:(?:foundation-model|inference-profile)/([^/]+)")
_STANDARD_TIERS: Final = frozenset({"", "auto", "default", "on_demand", "standard"})


class ModelName(NamedTuple):
    """One model as it was named, and as price lists may call it."""

    given: str
    """Small letters, without white space around."""
    listed: tuple[str, ...]
    """The likeliest first; empty where no list can have its price."""


class Reference(NamedTuple):
    """What a call says of its model."""

    provider: str | None
    """As ``provider_id`` gives it, whether the price table knows it or not; None when unknown."""
    models: tuple[ModelName, ...]
    """The model that answered, then the one asked for."""


def reference_of(provider: str | None, model: str, answered_by: str | None) -> Reference:
    """Return provider and models of a call under the names of price lists."""
    asked = _without_gateway(model.strip().lower())
    answered = _without_gateway((answered_by or "").strip().lower())
    seller = provider_id(provider) if provider else None
    if seller in _VAGUE:
        seller = _prefix(asked) or _prefix(answered) or seller
    if seller in _NO_SELLER:
        seller = _family(answered) or _family(asked)
    given = dict.fromkeys(name for name in (answered, asked) if name)
    bespoke = [name for name in given if is_bespoke(name)]  # the other name is then that of what it was made of
    return Reference(seller, tuple(ModelName(name, _listed(seller, name)) for name in bespoke or given))


def tier_of(tier: str | None) -> str | None:
    """Return the service tier in small letters; None for the standard one, by whatever name."""
    plain = (tier or "").strip().lower()
    return None if plain in _STANDARD_TIERS else plain


def is_bespoke(name: str) -> bool:
    """Return whether a name is that of a fine-tune, an imported model or provisioned capacity."""
    return _BESPOKE.search(name) is not None


def _without_gateway(name: str) -> str:
    first, slash, rest = name.partition("/")
    return rest if slash and provider_id(first) in _GATEWAYS else name


def _prefix(name: str) -> str | None:
    """Return the provider that stands before the slash, where it is one that sells models under such names."""
    first, slash, _ = name.partition("/")
    found = provider_id(first) if slash else ""
    return found if found in _PREFIXES else None


def _family(name: str) -> str | None:
    return next((provider for pattern, provider in _FAMILIES if pattern.match(name)), None)


def _listed(seller: str | None, name: str) -> tuple[str, ...]:
    if seller in ("openai", "azure") and _OPEN_WEIGHTS in name:
        return ()
    first, slash, rest = name.partition("/")
    spellings = (name, rest) if slash and provider_id(first) == seller else (name,)
    plain = _PLAIN.get(seller or "")
    if plain is None:
        return spellings
    return tuple(dict.fromkeys(found for spelling in spellings if (found := plain(spelling)) is not None))


def _google(name: str) -> str | None:
    """``models/NAME``, ``publishers/…/models/NAME`` and longer paths; tuned models and endpoints are somebody's own."""
    return None if "tunedmodels/" in name or "endpoints/" in name else name.rpartition("models/")[2]


def _bedrock(name: str) -> str | None:
    """An id, with LiteLLM's route or region before it, or an ARN of a model that everybody can call."""
    if "arn:aws" not in name:
        return name.rpartition("/")[2]
    found = _ARN.search(name)
    return found.group(1) if found and found.end() == len(name) else None


_PLAIN: Final[dict[str, Callable[[str], str | None]]] = {"aws": _bedrock, "google": _google}
