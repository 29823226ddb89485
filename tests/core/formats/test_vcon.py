"""A recording as a vCon: what the draft asks of every field that is written."""

import base64
import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recording.core.formats.records.vcon import Spoken, vcon_json
from recording.core.model import Output, RecordingId
from recording.core.outputs import VALID, parse_output_name

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIXED, UNMIXED = (parse_output_name(f"audio-{name}-wav") for name in ("mixed", "unmixed"))
ANN, BEN, BOT = "4:+4930123456", "8:acs:one_two", "28:bot"
SHA512 = hashlib.sha512(b"media").hexdigest()


def vcon(
    *chunks: Spoken, output: Output | None = UNMIXED, export: str = "e", recording: str = "r", **options: str
) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        vcon_json(RecordingId(recording), output, chunks, export_id=export, at=AT, **options)
    )
    return found


def spoken(*people: tuple[str, int | None], **fields: str | range | None) -> Spoken:
    return Spoken(AT, timedelta(seconds=90.5), people, **fields)  # type: ignore[arg-type]


def test_a_vcon_of_media_that_lies_beside_it() -> None:
    found = vcon(spoken((ANN, 0), (BEN, 1), channels=range(2), path="archive/a.wav", sha512=SHA512))
    assert {
        "vcon": "0.4.0",
        "uuid": found["uuid"],
        "created_at": "2026-03-01T12:00:00Z",
        "subject": "Recording r",
        "parties": [{"tel": "+4930123456", "uuid": ANN, "type": "person"}, {"uuid": BEN, "type": "person"}],
        "dialog": [
            {
                "type": "recording",
                "start": "2026-03-01T12:00:00Z",
                "duration": 90.5,
                "parties": [0, 1],
                "application": "Azure Communication Services",
                "filename": "archive/a.wav",
                "content_hash": "sha512-" + base64.urlsafe_b64encode(bytes.fromhex(SHA512)).decode().rstrip("="),
                "mediatype": "audio/x-wav",
            }
        ],
        "attachments": [],
        "analysis": [],
    } == found


@pytest.mark.parametrize(
    ("people", "channels", "expected"),
    [
        (((ANN, 1), (BEN, 0)), range(2), [1, 0]),
        (((ANN, 2),), range(1, 4), [1, 0, 2]),
        (((ANN, 0), (BEN, 0)), range(1), [[0, 1]]),
        (((BEN, 5), (ANN, None)), None, [0, 1]),
    ],
)
def test_each_channel_has_its_parties(
    people: tuple[tuple[str, int | None], ...], channels: range | None, expected: list[object]
) -> None:
    """An unknown one where nobody is on it; where the channels are not certain, only who takes part."""
    assert expected == vcon(spoken(*people, channels=channels))["dialog"][0]["parties"]


def test_who_is_not_known_is_an_empty_party_of_each_channel() -> None:
    """The same one in all chunks: a channel is one participant's for the whole recording."""
    found = vcon(spoken((ANN, 0), channels=range(3)), spoken((ANN, 0), (BEN, 1), channels=range(3)))
    assert [{}, {}] == found["parties"][2:]
    assert [[0, 2, 3], [0, 1, 3]] == [one["parties"] for one in found["dialog"]]


def test_mixed_audio_has_everybody_on_its_one_channel() -> None:
    found = vcon(spoken((ANN, None), (BOT, None), channels=range(2)), output=MIXED)
    assert ([0, 1], ["person", "bot"]) == (found["dialog"][0]["parties"], [one["type"] for one in found["parties"]])


def test_a_party_of_several_chunks_is_one_party() -> None:
    found = vcon(spoken((ANN, 0)), spoken((BEN, 0), (ANN, 1)))
    assert [[0], [0, 1]] == [one["parties"] for one in found["dialog"]]


def test_what_is_not_known_is_not_said() -> None:
    """Neither a start that is not known nor media that is left out."""
    found = vcon(Spoken(None, None, ()), output=None, redacted="metadata-only")
    assert [{"type": "recording", "parties": [], "application": "Azure Communication Services"}] == found["dialog"]
    assert {"type": "metadata-only"} == found["redacted"]


@pytest.mark.parametrize("output", [None, *(facts.output for facts in VALID)])
@pytest.mark.parametrize("path", ["", "a"])
def test_media_types_are_spelt_as_the_draft_spells_them(output: Output | None, path: str) -> None:
    """Also of media that is not in the package."""
    found = vcon(spoken(path=path, sha512=SHA512), output=output)["dialog"][0].get("mediatype")
    assert found in {None, "audio/x-wav", "audio/x-mp3", "video/x-mp4"}
    assert (found is None) == (output is None)


def test_each_recording_of_each_export_has_an_id_of_its_own() -> None:
    """A UUID of version 8 that begins with the moment; the same if it is made again."""
    ids = [vcon(export=export, recording=recording)["uuid"] for export in "ab" for recording in "cd"]
    assert 4 == len(set(ids))
    assert ids[0] == vcon(export="a", recording="c")["uuid"]
    assert {(8, uuid.RFC_4122)} == {(uuid.UUID(one).version, uuid.UUID(one).variant) for one in ids}
    assert {int(AT.timestamp() * 1000)} == {uuid.UUID(one).int >> 80 for one in ids}
