"""What the use cases need of the outside world. The docstrings are the contract, held by one suite for every adapter.

Every method raises `Transient` or `Permanent` errors of `core.errors` and nothing else: whatever else an adapter meets
comes out as `PortFailed` (`adapters.guarding`). Unless it says otherwise a method may be called twice with the same
arguments and by many threads at once.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from recording.core.blocks import StagedBlock
from recording.core.formats.messages import ChunkMessage
from recording.core.formats.notifications import OutgoingEvent
from recording.core.model import (
    BlobName,
    CallConnectionId,
    CatalogEntry,
    DocumentId,
    Location,
    Output,
    Proof,
    RecordingId,
    ServerCallId,
)


@dataclass(frozen=True, slots=True)
class CallLocator:
    """Which call to record: exactly one of the four is set."""

    server_call_id: ServerCallId | None = None
    group_call_id: str | None = None
    room_id: str | None = None
    call_connection_id: CallConnectionId | None = None


@dataclass(frozen=True, slots=True)
class StartOrder:
    """A recording to start. The same `request_id` (a UUID) never starts two, however often it is sent."""

    locator: CallLocator
    output: Output
    request_id: str
    first_sent: datetime
    pause_on_start: bool = False

    def is_same_as(self, other: "StartOrder") -> bool:
        """Whether both ask for the same recording of the same call, whatever the request's id and time."""
        return (self.locator, self.output, self.pause_on_start) == (other.locator, other.output, other.pause_on_start)


class Calls(Protocol):
    """Call Automation: start, state, pause, resume, stop."""

    def resolve(self, connection_id: CallConnectionId) -> ServerCallId | None:
        """The server call id of the call that has this connection; None where the service does not say it.

        Raises:
            ServiceBusy, ServiceRefused: ask again.
        """

    def start(self, order: StartOrder) -> RecordingId:
        """Start the recording that is ordered, or find it started by the same order.

        Raises:
            ServiceBusy, ServiceRefused: it may or may not be started: try again with the same order.
            CallRefused: nothing was started. The call is not there, not established, or recorded already, or the
                service refuses the order; it may refuse the same `request_id` for ever after. The service's own code
                is the id `code` of the error.
        """

    def state(self, recording_id: RecordingId) -> str:
        """`active` or `inactive` (paused, or over), as the service has it.

        Raises:
            CallRefused: with status 404 for a recording that is over or was never there.
        """

    def pause(self, recording_id: RecordingId) -> None:
        """Skip what follows, until `resume`.

        Raises:
            CallRefused: with status 404 for a recording that is over or was never there.
        """

    def resume(self, recording_id: RecordingId) -> None:
        """Record again, into the same chunk.

        Raises:
            CallRefused: with status 404 for a recording that is over or was never there.
        """

    def stop(self, recording_id: RecordingId) -> None:
        """End the recording; minutes later its file event comes.

        Raises:
            CallRefused: with status 404 for a recording that is over already.
        """


class Transfer(Protocol):
    """An open reply of the source. Not for two threads, but for `abort`, which any thread may call."""

    @property
    def location(self) -> Location:
        """Where the bytes came from, after redirects that were each checked."""

    @property
    def offset(self) -> int:
        """Of the first byte that will come; 0 when the source took no notice of the range."""

    @property
    def length(self) -> int | None:
        """How many bytes the reply says will come, fewer than were asked for perhaps; None when it does not say."""

    @property
    def total(self) -> int | None:
        """How long the whole content is; None when neither Content-Range nor a whole reply's Content-Length says."""

    @property
    def validators(self) -> str:
        """ETag and Last-Modified, a line each, empty where not sent; neither changes while the content is the same."""

    @property
    def content_type(self) -> str:
        """What the reply says it is; empty when it does not say. An error page may come as a success."""

    def readinto(self, view: memoryview) -> int:
        """Fill `view` as far as bytes come; 0 at their end.

        Raises:
            TransferBroken: when the connection breaks, or ends before `length`.
        """

    def abort(self) -> None:
        """Make `readinto` fail with TransferBroken, one that is blocked and every later one."""


