"""What is known of each recording, of starts, and of who owns an object at the source."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from recording.core.model import CatalogEntry, DocumentId, RecordingId
from recording.ports.calls import StartOrder


@dataclass(frozen=True, slots=True)
class StartClaim:
    """The one start of what `key` names: a call in an output, or a caller's request id.

    Attributes:
        order: what is sent to the service, the same by everyone who finds this claim.
        asked_by: the event or the request that the recording was started for.
        made_at: when it was made.
        recording_id: what was started; None while that is not known.
        version: the catalog's own mark of what was read, handed back on `settle`.
    """

    key: str
    order: StartOrder
    asked_by: str
    made_at: datetime
    recording_id: RecordingId | None = None
    version: str = field(default="", compare=False)


class Catalog(Protocol):
    """What we know of each recording. It can be rebuilt from Blob; it is never the only proof."""

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """The entry as last saved, or None.

        Raises:
            NewerSchema: a newer version of the app has saved it, in a form that this one does not know.
            EntryUnreadable: what is stored is not an entry of this recording.
        """

    def save(self, entry: CatalogEntry) -> CatalogEntry:
        """Store the entry, all of it or nothing, if nobody has since it was loaded; the entry with its new version.

        Raises:
            CatalogConflict: somebody has: load it again and decide again. An entry of a newer version of the app is
                never replaced: it was either not loaded, or has changed since.
            EntryTooLarge: it has more in it than one entry can hold.
            CatalogRefused: there is something in it that can never be stored.
        """

    def claim(self, claim: StartClaim) -> StartClaim:
        """Make this claim unless its key is taken; the claim that stands, first come first served."""

    def find_claim(self, key: str) -> StartClaim | None:
        """The claim of that key, or None."""

    def settle(self, claim: StartClaim) -> StartClaim:
        """Put this claim in the place of the one whose `version` it carries, if that still stands; what stands then."""

    def own(
        self, object_key: str, recording_id: RecordingId, document_id: DocumentId
    ) -> tuple[RecordingId, DocumentId]:
        """Make the source object of that key this chunk's unless it is another's; whose it is, and stays."""
