"""Assertions about the outcome of a scenario: blobs, source, catalog and published events."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Unpack
from urllib.parse import quote

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobBlock, ContainerClient
from azure.storage.queue import QueueClient

from local.acs.events import Event
from local.acs.faults import Fault, Trigger
from local.acs.model import Recording, StoredObject
from local.stack import CONTAINERS, TABLE, Stack, wait_for
from recording.adapters import clients
from recording.adapters.catalog import TableCatalog
from recording.core.errors import CatalogConflict
from recording.core.formats.messages import RecordMessage, Task
from recording.core.model import BlobName, Chunk, RecordingId
from recording.core.naming import encode, sibling_name
from recording.records.record_tasks import WAITS
from recording.settings import FILING_QUEUE

ARCHIVE, QUARANTINE, JOURNAL, DEAD_LETTERS = CONTAINERS
WAYS = ("direct", "redirected")
"""How content, metadata and deletes are served: at once, or by a regional host to which the first redirects."""
LEFT_TO_ITSELF = 60.0
"""A timeout in seconds for the longest scenario, far longer than any needs."""


@dataclass(frozen=True)
class Given:
    """A finished recording at the source, and the event that announces it."""

    stack: Stack
    recording: Recording
    event: Event

    @property
    def id(self) -> str:
        """Its recording id."""
        return self.recording.recording_id

    @property
    def chunks(self) -> list[StoredObject]:
        """Its chunks at the source, deleted ones included, in order."""
        return chunks_of(self.stack, self.recording)

    def arm(self, fault: str, index: int = 0, **trigger: Unpack[Trigger]) -> Fault:
        """Arm a fault only for one of its chunks."""
        return self.stack.acs.world.arm(fault, object_id=self.chunks[index].document_id, **trigger)

    def serve(self, way: str) -> None:
        """Serve its chunks in one of the `WAYS`."""
        for index, _chunk in enumerate(self.chunks if way == "redirected" else ()):
            self.arm("redirects", index)

    def publish(self, copies: int = 1) -> None:
        """Let Event Grid deliver its event."""
        self.stack.event_grid.publish(self.event, copies=copies)


def given(stack: Stack, chunks: Sequence[bytes | Path], **options: Any) -> Given:  # noqa: ANN401 - World.add_recording's
    """A finished recording that this app did not start; nothing is published yet."""
    known = set(stack.acs.world.recordings)
    event = stack.acs.world.add_recording(chunks, **options)
    recordings = stack.acs.world.recordings
    (new,) = set(recordings) - known
    return Given(stack, recordings[new], event)


def chunks_of(stack: Stack, recording: Recording) -> list[StoredObject]:
    """The recording's chunks at the source, deleted ones included, in order."""
    objects = stack.acs.world.objects
    return [objects[document] for document in recording.documents]


# --- what the app and its topic say ---


def view(stack: Stack, recording_id: str) -> dict[str, Any]:
    """The app's view of a recording; empty while it is unknown."""
    reply = stack.call("GET", f"recordings/{quote(recording_id, safe='')}")
    found: dict[str, Any] = reply.json() if reply.status_code == requests.codes.ok else {}
    return found


def chunk_view(stack: Stack, recording_id: str, index: int = 0) -> dict[str, Any]:
    """The app's view of a chunk; empty while it is unknown."""
    found = view(stack, recording_id).get("chunks", [])
    return next((chunk for chunk in found if chunk["index"] == index), {})


def failures(stack: Stack, recording_id: str, index: int = 0) -> int:
    """How many tries of a chunk have failed so far."""
    return sum(chunk_view(stack, recording_id, index).get("failures", {}).values())


def told(stack: Stack, kind: str, subject: str, of: str = "recordingId") -> dict[str, dict[str, Any]]:
    """The published events of a type about a recording, by event id: a duplicate has the same id."""
    return {
        event["id"]: event["data"]
        for event in stack.event_grid.topic.received
        if event["eventType"] == kind and event["data"].get(of) == subject
    }


