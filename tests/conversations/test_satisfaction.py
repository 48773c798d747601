"""The ten-feature model by five worked examples, the arithmetic of reference/signals.md 3.3 written out in each.

    sat   =  3.068 + .165 s_user + .089 s_run + .210 thanks -  .174 nega - .089 refuse - .061 u_q - .151 u_no
                   - .133 refuse_rate - .144 jac_prev - .110 compl
    logit = -1.569 - .878 s_user - .257 s_run - .851 thanks + 1.268 nega + .861 refuse + .255 u_q + .860 u_no
                   + .835 refuse_rate + .952 jac_prev + .735 compl
    P(dissatisfied) = 1 / (1 + e^-logit)

The probabilities were worked out with 30 digits, apart from this project.
"""

from __future__ import annotations

from typing import Any

import pytest

from otel_agent_analytics.conversations.quality import quality_of
from otel_agent_analytics.conversations.satisfaction import Features, dissatisfaction, dissatisfactions, satisfaction
from tests.conversations.made import agent, turns, user


def exactly(value: float) -> Any:
    """Return a value that another must equal to 12 decimals."""
    return pytest.approx(value, rel=0, abs=1e-12)


def test_calm_first_turn() -> None:
    """Nothing is said that counts: the constants alone."""
    calm = Features(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    assert satisfaction(calm) == exactly(3.068)
    # of which logit: nothing but -1.569
    assert dissatisfaction(calm) == exactly(0.172358996371609)
    assert dissatisfactions(turns(user())) == [exactly(0.172358996371609)]


def test_thanks() -> None:
    """A glad second turn that thanks: s_user = .6, s_run = .2 (the first turn's), thanks."""
    glad = Features(0.6, 0.2, 1, 0, 0, 0, 0, 0, 0, 0)

    # 3.068 + .165 * .6 + .089 * .2 + .210 = 3.068 + .099 + .0178 + .21
    assert satisfaction(glad) == exactly(3.3948)
    # -1.569 - .878 * .6 - .257 * .2 - .851 = -1.569 - .5268 - .0514 - .851 = -2.9982
    assert dissatisfaction(glad) == exactly(0.047507257441451)
    said = turns(user(sentiment=0.2), agent(), user(sentiment=0.6, thanks=True))
    assert dissatisfactions(said)[1] == exactly(0.047507257441451)


def test_complaint_after_a_refusal() -> None:
    """s_user = -.5; s_run = (.5 - .3) / 2 = .1; not; the last of two answers refused; a quarter of the words recur."""
    angry = Features(-0.5, 0.1, 0, 1, 1, 0, 0, 0.5, 0.25, 1)

    # 3.068 - .0825 + .0089 - .174 - .089 - .133 * .5 - .144 * .25 - .110
    #   = 3.068 - .0825 + .0089 - .174 - .089 - .0665 - .036 - .11
    assert satisfaction(angry) == exactly(2.5189)
    # -1.569 + .439 - .0257 + 1.268 + .861 + .835 * .5 + .952 * .25 + .735
    #   = -1.569 + .439 - .0257 + 1.268 + .861 + .4175 + .238 + .735 = 2.3638
    assert dissatisfaction(angry) == exactly(0.914024892571905)
    said = turns(
        user(sentiment=0.5), agent(), user(sentiment=-0.3), agent(refusal=True),
        user(sentiment=-0.5, negation=True, overlap=0.25, complaint=True),
    )  # fmt: skip
    assert dissatisfactions(said)[2] == exactly(0.914024892571905)


def test_no_with_a_question() -> None:
    """A neutral second turn that begins with no (which is a negation too) and asks; nobody has refused."""
    denying = Features(0, 0, 0, 1, 0, 1, 1, 0, 0, 0)

    # 3.068 - .174 - .061 - .151
    assert satisfaction(denying) == exactly(2.682)
    # -1.569 + 1.268 + .255 + .860 = .814
    assert dissatisfaction(denying) == exactly(0.692961224425466)
    said = turns(user(), agent(), user(negation=True, question=True, says_no=True))
    assert dissatisfactions(said)[1] == exactly(0.692961224425466)


def test_conversation_of_three_turns() -> None:
    """A greeting, three turns: the satisfaction of a conversation is 1 - the mean of its turns' probabilities."""
    said = turns(
        agent(),
        user(sentiment=-0.2, question=True),
        agent(refusal=True),
        user(sentiment=-0.4, overlap=0.5),
        agent(),
        user(sentiment=0.8, thanks=True, closing=True),
    )

    # turn 1: s_user -.2, asks; the greeting refused nothing
    #   -1.569 + .878 * .2 + .255 = -1.569 + .1756 + .255 = -1.1384
    # turn 2: s_user -.4; s_run -.2; the last of two agent messages refused: refuse 1, refuse_rate 1/2; jac_prev .5
    #   -1.569 + .3512 + .0514 + .861 + .4175 + .476 = .5881
    # turn 3: s_user .8; s_run (-.2 - .4) / 2 = -.3; thanks; the last of three did not refuse: refuse_rate 1/3
    #   -1.569 - .7024 + .0771 - .851 + .835 / 3 = -3.0453 + .278333... = -2.766966...
    assert dissatisfactions(said) == [
        exactly(odds) for odds in (0.242614244023705, 0.642929078817182, 0.059135558192562)
    ]
    assert quality_of(said).satisfaction == exactly(0.685107039655517)
    assert quality_of(said).dissatisfied_turns == 1
