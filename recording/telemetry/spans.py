"""The spans of the app, and the trace context in the messages of chunks."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import Link, Span, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from recording.core.errors import Permanent, Transient
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import NextStep
from recording.core.lines import escaped
from recording.telemetry.names import ANNOUNCE, DOCUMENT_ID, ERROR_CODE, RECORDING_ID, RUN, SWEEP, name_of

_TRACER = trace.get_tracer("recording")
_PROPAGATOR = TraceContextTextMapPropagator()
_EVENT = contexts.create_key("recording-event")
"""In the context of a run: the trace context of the event's span."""


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
    with _opened(name_of(step), {}) as span:
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
