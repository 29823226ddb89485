"""The people document beside a manifest, and what a metadata file says for it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import ArchiveDamaged
from recording.core.formats.metadata import parse_metadata
from recording.core.formats.records.heard import chunk_people
from recording.core.formats.records.people import people_json, read_people
from recording.core.model import BlobName, DocumentId, ParticipantKind, RecordingId
from recording.core.records.people import ChunkPeople, Heard, PeopleDocument

K = ParticipantKind
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50)
HEARD = st.builds(Heard, TEXTS, st.sampled_from(K), st.none() | st.integers(0, 9))
CHUNKS = st.builds(
    ChunkPeople,
    st.builds(DocumentId, TEXTS),
    st.integers(0, 99),
    st.lists(HEARD, max_size=4).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
)
DOCUMENTS = st.builds(
    PeopleDocument, st.builds(RecordingId, TEXTS), st.builds(BlobName, TEXTS), st.lists(CHUNKS, max_size=4).map(tuple)
)


@given(DOCUMENTS)
def test_what_is_written_is_read(document: PeopleDocument) -> None:
    assert document == read_people(people_json(document))


GOOD: dict[str, object] = {
    "schema": "recording-people/1",
    "recordingId": "r",
    "manifest": "m",
    "chunks": [
        {"documentId": "d", "index": 0, "participants": [{"rawId": "8:acs:secret", "kind": "bot"}], "doubts": []}
    ],
}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "body"),
        (b"[]", "is no object"),
        (json.dumps(GOOD | {"schema": "recording-people/9"}).encode(), "schema"),
        (json.dumps(GOOD | {"recordingId": 1}).encode(), "recordingId"),
        (json.dumps(GOOD).replace('"bot"', '"cat"').encode(), "chunks[0].participants[0].kind"),
        (json.dumps(GOOD).replace('"kind": "bot"', '"kind": 1').encode(), "chunks[0].participants[0].kind"),
        (json.dumps(GOOD).replace('"doubts": []', '"doubts": 1').encode(), "chunks[0].doubts"),
    ],
)
def test_another_document_is_refused_by_its_place(body: bytes, place: str) -> None:
    """What it holds is not in the error."""
    with pytest.raises(ArchiveDamaged) as caught:
        read_people(body)

    assert place in str(caught.value)
    assert "secret" not in str(caught.value)


def metadata(**fields: object) -> bytes:
    return json.dumps({"chunkDocumentId": "d", "chunkIndex": 0} | fields).encode()


def test_the_participants_of_a_chunk_have_kind_and_channel() -> None:
    people = [{"participantId": "4:+1555", "channel": 1}, {"participantId": "8:acs:a_b"}]
    found = chunk_people(DocumentId("d"), 0, parse_metadata(metadata(participants=people)))

    assert (
        ChunkPeople(DocumentId("d"), 0, (Heard("4:+1555", K.PHONE_NUMBER, 1), Heard("8:acs:a_b", K.COMMUNICATION_USER)))
        == found
    )


@pytest.mark.parametrize(
    ("body", "doubt"),
    [
        (metadata(), "participants in the metadata file names no one"),
        (metadata(participants=[{"channel": 1}, {"participantId": "a"}]), "participants[].participantId"),
        (metadata(participants=[{"participantId": "a"}], chunkDocumentId="other"), "names another document"),
        (b'{"x": 1}', "has no field that is known"),
    ],
)
def test_what_may_hide_somebody_is_a_doubt(body: bytes, doubt: str) -> None:
    found = chunk_people(DocumentId("d"), 0, parse_metadata(body), "and another")

    assert "and another" == found.doubts[0]
    assert any(doubt in one for one in found.doubts), found.doubts


def test_what_is_wrong_elsewhere_in_the_file_is_no_doubt_about_people() -> None:
    body = metadata(participants=[{"participantId": "a"}], chunkDuration="long")

    assert () == chunk_people(DocumentId("d"), 0, parse_metadata(body)).doubts
