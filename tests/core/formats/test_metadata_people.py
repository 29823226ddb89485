"""The list of participants, and the notes on it."""

import json

import pytest

from recording.core.formats.metadata import parse_metadata

MIXED = ("audio", "mixed", "mp3")
UNMIXED = ("audio", "unmixed", "wav")


def notes(
    people: list[tuple[str, int | None]] | None, output: tuple[str, str, str] = UNMIXED, channels: int | None = 2
) -> list[str]:
    """The notes on a file with these participants on these channels."""
    content, channel, format_ = output
    about = {"contentType": content, "channelType": channel, "format": format_}
    fields: dict[str, object] = {"chunkDocumentId": "d", "recordingInfo": about}
    if channels is not None:
        about |= {"audioConfiguration": {"channels": channels}}  # type: ignore[dict-item]
    if people is not None:
        fields["participants"] = [{"participantId": f"8:acs:{who}", "channel": on} for who, on in people]
    found = parse_metadata(json.dumps(fields).encode())
    assert found.makes_sense
    assert "8:acs" not in f"{found.notes}"
    return [note.removeprefix("participants in the metadata file ") for note in found.notes]


@pytest.mark.parametrize(
    "people",
    [
        [("alice", 0), ("bob", 1)],
        [("alice", 1), ("bob", 2)],
        [("alice", 0)],
        [("alice", None), ("bob", None)],
        [("alice", 0), ("alice", 0), ("bob", 1)],
        [("alice", 0), ("alice", 1)],
    ],
    ids=["from 0", "from 1", "one", "no channels", "twice", "back on another channel"],
)
def test_people_with_a_channel_each_are_no_doubt(people: list[tuple[str, int | None]]) -> None:
    """Channels may count from 0 or from 1, and a participant may be listed twice."""
    assert notes(people) == []


@pytest.mark.parametrize("people", [None, []])
@pytest.mark.parametrize("output", [MIXED, UNMIXED])
def test_nobody_is_noted(people: list[tuple[str, int | None]] | None, output: tuple[str, str, str]) -> None:
    assert notes(people, output) == ["names no one"]


def test_two_on_one_channel_are_noted() -> None:
    assert notes([("alice", 0), ("bob", 0)]) == ["has several on one channel, 1 times"]
    assert notes([("alice", 0), ("bob", 0)], MIXED, 1) == []


@pytest.mark.parametrize(
    ("people", "channel"),
    [([("alice", 7), ("bob", 1)], 7), ([("alice", 0), ("bob", 2)], 2), ([("alice", 1), ("bob", 3)], 3)],
)
def test_a_channel_that_there_is_not_is_noted(people: list[tuple[str, int | None]], channel: int) -> None:
    assert notes(people) == [f"has channel {channel}, of 2"]
    assert notes(people, channels=None) == []


def test_more_people_than_channels_are_noted_where_they_are_not_mixed() -> None:
    """At least one of them has no channel."""
    people: list[tuple[str, int | None]] = [("alice", 0), ("bob", 1), ("carol", None)]

    assert notes(people) == ["has 3 on 2 channels"]
    assert notes(people, channels=3) == []
    assert notes([(who, None) for who, _ in people], MIXED, 1) == []
