"""Spans and metrics over OpenTelemetry's API. Without an SDK that exports them, every call here does nothing.

A trace leads from a file event to the release of its chunks: the event's span is the parent of each run of each chunk,
as its trace context is in the chunk's message. Each run names the one before by a link. Spans are all recorded and have
no events, so that no text of an exception is in them. Attributes are ids, numbers, codes and words of this app. Metrics
have no ids.
"""

from recording.telemetry.measuring import Owed, audited, done, failed, looked, slice_ended
from recording.telemetry.names import (
    ANNOUNCE,
    ARCHIVED_BYTES,
    COMPLETE,
    DECISIONS,
    DOCUMENT_ID,
    ERROR_CODE,
    FAILURES,
    METRICS,
    NEAREST_END,
    OUTCOME,
    OWED,
    RECORDING_ID,
    RELEASE,
    ROWS_MISSING,
    RUN,
    SECONDS_LEFT,
    SECONDS_TO_RELEASE,
    SLICES,
    SPANS,
    STEPS,
    SWEEP,
    Metric,
)
from recording.telemetry.spans import announcing, continued, current, running, stepping, sweeping

__all__ = [
    "ANNOUNCE",
    "ARCHIVED_BYTES",
    "COMPLETE",
    "DECISIONS",
    "DOCUMENT_ID",
    "ERROR_CODE",
    "FAILURES",
    "METRICS",
    "NEAREST_END",
    "OUTCOME",
    "OWED",
    "RECORDING_ID",
    "RELEASE",
    "ROWS_MISSING",
    "RUN",
    "SECONDS_LEFT",
    "SECONDS_TO_RELEASE",
    "SLICES",
    "SPANS",
    "STEPS",
    "SWEEP",
    "Metric",
    "Owed",
    "announcing",
    "audited",
    "continued",
    "current",
    "done",
    "failed",
    "looked",
    "running",
    "slice_ended",
    "stepping",
    "sweeping",
]
