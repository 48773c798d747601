"""What leaves to a judge: nothing personal that can be found, though the store has the texts as they were said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import SpanRecord
from otel_agent_analytics.service.care import care_of
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from tests.helpers.judge_endpoint import endpoint
from tests.helpers.judged import court, talk
from tests.helpers.searching import places
from tests.personal_data.typed import typed

if TYPE_CHECKING:
    from tests.helpers.script import Source

EVERY = 15
FIELDS = {"password": "hunter2", "phone": "6125550123", "nested": {"pin": "4711x"}, "list": [4111111111111111]}


def with_tool(sources: list[Source]) -> list[Source]:
    """Return a conversation whose tool was called with values that only the names of their fields tell of."""
    turn = next(one for one in sources if isinstance(one, SpanRecord))
    named = {key: value for key, value in turn.attributes.items() if key in (v.GEN_AI_CONVERSATION_ID, v.DERIVED)}
    said = {
        v.GEN_AI_OPERATION_NAME: v.OPERATION_EXECUTE_TOOL, v.GEN_AI_TOOL_NAME: "sign_in",
        v.GEN_AI_TOOL_CALL_ARGUMENTS: json.dumps(FIELDS), v.GEN_AI_TOOL_CALL_RESULT: json.dumps({"ok": FIELDS}),
    }  # fmt: skip
    return [*sources, turn._replace(span_id="f" * 16, parent_id=turn.span_id, attributes={**named, **said})]


@pytest.mark.parametrize("on", [True, False])
def test_texts_that_are_kept_as_they_were_said(on: bool) -> None:
    """Kept in plain, they leave without what can be found in them; switched off, the same search finds all of it."""
    settings = Settings(user_key=b"a key", redact_personal_data=on)
    redact = care_of(settings, ServiceSettings(keep_content=True)).redact
    assert redact is not None
    planted = [
        one for one in typed()[::EVERY] if one.value.isascii() and (not on or one.value not in redact(one.text, ""))
    ]
    wanted = [*(one.value for one in planted), "hunter2", "6125550123", "4711x", "4111111111111111"]
    database = DuckDBDatabase(IN_MEMORY)
    with endpoint() as served:
        there = court(database, served.url, redact=redact)
        there.end(*(
            source
            for number, one in enumerate(planted)
            for source in with_tool(talk(f"c{number}", (one.text, f"you said {one.text}")))
        ))  # fmt: skip
        there.judge_all()
        sent = "\n".join(
            line for asked in served.asked for line in (json.dumps(asked.body), asked.given, str(asked.lines))
        )
    kept = {place[2] for place in places(database, wanted)}
    database.close()

    assert len(served.asked) == len(planted) >= 10
    assert kept == set(wanted)
    assert sorted({value for value in wanted if value in sent}) == ([] if on else sorted(set(wanted)))
