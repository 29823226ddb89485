"""Exports over the fakes: recordings of two people, the job that exports them, and the package as a folder."""

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recording.core.model import Actor, BlobName, RecordingId
from recording.core.records.exporting import Person, Rule, Wanted
from recording.core.records.jobs import Job, JobState
from tests.core.media_files import chunk as riff_chunk
from tests.core.media_files import wav, wav_format
from tests.use_cases.world import World, file_event_of, metadata_of

ADA = Actor("entra:ada")
ANN, BEN = "8:acs:ann_1", "4:+4930123456"
KEYS = {"PEOPLE_INDEX_KEY": "a2V5LW9mLXRoZS10ZXN0cw=="}
FRAMES = 5000


def stereo(seed: int, frames: int = FRAMES) -> bytes:
    """Unmixed sound: every sample of the first channel is even, of the second odd."""
    numbers = (seed * frame * 2 % 65536 for frame in range(frames))
    samples = b"".join(struct.pack("<HH", number, number + 1) for number in numbers)
    return wav(riff_chunk(b"fmt ", wav_format(channels=2)), riff_chunk(b"data", samples))


def unmixed_metadata(document_id: str, index: int, *people: tuple[str, int]) -> bytes:
    """A metadata file of unmixed wav, with who is on which channel."""
    about = {"contentType": "audio", "channelType": "unmixed", "format": "wav", "audioConfiguration": {"channels": 2}}
    participants = [{"participantId": raw_id, "channel": channel} for raw_id, channel in people]
    return metadata_of(document_id, index, recordingInfo=about, participants=participants)


def archive(world: World, recording_id: str = "r-1", chunks: int = 2, *, is_unmixed: bool = True) -> None:
    """Archive a recording whole: of Ann, on the first channel, and Ben; or of mixed sound."""
    announced = []
    for index in range(chunks):
        document = f"{recording_id}-{index}"
        end = "SessionEnded" if index == chunks - 1 else "ChunkMaximumTimeExceeded"
        if is_unmixed:
            metadata = unmixed_metadata(document, index, (ANN, 0), (BEN, 1))
            announced.append(world.add(document, index, content=stereo(index + 3), metadata=metadata, end_reason=end))
        else:
            announced.append(world.add(document, index, end_reason=end))
    kinds = {"recordingContentType": "audio", "recordingFormatType": "wav"}
    channel = "unmixed" if is_unmixed else "mixed"
    event = file_event_of(
        *announced, recording_id=recording_id, event_id=f"event-{recording_id}", recordingChannelType=channel, **kinds
    )
    world.deliver(event)
    world.run()
    world.app.records.filing.file(RecordingId(recording_id))


def ask(world: World, wanted: Wanted) -> Job:
    """Ask for an export."""
    return world.app.records.exporting.ask(wanted, by=ADA)


def of_ids(*recording_ids: str, rule: Rule = Rule.WHOLE) -> Wanted:
    """An export of these recordings."""
    return Wanted("file 47", rule, recording_ids=tuple(map(RecordingId, recording_ids)))


def of_ann(rule: Rule) -> Wanted:
    """An export of the recordings of Ann."""
    return Wanted("file 47", rule, person=Person(raw_id=ANN))


def finish(world: World, job: Job, most: int = 200) -> Job:
    """Run the job as its messages come, until it is over."""
    for _ in range(most):
        job = world.app.records.jobs.load(job.job_id)
        if job.is_over:
            return job
        world.app.records.jobs.run(job.job_id)
    raise AssertionError("it does not come to an end")


def package(world: World, job: Job) -> bytes:
    """The package, as it is published."""
    return world.exports.blobs[BlobName(f"{job.job_id}.zip")].content


def unpacked(world: World, job: Job) -> Mapping[str, bytes]:
    """The files of a package, which zip's own checks find whole."""
    with zipfile.ZipFile(io.BytesIO(package(world, job))) as found:
        assert found.testzip() is None
        names = found.namelist()
        assert len(names) == len(set(names))
        return {name: found.read(name) for name in names}


def exported(world: World, wanted: Wanted) -> Mapping[str, bytes]:
    """The files of the package of an export."""
    job = finish(world, ask(world, wanted))
    assert (JobState.DONE, "") == (job.state, job.cause)
    return unpacked(world, job)


def put_down(files: Mapping[str, bytes], folder: Path) -> Path:
    """Unpack them."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def contents(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """What the package says of each recording."""
    found = json.loads(files["contents.json"])
    return {one["recordingId"]: one for one in found["recordings"]}
