"""Does the agent's message end with a question, so that the next word is the user's?"""

from __future__ import annotations

from typing import Final

# What may stand behind the question mark: quotes, brackets, Markdown emphasis.
_TRAILING: Final = " \t\r\n\"'”’»)]}*_`"
QUESTION_MARKS: Final = ("?", "\N{FULLWIDTH QUESTION MARK}", "\N{ARABIC QUESTION MARK}")


def ends_with_question(text: str) -> bool:
    """Return whether the text ends with a question mark, closing quotes, brackets and emphasis aside."""
    return text.rstrip(_TRAILING).endswith(QUESTION_MARKS)
