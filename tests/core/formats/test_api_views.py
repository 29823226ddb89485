"""A recording as the API shows it: where its copies are, what is missing, what failed, and how long is left."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from recording.core.formats.api import Containers, recording_view
from recording.core.model import (
    OUTSIDE,
    PROVEN,
    Actor,
    AnnouncedChunk,
    BlobName,
    CallConnectionId,
    CallId,
    Candidate,
    CatalogEntry,
    Chunk,
    ChunkState,
    ConsentOperation,
    Continuation,
    Digest,
    DocumentId,
    Door,
    Failure,
    Location,
    MetadataProof,
    ParticipantKind,
    Pause,
    Place,
    Proof,
    Recording,
    RecordingId,
    RecordingState,
    ServerCallId,
    Subject,
    Unread,
)
from tests.core.entries_of import APPLIED, ATTESTED, DUE, GONE_BY, NATIVE, NOW, WAV, entry_of, native_chunk

CONTAINERS = Containers("recordings", "recordings-quarantine", "recordings-overflow")
METADATA = MetadataProof(BlobName("0000.wav.metadata.json"), 70, "cd" * 32, "etag-m")
PROOF = Proof(BlobName("0000.wav"), 100, Digest("ab" * 32, 64), "etag", NOW, METADATA)
APART = replace(PROOF, place=Place.QUARANTINE, metadata=None)
FAILURE = Failure(NOW, "read metadata", Subject.METADATA, "source_not_ready", "404 Not Found", "wait")


def chunk(state: ChunkState = ChunkState.ANNOUNCED, **fields: Any) -> Chunk:  # noqa: ANN401 - any of a chunk's fields
    """A chunk as it is in that state."""
    base = "https://eu-api.asm.skype.com/v1/objects/document-0"
    announced = AnnouncedChunk(
        DocumentId("document-0"), 0, Location(f"{base}/content"), Location(f"{base}/metadata"), Location(base)
    )
    candidate = Candidate(announced, "event", Door.EVENT_GRID, NOW)
    usual: dict[str, Any] = {
        "proof": PROOF if state in PROVEN else None,
        "proven": candidate if state in PROVEN else None,
        "released_at": NOW if state is ChunkState.RELEASED else None,
        "kept_reason": "told to" if state is ChunkState.KEPT else "",
        "doubts": ("too short",) if state is ChunkState.QUARANTINED else (),
        "look_at": DUE if state is ChunkState.QUARANTINED else None,
    }
    return Chunk(
        announced.document_id, BlobName("0000.wav"), (candidate,), DUE, GONE_BY, state=state, **(usual | fields)
    )


def view(*chunks: Chunk, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any of a recording's fields
    """The view of a recording with these chunks."""
    recording = Recording(RecordingId("r"), fields.pop("state", RecordingState.ANNOUNCED), **fields)
    return dict(recording_view(CatalogEntry(recording, chunks), NOW, CONTAINERS))


def view_of(one: Chunk) -> dict[str, Any]:
    """The view of this chunk."""
    (found,) = view(one)["chunks"]
    return dict(found)


def test_a_recording_just_started_has_no_chunks_and_nothing_due() -> None:
    """The state by the service is shown beside ours; what is not known is null."""
    started = Recording(RecordingId("r"), RecordingState.STARTED, output=WAV, requested_at=NOW)
    nothing = (
        "callId",
        "serverCallId",
        "callConnectionId",
        "groupCallId",
        "roomId",
        "durationMs",
        "announcedAt",
        "due",
        "interruptedAt",
        "continues",
        "continuedBy",
    )

    assert {
        "recordingId": "r",
        "state": "started",
        "serviceState": "active",
        "startedByThisApp": True,
        "output": {"content": "audio", "channel": "mixed", "format": "wav"},
        "rule": None,
        "startedAt": "2026-03-01T12:00:00Z",
        "fileExpected": True,
        "pauses": [],
        "attempt": 1,
        "participants": {},
        "consent": None,
        "lacks": [],
        "doubts": [],
        "unread": [],
        "revision": 1,
        "chunks": [],
        **dict.fromkeys((*nothing, "goneBy", "secondsLeft", "completedAt", "container", "manifest")),
    } == recording_view(CatalogEntry(started), NOW, CONTAINERS, "active")


def test_the_call_is_told_by_all_its_ids_and_who_started_it() -> None:
    """The ids name the call, but none of its participants."""
    found = view(
        call_id=CallId("c"),
        server_call_id=ServerCallId("s"),
        call_connection_id=CallConnectionId("cc"),
        group_call_id="g",
        room_id="m",
    )

    assert ["c", "s", "cc", "g", "m"] == [
        found[key] for key in ("callId", "serverCallId", "callConnectionId", "groupCallId", "roomId")
    ]
    assert found["startedByThisApp"] is False


def test_the_rule_and_the_consent_are_told() -> None:
    """Each in one place."""
    found = view(applied=APPLIED, consent=ATTESTED)

    assert ("rule", "long", "attested") == (found["rule"]["id"], found["rule"]["retention"], found["consent"]["kind"])
    assert "consent" not in found["rule"]


def test_pauses_gaps_and_kinds_of_participants_are_told() -> None:
    """The gap ends when this recording began, as far as is known."""
    found = view(
        requested_at=NOW,
        pauses=(
            Pause(NOW, OUTSIDE, NOW + timedelta(minutes=1), Actor("key:ann")),
            Pause(NOW + timedelta(minutes=2), Actor("key:ann")),
        ),
        interrupted_at=NOW + timedelta(minutes=3),
        continues=Continuation(RecordingId("earlier"), NOW - timedelta(minutes=1)),
        continued_by=RecordingId("later"),
        attempt=2,
        participants=((ParticipantKind.TEAMS_APP, 1),),
    )

    assert [
        {"from": "2026-03-01T12:00:00Z", "to": "2026-03-01T12:01:00Z", "by": "outside", "endedBy": "key:ann"},
        {"from": "2026-03-01T12:02:00Z", "to": None, "by": "key:ann", "endedBy": None},
    ] == found["pauses"]
    assert {
        "recordingId": "earlier",
        "gapFrom": "2026-03-01T11:59:00Z",
        "gapTo": "2026-03-01T12:00:00Z",
    } == found["continues"]
    told = ("later", 2, {"teamsApp": 1}, "2026-03-01T12:03:00Z")
    assert told == tuple(found[key] for key in ("continuedBy", "attempt", "participants", "interruptedAt"))


def test_a_recording_that_has_recorded_nothing_is_told_to_have_no_file() -> None:
    assert view(requested_at=NOW, failed_at=NOW)["fileExpected"] is False


@pytest.mark.parametrize("state", RecordingState)
def test_every_state_of_a_recording_is_told(state: RecordingState) -> None:
    assert state.value == view(state=state)["state"]


def test_a_released_chunk_says_where_its_proven_copies_are() -> None:
    """The view has container, name, length and digest of the media, and of its metadata file."""
    assert {
        "index": 0,
        "documentId": "document-0",
        "state": "released",
        "container": "recordings",
        "blob": "0000.wav",
        "length": 100,
        "digest": {"sha256OfBlocks": "ab" * 32, "blockSize": 64},
        "verifiedAt": "2026-03-01T12:00:00Z",
        "metadata": {"blob": "0000.wav.metadata.json", "length": 70, "sha256": "cd" * 32},
        "apart": None,
        "overflow": None,
        "lacks": [],
        "candidates": 1,
        "due": "2026-03-02T11:00:00Z",
        "goneBy": "2026-03-02T13:00:00Z",
        "nextLookAt": None,
        "tries": 0,
        "failures": {},
        "lastFailure": None,
        "releasedAt": "2026-03-01T12:00:00Z",
        "keptReason": None,
        "notes": ["noted"],
    } == view_of(chunk(ChunkState.RELEASED, notes=("noted",)))


def test_an_announced_chunk_has_no_copy_and_lacks_both_files() -> None:
    found = view_of(chunk())

    assert {None} == {
        found[key] for key in ("container", "blob", "length", "digest", "verifiedAt", "metadata", "apart")
    }
    assert ["media", "metadata"] == found["lacks"]


def test_while_the_metadata_is_late_the_media_is_told_as_archived() -> None:
    """The last failure says that it concerns the metadata file, when it was, and what an operator can do."""
    late = chunk(
        ChunkState.ARCHIVED,
        proof=replace(PROOF, metadata=None),
        failures=(("source_not_ready", 3),),
        last_failure=FAILURE,
        tries=3,
        look_at=DUE,
    )
    found = view_of(late)

    assert ("archived", "recordings", "0000.wav") == (found["state"], found["container"], found["blob"])
    assert (None, ["metadata"]) == (found["metadata"], found["lacks"])
    assert ({"source_not_ready": 3}, 3, "2026-03-02T11:00:00Z") == (
        found["failures"],
        found["tries"],
        found["nextLookAt"],
    )
    assert {
        "at": "2026-03-01T12:00:00Z",
        "operation": "read metadata",
        "subject": "metadata",
        "code": "source_not_ready",
        "cause": "404 Not Found",
        "hint": "wait",
    } == found["lastFailure"]


def test_a_failure_without_a_hint_has_none() -> None:
    """The hint is null, not an empty text."""
    assert view_of(chunk(last_failure=replace(FAILURE, hint="")))["lastFailure"]["hint"] is None


def test_what_stands_apart_is_told_with_its_container_and_the_reasons() -> None:
    """The view also says that there is no copy in the archive."""
    found = view_of(chunk(ChunkState.QUARANTINED, apart=APART))

    assert ("recordings-quarantine", "0000.wav", ["too short"]) == (
        found["apart"]["container"],
        found["apart"]["blob"],
        found["apart"]["reasons"],
    )
    assert (None, ["media", "metadata"]) == (found["blob"], found["lacks"])


def test_a_copy_in_overflow_is_told_and_is_no_copy_in_the_archive() -> None:
    found = view_of(chunk(overflow=replace(PROOF, place=Place.OVERFLOW), overflow_doubts=("too short",)))

    assert ("recordings-overflow", "0000.wav", ["too short"]) == (
        found["overflow"]["container"],
        found["overflow"]["blob"],
        found["overflow"]["reasons"],
    )
    assert (None, ["media", "metadata"]) == (found["blob"], found["lacks"])


def test_a_disputed_copy_stands_apart_where_it_stood() -> None:
    """It is in the archive's container: no copy is moved."""
    assert "recordings" == view_of(chunk(ChunkState.QUARANTINED, apart=PROOF))["apart"]["container"]


