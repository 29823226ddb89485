"""The names of all spans and metrics, and of their attributes. `docs/how-it-works.md` lists them too."""

from collections.abc import Mapping
from dataclasses import dataclass

from recording.core.lifecycle import (
    AcceptCopy,
    ArchiveMetadata,
    CompleteRecording,
    CopyChunk,
    NextStep,
    ProveInPlace,
    ReleaseChunk,
    RemoveOverflow,
)

ANNOUNCE = "recording.announce"
RUN = "chunk.run"
SWEEP = "sweep.slice"
RELEASE = "chunk.release"
COMPLETE = "recording.complete"
STEPS: Mapping[type[NextStep], str] = {
    CopyChunk: "chunk.copy",
    ProveInPlace: "chunk.prove_in_place",
    AcceptCopy: "chunk.accept",
    ArchiveMetadata: "chunk.archive_metadata",
    ReleaseChunk: RELEASE,
    RemoveOverflow: "chunk.remove_overflow",
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
    "recording.owed.left",
    "s",
    "until the first minute in which one of them needs attention; negative once it has passed",
)
SLICES = Metric("recording.sweep.slices", "{slice}", "slices of the sweep that have ended: its heartbeat")
ROWS_MISSING = Metric(
    "recording.sweep.rows_missing",
    "{row}",
    "rows of open work that the audit found missing, and has put; every audit adds what it found, which should be 0",
)
DECISIONS = Metric(
    "recording.decision.age",
    "s",
    "of a recording that waits for a person, since its first file event, each time the sweep looks at it",
)
METRICS = (
    ARCHIVED_BYTES,
    SECONDS_TO_RELEASE,
    SECONDS_LEFT,
    FAILURES,
    OWED,
    NEAREST_END,
    SLICES,
    ROWS_MISSING,
    DECISIONS,
)


def name_of(step: NextStep) -> str:
    """The name of a step's span. Never an error: a step must not fail for want of a name."""
    return STEPS.get(type(step), type(step).__name__)