def wait_completed(
    stack: Stack, recording_id: str, revision: int = 1, kind: str = "RecordingArchived"
) -> dict[str, Any]:
    """The one RecordingArchived event of that revision, once it is published and the catalog has noted it."""

    def found() -> list[dict[str, Any]]:
        return [body for body in told(stack, kind, recording_id).values() if body["revision"] == revision]

    (body,) = _wait(stack, recording_id, found, f"its {kind} event")
    _wait(stack, recording_id, lambda: view(stack, recording_id)["completedAt"], "the catalog to note its completion")
    return body


def wait_told(stack: Stack, kind: str, recording_id: str, index: int = 0) -> dict[str, Any]:
    """The one event of a type about a chunk, once it is published."""

    def found() -> list[dict[str, Any]]:
        document = chunk_view(stack, recording_id, index).get("documentId")
        return [body for body in told(stack, kind, recording_id).values() if body["documentId"] == document]

    (body,) = _wait(stack, recording_id, found, f"its {kind} event")
    return body


def wait_failures(stack: Stack, recording_id: str, count: int, index: int = 0) -> None:
    """Wait until so many tries of a chunk have failed: its message does come back."""
    _wait(stack, recording_id, lambda: failures(stack, recording_id, index) >= count, f"{count} failed tries")


def wait_state(stack: Stack, recording_id: str, state: str, index: int = 0) -> dict[str, Any]:
    """The app's view of a chunk, once it is in that state."""
    _wait(
        stack,
        recording_id,
        lambda: chunk_view(stack, recording_id, index).get("state") == state,
        f"chunk {index} to be {state}",
    )
    return chunk_view(stack, recording_id, index)


def _wait[T](stack: Stack, recording_id: str, found: Callable[[], T], what: str) -> T:
    try:
        return wait_for(found, f"{what}, of {recording_id}", LEFT_TO_ITSELF)
    except TimeoutError as error:
        error.add_note(f"the app says: {json.dumps(view(stack, recording_id))}")
        raise


def outlive(stack: Stack, recording_id: str) -> None:
    """Set `due` and `gone_by` of a recording's chunks to the past, so that their sources count as expired."""
    ended = datetime.now(UTC) - timedelta(seconds=1)
    rewrite(stack, recording_id, lambda chunk: replace(chunk, due=ended, gone_by=ended))


def rewrite(stack: Stack, recording_id: str, change: Callable[[Chunk], Chunk]) -> None:
    """Change the chunks of a recording in the catalog."""
    table = clients.table(TABLE, stack.azurite.connection_string)
    catalog = TableCatalog(table)

    def is_written() -> bool:
        entry = catalog.load(RecordingId(recording_id))
        assert entry is not None
        try:
            catalog.save(replace(entry, chunks=tuple(map(change, entry))))
        except CatalogConflict:
            return False
        return True

    with closing(table):
        wait_for(is_written, f"the catalog to take the entry of {recording_id}")


# --- blobs ---


def blobs_of(stack: Stack, container: str, recording_id: str) -> set[str]:
    """The names of a recording's committed blobs in a container."""
    mark = encode(recording_id)
    return {name for name in stack.container(container).list_blob_names() if mark in name}


def blob(container: ContainerClient, name: str) -> bytes:
    """The content of a blob."""
    return container.download_blob(name).readall()


def blob_name(found: Given, index: int = 0) -> str:
    """The name of a wav chunk by the default template."""
    began = datetime.fromisoformat(found.event["data"]["recordingStartTime"])
    document = found.recording.documents[index]
    return f"{began:%Y/%m/%d}/{encode(found.id)}/{index:04d}-{encode(document)}.wav"


def wait_staged(stack: Stack, name: str, count: int) -> list[BlobBlock]:
    """The staged blocks of a blob, once there are so many."""

    def found() -> list[BlobBlock]:
        try:
            staged: list[BlobBlock] = stack.container().get_blob_client(name).get_block_list("uncommitted")[1]
        except ResourceNotFoundError:
            return []
        return staged if len(staged) >= count else []

    return wait_for(found, f"{count} staged blocks of {name}", LEFT_TO_ITSELF)


def composite(content: bytes, block_size: int) -> str:
    """The expected digest of a manifest, computed independently: SHA-256 over the SHA-256 of the blocks."""
    whole = hashlib.sha256()
    for at in range(0, len(content), block_size):
        whole.update(hashlib.sha256(content[at : at + block_size]).digest())
    return whole.hexdigest()


# --- assertions ---


