"""The sidecar that says what reading the archive once more has found."""

import json
from datetime import timedelta

import msgspec
import pytest

from recording.core.formats.api.shapes import Seal
from recording.core.formats.records.seal import is_seal, seal_json
from recording.core.model import BlobName, Digest, DocumentId
from recording.core.records.audio import ChannelSound, Sound
from recording.core.records.seals import ChunkSeal, Read, RecordingSeal
from recording.core.records.silence import Silence
from tests.core.entries_of import MANIFEST, NOW, RECORDING_ID

SOUND = Sound(16_000, 100, (ChannelSound(b"\x00\xff", b"\x09\x64"), ChannelSound(b"\x00\x00", b"\x64\x64")))
READ = Read(100, "ef" * 32, Digest("ab" * 32, 64), "ae8b14860a799888", SOUND, "", (0, 1))
MP3 = Read(50, "ef" * 32, Digest("cd" * 32, 64), "0" * 16, None, "it is mp3")


def of(index: int, read: Read | None, unread: str = "", damage: str = "", container: str = "") -> ChunkSeal:
    at = NOW + timedelta(seconds=index)
    return ChunkSeal(DocumentId(f"d{index}"), index, BlobName(f"{index}.wav"), container, "e", at, read, unread, damage)


def test_it_says_what_was_read_and_heard() -> None:
    seal = RecordingSeal(RECORDING_ID, MANIFEST, 2, (of(0, READ),), Silence(groups=((1,),)))

    assert {
        "schema": "recording-seal/1",
        "recordingId": "recording-1",
        "manifest": MANIFEST,
        "revision": 2,
        "sealedAt": "2026-03-01T12:00:00Z",
        "silence": {"judged": True, "why": "", "belowDb": -60, "oneSecondIn": 500, "all": False, "channels": [[1]]},
        "chunks": [
            {
                "index": 0,
                "documentId": "d0",
                "blob": "0.wav",
                "readAt": "2026-03-01T12:00:00Z",
                "agrees": True,
                "finding": "",
                "length": 100,
                "sha256": "ef" * 32,
                "digest": {"algorithm": "sha256-of-block-sha256", "value": "ab" * 32, "blockSize": 64},
                "crc64": {"algorithm": "crc-64/nvme", "value": "ae8b14860a799888"},
                "audio": {
                    "sampleRate": 16_000,
                    "measuredOneIn": 3,
                    "peakEveryMs": 100,
                    "participantsChannels": [0, 1],
                    "channels": [
                        {"loudSeconds": 1, "peaks": [0, 255], "levelsDb": [-9, -100]},
                        {"loudSeconds": 0, "peaks": [0, 0], "levelsDb": [-100, -100]},
                    ],
                },
                "why": "",
            }
        ],
    } == json.loads(seal_json(seal))


def test_it_says_what_was_not_read_or_not_heard() -> None:
    chunks = (
        of(0, MP3, container="https://customer.blob.core.windows.net/calls"),
        of(1, None, unread="in the archive tier"),
        of(2, None, damage="it is gone"),
    )
    found = json.loads(seal_json(RecordingSeal(RECORDING_ID, MANIFEST, 1, chunks, not_judged="it is mp3")))

    assert ("2026-03-01T12:00:02Z", False, "it is mp3") == (
        found["sealedAt"],
        found["silence"]["judged"],
        found["silence"]["why"],
    )
    assert [True, None, False] == [one["agrees"] for one in found["chunks"]]
    assert ["", "in the archive tier", "it is gone"] == [one["finding"] for one in found["chunks"]]
    assert (None, "it is mp3") == (found["chunks"][0]["audio"], found["chunks"][0]["why"])
    assert "https://customer.blob.core.windows.net/calls" == found["chunks"][0]["container"]
    assert all("sha256" not in one for one in found["chunks"][1:])


def test_it_is_shown_as_it_was_written() -> None:
    """And is what the document of the API says."""
    chunks = (of(0, READ), of(1, MP3, container="c"), of(2, None, unread="x"), of(3, None, damage="y"))
    body = seal_json(RecordingSeal(RECORDING_ID, MANIFEST, 1, chunks, Silence(groups=((1, 2),))))

    assert is_seal(body)
    assert json.loads(body) == msgspec.convert(json.loads(body), Seal, strict=True)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"schema":"recording-seal/2","a":1}', b'{"schema":"recording-seal/1'])
def test_another_file_is_none(body: bytes) -> None:
    assert not is_seal(body)
