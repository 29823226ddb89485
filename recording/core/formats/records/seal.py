"""The seal of a recording: the JSON file beside the manifest that says what reading the archive once more has found.

It names no participant: whoever may read the media may read it.
"""

import json

from recording.core.formats.manifest import DIGEST_ALGORITHM
from recording.core.records.audio import SILENT_BELOW, STRIDE, ChannelSound, Sound
from recording.core.records.seals import ChunkSeal, Read, RecordingSeal
from recording.core.records.silence import SHARE
from recording.core.times import format_time

SCHEMA = "recording-seal/1"
_BEGINS = f'{{"schema":"{SCHEMA}",'.encode()
CRC_ALGORITHM = "crc-64/nvme"


def seal_json(seal: RecordingSeal) -> bytes:
    """The file, as UTF-8; equal seals give equal bytes. docs/seal.md describes each field."""
    fields = {
        "schema": SCHEMA,
        "recordingId": seal.recording_id,
        "manifest": seal.manifest,
        "revision": seal.revision,
        "sealedAt": format_time(max(chunk.at for chunk in seal.chunks)),
        "silence": {
            "judged": not seal.not_judged,
            "why": seal.not_judged,
            "belowDb": -SILENT_BELOW,
            "oneSecondIn": SHARE,
            "all": seal.silence.is_all,
            "channels": [list(group) for group in seal.silence.groups],
        },
        "chunks": [_chunk(chunk) for chunk in seal.chunks],
    }
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def is_seal(body: bytes) -> bool:
    """Whether it is a file that `seal_json` has written: such a one begins with its schema, and may be long."""
    return body.startswith(_BEGINS)


def _chunk(chunk: ChunkSeal) -> dict[str, object]:
    return {
        "index": chunk.index,
        "documentId": chunk.document_id,
        **({"container": chunk.container} if chunk.container else {}),
        "blob": chunk.name,
        "readAt": format_time(chunk.at),
        "agrees": None if chunk.unread else not chunk.damage,
        "finding": chunk.unread or chunk.damage,
        **(_read(chunk.read) if chunk.read is not None else {}),
    }


def _read(read: Read) -> dict[str, object]:
    return {
        "length": read.length,
        "sha256": read.sha256,
        "digest": {"algorithm": DIGEST_ALGORITHM, "value": read.digest.sha256, "blockSize": read.digest.block_size},
        "crc64": {"algorithm": CRC_ALGORITHM, "value": read.crc64},
        "audio": None if read.sound is None else _sound(read.sound, read.numbers),
        "why": read.no_sound,
    }


def _sound(sound: Sound, numbers: tuple[int, ...]) -> dict[str, object]:
    return {
        "sampleRate": sound.sample_rate,
        "measuredOneIn": STRIDE,
        "peakEveryMs": sound.peak_ms,
        "participantsChannels": list(numbers),
        "channels": [_channel(channel) for channel in sound.channels],
    }


def _channel(channel: ChannelSound) -> dict[str, object]:
    return {
        "loudSeconds": channel.loud,
        "peaks": list(channel.peaks),
        "levelsDb": [-level for level in channel.levels],
    }
