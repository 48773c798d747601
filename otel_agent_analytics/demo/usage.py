"""Token counts that grow with the conversation, in the shape in which the model APIs report them."""

from random import Random

CACHE_STEP = 128
CACHE_FROM = 1024
CHARACTERS_PER_TOKEN = 4


class Meter:
    """Counts the tokens of one conversation; only what was read before a call is its input.

    Args:
        rng: decides how long models think.
        instruction_tokens: what each call gets beside what was said.
    """

    def __init__(self, rng: Random, instruction_tokens: int) -> None:
        self._rng = rng
        self._instruction_tokens = instruction_tokens
        self._read = 0
        self._last_input = 0

    def read(self, text: str) -> None:
        """Add text that every later call gets as input."""
        self._read += len(text)

    def call(self, written: str) -> dict[str, object]:
        """Return the usage of a model call that wrote this text, and add the text to the input of later calls."""
        sent = self._instruction_tokens + self._read // CHARACTERS_PER_TOKEN
        # Prefixes are cached in whole steps, and only from a minimum length on.
        cached = self._last_input // CACHE_STEP * CACHE_STEP if self._last_input >= CACHE_FROM else 0
        reasoning = self._rng.choice((0, 64, 128, 192))
        self._last_input = sent
        self.read(written)
        return {
            "input_tokens": sent,
            "output_tokens": 6 + len(written) // CHARACTERS_PER_TOKEN + reasoning,
            "input_tokens_details": {"cached_tokens": cached},
            "output_tokens_details": {"reasoning_tokens": reasoning},
        }
