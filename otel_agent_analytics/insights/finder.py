"""Topics of one process: what each conversation is about, by a name that stays, learnt beside everything else.

A topic gets its name when enough conversations and users have come for it, from the words that these users said, and
keeps it: series and rows of one topic have one name, whatever its words become. All of it is memory of the process.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.wanted import SUBSTANTIVE
from otel_agent_analytics.errors import guard
from otel_agent_analytics.insights.learning import learnt
from otel_agent_analytics.insights.limits import DEFAULT_LIMITS, Limits
from otel_agent_analytics.insights.topic_names import new_name
from otel_agent_analytics.insights.topics import OTHER, Topics
from otel_agent_analytics.insights.words import content_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.measuring import Speaker

_MOST: Final = 10_000
"""Conversations remembered, so that only the first message that says something is learnt from."""
_LEARNING: Final = guard("insights.learn")


class TopicFinder:
    """Tells and learns the topics of one service. Safe to use from any thread, and after a fork.

    Args:
        limits: how many there may be, and what it takes to be named.
        clock: returns the time now, UTC nanoseconds.
        beside: whether topics are learnt on a thread of their own, as up to a second of work is due now and then.
    """

    def __init__(
        self, limits: Limits = DEFAULT_LIMITS, clock: Callable[[], int] = time.time_ns, *, beside: bool = True
    ) -> None:
        self._topics = Topics(limits)
        self._clock = clock
        self._beside = beside
        self._names: dict[str, str] = {}
        self._begun: OrderedDict[str, None] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._process = os.getpid()

    def topic(self, text: str, language: str, speaker: Speaker) -> str | None:
        """Return the name of a message's topic; ``other`` for none that is named, ``unknown`` while nothing is learnt.

        None for a message that does not decide what its conversation is about.
        """
        if self._process != os.getpid():  # another thread may have held the lock when the process forked
            self._lock, self._process = threading.Lock(), os.getpid()
        with self._lock:
            found = self._found(text, language, speaker)
            due = self._topics.due and not self._is_learning()
            if due and self._beside:
                self._thread = threading.Thread(target=self._learn_now, name="agent-analytics-topics", daemon=True)
                self._thread.start()
        if due and not self._beside:
            self._learn_now()
        return found

    def _is_learning(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _found(self, text: str, language: str, speaker: Speaker) -> str | None:
        conversation_id = speaker.conversation_id
        if conversation_id is None or conversation_id in self._begun:
            return None
        if len(content_words(text, language)) < SUBSTANTIVE:
            return self._name(self._topics.topic_of(text, language))
        self._begun[conversation_id] = None
        if len(self._begun) > _MOST:
            self._begun.popitem(last=False)
        return self._name(self._topics.observe(text, speaker.user_hash, self._clock(), language))

    def _name(self, topic: str | None) -> str:
        if topic is None or topic == OTHER:
            return v.UNKNOWN if topic is None else v.OTHER_LABEL
        if topic not in self._names:
            label = next(one.label for one in self._topics.shown() if one.id == topic)
            self._names[topic] = new_name(label, self._names.values())
        return self._names[topic]

    @_LEARNING
    def _learn_now(self) -> None:
        with self._lock:
            learning = self._topics.learning()
        found = learnt(learning)
        with self._lock:
            self._topics.adopt(found)
