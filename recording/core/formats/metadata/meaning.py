"""What a metadata file means, as values."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording.core.model import DocumentId, Output


@dataclass(frozen=True, slots=True)
class Pause:
    """A part of the call that the recording skips."""

    started_at: datetime | None
    duration: timedelta


@dataclass(frozen=True, slots=True)
class Participant:
    """Someone who was recorded, and their channel when unmixed. The id is personal: no `repr` shows it."""

    participant_id: str = field(repr=False)
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class ChunkMetadata:
    """What the service says of one chunk; `notes` name fields that made no sense, never what they held.

    `makes_sense` is False where a file came whole and says nothing: it is evidence, and a better one may come.
    """

    document_id: DocumentId | None = None
    index: int | None = None
    started_at: datetime | None = None
    duration: timedelta | None = None
    pauses: tuple[Pause, ...] = ()
    output: Output | None = None
    channels: int | None = None
    sample_rate: int | None = None
    participants: tuple[Participant, ...] = ()
    notes: tuple[str, ...] = ()
    makes_sense: bool = True

    @property
    def paused(self) -> timedelta:
        """How long the recording was paused in this chunk."""
        return total(self.pauses)

    @property
    def ended_at(self) -> datetime | None:
        """When the chunk ended; None where its start or duration is unknown, or there is no such moment."""
        if self.started_at is None or self.duration is None:
            return None
        try:
            return self.started_at + self.duration
        except OverflowError:
            return None


def total(pauses: tuple[Pause, ...]) -> timedelta:
    """How long the pauses are together, at most the longest time there is."""
    try:
        return sum((pause.duration for pause in pauses), timedelta())
    except OverflowError:
        return timedelta.max
