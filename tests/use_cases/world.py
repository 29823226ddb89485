"""The use cases over fakes: a source, an archive, a catalog, a queue, and a clock that advances to the next message."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from recording.adapters.tokens import TokenCallers
from recording.bootstrap import compose
from recording.chunks.archiving import Archiving, Outcome
from recording.core.callers import KEY
from recording.core.deadlines import due_of, gone_by_of
from recording.core.errors import Permanent, RecordingError, Transient
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Announced, Announcement, open_at
from recording.core.model import (
    AnnouncedChunk,
    Authority,
    BlobName,
    CatalogEntry,
    Chunk,
    ChunkState,
    DocumentId,
    Door,
    FileEvent,
    Location,
    RecordingId,
)
from recording.events.taking import Reception
from recording.ports import Callers, Inventory
from tests.copying.copies import engine_of
from tests.core.media_files import chunk as riff_chunk
from tests.core.media_files import wav, wav_format
from tests.environments import settings_of
from tests.fakes import (
    FakeArchive,
    FakeBlobSource,
    FakeCalls,
    FakeCatalog,
    FakeConsents,
    FakeDirectory,
    FakeEventQueue,
    FakeIndex,
    FakeInventory,
    FakeJobQueue,
    FakeLedger,
    FakeLinks,
    FakeOpenWork,
    FakeOverflowCopies,
    FakePrompts,
    FakeQueue,
    FakeRecordQueue,
    FakeRemoval,
    FakeShelf,
    FakeSource,
    FakeThrottle,
    FakeTickQueue,
    FakeTombstones,
    FakeTopic,
    FakeTrail,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
RETENTION = timedelta(hours=24)
RECORDING = RecordingId("recording-1")
CONTAINER = "recordings"
NATIVE = "https://customer.blob.core.windows.net/calls"
"""The container into which the service itself may write."""
BLOCK = 4096
GIVEN_BACK = timedelta(minutes=3)
"""The host's visibility timeout after a failed function."""