def assert_archived(
    stack: Stack,
    recording: Recording,
    *,
    revision: int = 1,
    released: bool = True,
    metadata: bool = True,
    apart: bool = False,
) -> dict[str, Any]:
    """Assert that every chunk is archived with metadata and manifest, the source released, one event published.

    Args:
        stack: the stack.
        recording: as the service has it.
        revision: of the manifest, counted from 1.
        released: whether the source must be deleted; if not, it must exist, with a reason.
        metadata: whether the source had a metadata file.
        apart: whether it was in quarantine before, so that a copy is in the quarantine container too.

    Returns:
        The manifest.
    """
    recording_id = recording.recording_id
    body = wait_completed(stack, recording_id, revision)
    container = stack.container()
    manifest: dict[str, Any] = json.loads(blob(container, body["manifest"]))
    sources = chunks_of(stack, recording)
    expected = {_manifest_of(body["manifest"], number) for number in range(1, revision + 1)}
    assert recording_id == manifest["recordingId"]
    assert [source.document_id for source in sources] == [chunk["documentId"] for chunk in manifest["chunks"]]
    for source, chunk in zip(sources, manifest["chunks"], strict=True):
        served = source.path.read_bytes()
        expected.add(chunk["blob"])
        assert served == blob(container, chunk["blob"])
        assert (source.index, len(served)) == (chunk["index"], chunk["length"])
        assert composite(served, chunk["digest"]["blockSize"]) == chunk["digest"]["value"]
        assert metadata == (chunk["metadata"] is not None)
        if chunk["metadata"] is not None:
            expected.add(chunk["metadata"]["blob"])
            assert source.metadata == blob(container, chunk["metadata"]["blob"])
        assert released == (not source.exists)
        assert released == (not chunk["keptReason"])
    assert expected == blobs_of(stack, ARCHIVE, recording_id) - _beside(expected)
    assert apart == bool(blobs_of(stack, QUARANTINE, recording_id))
    assert [
        {"index": chunk["index"], "documentId": chunk["documentId"], "blob": chunk["blob"], "length": chunk["length"]}
        for chunk in manifest["chunks"]
    ] == body["chunks"]
    assert ([], []) == (manifest["lacks"], manifest["doubts"])
    seen = view(stack, recording_id)
    assert ("released" if released else "archived") == seen["state"]
    assert {"released" if released else "kept"} == {chunk["state"] for chunk in seen["chunks"]}
    assert 1 == len([body for body in _endings(stack, recording_id) if body["revision"] == revision])
    return manifest


def _beside(names: set[str]) -> set[str]:
    """What filing and sealing write beside the manifests among these, some time later."""
    manifests = [BlobName(name) for name in names if ".manifest" in name]
    return {sibling_name(name, kind) for name in manifests for kind in ("people", "seal")}


def _endings(stack: Stack, recording_id: str) -> list[dict[str, Any]]:
    """The bodies of all published events that name a manifest of the recording."""
    return [
        body
        for kind in ("RecordingArchived", "RecordingIncomplete")
        for body in told(stack, kind, recording_id).values()
    ]


def assert_incomplete(stack: Stack, recording: Recording, lacks: str) -> dict[str, Any]:
    """Assert one alert that the recording is incomplete, with the reason, and a manifest of the existing chunks.

    Args:
        stack: the stack.
        recording: as the service has it.
        lacks: part of the text that says what is missing.

    Returns:
        The manifest.
    """
    recording_id = recording.recording_id
    body = wait_completed(stack, recording_id, kind="RecordingIncomplete")
    manifest: dict[str, Any] = json.loads(blob(stack.container(), body["manifest"]))
    objects = stack.acs.world.objects
    assert 1 == len(_endings(stack, recording_id))
    assert [] != [lack for lack in manifest["lacks"] if lacks in lack]
    assert manifest["lacks"] == body["lacks"] == view(stack, recording_id)["lacks"]
    for chunk in manifest["chunks"]:
        assert objects[chunk["documentId"]].path.read_bytes() == blob(stack.container(), chunk["blob"])
    return manifest


def _manifest_of(name: str, revision: int) -> str:
    stem = name.partition(".manifest")[0]
    return f"{stem}.manifest.json" if revision == 1 else f"{stem}.manifest-{revision}.json"


