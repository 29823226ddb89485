"""The metadata file of a chunk, as documented, and with the deviations that were seen."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recording.core.errors import SourceNotReady
from recording.core.formats.metadata import ChunkMetadata, Participant, PausedInterval, parse_metadata
from recording.core.model import Channel, Content, DocumentId, Format, Output

DOCUMENTED = {
    "resourceId": "11111111-1111-1111-1111-111111111111",
    "callId": "call",
    "chunkDocumentId": "0-weu-d1-abc",
    "chunkIndex": 1,
    "chunkStartTime": "2026-03-12T12:00:05.1234567Z",
    "chunkDuration": 60000,
    "pauseResumeIntervals": [
        {"startTime": "2026-03-12T12:00:15Z", "duration": 5000},
        {"startTime": "2026-03-12T12:00:25Z", "duration": 2500.5},
    ],
    "recordingInfo": {
        "contentType": "audio",
        "channelType": "unmixed",
        "format": "wav",
        "audioConfiguration": {"sampleRate": 16000, "bitRate": 256000, "channels": 3},
        "videoConfiguration": {"longerSideLength": 1920, "framerate": 16},
    },
    "participants": [
        {"participantId": "8:acs:alice", "channel": 0},
        {"participantId": "8:acs:bob", "channel": "1"},
        {"participantId": "8:acs:carol"},
    ],
}
ALICE = {"participantId": "8:acs:alice"}
UNMIXED = Output(Content.AUDIO, Channel.UNMIXED, Format.WAV)


def read(**fields: object) -> ChunkMetadata:
    """Read a file with these fields, a document id and a participant."""
    return parse_metadata(json.dumps({"chunkDocumentId": "d", "participants": [ALICE]} | fields).encode())


def test_a_documented_file_is_read_whole() -> None:
    expected = ChunkMetadata(
        document_id=DocumentId("0-weu-d1-abc"),
        index=1,
        started_at=datetime(2026, 3, 12, 12, 0, 5, 123_456, tzinfo=UTC),
        duration=timedelta(minutes=1),
        paused=timedelta(milliseconds=7500.5),
        pauses=(
            PausedInterval(datetime(2026, 3, 12, 12, 0, 15, tzinfo=UTC), timedelta(seconds=5)),
            PausedInterval(datetime(2026, 3, 12, 12, 0, 25, tzinfo=UTC), timedelta(milliseconds=2500.5)),
        ),
        output=UNMIXED,
        channels=3,
        participants=(
            Participant("8:acs:alice", 0),
            Participant("8:acs:bob", 1),
            Participant("8:acs:carol", None),
        ),
    )

    found = parse_metadata(json.dumps(DOCUMENTED, indent=1).replace("\n", "\r\n").encode("utf-8-sig"))

    assert expected == found


def test_a_file_in_utf_16_is_read() -> None:
    assert parse_metadata(json.dumps(DOCUMENTED).encode("utf-16")).index == 1


def test_everything_but_the_document_id_may_be_missing() -> None:
    """Such files have been seen. A note says that no participant is named, as an export of personal data needs them."""
    assert parse_metadata(b'{"chunkDocumentId": "d"}') == ChunkMetadata(
        document_id=DocumentId("d"), notes=("participants in the metadata file names no one",)
    )


def test_even_the_document_id_may_be_missing() -> None:
    """The file is read, with a note."""
    found = read(chunkDocumentId=None)

    assert (found.document_id, found.makes_sense) == (None, True)
    assert found.notes == ("chunkDocumentId in the metadata file is missing",)


def test_numbers_come_as_text_or_with_fractions() -> None:
    """Public recordings of the service had them."""
    found = read(
        chunkIndex="2",
        chunkDuration=5580.0,
        recordingInfo={"audioConfiguration": {"channels": 1.0}},
    )

    assert (2, timedelta(milliseconds=5580), 1) == (found.index, found.duration, found.channels)
    assert found.notes == ()


def test_fields_are_found_in_any_case() -> None:
    """`framerate` has come as `frameRate`; other fields may vary likewise."""
    assert parse_metadata(b'{"ChunkDocumentID": "d", "chunkindex": 3}').index == 3


def test_swapped_content_and_channel_type_are_understood_and_noted() -> None:
    found = read(recordingInfo={"contentType": "mixed", "channelType": "audioVideo", "format": "mp4"})

    assert found.output == Output(Content.AUDIO_VIDEO, Channel.MIXED, Format.MP4)
    assert found.notes == ("recordingInfo.contentType and channelType in the metadata file are swapped",)


def test_an_output_that_cannot_be_told_is_noted() -> None:
    found = read(recordingInfo={"format": "wav"})

    assert found.output is None
    assert found.notes == (
        "recordingInfo.contentType, channelType and format in the metadata file do not tell one output",
    )


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"chunkDocumentId": 5}, "chunkDocumentId"),
        ({"chunkIndex": -1}, "chunkIndex"),
        ({"chunkIndex": 1.5}, "chunkIndex"),
        ({"chunkIndex": True}, "chunkIndex"),
        ({"chunkIndex": "two"}, "chunkIndex"),
        ({"chunkIndex": 10**400}, "chunkIndex"),
        ({"chunkIndex": []}, "chunkIndex"),
        ({"chunkStartTime": "soon"}, "chunkStartTime"),
        ({"chunkDuration": -1}, "chunkDuration"),
        ({"chunkDuration": 14_400_001}, "chunkDuration"),
        ({"recordingInfo": "audio"}, "recordingInfo"),
        ({"recordingInfo": {"audioConfiguration": []}}, "recordingInfo.audioConfiguration"),
        (
            {"recordingInfo": {"audioConfiguration": {"channels": "x"}}},
            "recordingInfo.audioConfiguration.channels",
        ),
        ({"pauseResumeIntervals": {}}, "pauseResumeIntervals"),
        ({"pauseResumeIntervals": [{}]}, "pauseResumeIntervals[].duration"),
        ({"pauseResumeIntervals": [{"duration": "x"}]}, "pauseResumeIntervals[].duration"),
        ({"pauseResumeIntervals": [5]}, "pauseResumeIntervals[]"),
        ({"participants": "everyone"}, "participants"),
        ({"participants": [{}]}, "participants[].participantId"),
        ({"participants": [{"participantId": 7}] * 100}, "participants[].participantId"),
    ],
)
def test_what_makes_no_sense_is_noted_once_by_its_path(fields: dict[str, object], path: str) -> None:
    """The field is ignored, and the media is archived."""
    found = read(**fields)

    assert any(note.startswith(f"{path} in the metadata file ") for note in found.notes)
    assert len(set(found.notes)) == len(found.notes)


def test_an_interval_or_participant_that_makes_no_sense_costs_no_other() -> None:
    """Only the broken one is ignored."""
    found = read(
        pauseResumeIntervals=[5, {"duration": 1000}],
        participants=[{"channel": 1}, {"participantId": "8:acs:alice", "channel": "left"}],
    )

    assert found.paused == timedelta(seconds=1)
    assert found.participants == (Participant("8:acs:alice", None),)


def test_pauses_longer_than_time_itself_are_summed_up() -> None:
    """The sum of two intervals of a hundred million days is the longest `timedelta`."""
    found = read(pauseResumeIntervals=[{"duration": 8e16}, {"duration": 8e16}])

    assert found.paused == timedelta.max


def test_no_repr_shows_a_participant() -> None:
    """A log of a metadata file contains no personal data."""
    found = parse_metadata(
        json.dumps(DOCUMENTED | {"participants": [{"participantId": "8:acs:alice"}, {"x": 1}]}).encode()
    )

    assert found.participants[0].participant_id == "8:acs:alice"
    assert "alice" not in f"{found} {found!r} {found.participants} {found.notes}"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"chunkStartTime": "2026-03-12T12:00:00Z", "chunkDuration": 60_000}, datetime(2026, 3, 12, 12, 1, tzinfo=UTC)),
        ({"chunkStartTime": "2026-03-12T12:00:00Z"}, None),
        ({"chunkDuration": 60_000}, None),
        ({"chunkStartTime": "9999-12-31T23:59:59Z", "chunkDuration": 60_000}, None),
    ],
)
def test_a_chunk_ends_a_duration_after_its_start(fields: dict[str, object], expected: datetime | None) -> None:
    """The end is None if one of them is not known, or if there is no such moment."""
    assert expected == read(**fields).ended_at


def test_a_number_of_thousands_of_digits_is_a_number() -> None:
    """The field is noted, and the others are read."""
    found = parse_metadata(b'{"chunkDocumentId": "d", "chunkIndex": ' + b"9" * 5000 + b"}")

    assert (found.document_id, found.index) == ("d", None)


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["duration", "participantId", "channels", "contentType", "x"]), inner, max_size=3
        ),
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first text drawn on a machine takes seconds
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(DOCUMENTED, anything)))
def test_no_object_breaks_the_reading(fields: dict[str, object]) -> None:
    """A file with any values is read, or refused as not there yet."""
    found = parse_metadata(json.dumps(fields).encode())

    assert len(found.notes) < 40
    assert found.paused >= timedelta()
    assert found.makes_sense == bool(fields)


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reading(raw: bytes) -> None:
    with suppress(SourceNotReady):
        assert isinstance(parse_metadata(raw), ChunkMetadata)
