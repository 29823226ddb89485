"""The services around a worker: real storage behind a fault proxy, the local source and a topic, with what they saw."""

import base64
import hashlib
import io
import json
import random
import time
import uuid
import wave
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerClient

from local.acs import LocalAcs
from local.acs.fault_table import FAULTS
from local.acs.faults import Board, Fault, Occasion
from local.acs.model import RequestRecord, StoredObject
from local.faultproxy import FaultProxy
from local.net.hosts import TOPIC_HOST
from local.stack import CONTAINERS, OPEN_TABLE, TABLE, TRAIL, provision
from recording.adapters import clients
from recording.adapters.archive import BlobArchive
from recording.adapters.catalog import TableCatalog
from recording.adapters.open_work import TableDirectory, TableOpenWork
from recording.adapters.queue import StorageTickQueue
from recording.adapters.tombstones import BlobTombstones
from recording.bootstrap import compose
from recording.core.errors import Transient
from recording.core.formats.messages import ChunkMessage
from recording.core.model import CatalogEntry, Chunk, ChunkState, DocumentId, Place, Proof, RecordingId
from recording.core.naming import encode
from recording.settings import SWEEP_QUEUE, Settings
from tests.endurance.messages import Messages
from tests.endurance.topic import SeamTopic
from tests.endurance.workers import ENOUGH, Run, Try, Workers

ARCHIVE, QUARANTINE, _JOURNAL, _DEAD_LETTERS = CONTAINERS
MEBIBYTE = 1 << 20
CONNECTIONS = 4
SETTINGS = {
    "COPY_BLOCK_MIB": "1",
    "COPY_MEMORY_MIB": "8",
    "COPY_CONNECTIONS": str(CONNECTIONS),
    "RETRY_FIRST_SECONDS": "1",
}
MOST_TRIES = 10
_REFUSED = 400
DONE: Try = {"outcome": "done"}
WAITS: Try = {"outcome": "waits"}
CONTINUES: Try = {"outcome": "continues"}
ALREADY_RUNNING: Try = {"outcome": "already running"}


def sound(length: int, seed: int) -> bytes:
    """A wav file of so many bytes, header included: 16-bit noise at 16 kHz; no two seeds share a block."""
    found = io.BytesIO()
    with wave.open(found, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16_000)
        writer.writeframes(random.Random(seed).randbytes(length - 44))
    return found.getvalue()


def composite(content: bytes, block_size: int = MEBIBYTE) -> str:
    """The expected digest of a proof, computed independently."""
    whole = hashlib.sha256()
    for at in range(0, len(content), block_size):
        whole.update(hashlib.sha256(content[at : at + block_size]).digest())
    return whole.hexdigest()


@dataclass(frozen=True, eq=False)
class Given:
    """A chunk at the source that is announced to the app."""

    scene: "Scene"
    source: StoredObject
    content: bytes

    @property
    def recording_id(self) -> str:
        """The id of its recording."""
        return self.source.recording_id

    @property
    def mark(self) -> str:
        """A text that is in the names of all its blobs."""
        return encode(self.recording_id)

    @property
    def message(self) -> ChunkMessage:
        """Its queue message."""
        return ChunkMessage(RecordingId(self.recording_id), DocumentId(self.source.document_id))

    @property
    def entry(self) -> CatalogEntry:
        """The catalog's entry of its recording."""
        found = self.scene.app.receiving.announcing.updates.load(RecordingId(self.recording_id))
        assert found is not None
        return found

    @property
    def chunk(self) -> Chunk:
        """The catalog's entry of the chunk."""
        return self.entry.chunks[0]

    @property
    def failures(self) -> set[str]:
        """The codes of its failed tries; a slow run may fail again before it ends."""
        return {code for code, _ in self.chunk.failures}

    @property
    def served(self) -> int:
        """How many bytes of its content the source has sent."""
        return sum(one.bytes_sent for one in self._reads)

    @property
    def asked(self) -> list[set[int]]:
        """The blocks of its content in each successful request to the source, in order."""
        return [_blocks_of(one.range, len(self.content)) for one in self._reads]

    @property
    def staged(self) -> set[int]:
        """Its staged blocks, by the ids that the app gives them."""
        return {int.from_bytes(base64.urlsafe_b64decode(block_id)[:2]) for block_id, _ in self.scene.staged(self)}

    @property
    def _reads(self) -> list[RequestRecord]:
        mine = (self.source.document_id, "content")
        requests = self.scene.acs.world.requests
        return [one for one in requests if (one.document_id, one.operation) == mine and one.status < _REFUSED]


