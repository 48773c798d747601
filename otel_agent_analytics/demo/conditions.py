"""Which conversations a share of the demo's day applies to, judged by what is settled about them already."""

from collections.abc import Callable

from otel_agent_analytics.demo.plan import LONG_TOPIC, Plan

# User turns of a conversation that may be in German (few texts), may be interrupted, has room for a twist.
GERMAN_TURNS = range(1, 5)
COMEBACK_TURNS = range(4, 10)
TWIST_TURNS = range(3, 8)
TWIST_AND_COMEBACK_TURNS = range(5, 10)

# Endings that hang together with the turns before them, which nothing may be put between; all of them in English.
TIED_ENDINGS = ("half_done", "rephrased", "annoyed")


# Topics of money, in which a guardrail looks out for card numbers.
GUARDED_TOPICS = ("refund", "invoice")


def everyone(_plan: Plan) -> bool:
    """Return True: it applies to all."""
    return True


def engaged(plan: Plan) -> bool:
    """Return whether the user says anything."""
    return plan.outcome != "visit"


def explicit(plan: Plan) -> bool:
    """Return whether the application states the outcome."""
    return plan.explicit


def of(outcome: str, explicit: bool | None = None) -> Callable[[Plan], bool]:
    """Return a test for an outcome, stated by the application or not; None: either way."""
    return lambda plan: plan.outcome == outcome and explicit in (None, plan.explicit)


def talking(language: str) -> Callable[[Plan], bool]:
    """Return a test for a language, the long conversation left out."""
    return lambda plan: engaged(plan) and plan.language == language and plan.topic != LONG_TOPIC


def on(channel: str) -> Callable[[Plan], bool]:
    """Return a test for a channel."""
    return lambda plan: plan.channel == channel


def may_be_german(plan: Plan) -> bool:
    """Return whether the conversation may be in German."""
    # Closing words and statements are judged in English only, so German is left to outcomes that do not hang on them.
    judged_without_words = plan.explicit or plan.outcome in ("silent", "abandoned", "escalated")
    return judged_without_words and plan.turns in GERMAN_TURNS and plan.ending not in (*TIED_ENDINGS, "tool_failed")


def may_come_back(plan: Plan) -> bool:
    """Return whether the user may come back after a long silence."""
    return plan.language == "en" and plan.turns in COMEBACK_TURNS and plan.ending not in TIED_ENDINGS


def may_come_back_to_a_person(plan: Plan) -> bool:
    """Return whether the user may come back after a person was called."""
    return may_come_back(plan) and plan.outcome == "escalated" and not plan.explicit and not plan.comeback


def has_room_for_twist(plan: Plan) -> bool:
    """Return whether the second turn may be a peculiar one."""
    free = not plan.comeback and plan.ending not in TIED_ENDINGS
    return plan.language == "en" and plan.turns in TWIST_TURNS and free


def may_be_stopped(plan: Plan) -> bool:
    """Return whether the guardrail may stop the second turn; who hands over could not do so then."""
    guarded = plan.topic in GUARDED_TOPICS and plan.route in ("front", "direct")
    return guarded and has_room_for_twist(plan) and not plan.twist


def comes_back_and_has_room(plan: Plan) -> bool:
    """Return whether it may be one although the user comes back later."""
    return plan.comeback in ("thanked", "asked", "unheard") and plan.turns in TWIST_AND_COMEBACK_TURNS


def has_front_desk(plan: Plan) -> bool:
    """Return whether the Front Desk takes part."""
    return engaged(plan) and plan.route != "direct"


def comes_from(*countries: str) -> Callable[[Plan], bool]:
    """Return a test for countries."""
    return lambda plan: plan.country in countries


def rated_when_over(outcome: str) -> Callable[[Plan], bool]:
    """Return a test for an outcome, of those whose rating is not in the metadata."""
    return lambda plan: plan.outcome == outcome and not plan.rated_in_metadata


def rated_in_metadata(*, completed: bool) -> Callable[[Plan], bool]:
    """Return a test for ratings in the metadata, of completed conversations or of the others."""
    return lambda plan: plan.rated_in_metadata and (plan.outcome == "completed") is completed


def may_comment(plan: Plan) -> bool:
    """Return whether there is a rating that can have a comment and a rater."""
    return plan.rating is not None and not plan.rated_in_metadata


def ends(*endings: str) -> Callable[[Plan], bool]:
    """Return a test for endings."""
    return lambda plan: plan.ending in endings


def ends_otherwise(outcome: str, *endings: str) -> Callable[[Plan], bool]:
    """Return a test for an outcome that the words lead to, with none of some endings."""
    return lambda plan: plan.outcome == outcome and not plan.explicit and plan.ending not in endings
