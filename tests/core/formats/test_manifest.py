"""The manifest of a recording, out and back."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import InvalidRequest
from recording.core.formats.manifest import (
    ChunkMetadataBlob,
    Manifest,
    ManifestChunk,
    from_json,
    manifest_of,
    to_json,
)
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
from recording.core.outputs import VALID, parse_output_name

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

texts = st.text(max_size=6)
numbers = st.integers(0, 2**53)
moments = st.datetimes(min_value=datetime(2, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is drawn beside
chunks = st.builds(
    ManifestChunk,
    index=numbers,
    document_id=texts.map(DocumentId),
    blob=texts.map(BlobName),
    length=numbers,
    content_type=st.none() | texts,
    digest=st.builds(Digest, texts, numbers),
    etag=texts,
    verified_at=moments,
    metadata=st.none() | st.builds(ChunkMetadataBlob, texts.map(BlobName), numbers, texts),
    released_at=st.none() | moments,
    kept_reason=texts,
    end_reason=texts,
    notes=st.lists(texts, max_size=3).map(tuple),
)
manifests = st.builds(
    Manifest,
    recording_id=texts.map(RecordingId),
    call_id=st.none() | texts.map(CallId),
    server_call_id=st.none() | texts.map(ServerCallId),
    output=st.none() | st.sampled_from([facts.output for facts in VALID]),
    started_at=st.none() | moments,
    duration_ms=st.none() | numbers,
    session_end_reason=texts,
    revision=numbers,
    chunks=st.lists(chunks, max_size=3).map(tuple),
    lacks=st.lists(texts, max_size=3).map(tuple),
    doubts=st.lists(texts, max_size=3).map(tuple),
)


def test_a_manifest_reads_as_documented() -> None:
    """The whole file, letter by letter."""
    assert (
        to_json(manifest_of(ENTRY)).decode()
        == """\
{
  "schema": "recording-manifest/1",
  "recordingId": "r",
  "callId": "c",
  "serverCallId": "s",
  "output": {
    "content": "audio",
    "channel": "mixed",
    "format": "wav"
  },
  "startedAt": "2026-03-12T12:00:00Z",
  "durationMs": 60000,
  "sessionEndReason": "CallEnded",
  "revision": 2,
  "lacks": [],
  "doubts": [],
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
      "metadata": {
        "blob": "2026/r/0000-d.wav.metadata.json",
        "length": 700,
        "sha256": "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
      },
      "releasedAt": "2026-03-12T12:04:00Z",
      "keptReason": "",
      "endReason": "SessionEnded",
      "notes": [
        "its header was never filled in"
      ]
    }
  ]
}
"""
    )


@pytest.mark.parametrize("entry", [ENTRY, BARE], ids=["full", "bare"])
def test_an_entry_s_manifest_reads_back(entry: CatalogEntry) -> None:
    """With all that can be known, and with the least."""
    manifest = manifest_of(entry)

    assert manifest == from_json(to_json(manifest))


def test_what_is_not_known_is_null() -> None:
    """Absent, not guessed."""
    fields = json.loads(to_json(manifest_of(BARE)))

    assert {None} == {fields[name] for name in ("callId", "output", "startedAt", "durationMs")}
    assert {None} == {fields["chunks"][0][name] for name in ("contentType", "metadata", "releasedAt")}


@given(manifests)
def test_every_manifest_reads_back_and_is_written_alike(manifest: Manifest) -> None:
    """Nothing is lost, and equal manifests give equal bytes."""
    raw = to_json(manifest)

    assert manifest == from_json(raw)
    assert raw == to_json(from_json(raw))


def test_no_place_at_the_source_is_in_a_manifest() -> None:
    """It may be read by whoever may read the media."""
    assert b"https" not in to_json(manifest_of(ENTRY))


def test_a_recording_that_is_not_whole_has_a_manifest_of_what_there_is() -> None:
    """With what it lacks, in words; a chunk without a proof in the archive is not among its chunks."""
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
    manifest = manifest_of(replace(ENTRY, chunks=(CHUNK, apart)))

    assert ["d"] == [chunk.document_id for chunk in manifest.chunks]
    assert ("chunk 1 was never announced", "chunk 2 is in doubt and kept apart") == manifest.lacks
    assert manifest == from_json(to_json(manifest))


def test_durations_that_do_not_add_up_are_a_doubt_of_the_manifest() -> None:
    """All chunks are there, and yet something may be lacking."""
    manifest = manifest_of(replace(ENTRY, chunks=(replace(CHUNK, duration=timedelta(minutes=11)),)))

    assert ((), 1) == (manifest.lacks, len(manifest.doubts))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["schema"], "recording-manifest/2"),
        (["schema"], None),
        (["recordingId"], 5),
        (["callId"], 5),
        (["output"], "audio-mixed-wav"),
        (["output", "content"], None),
        (["startedAt"], "noon"),
        (["durationMs"], -1),
        (["durationMs"], 1.5),
        (["revision"], True),
        (["totals"], None),
        (["totals", "chunks"], "1"),
        (["chunks"], {}),
        (["chunks", 0], None),
        (["chunks", 0, "documentId"], None),
        (["chunks", 0, "length"], "1920044"),
        (["chunks", 0, "digest"], "abab"),
        (["chunks", 0, "digest", "algorithm"], "sha256"),
        (["chunks", 0, "digest", "blockSize"], None),
        (["chunks", 0, "verifiedAt"], None),
        (["chunks", 0, "metadata"], []),
        (["chunks", 0, "metadata", "blob"], 5),
        (["chunks", 0, "metadata", "sha256"], None),
        (["lacks"], None),
        (["lacks"], "nothing"),
        (["doubts"], {}),
        (["chunks", 0, "keptReason"], None),
        (["chunks", 0, "notes"], "none"),
        (["chunks", 0, "notes", 0], 5),
    ],
    ids=str,
)
def test_a_broken_field_is_refused_by_its_path(path: list[str | int], value: object) -> None:
    """Whoever reads a manifest hears what is wrong with it."""
    fields = json.loads(to_json(manifest_of(ENTRY)))
    spot = fields
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    spelt = "manifest" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)

    with pytest.raises(InvalidRequest) as refused:
        from_json(json.dumps(fields).encode())

    assert spelt == refused.value.field


def test_a_combination_that_is_no_output_is_refused() -> None:
    """By the same rule as everywhere."""
    raw = to_json(manifest_of(ENTRY)).replace(b'"content": "audio"', b'"content": "audioVideo"')

    with pytest.raises(InvalidRequest, match="audioVideo-mixed-wav"):
        from_json(raw)


def test_totals_must_be_those_of_the_chunks() -> None:
    """A manifest that was cut or edited contradicts itself."""
    with pytest.raises(InvalidRequest, match=r"manifest\.totals"):
        from_json(to_json(manifest_of(ENTRY)).replace(b'"length": 1920044', b'"length": 1', 1))


@pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff\xfe\xfd", b"[" * 200_000, b"[]", b"5"])
def test_what_is_no_manifest_is_refused(raw: bytes) -> None:
    """Any other file gets a clear answer."""
    with pytest.raises(InvalidRequest) as refused:
        from_json(raw)

    assert refused.value.field == "manifest"