def test_a_doubt_without_a_copy_has_its_reasons_all_the_same() -> None:
    found = view_of(chunk(ChunkState.QUARANTINED))

    assert (None, None, ["too short"]) == (
        found["apart"]["container"],
        found["apart"]["blob"],
        found["apart"]["reasons"],
    )


def test_a_chunk_without_a_metadata_file_lacks_none() -> None:
    """A chunk whose event names no metadata file owes none."""
    proven = chunk(ChunkState.KEPT, proof=replace(PROOF, metadata=None))
    candidate = replace(proven.candidate, announced=replace(proven.announced, metadata_location=None))
    found = view_of(replace(proven, candidates=(candidate,), proven=candidate))

    assert ([], "kept", "told to") == (found["lacks"], found["state"], found["keptReason"])


def test_what_the_whole_lacks_and_what_is_doubtful_of_it_is_told() -> None:
    found = view(chunk(ChunkState.RELEASED, duration=timedelta(minutes=1)), duration=timedelta(hours=1))

    assert (1, []) == (len(found["doubts"]), found["lacks"])
    assert ["chunk 0 is not archived yet"] == view(chunk())["lacks"]


def test_members_that_could_not_be_read_are_told() -> None:
    """Each has the id of its event, and what is known of the chunk."""
    found = view(unread=(Unread("e", "no contentLocation", DocumentId("d"), 3), Unread("f", "not an object")))

    assert [
        {"eventId": "e", "cause": "no contentLocation", "documentId": "d", "index": 3},
        {"eventId": "f", "cause": "not an object", "documentId": None, "index": None},
    ] == found["unread"]


