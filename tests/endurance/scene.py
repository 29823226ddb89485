"""The world that a run works in: real storage behind a proxy, the local source, a topic, and what they saw."""

import hashlib
import io
import json
import random
import uuid
import wave
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerClient

from local.acs import LocalAcs
from local.acs.faults import FAULTS, Fault, FaultBoard, Occasion
from local.acs.hosts import TOPIC_HOST
from local.acs.model import StoredObject
from local.faultproxy import FaultProxy
from local.stack import CONTAINERS, provision
from recording.bootstrap import compose
from recording.core.model import CatalogEntry, Chunk, ChunkState, RecordingId
from recording.core.naming import encode
from recording.settings import Settings
from tests.endurance.topic import SeamTopic
from tests.endurance.workers import Run, Workers

ARCHIVE, QUARANTINE, _JOURNAL = CONTAINERS
MEBIBYTE = 1 << 20
CONNECTIONS = 4
SETTINGS = {"COPY_BLOCK_MIB": "1", "COPY_MEMORY_MIB": "8", "COPY_CONNECTIONS": str(CONNECTIONS)}


def sound(length: int, seed: int) -> bytes:
    """A wav file of so many bytes, header included: 16-bit noise at 16 kHz that no two seeds share."""
    found = io.BytesIO()
    with wave.open(found, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16_000)
        writer.writeframes(random.Random(seed).randbytes(length - 44))
    return found.getvalue()


def composite(content: bytes, block_size: int = MEBIBYTE) -> str:
    """The digest that a proof should hold, worked out anew."""
    whole = hashlib.sha256()
    for at in range(0, len(content), block_size):
        whole.update(hashlib.sha256(content[at : at + block_size]).digest())
    return whole.hexdigest()


@dataclass(frozen=True, eq=False)
class Given:
    """A chunk that is announced and at the source."""

    scene: "Scene"
    source: StoredObject
    content: bytes

    @property
    def recording_id(self) -> str:
        """Whose chunk it is."""
        return self.source.recording_id

    @property
    def mark(self) -> str:
        """A text in the names of all its blobs."""
        return encode(self.recording_id)

    @property
    def step(self) -> tuple[str, str]:
        """What its queue message says."""
        return self.recording_id, self.source.document_id

    @property
    def entry(self) -> CatalogEntry:
        """What the catalog has of it."""
        found = self.scene.app.receiving.announcing.entries.load(RecordingId(self.recording_id))
        assert found is not None
        return found

    @property
    def chunk(self) -> Chunk:
        """The same, of the chunk."""
        return self.entry.chunks[0]

    @property
    def served(self) -> int:
        """Bytes of its content that the source has handed out."""
        return self.scene.acs.world.bytes_served(self.source.document_id)


class _Board(FaultBoard):
    """A fault board that sees every delete at the moment it comes, before it is done."""

    def __init__(self, seen: Callable[[str], Fault | None]) -> None:
        super().__init__()
        self._seen = seen

    def strike(self, occasion: Occasion) -> Fault | None:
        """See `FaultBoard.strike`."""
        if occasion.operation == "delete" and occasion.document_id and (fault := self._seen(occasion.document_id)):
            return fault
        return super().strike(occasion)


