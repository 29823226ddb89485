"""The catalog: an entry for each recording, a claim for each start, an owner for each object at the source."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from recording.core.model import AppliedRule, CatalogEntry, ConsentEvidence, DocumentId, RecordingId, StartOrder


@dataclass(frozen=True, slots=True)
class StartClaim:
    """The one start for `key`: a call and an output, or a caller's request id.

    Attributes:
        order: what is sent to the service, by everyone who reads this claim.
        asked_by: the event or request that the recording was started for.
        made_at: when the claim was made.
        retried_at: when its order was last about to be sent again; None if that was refused, or gave way.
        gave_way: whether its order was renewed only because another start of the call was first; nobody refused it.
        applied: the rule that allowed it.
        recording_id: what was started; None while that is unknown.
        consent: the evidence that it may be recorded: kept here before the order is sent.
        version: the ETag of what was read, sent as If-Match by `settle`.
    """

    key: str
    order: StartOrder
    asked_by: str
    made_at: datetime
    recording_id: RecordingId | None = None
    applied: AppliedRule | None = None
    consent: ConsentEvidence | None = None
    retried_at: datetime | None = None
    gave_way: bool = False
    version: str = field(default="", compare=False)


class Catalog(Protocol):
    """The catalog. It can be rebuilt from Blob, and is never the only proof."""

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """The entry as last saved, or None.

        Raises:
            NewerSchema: a newer version of the app saved it, in a schema that this version does not know.
            EntryUnreadable: the stored text is not an entry of this recording.
        """

    def save(self, entry: CatalogEntry) -> CatalogEntry:
        """Save the entry atomically, if it has not changed since it was loaded (If-Match); the entry as saved.

        Raises:
            CatalogConflict: it has changed: load and decide again. So an entry saved by a newer version of the app is
                never replaced.
            EntryTooLarge: it exceeds what one entity can hold.
            CatalogRefused: it contains something that the store rejects; a retry cannot succeed.
        """

    def claim(self, claim: StartClaim) -> StartClaim:
        """Insert this claim unless its key has one; the claim now stored. The first writer wins."""

    def find_claim(self, key: str) -> StartClaim | None:
        """The claim of that key, or None."""

    def settle(self, claim: StartClaim) -> StartClaim:
        """Replace the stored claim if it still has this claim's `version` (If-Match); the claim now stored."""

    def own(
        self, object_key: str, recording_id: RecordingId, document_id: DocumentId
    ) -> tuple[RecordingId, DocumentId]:
        """Make this chunk the owner of the source object, unless it has an owner; the owner. The first writer wins."""