class Source(Protocol):
    """The service's short-lived storage.

    A location is checked against the allow-list before anything is sent to it, and so is every redirect, which is
    then signed anew.
    """

    def open(self, location: Location, offset: int = 0, length: int | None = None) -> AbstractContextManager[Transfer]:
        """Ask for `length` bytes from `offset`, or for all; of a range that ends past the end, what there is comes.

        Raises:
            SourceGone: 404, 410.
            SourceNotReady: 400, or a reply that says that there is nothing in it.
            SourceRefused: 401, 403.
            SourceBusy: 408, 429, 5xx; with the seconds of Retry-After.
            SourceUnexpected: any other status; redirects without end.
            SourceUnreachable: no reply, or none that came in its time.
            TransferBroken: the reply contradicts itself.
            HostileLocation: the location, or a redirect, is not the service's; nothing was sent there.
        """

    def delete(self, location: Location, proof: Proof) -> bool:
        """Delete the chunk's content and metadata; True if it was done, False if the service knows of none (404, 410).

        The status alone tells, whatever the body is. A False is no evidence yet that the content is gone: only the
        content's own location can say so. The proof is what makes the call legal: the caller has just seen that the
        archive still holds it.

        Raises:
            SourceRefused: 401, 403.
            SourceBusy: 408, 429, 5xx; with the seconds of Retry-After.
            SourceUnexpected: any other status.
            SourceUnreachable: no reply: it may or may not be deleted; ask again.
            HostileLocation: the location, or a redirect, is not the service's; nothing was sent there.
        """


@dataclass(frozen=True, slots=True)
class ArchivedBlob:
    """A committed blob as the archive shows it. `labels` is its metadata (ASCII)."""

    length: int
    etag: str
    blob_metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BlockList:
    """The blocks of a committed blob in order; `length` and `etag` are those of the blob."""

    blocks: tuple[StagedBlock, ...]
    length: int
    etag: str


class Archive(Protocol):
    """One container of the customer's own storage. Nothing is ever overwritten."""

    def find(self, name: BlobName) -> ArchivedBlob | None:
        """The committed blob of that name, or None; staged blocks alone are no blob."""

    def staged(self, name: BlobName) -> tuple[StagedBlock, ...]:
        """The uncommitted blocks of that name; empty when there are none.

        Raises:
            BlobExists: a committed blob of that name stands already.
        """

    def stage(self, name: BlobName, block_id: str, content: memoryview) -> None:
        """Stage one block, with a checksum that the archive verifies on arrival.

        Raises:
            ArchiveDamaged: what arrived is not what was sent; nothing is staged.
            ArchiveBusy, ArchiveRefused: it may or may not be staged.
        """

    def commit(
        self, name: BlobName, block_ids: Sequence[str], blob_metadata: Mapping[str, str], content_type: str
    ) -> str:
        """Publish the blob of those blocks at once, if there is none of that name; its ETag.

        Raises:
            BlobExists: there is one, perhaps by our own commit whose reply was lost: look at it.
            StagedBlocksGone: a rival's commit or time has discarded the blocks.
        """

    def put(self, name: BlobName, content: memoryview, blob_metadata: Mapping[str, str], content_type: str) -> str:
        """Publish a blob that fits one request, if there is none of that name; its ETag. Checksum as in `stage`.

        Raises:
            BlobExists: there is one.
        """

    def committed(self, name: BlobName) -> BlockList | None:
        """The committed block list of a blob, or None when there is no blob."""

    def read(self, name: BlobName, offset: int, view: memoryview) -> int:
        """Fill `view` from `offset` of the committed blob; how many bytes there were."""


class Journal(Protocol):
    """The raw events, written before anything else."""

    def write(self, name: BlobName, body: bytes) -> None:
        """Keep the body under that name, for good; a name already there is left as it is."""


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


class ChunkQueue(Protocol):
    """The queue whose messages drive chunks on, for those that must come back at a moment of their own."""

    def put(self, step: ChunkMessage, delay: timedelta) -> None:
        """Put a message that becomes visible after `delay` (0 to 7 days); at least once.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be there; put it again.
        """


class Topic(Protocol):
    """The custom Event Grid topic for what the archive has to tell."""

    def publish(self, event: OutgoingEvent) -> None:
        """Publish at least once; nothing happens where no topic is set.

        Raises:
            ServiceBusy, ServiceRefused: try again.
        """
