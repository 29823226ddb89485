"""The manifest of a recording."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from recording.core.formats.manifest import manifest_json, says_the_same
from recording.core.model import (
    AnnouncedChunk,
    BlobName,
    CallId,
    Candidate,
    CatalogEntry,
    Chunk,
    ChunkState,
    Digest,
    DocumentId,
    Door,
    Location,
    MetadataProof,
    Proof,
    Recording,
    RecordingId,
    RecordingState,
    ServerCallId,
)
from recording.core.outputs import parse_output_name
from tests.core.entries_of import APPLIED, ATTESTED, NATIVE, NOW, chunk, entry_of, metadata_proof, native_chunk

NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
PROOF = Proof(
    name=BlobName("2026/r/0000-d.wav"),
    length=1_920_044,
    digest=Digest("ab" * 32, 8 << 20),
    etag='"0x8D"',
    verified_at=NOON + timedelta(minutes=3),
    metadata=MetadataProof(BlobName("2026/r/0000-d.wav.metadata.json"), 700, "cd" * 32, '"0x8E"'),
)
CANDIDATE = Candidate(
    AnnouncedChunk(
        document_id=DocumentId("d"),
        index=0,
        content_location=Location("https://x.asm.skype.com/content"),
        metadata_location=Location("https://x.asm.skype.com/metadata"),
        delete_location=Location("https://x.asm.skype.com/delete"),
        end_reason="SessionEnded",
    ),
    event_id="e",
    door=Door.EVENT_GRID,
    seen_at=NOON + timedelta(minutes=2),
)
CHUNK = Chunk(
    document_id=DocumentId("d"),
    name=PROOF.name,
    candidates=(CANDIDATE,),
    due=NOON + timedelta(hours=24),
    gone_by=NOON + timedelta(hours=25),
    state=ChunkState.RELEASED,
    proof=PROOF,
    proven=CANDIDATE,
    duration=timedelta(seconds=60),
    released_at=NOON + timedelta(minutes=4),
    notes=("its header was never filled in",),
)
ENTRY = CatalogEntry(
    recording=Recording(
        recording_id=RecordingId("r"),
        state=RecordingState.RELEASED,
        output=parse_output_name("audio-mixed-wav"),
        call_id=CallId("c"),
        server_call_id=ServerCallId("s"),
        started_at=NOON,
        duration=timedelta(minutes=1, microseconds=1),
        session_end_reason="CallEnded",
        revision=2,
    ),
    chunks=(CHUNK,),
)
KEPT = replace(
    CHUNK,
    state=ChunkState.KEPT,
    proof=replace(PROOF, metadata=None),
    released_at=None,
    kept_reason="releasing is off",
    notes=(),
)
BARE = CatalogEntry(Recording(RecordingId("r"), RecordingState.ARCHIVED), (KEPT,))


def test_a_manifest_reads_as_documented() -> None:
    assert (
        manifest_json(ENTRY).decode()
        == """\
{
  "schema": "recording-manifest/1",
  "recordingId": "r",
  "callId": "c",
  "serverCallId": "s",
  "callConnectionId": null,
  "groupCallId": null,
  "roomId": null,
  "requestedAt": null,
  "stoppedAt": null,
  "announcedAt": null,
  "output": {
    "content": "audio",
    "channel": "mixed",
    "format": "wav"
  },
  "startedAt": "2026-03-12T12:00:00Z",
  "durationMs": 60000,
  "sessionEndReason": "CallEnded",
  "rule": null,
  "revision": 2,
  "pauses": [],
  "continues": null,
  "continuedBy": null,
  "consent": null,
  "lacks": [],
  "doubts": [],
  "unread": [],
  "totals": {
    "chunks": 1,
    "length": 1920044
  },
  "chunks": [
    {
      "index": 0,
      "documentId": "d",
      "blob": "2026/r/0000-d.wav",
      "length": 1920044,
      "contentType": "audio/wav",
      "digest": {
        "algorithm": "sha256-of-block-sha256",
        "value": "abababababababababababababababababababababababababababababababab",
        "blockSize": 8388608
      },
      "etag": "\\"0x8D\\"",
      "verifiedAt": "2026-03-12T12:03:00Z",
      "byItsOwnWord": false,
      "metadata": {
        "blob": "2026/r/0000-d.wav.metadata.json",
        "length": 700,
        "sha256": "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
        "etag": "\\"0x8E\\""
      },
      "releasedAt": "2026-03-12T12:04:00Z",
      "keptReason": "",
      "endReason": "SessionEnded",
      "durationMs": 60000,
      "pausedMs": 0,
      "notes": [
        "its header was never filled in"
      ],
      "source": {
        "eventId": "e",
        "door": "eventGrid",
        "seenAt": "2026-03-12T12:02:00Z",
        "native": [],
        "namesMetadata": true,
        "dueAt": "2026-03-13T12:00:00Z",
        "goneBy": "2026-03-13T13:00:00Z"
      }
    }
  ],
  "apart": []
}
"""
    )


def test_a_manifest_says_by_which_rule_and_on_which_consent() -> None:
    """So that both can be known from the archive alone."""
    fields = json.loads(
        manifest_json(replace(ENTRY, recording=replace(ENTRY.recording, applied=APPLIED, consent=ATTESTED)))
    )

    assert {
        "id": "rule",
        "policy": "0" * 64,
        "reason": "why",
        "retention": "long",
        "template": None,
        "storage": "archive",
    } == fields["rule"]
    assert ("attested", "contract", "somebody", "2026-03-01T11:59:00Z", "2026-03-01T12:00:00Z") == tuple(
        fields["consent"][name] for name in ("kind", "basis", "by", "at", "notedAt")
    )


def test_what_is_not_known_is_null() -> None:
    """Every field is there, so that a reader need not tell absent from null."""
    fields = json.loads(manifest_json(BARE))

    assert fields.keys() == json.loads(manifest_json(ENTRY)).keys()
    assert {None} == {fields[name] for name in ("callId", "output", "startedAt", "durationMs")}
    assert {None} == {fields["chunks"][0][name] for name in ("contentType", "metadata", "releasedAt")}


def test_no_place_at_the_source_is_in_a_manifest() -> None:
    """Whoever may read the media may read the manifest, and must not be able to download from the source."""
    assert b"https" not in manifest_json(ENTRY)


def test_a_recording_that_is_not_whole_has_a_manifest_of_what_there_is() -> None:
    """It says in words what it lacks; a chunk without a proof in the archive is not among its chunks."""
    announced = replace(CHUNK, state=ChunkState.ANNOUNCED, proof=None, proven=None, released_at=None)
    full = replace(CANDIDATE, announced=replace(CANDIDATE.announced, document_id=DocumentId("f"), index=2))
    apart = replace(
        announced,
        document_id=DocumentId("f"),
        candidates=(full,),
        state=ChunkState.QUARANTINED,
        apart=PROOF,
        doubts=("too short",),
    )
    fields = json.loads(manifest_json(replace(ENTRY, chunks=(CHUNK, apart))))

    assert ["d"] == [chunk["documentId"] for chunk in fields["chunks"]]
    assert ["chunk 1 was never announced", "chunk 2 is in doubt and kept apart"] == fields["lacks"]
    assert {"chunks": 1, "length": PROOF.length} == fields["totals"]


def test_durations_that_do_not_add_up_are_a_doubt_of_the_manifest() -> None:
    """Every chunk is archived, but their durations differ from the event's."""
    fields = json.loads(manifest_json(replace(ENTRY, chunks=(replace(CHUNK, duration=timedelta(minutes=11)),))))

    assert ([], 1) == (fields["lacks"], len(fields["doubts"]))


