"""Which spans there are, how they hang together, and what is in none of them."""

import typing
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import format_span_id, format_trace_id

from recording import telemetry
from recording.core.errors import ArchiveBusy, SourceRefused
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import CompleteRecording, NextStep
from recording.core.model import BlobName, ChunkState, DocumentId, RecordingId
from tests.exported import Exported, exported
from tests.use_cases.world import World

MESSAGE = ChunkMessage(RecordingId("recording"), DocumentId("document"))
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
DOCUMENT = (Path(__file__).parents[1] / "docs" / "how-it-works.md").read_text()
UNSAMPLED = f"00-{TRACE}-{SPAN}-00"


@pytest.fixture
def out() -> Exported:
    return exported()


def context_of(span: ReadableSpan) -> str:
    """The trace context of a span, as a message has it."""
    return f"00-{format_trace_id(span.context.trace_id)}-{format_span_id(span.context.span_id)}-01"


def parent_of(span: ReadableSpan) -> str:
    return f"00-{format_trace_id(span.parent.trace_id)}-{format_span_id(span.parent.span_id)}-01" if span.parent else ""


def links_of(span: ReadableSpan) -> list[int]:
    return [link.context.span_id for link in span.links]


def test_a_run_without_context_begins_a_trace_that_its_later_runs_go_on(out: Exported) -> None:
    """What the sweep drives anew has none; its span names the recording. Flags differ: they say how ids were made."""
    with telemetry.running(MESSAGE):
        later = telemetry.continued(MESSAGE)
    with telemetry.running(later):
        last = telemetry.continued(later)
    first, second = out.spans

    assert first.parent is None
    assert {"recording.id": "recording", "recording.document_id": "document"} == first.attributes
    assert (context_of(first), [first.context.span_id]) == (parent_of(second), links_of(second))
    assert (context_of(first), context_of(second)) == (last.trace[:-2] + "01", last.last_run[:-2] + "01")


def test_every_run_is_under_the_event_and_names_the_run_before(out: Exported) -> None:
    with telemetry.announcing("recording"):
        message = ChunkMessage(MESSAGE.recording_id, MESSAGE.document_id, trace=telemetry.current())
    for _ in range(3):
        with telemetry.running(message):
            message = telemetry.continued(message)
    event, *runs = out.spans

    assert [context_of(event)] * 3 == [parent_of(run) for run in runs]
    assert [[], *([run.context.span_id] for run in runs[:-1])] == [links_of(run) for run in runs]


def test_events_of_one_delivery_have_a_trace_each(out: Exported) -> None:
    """Whatever span is open around them."""
    with telemetry.sweeping(), telemetry.announcing("one"):
        pass
    with telemetry.announcing("two"):
        pass

    assert [None] * 3 == [span.parent for span in out.spans]
    assert 3 == len({span.context.trace_id for span in out.spans})


def test_a_trace_that_its_caller_did_not_sample_is_exported_all_the_same(out: Exported) -> None:
    with telemetry.running(ChunkMessage(MESSAGE.recording_id, MESSAGE.document_id, trace=UNSAMPLED)):
        pass

    assert f"00-{TRACE}-{SPAN}-01" == parent_of(out.span)


def test_the_text_of_an_error_is_in_no_span(out: Exported) -> None:
    """It may quote a location; only the code is there."""
    error = SourceRefused("read source", "403 for https://host/v1/objects/x?sig=y")
    with pytest.raises(SourceRefused), telemetry.stepping(CompleteRecording()):
        raise error

    assert {"error.type": error.code} == out.span.attributes
    assert ((), None, True) == (out.span.events, out.span.status.description, not out.span.status.is_ok)


def test_a_bug_is_named_by_its_type(out: Exported) -> None:
    with pytest.raises(ValueError, match="secret"), telemetry.stepping(CompleteRecording()):
        raise ValueError("secret")

    assert {"error.type": "ValueError"} == out.span.attributes


@given(st.text(min_size=1))
def test_a_hostile_id_is_bounded_and_printable(text: str) -> None:
    out = exported()
    with telemetry.announcing(text * 300):
        pass

    value = str((out.span.attributes or {})["recording.id"])
    assert value.isprintable()
    assert len(value.encode()) <= 12 * 1024


def test_every_step_has_a_name() -> None:
    """`LookAgain` and `Done` are no steps that a run takes."""
    kinds = {kind.__name__ for kind in typing.get_args(NextStep)} - {"LookAgain", "Done"}
    assert kinds == {kind.__name__ for kind in telemetry.STEPS}


