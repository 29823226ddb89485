"""Spans and metrics over OpenTelemetry's API. Without an SDK that exports them, every call here does nothing.

A trace leads from a file event to the release of its chunks: the event's span is the parent of each run of each chunk,
as its trace context is in the chunk's message. Each run names the one before by a link. Spans are all recorded and have
no events, so that no text of an exception is in them. Attributes are ids, numbers, codes and words of this app. Metrics
have no ids.

The names of spans are `SPANS`, those of metrics and their attributes `METRICS`; `docs/how-it-works.md` lists both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from opentelemetry import context as contexts
from opentelemetry import metrics, trace
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.trace import Link, Span, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from recording.core.errors import Permanent, Transient
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import (
    AcceptCopy,
    Archived,
    ArchiveMetadata,
    CompleteRecording,
    CopyChunk,
    Fact,
    NextStep,
    ReleaseChunk,
    Released,
)
from recording.core.lines import escaped
from recording.core.model import CatalogEntry, Chunk

ANNOUNCE = "recording.announce"
RUN = "chunk.run"
SWEEP = "sweep.slice"
RELEASE = "chunk.release"
COMPLETE = "recording.complete"
STEPS: Mapping[type[NextStep], str] = {
    CopyChunk: "chunk.copy",
    AcceptCopy: "chunk.accept",
    ArchiveMetadata: "chunk.archive_metadata",
    ReleaseChunk: RELEASE,
    CompleteRecording: COMPLETE,
}
SPANS = frozenset({ANNOUNCE, RUN, SWEEP, *STEPS.values()})

RECORDING_ID = "recording.id"
DOCUMENT_ID = "recording.document_id"
ERROR_CODE = "error.type"
OUTCOME = "recording.outcome"


@dataclass(frozen=True, slots=True)
class Metric:
    """The name, unit and meaning of a metric, and its attributes, each of which has few values."""

    name: str
    unit: str
    meaning: str
    attributes: tuple[str, ...] = ()


ARCHIVED_BYTES = Metric("recording.archived", "By", "media that was archived", ("output",))
SECONDS_TO_RELEASE = Metric(
    "recording.release.duration", "s", "from the first file event to the release of a chunk", ("output",)
)
SECONDS_LEFT = Metric(
    "recording.release.left", "s", "from the release of a chunk until its source may end", ("output",)
)
FAILURES = Metric(
    "recording.step.failures", "{failure}", "failed steps, each of which is tried again", ("step", "code")
)
OWED = Metric("recording.owed", "{recording}", "recordings that owe something, as the last whole pass of a sweep found")
NEAREST_END = Metric(
    "recording.owed.left", "s", "until the first hour in which one of them needs attention; negative once it has passed"
)
SLICES = Metric("recording.sweep.slices", "{slice}", "slices of the sweep that have ended: its heartbeat")
DECISIONS = Metric(
    "recording.decision.age",
    "s",
    "of a recording that waits for a person, since its first file event, each time the sweep looks at it",
)
METRICS = (ARCHIVED_BYTES, SECONDS_TO_RELEASE, SECONDS_LEFT, FAILURES, OWED, NEAREST_END, SLICES, DECISIONS)

_TRACER = trace.get_tracer("recording")
_METER = metrics.get_meter("recording")
_PROPAGATOR = TraceContextTextMapPropagator()
_EVENT = contexts.create_key("recording-event")
"""In the context of a run: the trace context of the event's span."""


class _Seen:
    """The last value that was observed; it is exported once, as another worker may observe the next."""

    def __init__(self, metric: Metric) -> None:
        self.values: list[float] = []
        _METER.create_observable_gauge(metric.name, [self._observed], metric.unit, metric.meaning)

    def _observed(self, _: CallbackOptions) -> Iterable[Observation]:
        values, self.values = self.values, []
        return [Observation(value) for value in values[-1:]]


_ARCHIVED_BYTES = _METER.create_counter(ARCHIVED_BYTES.name, ARCHIVED_BYTES.unit, ARCHIVED_BYTES.meaning)
_SECONDS_TO_RELEASE = _METER.create_histogram(
    SECONDS_TO_RELEASE.name,
    SECONDS_TO_RELEASE.unit,
    SECONDS_TO_RELEASE.meaning,
    explicit_bucket_boundaries_advisory=[1, 2, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600],
)
_SECONDS_LEFT = _METER.create_histogram(
    SECONDS_LEFT.name,
    SECONDS_LEFT.unit,
    SECONDS_LEFT.meaning,
    explicit_bucket_boundaries_advisory=[0, 3600, 4 * 3600, 12 * 3600, 20 * 3600, 23 * 3600],
)
_FAILURES = _METER.create_counter(FAILURES.name, FAILURES.unit, FAILURES.meaning)
_OWED = _Seen(OWED)
_NEAREST_END = _Seen(NEAREST_END)
_SLICES = _METER.create_counter(SLICES.name, SLICES.unit, SLICES.meaning)
_DECISIONS = _METER.create_histogram(DECISIONS.name, DECISIONS.unit, DECISIONS.meaning)


