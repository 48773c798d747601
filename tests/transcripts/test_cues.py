"""Several processes that share a recording: between them they make the spans and records of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.commands.demo_day import transcripts_of_day
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.transcripts.cues import WHOLE, Played, Share, as_they_happen, cues
from otel_agent_analytics.transcripts.player import Player
from otel_agent_analytics.transcripts.script import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from otel_agent_analytics.transcripts.transcript import Transcript

Made = dict[str, tuple[Any, ...]]
"""What was made, by the ids of spans and events."""


def made(transcripts: Sequence[Transcript], share: Share = WHOLE, wait: Callable[[int], bool] | None = None) -> Made:
    """Return what one process makes of its share; with a function that waits, of all, part by part."""
    spans = InMemorySpanExporter()
    records = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    player = Player(
        Settings(user_key=b"key"),
        registry=None,
        span_processors=[SimpleSpanProcessor(spans)],
        log_processors=[SimpleLogRecordProcessor(records)],
    )
    with player.installed():
        if wait is None:
            assert player.play(transcripts, share=share) == []
        else:
            assert player.play_as_it_happens(transcripts, wait) == []
    found: Made = {}
    for span in spans.get_finished_spans():
        assert span.context is not None
        said = dict(span.attributes or {})
        found[f"{span.context.span_id:016x}"] = (
            span.name,
            span.start_time,
            span.end_time,
            span.status.status_code,
            said,
        )
    for one in records.get_finished_logs():
        said = dict(one.log_record.attributes or {})
        found[str(said[v.EVENT_ID])] = (one.log_record.event_name, one.log_record.timestamp, said)
    assert len(found) == len(spans.get_finished_spans()) + len(records.get_finished_logs())
    return found


def test_two_processes_make_what_one_makes() -> None:
    """Each makes a part, none makes what the other does, and conversations are served by both."""
    transcripts = transcripts_of_day(5, 60)
    whole = made(transcripts, WHOLE)
    first, second = (made(transcripts, Share(number, 2)) for number in range(2))

    assert not first.keys() & second.keys()
    assert {**first, **second} == whole
    assert min(len(first), len(second)) > len(whole) // 3
    served = [{one[-1][v.GEN_AI_CONVERSATION_ID] for one in part.values()} for part in (first, second)]
    assert len(served[0] & served[1]) > 20
    assert not any(v.DERIVED in one[-1] for one in whole.values())


def test_what_one_process_must_remember_stays_with_it() -> None:
    """A conversation with a user message outside of a run is one process's; each part is somebody's, and one's only."""
    played = [Played(transcript) for transcript in transcripts_of_day(5, 60)]
    shares = [Share(number, 3) for number in range(3)]
    apart = 0
    for cue in cues(played):
        parts = played[cue.conversation].parts
        assert sum(share.has(cue, parts) for share in shares) == 1
    for number, one in enumerate(played):
        own = [cue for cue in cues(played) if cue.conversation == number]
        by = {share.number for share in shares for cue in own if share.has(cue, one.parts)}
        if any(isinstance(part, Said) and part.message.role == "user" for part in one.parts):
            assert len(by) == 1
            apart += 1
        else:
            assert len(by) == min(3, len(own))
    assert apart > 0


def test_what_is_played_as_it_happens_is_the_same() -> None:
    """Part by part come the spans and records of a replay, and none of them before all of it has happened."""
    transcripts = transcripts_of_day(5, 60)
    times: list[int] = []

    def wait(at_ns: int) -> bool:
        times.append(at_ns)
        return True

    assert made(transcripts, wait=wait) == made(transcripts)
    assert times == sorted(times)
    ends = {one[2] for one in made(transcripts).values() if isinstance(one[2], int)}
    assert max(ends) <= times[-1] + 1_000_000  # each look at the clock moves it by a microsecond


def test_the_future_is_not_asked_for() -> None:
    """Of traffic without an end only the conversation that begins next is taken; each part comes once and in order."""
    transcripts, taken = transcripts_of_day(5, 60), [0]

    def one_by_one() -> Iterator[Transcript]:
        for transcript in transcripts:
            taken[0] = _begin(transcript)
            yield transcript

    heard: dict[int, list[int]] = {}
    for due in as_they_happen(one_by_one()):
        earlier = [one for one in transcripts if _begin(one) <= due.over_ns]
        assert taken[0] <= min((_begin(one) for one in transcripts[len(earlier) :]), default=taken[0])
        assert due.cue.at_ns <= due.over_ns
        heard.setdefault(due.cue.conversation, []).append(due.cue.part)
    assert heard == {number: list(range(max(1, len(Played(one).parts)))) for number, one in enumerate(transcripts)}


def _begin(transcript: Transcript) -> int:
    return (transcript.messages[0].at_ns if transcript.messages else transcript.at_ns) or 0
