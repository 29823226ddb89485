"""What of a recording has been filed: written into the index, and beside its manifest."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.model import BlobName, CatalogEntry


@dataclass(frozen=True, slots=True)
class Filed:
    """A recording was filed as its manifest of this revision says, at that moment."""

    revision: int
    manifest: BlobName
    at: datetime


def is_to_file(entry: CatalogEntry, filed: Filed | None) -> bool:
    """Whether its manifest is written, and it has not been filed as that says."""
    recording = entry.recording
    if recording.completed_at is None or recording.manifest_name is None:
        return False
    return filed is None or filed.manifest != recording.manifest_name
