"""The content of a metadata file, as values."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording.core.model import DocumentId, Output, ParticipantKind
from recording.core.participants import kind_of


@dataclass(frozen=True, slots=True)
class Participant:
    """A recorded participant, and their channel if unmixed. The id is personal data: no `repr` shows it."""

    participant_id: str = field(repr=False)
    channel: int | None = None

    @property
    def kind(self) -> ParticipantKind:
        """What they are, by the form of the id."""
        return kind_of(self.participant_id)


@dataclass(frozen=True, slots=True)
class PausedInterval:
    """A pause, as the metadata file has it."""

    since: datetime
    length: timedelta


@dataclass(frozen=True, slots=True)
class ChunkMetadata:
    """What the service says of one chunk; None or empty for what it does not say.

    Attributes:
        document_id, index: of the chunk.
        started_at, duration: of the chunk; whether the duration includes pauses is not documented.
        paused: the sum of its pauses.
        pauses: those of them whose start and duration can be read.
        channels: of its audio.
        notes: names the fields that could not be read, never their values.
        makes_sense: False for a complete file without a known field, which a better one may replace later.
    """

    document_id: DocumentId | None = None
    index: int | None = None
    started_at: datetime | None = None
    duration: timedelta | None = None
    paused: timedelta = timedelta()
    pauses: tuple[PausedInterval, ...] = ()
    output: Output | None = None
    channels: int | None = None
    participants: tuple[Participant, ...] = ()
    notes: tuple[str, ...] = ()
    makes_sense: bool = True

    @property
    def ended_at(self) -> datetime | None:
        """When the chunk ended; None if its start or duration is not known, or the sum is not a valid moment."""
        if self.started_at is None or self.duration is None:
            return None
        try:
            return self.started_at + self.duration
        except OverflowError:
            return None
