"""The one form of findings: strict, and fit for structured outputs."""

from __future__ import annotations

from typing import Any

import pytest
from agents import AgentOutputSchema
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.identity import signs_of
from otel_agent_analytics.insights.schema import Findings, Insights, Named


def said(**changed: Any) -> dict[str, Any]:
    """Return findings as a model would write them, some fields changed."""
    findings = {
        "primary_intent": {"value": "refund", "confidence": 0.9, "evidence": [1]},
        "secondary_intents": [{"value": "address", "confidence": 0.5, "evidence": [3]}],
        "sentiment": {"value": "frustrated", "confidence": 0.8, "evidence": [2, 4]},
        "sentiment_trajectory": {"value": "declined", "confidence": 0.6, "evidence": [1, 4]},
        "topics": [],
        "resolution_status": {"value": None, "confidence": 0, "evidence": []},
        "effort_score": {"value": 3, "confidence": 1, "evidence": [2]},
    }
    return findings | changed


def test_findings_are_what_they_say() -> None:
    """What a model writes as JSON is read as it is written."""
    read = Findings.model_validate(said())

    assert read.model_dump() == said()
    assert Findings.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("effort_score", {"value": 6, "confidence": 1, "evidence": []}),
        ("effort_score", {"value": "3", "confidence": 1, "evidence": []}),
        ("effort_score", {"value": 3.0, "confidence": 1, "evidence": []}),
        ("sentiment", {"value": "angry", "confidence": 1, "evidence": []}),
        ("sentiment", {"value": "neutral", "confidence": 1.01, "evidence": []}),
        ("sentiment", {"value": "neutral", "confidence": 0.5}),
        ("sentiment", {"value": "neutral", "confidence": 0.5, "evidence": [0]}),
        ("sentiment", {"value": "neutral", "confidence": 0.5, "evidence": [1], "why": "so"}),
        ("primary_intent", {"value": "", "confidence": 0.5, "evidence": []}),
        ("primary_intent", {"value": " refund", "confidence": 0.5, "evidence": []}),
        ("primary_intent", {"value": "x" * 81, "confidence": 0.5, "evidence": []}),
        ("topics", [{"value": None, "confidence": 0, "evidence": []}]),
        ("topics", [{"value": f"t{number}", "confidence": 1, "evidence": []} for number in range(11)]),
        ("extractor", "somebody"),
    ],
)
def test_anything_else_is_refused(field: str, wrong: Any) -> None:
    """Another type, a value outside its range, a field too many or too few: the message names the field."""
    with pytest.raises(ValidationError, match=field):
        Findings.model_validate(said(**{field: wrong}))


def test_a_missing_field_is_refused() -> None:
    """Nothing has a default: what is unknown is said to be null."""
    incomplete = said()
    del incomplete["topics"]

    with pytest.raises(ValidationError, match="topics"):
        Findings.model_validate(incomplete)


def test_evidence_is_put_in_order() -> None:
    """Turns are named once each, ascending, however a model names them."""
    read = Findings.model_validate(said(sentiment={"value": "negative", "confidence": 0.5, "evidence": [4, 2, 4]}))

    assert read.sentiment.evidence == [2, 4]


def test_the_agents_sdk_takes_it_as_output_type() -> None:
    """The SDK makes a strict schema of it, and reads by it what a model writes."""
    output = AgentOutputSchema(Findings, strict_json_schema=True)

    assert output.is_strict_json_schema()
    assert output.validate_json(Findings.model_validate(said()).model_dump_json()) == Findings.model_validate(said())


def objects(schema: Any) -> list[dict[str, Any]]:
    """Return every object in a JSON schema."""
    if isinstance(schema, list):
        return [found for one in schema for found in objects(one)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + [found for one in schema.values() for found in objects(one)]


def test_the_schema_has_what_structured_outputs_demand() -> None:
    """Every field of every object is required, none beyond them is allowed, and no keyword is one that is refused."""
    schema = AgentOutputSchema(Findings, strict_json_schema=True).json_schema()

    assert len(objects(schema)) >= 7
    for one in objects(schema):
        assert one["additionalProperties"] is False
        assert sorted(one["required"]) == sorted(one["properties"])
    assert not {"minLength", "maxLength", "default", "oneOf", "allOf"} & set(str(schema).replace("'", " ").split())


def test_the_extractor_is_named() -> None:
    """Insights are findings with a name and a version, which the findings' own schema does not ask a model for."""
    insights = Insights.by("local", "1", Findings.model_validate(said()))

    assert insights.model_dump() == said() | {"extractor": "local", "extractor_version": "1"}
    assert Insights.model_validate_json(insights.model_dump_json()) == insights
    assert "extractor" not in Findings.model_json_schema()["properties"]
    with pytest.raises(ValidationError, match="extractor_version"):
        Insights.by("local", "", Findings.model_validate(said()))


@given(st.text(max_size=200))
@example("refund" * 20)
@example(" two\nlines\u2028\x1c ")
@example("a" * 79 + " b")
def test_any_name_that_a_span_gives_fits(name: str) -> None:
    """Whatever a sender calls an intent or a topic, what is read of it is a name, or nothing."""
    said = {v.USER_MESSAGE_LANGUAGE: "en", v.USER_MESSAGE_CONTENT_WORDS: 3}
    signs = signs_of({**said, v.USER_MESSAGE_INTENT: name, v.USER_MESSAGE_TOPIC: name})

    assert signs.intent == signs.topic
    assert (signs.intent is None) == (not name.replace("\x00", "?").strip())
    if signs.intent is not None:
        assert Named(value=signs.intent, confidence=0.5, evidence=[1]).value == signs.intent
