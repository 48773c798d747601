"""Writes the messages of one conversation, with seconds since its start in place of timestamps."""

import json
from random import Random
from string import Template
from typing import Any

from otel_agent_analytics.demo import schedule
from otel_agent_analytics.demo.casting import FRONT_DESK, Line, cast, specialist
from otel_agent_analytics.demo.compose import compose
from otel_agent_analytics.demo.conditions import GUARDED_TOPICS
from otel_agent_analytics.demo.endings import Turn
from otel_agent_analytics.demo.plan import Plan
from otel_agent_analytics.demo.scenes import Call, Scenes
from otel_agent_analytics.demo.usage import Meter

Messages = list[tuple[float, dict[str, object]]]
GUARDRAIL = "card_numbers"


def record(plan: Plan, scenes: Scenes, rng: Random) -> Messages:
    """Return the messages that the plan asks for, each with its seconds since the start; none for an empty visit."""
    recording = Recording(plan, _values(plan, scenes, rng), rng)
    if plan.greeted or plan.ending == "greeting":
        recording.greet(rng.choice(scenes.words["greetings"]))
    turns = compose(plan, scenes, rng)
    for turn, reply in zip(turns, cast(plan, turns, scenes, rng) if turns else (), strict=True):
        recording.ask(turn)
        for line in reply:
            recording.answer(line, by_model=not turn.stopped)
    return recording.messages


class Recording:
    """One conversation while it is written; its clock only moves forward."""

    def __init__(self, plan: Plan, values: dict[str, str], rng: Random) -> None:
        self.messages: Messages = []
        self._plan = plan
        self._values = values
        self._rng = rng
        self._meter = Meter(rng, plan.instruction_tokens)
        self._seconds = 0.0

    def greet(self, text: str) -> None:
        """The agent speaks first. No model call, so no usage."""
        filled = self._fill(text)
        self._meter.read(filled)
        self._add(0.0, {"role": "assistant", "agent": FRONT_DESK, "content": filled})

    def ask(self, turn: Turn) -> None:
        """The user says something."""
        pause = schedule.silence(self._rng) if turn.after_silence else schedule.user_pause(self._rng)
        text = self._fill(turn.user)
        self._meter.read(text)
        message: dict[str, object] = {"role": "user", "content": text}
        if self._plan.topic in GUARDED_TOPICS:
            message["guardrails"] = [{"name": GUARDRAIL, "triggered": turn.stopped}]
        self._add(pause, message)

    def answer(self, line: Line, *, by_model: bool = True) -> None:
        """The agent says something, calls tools, or fails; what no model wrote has no usage."""
        agent, step = line
        calls = [self._tool_call(call) for call in step.calls]
        text = self._fill(step.text)
        message: dict[str, object] = {"role": "assistant", "agent": agent, "content": text}
        if calls:
            message["tool_calls"] = calls
        if step.error:
            message["error"] = step.error
        elif self._plan.usage and by_model:
            message["usage"] = self._meter.call(text + (json.dumps(calls) if calls else ""))
        self._add(schedule.agent_pause(self._rng) * self._plan.slowness, message)
        for call, made in zip(step.calls, calls, strict=True):
            self._tool_result(call, made)

    def _tool_call(self, call: Call) -> dict[str, object]:
        identity = {"id": f"call_{self._rng.getrandbits(48):012x}"} if self._plan.call_ids else {}
        return {**identity, "name": call.name, "arguments": self._fill(call.arguments)}

    def _tool_result(self, call: Call, made: dict[str, object]) -> None:
        answered = {"tool_call_id": made["id"]} if "id" in made else {}
        content = self._fill(call.result)
        self._meter.read(content)
        self._add(
            schedule.tool_pause(self._rng) * self._plan.slowness, {"role": "tool", **answered, "content": content}
        )

    def _add(self, pause: float, message: dict[str, object]) -> None:
        # The conversation starts with its first message, whoever speaks.
        self._seconds += pause if self.messages else 0.0
        self.messages.append((self._seconds, message))

    def _fill(self, text: Any) -> Any:
        if isinstance(text, dict):
            return {key: self._fill(value) for key, value in text.items()}
        return Template(text).substitute(self._values)


def _values(plan: Plan, scenes: Scenes, rng: Random) -> dict[str, str]:
    user = "guest" if plan.user is None else f"user-{plan.user:03d}"
    return {
        "agent": specialist(plan, scenes),
        "amount": f"{rng.randrange(19, 180)}.{rng.choice(('00', '50', '90'))}",
        "city": rng.choice(scenes.words["cities"]),
        "day": rng.choice(scenes.words["days"]),
        "invoice": f"INV-{rng.randrange(20_000, 30_000)}",
        "lamp": rng.choice(scenes.words["lamps"]),
        "mail": f"{user}@example.com",
        "order": f"NL-{rng.randrange(40_000, 90_000)}",
        "parcel": f"PX{rng.randrange(10_000_000, 99_999_999)}",
    }