def sound(seconds: float = 1.0, seed: int = 1) -> bytes:
    """A wav file like the service's, of so many seconds."""
    samples = int(seconds * 16_000)
    block = bytes((seed * 31 + value * 7) % 256 for value in range(997))
    return wav(
        riff_chunk(b"fmt ", wav_format()), riff_chunk(b"data", (block * (samples * 2 // 997 + 1))[: samples * 2])
    )


def metadata_of(document_id: str, index: int = 0, seconds: float = 1.0, **fields: object) -> bytes:
    """A metadata file like the service's."""
    found: dict[str, object] = {
        "chunkDocumentId": document_id,
        "chunkIndex": index,
        "chunkStartTime": "2026-03-01T11:59:00Z",
        "chunkDuration": seconds * 1000,
        "recordingInfo": {"contentType": "audio", "channelType": "mixed", "format": "wav"},
        "participants": [{"participantId": "8:acs:somebody"}],
    }
    return json.dumps(found | fields).encode()


@dataclass
class Clock:
    """The time of day, and the same clock in seconds."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class World:
    """The app, and the fakes around it."""

    authority: Authority = Authority.PROVEN
    settings: Mapping[str, str] = field(default_factory=dict)
    callers: Callers = field(default_factory=lambda: TokenCallers({}))
    clock: Clock = field(default_factory=Clock)
    source: FakeSource = field(default_factory=FakeSource)
    archive: FakeArchive = field(default_factory=FakeArchive)
    quarantine: FakeArchive = field(default_factory=FakeArchive)
    overflow: FakeArchive = field(default_factory=FakeArchive)
    native: FakeArchive = field(default_factory=FakeArchive)
    journal: FakeArchive = field(default_factory=FakeArchive)
    catalog: FakeCatalog = field(default_factory=FakeCatalog)
    open_work: FakeOpenWork = field(default_factory=FakeOpenWork)
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    throttle: FakeThrottle = field(default_factory=FakeThrottle)
    calls: FakeCalls = field(default_factory=FakeCalls)
    topic: FakeTopic = field(default_factory=FakeTopic)
    trail: FakeTrail = field(default_factory=FakeTrail)
    consents: FakeConsents = field(default_factory=FakeConsents)
    prompts: FakePrompts = field(default_factory=FakePrompts)
    letters: FakeArchive = field(default_factory=FakeArchive)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    event_queue: FakeEventQueue = field(default_factory=FakeEventQueue)
    index: FakeIndex = field(default_factory=FakeIndex)
    exports: FakeArchive = field(default_factory=FakeArchive)
    record_queue: FakeRecordQueue = field(default_factory=FakeRecordQueue)
    job_queue: FakeJobQueue = field(default_factory=FakeJobQueue)
    inventories: dict[str, Inventory] = field(default_factory=dict)
    """In place of what lists the fakes, by container."""
    given_back: list[ChunkMessage] = field(default_factory=list)
    errors: list[RecordingError] = field(default_factory=list)
    """Every error that left a use case, which the host would have seen."""

    def __post_init__(self) -> None:
        self.queue = FakeQueue(self.clock.now)
        self.tombstones = FakeTombstones(self.trail.archive)
        self.letters.now = self.journal.now = self.clock.now
        self.ticks = FakeTickQueue(self.clock.now)
        self.shelf = FakeShelf(self.archive)
        self.removals = {
            "archive": FakeRemoval(self.archive),
            "quarantine": FakeRemoval(self.quarantine),
            "journal": FakeRemoval(self.journal),
            "deadletters": FakeRemoval(self.letters),
            "overflow": FakeRemoval(self.overflow),
            "exports": FakeRemoval(self.exports),
        }
        self.archiving = self.worker()

    def worker(self, slice_seconds: float = 600.0) -> Archiving:
        """Compose another worker over the same fakes."""
        clock, settings = self.clock, settings_of(RELEASE_AT_SOURCE=self.authority, **self.settings)
        self.app = compose(
            replace(settings, copy=replace(settings.copy, slice_length=timedelta(seconds=slice_seconds))),
            callers=self.callers,
            calls=self.calls,
            prompts=self.prompts,
            consents=self.consents,
            source=self.source,
            archive=self.archive,
            plain_archive=self.archive,
            quarantine=self.quarantine,
            quarantined=FakeBlobSource(self.quarantine),
            overflow=self.overflow,
            overflowed=FakeBlobSource(self.overflow),
            overflow_copies=FakeOverflowCopies(self.overflow),
            natives={NATIVE: FakeBlobSource(self.native)},
            journal=self.journal,
            catalog=self.catalog,
            open_work=self.open_work,
            sweep_states=self.open_work,
            tick_queue=self.ticks,
            throttle=self.throttle,
            directory=self.directory,
            queue=self.queue,
            event_queue=self.event_queue,
            ledger=self.ledger,
            index=self.index,
            record_queue=self.record_queue,
            job_queue=self.job_queue,
            removals=self.removals,
            inventories={
                "archive": FakeInventory(self.archive),
                "quarantine": FakeInventory(self.quarantine),
                "overflow": FakeInventory(self.overflow),
            },
            exports=self.exports,
            links=FakeLinks(),
            dead_letters=FakeInventory(self.letters),
            journal_inventory=self.inventories.get("journal", FakeInventory(self.journal)),
            archive_inventory=self.inventories.get("archive", FakeInventory(self.archive)),
            trail_inventory=self.inventories.get("trail", FakeInventory(self.trail.archive)),
            export_inventory=FakeInventory(self.exports),
            shelf=self.shelf,
            checks={},
            topic=self.topic,
            tombstones=self.tombstones,
            trail=self.trail,
            engine=engine_of(self.source, block=BLOCK, monotonic=clock.monotonic),
            now=clock.now,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
        )
        self.updates = self.app.archiving.updates
        self.refusing = self.app.refusing
        self.receiving = self.app.receiving
        return self.app.archiving

    # The source

    def add(
        self,
        document_id: str = "document-0",
        index: int = 0,
        *,
        seconds: float = 1.0,
        content: bytes | None = None,
        metadata: bytes | None = None,
        end_reason: str = "SessionEnded",
    ) -> AnnouncedChunk:
        """Add a chunk to the source, with metadata; the chunk as an event announces it."""
        base = f"https://eu-api.asm.skype.com/v1/objects/{document_id}"
        chunk = AnnouncedChunk(
            DocumentId(document_id),
            index,
            Location(f"{base}/content/audio"),
            Location(f"{base}/content/acsmetadata"),
            Location(base),
            end_reason,
        )
        self.source.contents[chunk.content_location] = sound(seconds, index + 1) if content is None else content
        assert chunk.metadata_location is not None
        whole = metadata_of(document_id, index, seconds) if metadata is None else metadata
        if whole:
            self.source.contents[chunk.metadata_location] = whole
        return chunk

    def add_native(
        self,
        document_id: str = "document-0",
        index: int = 0,
        *,
        seconds: float = 1.0,
        content: bytes | None = None,
        metadata: bytes | None = None,
        is_late: bool = False,
    ) -> AnnouncedChunk:
        """Write a chunk into the native container as the service does, or only later; as an event announces it."""
        folder = "20260301/call-1/recording-1"
        names = f"{folder}/{index}-audio.{document_id}.wav", f"{folder}/{index}-acsmetadata.{document_id}.json"
        contents = (
            sound(seconds, index + 1) if content is None else content,
            metadata_of(document_id, index, seconds) if metadata is None else metadata,
        )
        for name, found in zip(names, contents, strict=True):
            if found and not is_late:
                self.native.put_as_stranger(BlobName(name), found)
        media, beside = (Location(f"{NATIVE}/{name}") for name in names)
        return AnnouncedChunk(DocumentId(document_id), index, media, beside, None, "SessionEnded")

    # The app

    def announce(
        self,
        *chunks: AnnouncedChunk,
        recording_id: RecordingId = RECORDING,
        door: Door = Door.EVENT_GRID,
        event_id: str = "event-1",
        event: FileEvent | None = None,
    ) -> None:
        """Apply an announcement, and queue its chunk messages."""
        now = self.clock.now()
        event = event or FileEvent(event_id, recording_id, chunks, at=now)
        announcements = tuple(
            Announcement(
                chunk,
                BlobName(f"{recording_id}/{chunk.index:04d}-{chunk.document_id}.wav"),
                due_of(event, now, RETENTION),
                gone_by_of(now, RETENTION),
            )
            for chunk in chunks
        )
        decision = self.updates.apply(event.recording_id, Announced(event, door, announcements))
        for document_id in decision.steps:
            self.queue.put(ChunkMessage(event.recording_id, document_id, now), timedelta())

    def deliver(self, raw: object, door: Door = Door.EVENT_GRID) -> Reception:
        """Receive a delivery at that door, and queue its chunk messages as the function does."""
        body = json.dumps(raw).encode()
        if door is Door.EVENT_GRID:
            received = self.receiving.receive_event(body)
        else:
            received = self.receiving.receive_request(body, from_event_grid=False, by=KEY)
        self._queue_rest(received)
        return received

    def take_events(self) -> list[Reception]:
        """Receive every message of the queue of events, as its function does, until none is left."""
        receptions = list[Reception]()
        while self.event_queue.messages:
            receptions.append(self.receiving.receive_message(self.event_queue.messages.pop(0).encode()))
            self._queue_rest(receptions[-1])
        return receptions

    def _queue_rest(self, received: Reception) -> None:
        for message in received.messages:
            self.queue.put(message, timedelta())
        self.event_queue.messages += received.later

    def hand_out(self, message: ChunkMessage) -> Outcome | None:
        """Hand one message to the app, as the function does; None if it fails.

        After a transient error the host puts it back. After a permanent error it is reported and acknowledged.
        """
        try:
            try:
                is_again = any(one is message for one in self.given_back)
                return self.archiving.archive_chunk(
                    message.recording_id, message.document_id, message.look_at, is_again=is_again
                )
            except Permanent as error:
                self.errors.append(error)
                self.refusing.refuse_message(message.to_message().encode(), error)
        except Transient as error:
            self.errors.append(error)
            self.give_back(message)
        return None

    def give_back(self, message: ChunkMessage) -> None:
        """Put a message back as the host does when its function failed or its process died."""
        self.given_back.append(message)
        self.queue.messages.append((self.clock.now() + GIVEN_BACK, message))

    def one(self) -> Outcome | None:
        """Hand out only the message that is visible first."""
        message = self.queue.take()
        assert message is not None
        self.clock.at = max(self.clock.at, message[0])
        return self.hand_out(message[1])

    def run(self, until: timedelta | None = None, most: int = 2000) -> None:
        """Hand out messages as they become visible, and advance the clock, until none is left or `until`."""
        end = None if until is None else START + until
        for _ in range(most):
            message = self.queue.take()
            if message is None:
                break
            if end is not None and message[0] > end:
                self.queue.messages.append(message)
                break
            self.clock.at = max(self.clock.at, message[0])
            self.hand_out(message[1])
        else:
            raise AssertionError("it does not come to an end")
        if end is not None:
            self.clock.at = max(self.clock.at, end)

    # Inspection

    def missing_rows(self) -> Iterator[str]:
        """Every entry that owes something without the row that stands for it: the sweep would not find it."""
        rows = {(row.recording_id, row.opening) for row in self.open_work.rows.values()}
        for recording_id, entry in self.catalog.entries.items():
            opening = entry.recording.opening
            if (open_at(entry) is None) != (opening.at is None):
                yield f"{recording_id} owes by {open_at(entry)}, and its opening is {opening}"
            if opening.at is not None and (recording_id, opening) not in rows:
                yield f"{recording_id} has no row"

    def entry(self, recording_id: RecordingId = RECORDING) -> CatalogEntry:
        """The catalog's entry of a recording."""
        found = self.catalog.load(recording_id)
        assert found is not None
        return found

    def chunk(self, document_id: str = "document-0", recording_id: RecordingId = RECORDING) -> Chunk:
        """The catalog's entry of a chunk."""
        found = self.entry(recording_id).chunk(DocumentId(document_id))
        assert found is not None
        return found

    def state(self, document_id: str = "document-0", recording_id: RecordingId = RECORDING) -> ChunkState:
        """The state of a chunk."""
        return self.chunk(document_id, recording_id).state

    def told(self) -> list[str]:
        """The types of all published events, in order."""
        return [str(event.event_type) for event in self.topic.received]

    def blobs(self) -> dict[str, bytes]:
        """All blobs in the archive except manifests."""
        return {str(name): blob.content for name, blob in self.archive.blobs.items() if ".manifest" not in name}

    def manifest(self) -> dict[str, object]:
        """The manifest written last."""
        name = self.entry().recording.manifest_name
        assert name is not None
        found: dict[str, object] = json.loads(self.archive.blobs[name].content)
        return found

    def remove(self, chunk: AnnouncedChunk) -> None:
        """Remove a chunk's objects from the source, as after its retention."""
        for location in list(self.source.contents):
            if location.startswith(chunk.content_location.partition("/content/")[0]):
                del self.source.contents[location]


@contextmanager
def assert_nothing_lost(world: World) -> Iterator[None]:
    """Assert afterwards that every object deleted at the source has equal bytes in the archive."""
    before = dict(world.source.contents)
    yield
    kept = {blob.content for blob in world.archive.blobs.values()}
    deleted = {location.rstrip("/") for location in world.source.deletions}
    for location, content in before.items():
        if location not in world.source.contents and location.partition("/content/")[0] in deleted:
            assert content in kept, f"{location} was deleted, and its bytes are nowhere"


def elsewhere(chunk: AnnouncedChunk, **locations: str | None) -> AnnouncedChunk:
    """The same chunk announced at other locations: `content`, `metadata`, `delete`."""
    changes = {f"{name}_location": None if place is None else Location(place) for name, place in locations.items()}
    return replace(chunk, **changes)  # type: ignore[arg-type]


def file_event_of(
    *chunks: AnnouncedChunk, recording_id: str = RECORDING, event_id: str = "event-1", **fields: object
) -> dict[str, object]:
    """The JSON of a file event that announces these chunks; `fields` belong to its data."""
    return {
        "id": event_id,
        "eventType": "Microsoft.Communication.RecordingFileStatusUpdated",
        "subject": f"/recording/call/call-1/recordingId/{recording_id}",
        "eventTime": "2026-03-01T12:00:00Z",
        "data": {
            "recordingStorageInfo": {
                "recordingChunks": [
                    {
                        "documentId": chunk.document_id,
                        "index": chunk.index,
                        "endReason": chunk.end_reason,
                        "contentLocation": chunk.content_location,
                        "metadataLocation": chunk.metadata_location,
                        "deleteLocation": chunk.delete_location,
                    }
                    for chunk in chunks
                ]
            },
            "recordingStartTime": "2026-03-01T11:59:00Z",
            "recordingDurationMs": 1000,
            **fields,
        },
    }