def _blocks_of(header: str | None, length: int) -> set[int]:
    first, last = (header or f"bytes=0-{length - 1}").removeprefix("bytes=").split("-")
    return set(range(int(first) // MEBIBYTE, min(int(last or length), length - 1) // MEBIBYTE + 1))


class _SeeingBoard(Board):
    """A fault board that is called for every delete before it is executed."""

    def __init__(self, seen: Callable[[str], Fault | None]) -> None:
        super().__init__()
        self._seen = seen

    def strike(self, occasion: Occasion) -> Fault | None:
        """See `FaultBoard.strike`."""
        if occasion.operation == "delete" and occasion.document_id and (fault := self._seen(occasion.document_id)):
            return fault
        return super().strike(occasion)


class Scene:
    """The whole scene; a context manager.

    Attributes:
        proxy: the fault proxy before the storage.
        acs: the source; tests read and change `acs.world`.
        topic: what was published; it can act before or after an event.
        workers: the processes that run the app.
        messages: what arrives from the queue of chunk messages.
        on_delete: called with the document id before a delete is executed; the fault that it returns occurs.
        deletes: the document ids of all deletes, each with what was wrong in the archive at that moment, if anything.
    """

    def __init__(self, folder: Path, connection_string: str) -> None:
        self._real = connection_string
        self._folder = folder
        self._running = ExitStack()
        self._given: dict[str, Given] = {}
        self.blobs = BlobServiceClient.from_connection_string(connection_string)
        self.proxy = FaultProxy(connection_string)
        self.acs = LocalAcs(folder / "acs", lambda _event: None)
        self.topic = SeamTopic()
        self.on_delete: dict[str, Callable[[], Fault | None]] = {}
        self.deletes: list[tuple[str, str]] = []
        self.acs.world.faults = _SeeingBoard(self._delete_seen)
        self.workers: Workers
        self.messages: Messages

    def __enter__(self) -> Self:
        provision(self._real)
        for part in (self.blobs, self.proxy, self.acs):
            self._running.enter_context(part)
        self._running.enter_context(self.topic.serving(self.acs.certificates.server_context()))
        self.acs.tunnel.route(TOPIC_HOST, self.topic.port)
        self.workers = self._running.enter_context(Workers(self._folder / "workers.log"))
        self.messages = self._running.enter_context(Messages(self._real))
        # The app never closes its connections: those that this process uses are made here, to be closed.
        table = self._running.enter_context(closing(clients.table(TABLE, self._real)))
        open_table = self._running.enter_context(closing(clients.table(OPEN_TABLE, self._real)))
        ticks = self._running.enter_context(clients.queue(SWEEP_QUEUE, self._real))
        requests = self._running.enter_context(clients.blob_requests(self.blobs))
        self.app = compose(
            Settings.from_env(self.environment() | {"ARCHIVE_STORAGE": self._real}),
            catalog=TableCatalog(table),
            open_work=TableOpenWork(open_table),
            sweep_states=TableOpenWork(open_table),
            tick_queue=StorageTickQueue(ticks),
            directory=TableDirectory(table),
            journal=BlobArchive(self.blobs, requests, _JOURNAL),
            tombstones=BlobTombstones(BlobArchive(self.blobs, requests, TRAIL)),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def environment(self, proxy: FaultProxy | None = None) -> dict[str, str]:
        """The environment of a worker process, without its settings."""
        return {
            **self.acs.environment(),
            **self.topic.environment(),
            "ARCHIVE_STORAGE": (proxy or self.proxy).connection_string,
            **SETTINGS,
        }

    def given(self, content: bytes, **options: Any) -> Given:  # noqa: ANN401 - World.add_recording's
        """A finished recording of one chunk, announced to the app; its message is not processed yet."""
        event = self.acs.world.add_recording([content], **options)
        (announced,) = self._delivered(json.dumps(event).encode())
        found = Given(self, self.acs.world.objects[announced.document_id], content)
        self._given[announced.document_id] = found
        return found

    def _delivered(self, event: bytes) -> list[ChunkMessage]:
        """The messages of an event, delivered until it is taken: a busy machine may not answer the app in time."""
        until = time.monotonic() + ENOUGH
        while not (reception := self.app.receiving.receive_event(event)).messages:
            if not isinstance(reception.failure, Transient | None) or time.monotonic() > until:
                raise reception.failure or TimeoutError(reception.outcomes)
        return reception.messages

    def replace(self, given: Given, content: bytes) -> Given:
        """Replace the content at the source; its location stays."""
        path = given.source.path.with_name(f"{uuid.uuid4().hex}.wav")
        path.write_bytes(content)
        given.source.path, given.source.length = path, len(content)
        found = Given(self, given.source, content)
        self._given[given.source.document_id] = found
        return found

    def another_proxy(self) -> FaultProxy:
        """Another fault proxy before the same storage, not started yet; its faults affect nobody else."""
        return FaultProxy(self._real)

    def start(
        self,
        *given: Given,
        proxy: FaultProxy | None = None,
        settings: dict[str, str] | None = None,
        **order: Any,  # noqa: ANN401 - JSON
    ) -> Run:
        """Let a new child process the message of each of these chunks once."""
        environment = self.environment(proxy) | (settings or {})
        messages = [(one.message.recording_id, one.message.document_id) for one in given]
        return self.workers.start(messages, environment, **order)

    def drive(self, *given: Given, tries: int = MOST_TRIES, **options: Any) -> list[list[Try]]:  # noqa: ANN401 - see `start`
        """Let workers process the messages until each is done, or `tries` times; the results of every try, by chunk.

        A chunk that waits or continues is tried again once its own message has arrived. After another failure it is
        tried again at once: in production the host would retry that message.
        """
        found: list[list[Try]] = [[] for _ in given]
        owed = list(range(len(given)))
        while owed:
            for at, ended in zip(owed, self.start(*(given[at] for at in owed), **options).wait(), strict=True):
                found[at].append(ended)
            owed = [at for at in owed if found[at][-1] not in (DONE, ALREADY_RUNNING) and len(found[at]) < tries]
            for at in owed:
                if found[at][-1] in (WAITS, CONTINUES):
                    self.messages.take(given[at].message)
        return found

    def finish(self, *given: Given, **options: Any) -> list[Try]:  # noqa: ANN401 - see `start`
        """Process the chunks until they are done; the last try of each."""
        return [tries[-1] for tries in self.drive(*given, **options)]

    def container(self, name: str = ARCHIVE) -> ContainerClient:
        """A container, accessed without the proxy."""
        return self.blobs.get_container_client(name)

    def names(self, given: Given, container: str = ARCHIVE) -> set[str]:
        """The names of all committed blobs of a recording."""
        return {name for name in self.container(container).list_blob_names() if given.mark in name}

    def blob(self, name: str, container: str = ARCHIVE) -> bytes:
        """The content of a blob."""
        return self.container(container).download_blob(name).readall()

    def staged(self, given: Given) -> list[tuple[str, int]]:
        """Ids and sizes of its uncommitted blocks."""
        blob = self.container().get_blob_client(given.chunk.name)
        try:
            return [(str(block.id), int(block.size)) for block in blob.get_block_list("uncommitted")[1]]
        except ResourceNotFoundError:
            return []

    def _delete_seen(self, document_id: str) -> Fault | None:
        given = self._given.get(document_id)
        if given is not None:
            self.deletes.append((document_id, self._unsafe(given)))
        act = self.on_delete.pop(document_id, None)
        return act() if act else None

    def _unsafe(self, given: Given) -> str:
        """Why the source must not be deleted now, or an empty text."""
        chunk = given.chunk
        if chunk.state not in {ChunkState.ARCHIVED, ChunkState.RELEASED} or chunk.proof is None:
            return f"the catalog has no proof: {chunk.state}"
        return _not_so(given, chunk.proof, Place.ARCHIVE)


def _not_so(given: Given, proof: Proof, place: Place) -> str:
    """How the blob in that container differs from the proof, or an empty text."""
    scene, container = given.scene, _CONTAINER_OF[place]
    metadata = proof.metadata
    if proof.place is not place or metadata is None:
        return f"it proves {'nothing' if metadata else 'no metadata'} in {place}"
    if not {proof.name, metadata.name} <= scene.names(given, container):
        return f"only {scene.names(given, container)} stand"
    said = (proof.length, proof.digest.sha256, metadata.length, metadata.sha256)
    for media, file in (
        (scene.blob(proof.name, container), scene.blob(metadata.name, container)),
        (given.content, given.source.metadata),
    ):
        digest = composite(media, proof.digest.block_size)
        if said != (len(media), digest, len(file), hashlib.sha256(file).hexdigest()):
            return "what is proven, what stands and what was recorded are not the same"
    return ""


_CONTAINER_OF = {Place.ARCHIVE: ARCHIVE, Place.QUARANTINE: QUARANTINE}


DROPPED = Fault(FAULTS["hang"], seconds=0.0)
"""A reply that never arrives, for a client that is gone."""


def told(given: Given) -> Counter[str]:
    """The number of events by type that the topic got about a recording; a duplicate is the same event."""
    found = {one["id"]: one for one in given.scene.topic.received if one["data"]["recordingId"] == given.recording_id}
    return Counter(one["eventType"] for one in found.values())


def assert_archived(given: Given, *, was_doubted: bool = False) -> None:
    """Assert one copy, byte for byte, with metadata and manifest; the source deleted after that; published once.

    If it was in quarantine before, a copy is left there, and that alert was published once as well.
    """
    scene, chunk, entry = given.scene, given.chunk, given.entry
    assert (ChunkState.RELEASED, True) == (chunk.state, entry.recording.completed_at is not None)
    assert chunk.proof is not None
    assert "" == _not_so(given, chunk.proof, Place.ARCHIVE)
    assert chunk.proof.metadata is not None
    manifest_name = entry.recording.manifest_name
    assert manifest_name is not None
    assert {chunk.name, chunk.proof.metadata.name, manifest_name} == scene.names(given)
    apart = {f"{chunk.name}{end}" for end in ("", ".metadata.json")} if was_doubted else set()
    assert apart == scene.names(given, QUARANTINE)
    (listed,) = json.loads(scene.blob(manifest_name))["chunks"]
    digest = chunk.proof.digest
    assert (digest.sha256, digest.block_size) == (listed["digest"]["value"], listed["digest"]["blockSize"])
    assert given.source.deleted is not None
    deletes = [wrong for document_id, wrong in scene.deletes if document_id == given.source.document_id]
    assert {""} == set(deletes)
    assert {"RecordingArchived": 1, **({"RecordingQuarantined": 1} if was_doubted else {})} == told(given)


def assert_waiting(given: Given) -> None:
    """Assert that nothing is lost, released or published, and that the blob is complete or does not exist."""
    scene, chunk = given.scene, given.chunk
    assert chunk.state in {ChunkState.ANNOUNCED, ChunkState.ARCHIVED}
    media = {name for name in scene.names(given) if not name.endswith(".metadata.json")}
    assert media <= {chunk.name}
    assert not media or given.content == scene.blob(chunk.name)
    assert set() == scene.names(given, QUARANTINE)
    assert given.source.exists
    assert {} == told(given)


def assert_quarantined(given: Given, *, standing: bytes | None = None) -> None:
    """Assert a whole copy in quarantine, the foreign blob unchanged, the source kept and retried, and one alert."""
    scene, chunk = given.scene, given.chunk
    assert ChunkState.QUARANTINED is chunk.state
    assert chunk.look_at is not None
    assert given.source.exists
    assert chunk.apart is not None
    assert "" == _not_so(given, chunk.apart, Place.QUARANTINE)
    assert {f"{chunk.name}{end}" for end in ("", ".metadata.json")} == scene.names(given, QUARANTINE)
    media = {name for name in scene.names(given) if not name.endswith(".metadata.json")}
    assert ({chunk.name} if standing is not None else set()) == media
    assert standing is None or standing == scene.blob(chunk.name)
    assert {"RecordingQuarantined": 1} == told(given)
