"""What there is in truth: recordings, and their chunks at the source."""

from dataclasses import dataclass, field

from recording.core.model import DocumentId, Location, RecordingId
from tests.simulation.locations import base_of


def recording_id_of(whom: str, number: int) -> RecordingId:
    """The id of a recording: it begins with the name of its call, which `whom_of` gives back."""
    return RecordingId(f"{whom}-{number}")


def whom_of(recording_id: str) -> str:
    """The call of a recording or document."""
    return recording_id.partition("-")[0]


@dataclass(eq=False)
class Document:
    """One chunk in truth; moments are simulated seconds.

    Attributes:
        taken_at: when the app first knew its true location; None while it does not.
        by_event_grid: whether an event of Event Grid's own doors told that.
        deleted_at: when the app deleted it.
    """

    document_id: DocumentId
    index: int
    end_reason: str
    content: bytes
    metadata: bytes
    created_at: float
    ends_at: float
    taken_at: float | None = None
    by_event_grid: bool = False
    deleted_at: float | None = None

    @property
    def base(self) -> Location:
        return base_of(self.document_id)

    @property
    def content_location(self) -> Location:
        return Location(f"{self.base}/content/audio")

    @property
    def metadata_location(self) -> Location:
        return Location(f"{self.base}/content/acsmetadata")

    def member(self, **changes: object) -> dict[str, object]:
        """It, as an event announces it."""
        return {
            "documentId": self.document_id,
            "index": self.index,
            "endReason": self.end_reason,
            "contentLocation": self.content_location,
            "metadataLocation": self.metadata_location,
            "deleteLocation": self.base,
        } | changes


@dataclass(eq=False)
class TrueRecording:
    """One recording in truth. `is_ours`: the app has started it. `has_file`: it was not paused all the time.

    `is_told_active`: the service has said last that it records.
    """

    recording_id: RecordingId
    began_at: float
    is_ours: bool
    has_file: bool = True
    is_told_active: bool = False
    ended_at: float | None = None
    documents: list[Document] = field(default_factory=list)

    @property
    def whom(self) -> str:
        return whom_of(self.recording_id)