class Scene:
    """All of it; a context manager.

    Attributes:
        proxy: the way to the storage that misbehaves.
        acs: the source; `acs.world` is what tests look at and change.
        topic: what was published, and seams there.
        workers: where the app runs.
        on_delete: called when a delete comes for a document, before it is done; what it returns strikes.
        deletes: the document ids of all deletes, and what was wrong in the archive at that moment, if anything.
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
        self.acs.world.faults = _Board(self._delete_seen)
        self.workers: Workers

    def __enter__(self) -> Self:
        provision(self._real)
        for part in (self.blobs, self.proxy, self.acs):
            self._running.enter_context(part)
        self._running.enter_context(self.topic.serving(self.acs.certificates.server_context()))
        self.acs.tunnel.route(TOPIC_HOST, self.topic.port)
        self.workers = self._running.enter_context(Workers(self._folder / "workers.log"))
        self.app = compose(Settings.from_env(self.environment() | {"ARCHIVE_STORAGE": self._real}))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def environment(self, proxy: FaultProxy | None = None) -> dict[str, str]:
        """What a worker process gets, beside its settings."""
        return {
            **self.acs.environment(),
            **self.topic.environment(),
            "ARCHIVE_STORAGE": (proxy or self.proxy).connection_string,
            **SETTINGS,
        }

    def given(self, content: bytes, **options: Any) -> Given:  # noqa: ANN401 - World.add_recording's
        """A recording of one chunk that has ended, and is announced to the app; its step is not yet done."""
        event = self.acs.world.add_recording([content], **options)
        (announced,) = self.app.receiving.receive_event(json.dumps(event).encode()).steps
        found = Given(self, self.acs.world.objects[announced.document_id], content)
        self._given[announced.document_id] = found
        return found

    def replace(self, given: Given, content: bytes) -> Given:
        """The source now has other content under the same location."""
        path = given.source.path.with_name(f"{uuid.uuid4().hex}.wav")
        path.write_bytes(content)
        given.source.path, given.source.length = path, len(content)
        found = Given(self, given.source, content)
        self._given[given.source.document_id] = found
        return found

    def another_proxy(self) -> FaultProxy:
        """A way to the same storage whose faults strike nobody else; not yet started."""
        return FaultProxy(self._real)

    def start(
        self,
        *given: Given,
        proxy: FaultProxy | None = None,
        settings: dict[str, str] | None = None,
        **order: Any,  # noqa: ANN401 - JSON
    ) -> Run:
        """Let a new child do the steps of these chunks."""
        environment = self.environment(proxy) | (settings or {})
        return self.workers.start([one.step for one in given], environment, **order)

    def finish(self, *given: Given, **options: Any) -> list[str]:  # noqa: ANN401 - see `start`
        """Do the steps in a new child, once; how each ended, by outcome or error code."""
        return [_last(tries) for tries in self.start(*given, **options).wait()]

    def container(self, name: str = ARCHIVE) -> ContainerClient:
        """A container, past the proxy."""
        return self.blobs.get_container_client(name)

    def names(self, given: Given, container: str = ARCHIVE) -> set[str]:
        """All committed blobs of a recording."""
        return {name for name in self.container(container).list_blob_names() if given.mark in name}

    def blob(self, name: str, container: str = ARCHIVE) -> bytes:
        """All of a blob."""
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
        """Why the source must not be deleted now, or nothing."""
        names = self.names(given)
        chunk = given.chunk
        if {chunk.name, chunk.metadata_name} - names:
            return f"only {names} stand"
        if self.blob(chunk.name) != given.content or self.blob(chunk.metadata_name) != given.source.metadata:
            return "what stands is not what was recorded"
        if chunk.state not in {ChunkState.ARCHIVED, ChunkState.RELEASED} or chunk.proof is None:
            return f"the catalog has no proof: {chunk.state}"
        return ""


def _last(tries: Sequence[dict[str, str]]) -> str:
    return tries[-1].get("outcome") or tries[-1]["error"]


DROPPED = Fault(FAULTS["hang"], seconds=0.0)
"""A reply that never comes, to whoever is not there any more."""


def assert_archived(given: Given) -> None:
    """Byte for byte, once, with its metadata and manifest; the source deleted once that was safe; told once."""
    scene, chunk, entry = given.scene, given.chunk, given.entry
    assert (ChunkState.RELEASED, True) == (chunk.state, entry.recording.completed_at is not None)
    manifest_name = entry.recording.manifest_name
    assert manifest_name is not None
    assert {chunk.name, chunk.metadata_name, manifest_name} == scene.names(given)
    assert set() == scene.names(given, QUARANTINE)
    assert given.content == scene.blob(chunk.name)
    assert given.source.metadata == scene.blob(chunk.metadata_name)
    assert chunk.proof is not None
    block_size = chunk.proof.digest.block_size
    digest = composite(given.content, block_size)
    assert (digest, len(given.content)) == (chunk.proof.digest.sha256, chunk.proof.length)
    (listed,) = json.loads(scene.blob(manifest_name))["chunks"]
    assert (digest, block_size) == (listed["digest"]["value"], listed["digest"]["blockSize"])
    assert given.source.deleted is not None
    deletes = [wrong for document_id, wrong in scene.deletes if document_id == given.source.document_id]
    assert {""} == set(deletes)
    told = {event["id"] for event in scene.topic.received if event["data"]["recordingId"] == given.recording_id}
    assert 1 == len(told)


def assert_waiting(given: Given) -> None:
    """Nothing lost, nothing released, nothing told; no reader sees a part: the blob stands whole, or not at all."""
    scene, chunk = given.scene, given.chunk
    assert chunk.state in {ChunkState.ANNOUNCED, ChunkState.ARCHIVED}
    media = {name for name in scene.names(given) if not name.endswith(".metadata.json")}
    assert media <= {chunk.name}
    assert not media or given.content == scene.blob(chunk.name)
    assert set() == scene.names(given, QUARANTINE)
    assert given.source.exists
    assert [] == [event for event in scene.topic.received if event["data"]["recordingId"] == given.recording_id]


def assert_quarantined(given: Given, *, standing: bytes | None = None) -> None:
    """A whole copy stands apart, what stood in the way still stands, the source is there, a person was told once."""
    scene, chunk = given.scene, given.chunk
    assert ChunkState.QUARANTINED is chunk.state
    assert given.source.exists
    assert {chunk.name, chunk.metadata_name} == scene.names(given, QUARANTINE)
    assert given.content == scene.blob(chunk.name, QUARANTINE)
    assert chunk.proof is not None
    assert (composite(given.content), True) == (chunk.proof.digest.sha256, chunk.proof.in_quarantine)
    media = {name for name in scene.names(given) if not name.endswith(".metadata.json")}
    assert ({chunk.name} if standing is not None else set()) == media
    assert standing is None or standing == scene.blob(chunk.name)
    told = {event["id"]: event for event in scene.topic.received if event["data"]["recordingId"] == given.recording_id}
    assert ["RecordingQuarantined"] == [event["eventType"] for event in told.values()]
