"""Exports over the fakes: recordings to export, a person who is heard in them, and the package as a folder."""

import io
import json
import struct
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from recording.core.model import Actor, BlobName, RecordingId
from recording.core.records.exporting import Wanted
from recording.core.records.jobs import Job, JobKind
from recording.records.choosing import Choosing
from recording.records.export_run import Parts, package_of
from recording.records.exporting import Exporting, RunningExports
from recording.records.jobs import Jobs
from tests.core.media_files import chunk as riff_chunk
from tests.core.media_files import wav, wav_format
from tests.use_cases.world import World, file_event_of, metadata_of
from tools.package import ROOT

ADA = Actor("entra:ada")
ANN, BEN = "8:acs:ann_1", "4:+4930123456"
PROGRAM = {path.name: path.read_bytes() for path in (ROOT / "tools" / "verify").glob("*.py")}


def stereo(seed: int, frames: int = 5000) -> bytes:
    """Unmixed sound: of the first channel every sample is even, of the second odd."""
    samples = b"".join(struct.pack("<HH", (frame * seed * 2) % 65536, (frame * seed * 2 + 1) % 65536) for frame in range(frames))
    return wav(riff_chunk(b"fmt ", wav_format(channels=2)), riff_chunk(b"data", samples))


def unmixed_metadata(document_id: str, *people: tuple[str, int], index: int = 0) -> bytes:
    """A metadata file of unmixed wav, with who is on which channel."""
    return metadata_of(
        document_id,
        index,
        recordingInfo={"contentType": "audio", "channelType": "unmixed", "format": "wav", "audioConfiguration": {"channels": 2}},
        participants=[{"participantId": raw_id, "channel": channel} for raw_id, channel in people],
    )


def archive(world: World, recording_id: str = "r-1", *, chunks: int = 2, unmixed: bool = True) -> None:
    """Archive a recording of Ann, on the first channel, and Ben, whole and with its manifest."""
    announced = []
    for index in range(chunks):
        document = f"{recording_id}-{index}"
        last = index == chunks - 1
        metadata = unmixed_metadata(document, (ANN, 0), (BEN, 1), index=index) if unmixed else None
        content = stereo(index + 3) if unmixed else None
        announced.append(world.add(document, index, content=content, metadata=metadata, end_reason="SessionEnded" if last else "ChunkMaximumTimeExceeded"))
    fields = {"recordingChannelType": "unmixed", "recordingFormatType": "wav", "recordingContentType": "audio"} if unmixed else {}
    world.deliver(file_event_of(*announced, recording_id=recording_id, event_id=f"event-{recording_id}", **fields))
    world.run()


@dataclass
class Page:
    rows: tuple[Any, ...]
    next: str = ""


@dataclass(frozen=True)
class Row:
    recording_id: RecordingId


@dataclass
class Known:
    """`Finding`: people, and where they are heard."""

    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    heard: list[RecordingId] = field(default_factory=list)

    def raw_ids(self, key: str) -> tuple[str, ...]:
        return self.keys[key]

    def recordings_of(self, raw_ids: Collection[str], after: str = "", limit: int = 100) -> Page:
        begin = int(after or 0)
        found = self.heard[begin : begin + limit]
        return Page(tuple(map(Row, found)), str(begin + limit) if begin + limit < len(self.heard) else "")
