"""A manifest is read as the entry that it was written from."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from recording.core.errors import ManifestUnreadable
from recording.core.formats.manifest import manifest_json
from recording.core.formats.records.manifests import NOT_KNOWN, read_manifest
from recording.core.model import (
    APP,
    UNKNOWN_LOCATION,
    CallConnectionId,
    CallId,
    CatalogEntry,
    ChunkState,
    ConsentOperation,
    Continuation,
    DocumentId,
    Door,
    Pause,
    Place,
    RecordingId,
    RecordingState,
    ServerCallId,
    Unlinking,
    Unread,
    WithdrawnConsent,
)
from tests.core.entries_of import (
    APPLIED,
    ATTESTED,
    MANIFEST,
    NATIVE,
    NOW,
    WAV,
    changed_recording,
    chunk,
    entry_of,
    metadata_proof,
    native_chunk,
    proof,
)

LATER = NOW + timedelta(hours=1)
RELEASED, KEPT = chunk(0, ChunkState.RELEASED), chunk(0, ChunkState.KEPT)
WHOLE = entry_of(
    replace(RELEASED, duration=timedelta(seconds=7), paused=timedelta(seconds=2)), state=RecordingState.RELEASED
)


def with_fields(**fields: object) -> CatalogEntry:
    return changed_recording(WHOLE, **fields)


OPERATION = ConsentOperation("played", NOW, "context", "event", "correlation", ("who",), "one")
LOST = chunk(1, ChunkState.LOST)
DOUBTED = replace(chunk(1, ChunkState.QUARANTINED, apart=True), look_at=None)
ENTRIES: dict[str, CatalogEntry] = {
    "whole": WHOLE,
    "kept": entry_of(KEPT),
    "without metadata": entry_of(chunk(0, ChunkState.KEPT, with_metadata=False)),
    "by its own word": entry_of(replace(KEPT, proof=replace(proof(), by_its_own_word=True))),
    "native": entry_of(native_chunk(0, ChunkState.KEPT)),
    "all native": entry_of(
        replace(
            native_chunk(0, ChunkState.KEPT),
            proof=replace(
                proof(), place=Place.NATIVE, container=NATIVE, metadata=replace(metadata_proof(), container=NATIVE)
            ),
        )
    ),
    "by key": entry_of(chunk(0, ChunkState.KEPT, door=Door.FUNCTION_KEY)),
    "open by key": entry_of(RELEASED, chunk(1, ChunkState.ARCHIVED, door=Door.FUNCTION_KEY)),
    "in doubt by key": entry_of(RELEASED, chunk(1, ChunkState.QUARANTINED, door=Door.FUNCTION_KEY)),
    "lost": entry_of(RELEASED, LOST),
    "given up": entry_of(RELEASED, replace(LOST, is_given_up=True)),
    "in doubt": entry_of(RELEASED, DOUBTED),
    "disputed": entry_of(RELEASED, replace(DOUBTED, is_disputed=True)),
    "in overflow": entry_of(
        RELEASED, replace(chunk(1, ChunkState.QUARANTINED), look_at=None, overflow=proof(1, place=Place.OVERFLOW))
    ),
    "native, in doubt": entry_of(RELEASED, replace(native_chunk(1, ChunkState.QUARANTINED), look_at=None)),
    "unread": with_fields(unread=(Unread("event", "no index", DocumentId("x"), 3), Unread("other", "no id"))),
    "of a call": with_fields(
        output=WAV,
        call_id=CallId("c"),
        server_call_id=ServerCallId("s"),
        call_connection_id=CallConnectionId("connection"),
        group_call_id="group",
        room_id="room",
        requested_at=NOW,
        stopped_at=LATER,
        started_at=NOW,
        duration=timedelta(seconds=5),
        session_end_reason="CallEnded",
        revision=3,
        applied=APPLIED,
    ),
    "native by rule": with_fields(applied=replace(APPLIED, native_container=NATIVE, template="{index}")),
    "paused": with_fields(pauses=(Pause(NOW, APP, LATER, APP), Pause(LATER, APP))),
    "joined": with_fields(continues=Continuation(RecordingId("r"), NOW), continued_by=RecordingId("s"), started_at=NOW),
    "consented": with_fields(
        consent=replace(
            ATTESTED, language="en-US", text_version="1", text_sha256="ab", operations=(OPERATION,), key="key"
        )
    ),
    "withdrawn": with_fields(consent=ATTESTED, withdrawn=WithdrawnConsent(NOW, APP, "why")),
    "withdrawn without consent": with_fields(withdrawn=WithdrawnConsent(NOW, APP)),
    "unlinked": with_fields(
        unlinked=(
            Unlinking("e-1", NOW, APP, "ab12", rewritten_at=NOW, finished_at=LATER),
            Unlinking("e-2", LATER, APP, "cd34", is_muting=True, rewritten_at=LATER),
        )
    ),
    "lacks": with_fields(lacks=("chunk 1 was never announced",)),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_a_manifest_is_read_as_it_was_written(name: str) -> None:
    """The manifest of what was read is the same, byte for byte."""
    entry = ENTRIES[name]
    body = manifest_json(entry)
    found = read_manifest(body, MANIFEST, LATER)

    assert body == manifest_json(found)
    assert (MANIFEST, LATER, entry.recording.revision) == (
        found.recording.manifest_name,
        found.recording.completed_at,
        found.recording.revision,
    )
    assert [one.state for one in entry] == [one.state for one in found]


def test_what_a_manifest_does_not_say_is_not_known() -> None:
    """Places at the source, and who began a pause, which may be people."""
    found = read_manifest(manifest_json(ENTRIES["paused"]), MANIFEST, LATER)

    (announced,) = (one.announced for one in found)
    assert (UNKNOWN_LOCATION, UNKNOWN_LOCATION, None) == (
        announced.content_location,
        announced.metadata_location,
        announced.delete_location,
    )
    assert [(NOT_KNOWN, NOT_KNOWN), (NOT_KNOWN, None)] == [(one.by, one.until_by) for one in found.recording.pauses]


def without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def test_a_manifest_of_an_earlier_version_is_read() -> None:
    """It says less: by which door a chunk came is not known then, so it counts as the one without authority."""
    fields = without(json.loads(manifest_json(WHOLE)), "unread", "apart", "announcedAt", "requestedAt", "roomId")
    (one,) = fields["chunks"]
    one = without(one, "source", "durationMs", "pausedMs", "byItsOwnWord")
    one["metadata"] = without(one["metadata"], "etag")
    found = read_manifest(json.dumps({**fields, "chunks": [one]}).encode(), MANIFEST, LATER)

    (found_one,) = found
    assert (Door.FUNCTION_KEY, LATER, LATER) == (found_one.candidate.door, found_one.due, found_one.gone_by)
    assert (RecordingState.RELEASED, LATER) == (found.recording.state, found.recording.announced_at)
    assert found_one.proof is not None
    assert found_one.proof.metadata is not None
    assert ("", UNKNOWN_LOCATION) == (found_one.proof.metadata.etag, found_one.announced.metadata_location)


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "of another schema": lambda fields: {**fields, "schema": "recording-manifest/2"},
    "no object": lambda fields: [fields],
    "without an id": lambda fields: without(fields, "recordingId"),
    "with a chunk without a proof": lambda fields: {**fields, "chunks": [without(fields["chunks"][0], "digest")]},
    "with a state that there is not": lambda fields: {
        **fields,
        "apart": [{**fields["chunks"][0], "name": "n", "state": "?"}],
    },
    "with an output that there is not": lambda fields: {**fields, "output": {"content": "smell"}},
    "with a lost chunk that was not copied whole": lambda fields: {
        **fields,
        "apart": [{**fields["chunks"][0], "name": "n", "state": "released"}],
    },
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_manifest_is_refused(wrong: str) -> None:
    body = json.dumps(WRONG[wrong](json.loads(manifest_json(WHOLE)))).encode()

    with pytest.raises(ManifestUnreadable) as caught:
        read_manifest(body, MANIFEST, LATER)
    assert MANIFEST == caught.value.ids["blob"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ManifestUnreadable):
        read_manifest(body, MANIFEST, LATER)