def test_the_manifest_is_told_with_its_container() -> None:
    found = view(
        chunk(ChunkState.RELEASED), manifest_name=BlobName("m.json"), completed_at=NOW, revision=2, started_at=NOW
    )

    assert ("recordings", "m.json", 2, "2026-03-01T12:00:00Z") == (
        found["container"],
        found["manifest"],
        found["revision"],
        found["completedAt"],
    )


def test_the_time_left_is_told_while_something_is_owed() -> None:
    """It is in seconds, until the earliest end of a source; negative after that."""
    owed, done = view(chunk()), view(chunk(ChunkState.RELEASED))
    late = recording_view(
        CatalogEntry(Recording(RecordingId("r"), RecordingState.ANNOUNCED, duration=timedelta(minutes=1)), (chunk(),)),
        DUE + timedelta(minutes=1),
        CONTAINERS,
    )

    assert ("2026-03-02T11:00:00Z", "2026-03-02T13:00:00Z", 23 * 3600) == (
        owed["due"],
        owed["goneBy"],
        owed["secondsLeft"],
    )
    assert (None, None) == (done["due"], done["secondsLeft"])
    assert (-60, 60_000) == (late["secondsLeft"], late["durationMs"])


def test_no_location_is_shown() -> None:
    """With one, and the service's key, anybody can download the recording; only their number is shown."""
    assert "skype" not in json.dumps(view(*map(chunk, ChunkState)))


def test_of_a_native_chunk_the_url_of_its_container_is_shown() -> None:
    found = recording_view(entry_of(native_chunk(0, ChunkState.KEPT)), NOW, CONTAINERS)

    assert isinstance(found["chunks"], list)
    assert NATIVE == found["chunks"][0]["container"]


def test_the_state_of_a_recording_names_no_participant_who_was_asked() -> None:
    """Not by the keyed hash either: to read it is no act on record."""
    who = f"{ParticipantKind.PHONE_NUMBER}-{'ab' * 16}"
    evidence = replace(ATTESTED, operations=(ConsentOperation("agreed", NOW, who=(who,), tone="one"),))
    found = view(consent=evidence)

    assert [ParticipantKind.PHONE_NUMBER] == found["consent"]["operations"][0]["who"]
    assert "ab" * 16 not in json.dumps(found)
