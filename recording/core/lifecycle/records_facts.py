"""The facts about what is done with a recording after it was archived, as frozen values."""

from dataclasses import dataclass
from datetime import date

from recording.core.model import CatalogEntry, DocumentId, Proof, RecordingId, RemovalReason
from recording.core.retention import Choice


@dataclass(frozen=True, slots=True)
class ErasureBegun:
    """The recording is to be erased: whatever comes of it from now on is refused. Its tombstone is written after that.

    Of a recording that the catalog does not have, it says that the tombstone was found.
    """

    recording_id: RecordingId
    reason: RemovalReason


@dataclass(frozen=True, slots=True)
class Erased:
    """Nothing of the recording is left in any container or index."""


@dataclass(frozen=True, slots=True)
class Held:
    """A hold was placed on the recording."""

    hold_id: str


@dataclass(frozen=True, slots=True)
class HoldEnded:
    """A hold was taken off the recording."""

    hold_id: str


@dataclass(frozen=True, slots=True)
class EndDecided:
    """A person has decided about the end that the recording had then: to keep it `until` a day, or to delete it."""

    choice: Choice
    ends_on: date
    until: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Exported:
    """It, or what may be given of it, is in the package of an export.

    Attributes:
        export_id: of the export.
        rule: for the voices of others.
        outcome: whether all of it is in the package.
        purpose: in the words of whoever asked.
        hashes: SHA-256 of the package's list of hashes.
    """

    export_id: str
    rule: str
    outcome: str
    purpose: str
    hashes: str


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The catalog had no entry of the recording; `entry` is what the blobs say, which are named in `sources`.

    Of one that it has, only two things are taken over, each if it knows nothing of it: what was written anew when
    somebody was taken out, and its start.
    """

    entry: CatalogEntry
    sources: str


@dataclass(frozen=True, slots=True)
class UnlinkBegun:
    """An erasure begins to take somebody out of it; nobody else is taken out of it meanwhile."""

    erasure_id: str
    purpose: str
    is_muting: bool = False


@dataclass(frozen=True, slots=True)
class UnlinkGivenUp:
    """What was to be written anew cannot be proven: nobody is taken out of it by this erasure."""

    erasure_id: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What names them stands in the archive without them: the proofs of these chunks are of that from now on."""

    erasure_id: str
    proofs: tuple[tuple[DocumentId, Proof], ...]


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Nothing of the recording names them any more, in any container or index but what is kept on purpose."""

    erasure_id: str
