"""Definitions of what is read from the texts, as numbers: signals, satisfaction, sentiment, effort; and of ratings."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.wanted import SUBSTANTIVE
from otel_agent_analytics.definitions import figures as f
from otel_agent_analytics.definitions.definition import Definition, Figure, Line
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.signals.rephrase import LONGEST

_GROUP: Final = "Quality"
LOOP: Final = 3
"""Calls with the same arguments in one turn that make a loop."""

_FEATURES: Final = {
    "sentiment": "sentiment of the message",
    "sentiment_before": "mean sentiment of the messages before it",
    "thanks": "thanks in it",
    "negation": "a negation in it",
    "refusal": "the agent message before it refuses or apologises",
    "question": "a question mark in it",
    "says_no": "it begins with a no",
    "refusal_share": "share of the agent messages so far that refuse or apologise",
    "overlap": "share of content words in common with the message before",
    "complaint": "a complaint in it",
}

QUALITY: Final = (
    Definition(
        "signals",
        _GROUP,
        "Signals",
        "What a text says is measured where the text is, and carried on as numbers, so that every figure is the same "
        "whether or not message content is captured. Word lists and lexicon are English. In another language, or "
        "without the text, a signal is unknown: neither good nor neutral, and left out of shares.",
        metrics=(c.WITHOUT_SIGNALS.name,),
    ),
    Definition(
        "dissatisfied_turn",
        _GROUP,
        "Dissatisfied turn",
        "A turn in which the probability that the user was dissatisfied, by a logistic model of ten features of the "
        f"turn, is above {f.DISSATISFIED.value:g}. The logit is {f.LOGIT_AT_ZERO:g} and the sum of these weights "
        "times their features (1 or 0 for yes or no; sentiments from -1 to 1; 0 for what the first message cannot "
        "have); the probability is 1 / (1 + e^-logit). A turn is judged where the sentiment of its message, the words "
        "in common and whether the agent message before refuses are known; else it is in no count.",
        lines=tuple(Line(f"{weight:+.3f}", _FEATURES[name]) for name, weight in f.LOGIT.items()),
        figures=(f.DISSATISFIED,),
        metrics=(c.DISSATISFIED_TURNS.name, c.JUDGED_TURNS.name),
    ),
    Definition(
        "satisfaction",
        _GROUP,
        "Satisfaction",
        "1 less the mean of these probabilities over the judged turns of an episode: an estimate from 0 to 1, unknown "
        "where there is none. It is never mixed with ratings.\n\nHow good it is, measured on four sets of dialogues "
        "that the model had not seen while it was measured (3,500 dialogues, each rated by 3 to 5 people): rank "
        "correlation with the mean rating .36 to .46 for single turns, .28 to .36 for conversations; one person agrees "
        "with the others by .30 to .42. Of the turns counted as dissatisfied .51 to .55 were, and .37 to .60 of those "
        "that were are found. So it tells many conversations from many others, this week from last, one agent from "
        "another. It is no judgement of a single conversation, and none of what was done: of 436 recorded dialogues in "
        "which something was ordered it is higher for one that succeeded than for one that failed with a probability "
        "of .86, since that showed; where a wrong result does not show, it does not tell (.29 to .68 on three sets of "
        "recorded conversations with agents of a shop and of airlines).",
        metrics=(c.SATISFACTION.name,),
    ),
    Definition(
        "trajectory",
        _GROUP,
        "Trajectory",
        "The mean probability of dissatisfaction in the last third of the judged turns, less that in the first third: "
        f"below -{f.TREND.value:g} improved, above {f.TREND.value:g} declined, else stable. A third is their number "
        "divided by 3 and rounded down, and at least one turn. Episodes of fewer than 3 turns are stable, those "
        "without a judged turn unknown. "
        "For sums over many conversations: that one has declined is told with an area under the curve of .65 to .75.",
        figures=(f.TREND,),
        metrics=(c.BY_TRAJECTORY.name,),
    ),
    Definition(
        "sentiment",
        _GROUP,
        "Sentiment",
        "Of a message: VADER's compound score with words and phrases in which customers complain, from -1 to 1. "
        "Measured on public messages of customers to airlines, the class negative has F1 .74 (VADER alone: .65). Of "
        "an episode:",
        lines=(
            Line(
                v.FRUSTRATED,
                f"some message has {f.NEGATIVE.value:g} or less, and a complaint, a repeat or a request for a human",
            ),
            Line(
                v.NEGATIVE,
                f"the mean of the messages whose sentiment is known is {f.NEGATIVE.value:g} or less; a last message "
                "with closing words is left out, unless it is the only one",
            ),
            Line(v.POSITIVE, f"that mean is {f.POSITIVE.value:g} or more"),
            Line(v.NEUTRAL, "else"),
            Line(v.UNKNOWN, "there is no message whose sentiment is known"),
        ),
        after="The negative rate is negative and frustrated episodes divided by those whose sentiment is known.",
        figures=(f.NEGATIVE, f.POSITIVE),
        metrics=(c.BY_SENTIMENT.name,),
    ),
    Definition(
        "rephrase",
        _GROUP,
        "Rephrase, repeat",
        "An English user message rephrases the one before when the cosine of their character 4-grams is above "
        f"{f.REPHRASED.value:g}, unless it says a number that is new, begins with a yes, a no or the like, or thanks; "
        f"with the same content words it is a repeat instead. Of each message {LONGEST} characters are compared, its "
        "words in lower case with one space between. Without the guards .77 of 4,175 paraphrases were found, with "
        "2.6 % false alarms; the guards take most of these away. In other languages only a repeat word by word is "
        "known.",
        figures=(f.REPHRASED,),
        metrics=(c.REPHRASES.name, c.REPEATS.name),
    ),
    Definition(
        "words",
        _GROUP,
        "Closing words, statements of the result, requests",
        "English word lists. Closing words are those with which people take their leave; they tell whole dialogues "
        "from ones that were cut off with F1 .86 to .94 on four public sets. A statement of the result is what an "
        "agent message says was done (success) or could not be done (failure, also where it says both); the last one "
        "counts. On 436 recorded dialogues it finds failures with F1 .89, in texts that are more regular than those of "
        "most agents; the status of the resolution finds them with F1 .82. Complaints, refusals and "
        "requests for a human are lists of the same kind. A request in words is no escalation: only a tool or handoff "
        "is.",
    ),
    Definition(
        "loop",
        _GROUP,
        "Loop",
        f"A tool that is called {LOOP} times or more with the same arguments in one turn: one loop, however often.",
        figures=(Figure("calls", float(LOOP), ""),),
        metrics=(c.LOOPS.name,),
    ),
    Definition(
        "effort",
        _GROUP,
        "Effort",
        "1, and one more for each of these: a rephrase, a tool that failed, an escalation, more turns than usual. "
        f"Usual is the {f.LONG_SHARE.value:g}th percentile of the turns (the least number that so many of the episodes "
        f"do not exceed) of the service's episodes that ended on the UTC days from {f.LONG_FROM_DAYS} to "
        f"{f.LONG_TO_DAYS} days before that of the end; with fewer than {f.LONG_FEWEST.value:g} of them nothing is. "
        "The latest days are left out so that a late span, or a user who comes back, changes nothing that was judged "
        f"by them: on the first {f.LONG_TO_DAYS} days of a service, and of a process, length counts for nothing.",
        figures=(f.LONG_SHARE, f.LONG_FEWEST),
        metrics=(c.BY_EFFORT.name,),
    ),
    Definition(
        "intents",
        _GROUP,
        "Intents, topics",
        "An intent is one of your own: a file gives its name and a few examples. A user message has the intent whose "
        "examples it is nearest to, `other` where it is near none. What the user came for is the intent of the first "
        f"message with {SUBSTANTIVE} content words (else of the first with one); other intents of later messages are "
        "what else was asked for. A topic is what many messages have in common. Of both only the name leaves the "
        "process in which the text is; that of a topic is made of words that enough users said. An episode is about "
        "its topic where topics are discovered, else about what its user came for; without intents of your own its "
        "topic is what its user came for. It counts as unresolved where its resolution status is unresolved or "
        "partially_resolved; a rate of unresolved ones is of all that are about it. Of 3,080 recorded messages of 77 "
        "intents, 59 % got theirs with 5 examples each, 68 % with 10.",
        metrics=(
            c.BY_INTENT.name,
            c.UNRESOLVED_BY_INTENT.name,
            c.BY_TOPIC.name,
            c.UNRESOLVED_BY_TOPIC.name,
        ),
    ),
    Definition(
        "csat",
        _GROUP,
        "Ratings, CSAT",
        "Positive: thumbs up, 4, 5; negative: thumbs down, 1, 2; 3 is neutral. Of each rater the last rating of an "
        "episode counts; several raters count by the side of 3 on which their mean lies, thumbs as 5 and 1. CSAT is "
        "the positive share of the rated episodes, and the response rate the rated share of the ended, engaged ones. "
        "The mean score is that of the ratings from 1 to 5: thumbs are no part of it, and without such a rating there "
        "is none. A `feedback` key in the metadata of a run is a rating. A rating of an unknown conversation waits for "
        "it, starts none, and is counted as unmatched when it is let go.",
        metrics=(c.FEEDBACK.name, c.RATED.name, c.SCORES.name, c.SCORED.name, c.FEEDBACK_UNMATCHED.name),
    ),
)