def test_two_manifests_may_differ_in_when_a_chunk_was_released_and_in_nothing_else() -> None:
    """A note that looks like such a time is text, and a release is not a source that was kept."""
    released = chunk(0, ChunkState.RELEASED)
    later = replace(released, released_at=NOW + timedelta(seconds=1))
    noted = chunk(0, ChunkState.RELEASED, notes='"releasedAt": "x"')
    others = chunk(0, ChunkState.RELEASED, notes='"releasedAt": "y"')
    kept = chunk(0, ChunkState.KEPT)

    def same(one: Chunk, other: Chunk) -> bool:
        return says_the_same(manifest_json(entry_of(one)), manifest_json(entry_of(other)))

    assert same(released, later)
    assert [False, False] == [same(released, kept), same(noted, others)]


def test_what_stands_in_a_native_container_is_named_with_it() -> None:
    """The URL of the container and the name there lead to the media; neither has a signature."""
    native = native_chunk(0, ChunkState.KEPT)
    assert native.proof is not None
    proof = replace(native.proof, metadata=replace(metadata_proof(), container=NATIVE))
    found = json.loads(manifest_json(entry_of(replace(native, proof=proof), chunk(1, ChunkState.RELEASED))))

    in_place, archived = found["chunks"]
    assert (NATIVE, proof.name, NATIVE) == (in_place["container"], in_place["blob"], in_place["metadata"]["container"])
    assert "container" not in archived
    assert "container" not in archived["metadata"]