@pytest.mark.parametrize("kind", ["span", "metric"])
def test_the_documentation_lists_every_name(kind: str) -> None:
    """With units and attributes."""
    table = DOCUMENT.partition(f"| {kind} |")[2].partition("\n\n")[0]
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    if kind == "span":
        assert telemetry.SPANS == {name.strip("`") for row in rows for name in row[0].split(", ")}
        return
    assert [(one.name, one.unit, set(one.attributes), one.meaning) for one in telemetry.METRICS] == [
        (name, unit, set(attributes.replace("`", "").split(", ")) - {""}, meaning)
        for name, unit, attributes, meaning in rows
    ]


class Broken(SpanExporter):
    """An exporter that fails, until it is mended."""

    is_broken = True

    @typing.override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self.is_broken:
            raise RuntimeError("no network")
        return SpanExportResult.SUCCESS


def test_an_exporter_that_fails_keeps_no_recording(out: Exported) -> None:
    broken = Broken()
    out.tracing.add_span_processor(SimpleSpanProcessor(broken))
    world = World()
    world.announce(world.add())
    world.run()
    broken.is_broken = False

    assert ChunkState.RELEASED == world.state()
    assert out.spans


def busy(operation: str, name: BlobName) -> None:
    raise ArchiveBusy(operation, "503", ids={"blob": name})


def test_metrics_of_a_recording(out: Exported) -> None:
    """Bytes, times and failures, by output, step and code; the ids of recordings are nowhere."""
    before = out.metrics()
    world = World()
    world.announce(world.add())
    world.archive.before = busy
    world.run(until=timedelta(minutes=2))
    world.archive.before = lambda _operation, _name: None
    world.run()
    after = out.metrics()

    def added(metric: telemetry.Metric, **attributes: str) -> float:
        return sum_of(after, metric, attributes) - sum_of(before, metric, attributes)

    assert len(world.archive.blobs[world.chunk().name].content) == added(telemetry.ARCHIVED_BYTES, output="unknown")
    assert 1 <= added(telemetry.FAILURES, step="chunk.copy", code="archive_busy")
    assert 0 < added(telemetry.SECONDS_TO_RELEASE, output="unknown") < 3600
    assert 23 * 3600 < added(telemetry.SECONDS_LEFT, output="unknown") < 24 * 3600


def sum_of(
    found: Mapping[str, list[tuple[Mapping[str, object], float]]],
    metric: telemetry.Metric,
    attributes: Mapping[str, str],
) -> float:
    return sum(value for own, value in found.get(metric.name, []) if own == attributes)


def test_the_sweep_observes_what_is_owed_once(out: Exported) -> None:
    """The next interval has no value: by then another worker may have swept."""
    world = World()
    world.announce(world.add())
    world.clock.at += timedelta(hours=1)
    world.app.sweeping.sweep_all()
    found = out.metrics()

    assert [({}, 1)] == found[telemetry.OWED.name]
    ((_, left),) = found[telemetry.NEAREST_END.name]
    assert 21 * 3600 < left <= 23 * 3600
    assert telemetry.SLICES.name in found
    assert telemetry.OWED.name not in out.metrics()


def test_every_audit_counts_the_rows_that_were_missing(out: Exported) -> None:
    """None as well, so that nobody takes an audit that does not run for one that finds nothing."""
    world = World()
    world.announce(world.add())
    before = sum_of(out.metrics(), telemetry.ROWS_MISSING, {})
    world.app.sweeping.auditing.audit()
    assert 0 == sum_of(found := out.metrics(), telemetry.ROWS_MISSING, {}) - before
    assert telemetry.ROWS_MISSING.name in found

    world.open_work.rows.clear()
    for _ in range(2):  # the second finds the row that the first has put
        world.app.sweeping.auditing.audit()
        world.app.sweeping.auditing.audit()
        assert 1 == sum_of(out.metrics(), telemetry.ROWS_MISSING, {}) - before


def test_a_pass_that_another_worker_began_is_not_observed(out: Exported) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    owed = telemetry.Owed()
    owed.add(7, now, is_first=False)
    owed.observe(now)
    assert telemetry.OWED.name not in out.metrics()

    owed.add(7, now, is_first=True)
    owed.add(5, now, is_first=False)
    owed.observe(now)
    assert [({}, 12)] == out.metrics()[telemetry.OWED.name]


def test_a_recording_that_waits_for_a_person_is_counted(out: Exported) -> None:
    world = World()
    world.announce(world.add(content=b"no media" * 100))
    world.run()
    world.clock.at += timedelta(hours=30)
    world.run()
    world.clock.at += timedelta(hours=30)
    before = sum_of(out.metrics(), telemetry.DECISIONS, {})
    world.app.sweeping.sweep_all()

    assert 24 * 3600 < sum_of(out.metrics(), telemetry.DECISIONS, {}) - before