def assert_nothing_lost(stack: Stack, recording: Recording, index: int = 0) -> None:
    """Assert that a chunk with a lasting fault is still at the source, not in Blob, and that its message comes back."""
    wait_failures(stack, recording.recording_id, 2, index)
    source = chunks_of(stack, recording)[index]
    media = {
        name
        for container in (ARCHIVE, QUARANTINE)
        for name in blobs_of(stack, container, recording.recording_id)
        if encode(source.document_id) in name and not name.endswith(".metadata.json")
    }
    assert source.exists
    assert set() == media
    assert [] == _endings(stack, recording.recording_id)


def assert_quarantined(
    stack: Stack, recording: Recording, index: int = 0, *, kept: bool = True, metadata: bool = True
) -> str:
    """Assert that a chunk is in quarantine: source kept, retried, one alert, and a copy in the quarantine container.

    Args:
        stack: the stack.
        recording: as the service has it.
        index: of the chunk.
        kept: whether its media could be read, so that a whole copy must be in the quarantine container.
        metadata: whether its metadata could be read, so that it must be there too.

    Returns:
        The reason.
    """
    recording_id = recording.recording_id
    chunk = wait_state(stack, recording_id, "quarantined", index)
    source = chunks_of(stack, recording)[index]
    media = {name for name in blobs_of(stack, QUARANTINE, recording_id) if encode(source.document_id) in name}
    assert source.exists
    assert [] == _endings(stack, recording_id)
    assert "quarantined" == view(stack, recording_id)["state"]
    assert chunk["nextLookAt"] is not None
    alert = wait_told(stack, "RecordingQuarantined", recording_id, index)
    if kept:
        apart = chunk["apart"]["blob"]
        assert source.path.read_bytes() == blob(stack.container(chunk["apart"]["container"]), apart)
        assert {apart, *([f"{apart}.metadata.json"] if metadata else [])} == media
    else:
        assert (None, set()) == (chunk["apart"]["blob"], media)
    return str(alert["reason"])


def assert_metadata_owed(stack: Stack, recording: Recording, index: int = 0) -> str:
    """Assert that a chunk's media is proven, its source kept, its metadata missing, and an alert published.

    Returns:
        The reason.
    """
    recording_id = recording.recording_id
    told_once = wait_told(stack, "RecordingAtRisk", recording_id, index)
    chunk = chunk_view(stack, recording_id, index)
    source = chunks_of(stack, recording)[index]
    assert ("archived", ["metadata"]) == (chunk["state"], chunk["lacks"])
    assert source.path.read_bytes() == blob(stack.container(), chunk["blob"])
    assert source.exists
    assert [] == _endings(stack, recording_id)
    return str(told_once["reason"])


def journaled(stack: Stack, event_id: str) -> list[dict[str, Any]]:
    """The journal's blobs with an event id."""
    container = stack.container(JOURNAL)
    mark = encode(event_id)
    return [json.loads(blob(container, name)) for name in container.list_blob_names() if mark in name]


def assert_nothing_poisoned(stack: Stack) -> None:
    """Assert that the host has given up no message."""
    assert "queue.poisoned" not in (stack.folder / "host.log").read_text(encoding="utf-8")


def assert_nothing_leaked(stack: Stack, logged: str, secrets: Mapping[str, str]) -> None:
    """Assert that the log has no key, signature, URL or participant, and that no foreign host got a request.

    Args:
        stack: the stack.
        logged: the part of the host's log to check.
        secrets: texts that must not be in it, by the name under which they are reported.
    """
    assert set() == {name for name, secret in secrets.items() if secret in logged}
    lines = logged.replace(f"{stack.host.url}", "").splitlines()
    assert [] == [line for line in lines if "://" in line or "/v1/objects/" in line]
    assert [] == stack.acs.world.refused_hosts


def do_at_once(stack: Stack, recording_id: str, *tasks: Task) -> None:
    """Let tasks of a completed recording be done now: their own messages come later, and are put off by copies."""
    with QueueClient.from_connection_string(stack.azurite.connection_string, FILING_QUEUE) as queue:
        for task in tasks:
            queue.send_message(RecordMessage(RecordingId(recording_id), task, len(WAITS[task])).to_message())
