"""Every name of a provider that the conventions, older ones and instrumentations use → the provider in the price table.

Names are compared by their letters and digits alone: ``x_ai``, ``x-ai`` and ``xAI`` are one.
"""

from __future__ import annotations

import re
from typing import Final

_NOISE: Final = re.compile(r"[^a-z0-9]+")

# Name → the price table's id, folded. What the table calls by the same letters needs no line.
_ALIASES: Final = {
    "amazon": "aws",
    "amazon bedrock": "aws",
    "aws.bedrock": "aws",
    "bedrock": "aws",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure_ai": "azure",
    "azure_openai": "azure",
    "fireworks_ai": "fireworks",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "google_genai": "google",
    "google_vertexai": "google",
    "vertex_ai": "google",
    "mistral_ai": "mistral",
    "moonshot": "moonshotai",
    "moonshot_ai": "moonshotai",
    "perplexity_ai": "perplexity",
    "together_ai": "together",
    "voyage": "voyageai",
    "watsonx": "ibmwatsonxai",
}
# Providers of the conventions that the table has no prices of: the user's own file prices their calls, or nothing does.
WITHOUT_PRICES: Final = frozenset({"ibmwatsonxai"})


def folded(name: str) -> str:
    """Return the letters and digits of a name, small."""
    return _NOISE.sub("", name.lower())


_BY_FOLDED: Final = {folded(name): provider for name, provider in _ALIASES.items()}


def provider_id(name: str) -> str:
    """Return the price table's id for a provider, folded; a name without letters and digits comes back as it is."""
    short = folded(name)
    return _BY_FOLDED.get(short, short) or name