# Spans


@contextmanager
def announcing(recording_id: str) -> Iterator[Span]:
    """The span of a file event; it begins a trace, also if one delivery has the events of many recordings."""
    with _under("", ANNOUNCE, {RECORDING_ID: recording_id}) as span:
        yield span


@contextmanager
def running(message: ChunkMessage) -> Iterator[Span]:
    """The span of one run of a chunk: in the trace of its message, or, if that has none, the first of a trace."""
    ids = {RECORDING_ID: message.recording_id, DOCUMENT_ID: message.document_id}
    before = trace.get_current_span(_extracted(message.last_run)).get_span_context()
    links = [Link(before)] if before.is_valid else []
    with _under(message.trace, RUN, ids, links) as span:
        yield span


@contextmanager
def sweeping() -> Iterator[Span]:
    """The span of one slice of the sweep."""
    with _under("", SWEEP, {}) as span:
        yield span


@contextmanager
def stepping(step: NextStep) -> Iterator[Span]:
    """The span of one step of a run."""
    with _opened(STEPS[type(step)], {}) as span:
        yield span


def current() -> str:
    """The trace context of the open span, for a message; empty if there is none."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent", "")


def continued(message: ChunkMessage) -> ChunkMessage:
    """The message with which the open run goes on later: the same trace, and the run to link to."""
    this = current()
    event = contexts.get_value(_EVENT)
    return replace(message, trace=event if isinstance(event, str) and event else this, last_run=this)


@contextmanager
def _under(parent: str, name: str, attributes: Mapping[str, str], links: Sequence[Link] = ()) -> Iterator[Span]:
    """A span under that trace context, whatever span is open now."""
    token = contexts.attach(contexts.set_value(_EVENT, parent, _extracted(parent)))
    try:
        with _opened(name, attributes, links) as span:
            yield span
    finally:
        contexts.detach(token)


@contextmanager
def _opened(name: str, attributes: Mapping[str, str], links: Sequence[Link] = ()) -> Iterator[Span]:
    bounded = {key: escaped(value) for key, value in attributes.items()}
    with _TRACER.start_as_current_span(
        name, attributes=bounded, links=links, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as error:
            code = error.code if isinstance(error, Transient | Permanent) else type(error).__name__
            span.set_attribute(ERROR_CODE, code)
            span.set_status(StatusCode.ERROR)
            raise


def _extracted(context: str) -> contexts.Context:
    return _PROPAGATOR.extract({"traceparent": context} if context else {}, contexts.Context())


# Metrics


def done(entry: CatalogEntry, chunk: Chunk, fact: Fact | None, now: datetime) -> None:
    """Count a step that has succeeded. It may be counted twice, if its result could not be saved."""
    recording = entry.recording
    by_output = {"output": _output(entry)}
    match fact:
        case Archived():
            _ARCHIVED_BYTES.add(fact.proof.length, by_output)
        case Released():
            _SECONDS_LEFT.record((chunk.due - now).total_seconds(), by_output)
            if recording.announced_at is not None:
                _SECONDS_TO_RELEASE.record((now - recording.announced_at).total_seconds(), by_output)


def failed(step: NextStep, code: str) -> None:
    """Count a step that has failed."""
    _FAILURES.add(1, {"step": STEPS[type(step)], "code": code})


def slice_ended() -> None:
    """Count a slice of the sweep."""
    _SLICES.add(1)


@dataclass(slots=True)
class Owed:
    """Counts the rows of a pass over its slices. A pass that another worker began is not observed."""

    rows: int | None = None
    first_hour: datetime | None = None

    def add(self, rows: int, first_hour: datetime | None, *, is_first: bool) -> None:
        """Add a slice; the first of a pass begins the count anew."""
        if is_first:
            self.rows, self.first_hour = rows, first_hour
        elif self.rows is not None:
            self.rows += rows

    def observe(self, now: datetime) -> None:
        """The pass is whole."""
        if self.rows is not None:
            _OWED.values.append(self.rows)
        if self.first_hour is not None:
            _NEAREST_END.values.append((self.first_hour - now).total_seconds())


def looked(entry: CatalogEntry, now: datetime) -> None:
    """Count a recording that waits for a decision. The sweep looks at each at least every `core.watching.LONGEST`."""
    since = entry.recording.announced_at
    if since is not None and any(chunk.is_undecided for chunk in entry):
        _DECISIONS.record(max(0.0, (now - since).total_seconds()))


def _output(entry: CatalogEntry) -> str:
    output = entry.recording.output
    return "unknown" if output is None else str(output)
