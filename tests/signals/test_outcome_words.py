"""What does an agent's message say of the result?"""

from __future__ import annotations

import pytest

from otel_agent_analytics.signals.outcome_words import succeeded


@pytest.mark.parametrize(
    "text",
    [
        "It was a success", "Successfully changed.", "Your flight is confirmed", "I booked it", "It is reserved",
        "Your reservation is made", "The reservation has been confirmed", "It has been made", "it has been added",
        "has been scheduled", "has been sent", "has been completed", "has been transferred", "has been set",
        "two seats have been purchased", "Tickets have been scheduled", "have been made", "You're all set",
        "your visit to the dentist is scheduled", "You\u2019re now set", "Enjoy!",
        "your seat is rebooked", "Enjoy your stay!", "Enjoy the show this evening", "No problem, it is booked.",
    ],
)  # fmt: skip
def test_success(text: str) -> None:
    """What was booked, sent, made or confirmed is a success."""
    assert succeeded(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "It failed", "the payment fails", "I couldn't", "couldnt do it", "could not", "I wasn't able", "wasnt able",
        "I was not able", "unable", "not available", "not possible", "it was not successful", "unsuccessful",
        "an error", "a problem", "Sorry", "Unfortunately", "something went wrong", "it didn't work",
        "it didnt go through", "I can't", "I can\u2019t", "cant", "cannot", "Please try again",
        "It could not be booked, but your seat is confirmed",
        "Confirmed. Sorry for the wait!", "There is a problem with the card.", "One problem: no seats",
    ],
)  # fmt: skip
def test_failure(text: str) -> None:
    """What did not work is a failure, also where the message says a success too."""
    assert succeeded(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "", "Which day do you want?", "I found ten hotels.", "It has been a pleasure", "Shall I book it?",
        "you reset it", "the set menu", "I am able to do that", "that is wrong", "again",
        "your table by the window, as you wanted it, is set", "No problem. Which day?", "That is not a problem",
        "Enjoy your day!", "Enjoy the rest of your evening.", "enjoy your lovely weekend", "a film that you may enjoy",
        "I enjoy helping you",
    ],
)  # fmt: skip
def test_neither(text: str) -> None:
    """Anything else says neither."""
    assert succeeded(text) is None
