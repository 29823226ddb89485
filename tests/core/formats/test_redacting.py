"""Somebody is taken out of a metadata file; what is said of others, and of the chunk, stays."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.formats.metadata import is_without_names, parse_metadata, redacted, with_nobody
from recording.core.participants import names_nobody
from recording.core.records.traces import Traces

ANN, BOB = "8:acs:ann", "8:acs:bob"
FILE: dict[str, Any] = {
    "chunkDocumentId": "d-0",
    "chunkIndex": 3,
    "chunkStartTime": "2026-03-01T12:00:00Z",
    "chunkDuration": 60000,
    "pauseResumeIntervals": [{"startTime": "2026-03-01T12:00:10Z", "duration": 5000}],
    "recordingInfo": {
        "contentType": "audio",
        "channelType": "unmixed",
        "format": "wav",
        "audioConfiguration": {"channels": 2},
    },
    "participants": [{"participantId": ANN, "channel": 0}, {"participantId": BOB, "channel": 1}],
    "x": 1.5,
}


def named(text: str) -> bool:
    return Traces.of((), [ANN]).are_in_text(text)


def without(found: object) -> Any:  # noqa: ANN401 - any JSON
    after = redacted(json.dumps(found).encode(), named)
    assert isinstance(after, bytes)
    return json.loads(after)


def test_a_mark_stands_in_place_of_the_person_on_their_channel() -> None:
    mark = {"participantId": "taken-out:1", "channel": 0}
    assert {**FILE, "participants": [mark, FILE["participants"][1]]} == without(FILE)
    assert names_nobody("taken-out:1")
    assert not names_nobody(BOB)


def test_who_is_taken_out_next_has_another_mark() -> None:
    """Else two people on one channel would seem to be one."""
    people = [{"participantId": "taken-out:4", "channel": 0}, {"participantId": ANN}, {"participantId": ANN.upper()}]
    found = without({"Participants": people})
    assert ["taken-out:4", "taken-out:5", "taken-out:5"] == [one["participantId"] for one in found["Participants"]]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"by": ANN, "y": 1}, {"y": 1}),
        ({"by": {"rawId": {"id": ANN}}, "y": 1}, {"y": 1}),
        ({"by": {"list": [ANN, BOB]}}, {"by": {"list": [BOB]}}),
        ({ANN: 1, "y": [{"z": [{ANN: 2}, 3]}]}, {"y": [{"z": [3]}]}),
        ([ANN, [ANN, 1]], [[1]]),
        (ANN, None),
        ({"participants": [ANN, BOB]}, {"participants": [{"participantId": "taken-out:1"}, BOB]}),
    ],
)
def test_wherever_else_they_are_named_that_is_left_out(found: object, expected: object) -> None:
    assert expected == without(found)


@pytest.mark.parametrize("raw", [json.dumps({"participants": [{"participantId": BOB}]}).encode(), b"", b"<html>", b"1"])
def test_a_file_that_does_not_name_them_stays_as_it_is(raw: bytes) -> None:
    assert raw == redacted(raw, named)


@pytest.mark.parametrize("raw", [f"<html>{ANN}".encode(), f"<{ANN}>".encode("utf-16"), b"[" * 100_000 + ANN.encode()])
def test_what_names_them_and_cannot_be_read_is_told(raw: bytes) -> None:
    assert isinstance(redacted(raw, named), str)


def test_what_a_later_field_of_the_same_name_hides_is_not_left() -> None:
    """A reader sees the last one only; the bytes have both."""
    hidden, shown = json.dumps({"x": [ANN]}), json.dumps([{"participantId": BOB}])
    raw = f'{{"participants": {hidden}, "participants": {shown}, "y": 1}}'.encode()
    after = redacted(raw, named)
    assert isinstance(after, bytes)
    assert not named(after.decode())
    assert json.loads(raw) == json.loads(after)
    unnamed = raw.replace(ANN.encode(), BOB.encode())
    assert unnamed == redacted(unnamed, named)


JSON = st.recursive(
    st.none() | st.integers() | st.sampled_from([ANN, BOB, f"<{ANN}>", "x", "participants"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["participants", "participantId", "channel", ANN, "y"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_nothing_of_any_file_names_them_afterwards(found: object) -> None:
    after = redacted(json.dumps(found).encode(), named)
    assert isinstance(after, bytes)
    assert not named(after.decode())
    assert after == redacted(after, named)


def test_without_anybody_it_says_the_same_of_the_chunk() -> None:
    """A mark for each participant keeps on which channels somebody is heard."""
    bare = with_nobody(json.dumps(FILE).encode())
    before, after = parse_metadata(json.dumps(FILE).encode()), parse_metadata(bare)
    assert ["taken-out:1", "taken-out:2"] == [one.participant_id for one in after.participants]
    assert [0, 1] == [one.channel for one in after.participants]
    for name in ("document_id", "index", "started_at", "duration", "pauses", "paused", "output", "channels", "notes"):
        assert getattr(before, name) == getattr(after, name), name
    assert ANN not in bare.decode()


@pytest.mark.parametrize("raw", [b"", b"<html></html>", b"[1]", b'{"other": "8:acs:ann"}'])
def test_of_a_file_that_says_nothing_nothing_is_left(raw: bytes) -> None:
    assert b"{}" == with_nobody(raw)


def test_a_file_that_says_little_gives_little() -> None:
    said = parse_metadata(with_nobody(b'{"chunkDocumentId": "d-0"}'))
    assert ("d-0", None, None, ()) == (said.document_id, said.duration, said.output, said.participants)


def test_a_file_without_names_says_so() -> None:
    """Else nobody could tell it from one in which somebody is not heard."""
    assert is_without_names(with_nobody(json.dumps(FILE).encode()))
    assert not any(map(is_without_names, (json.dumps(FILE).encode(), b"[]", b"{}", b"no JSON", b"[" * 100_000)))
