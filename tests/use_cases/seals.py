"""Sealed recordings over the fakes."""

import json
import math
from collections.abc import Sequence
from typing import Any

from recording.core.formats.messages import Task
from recording.core.model import BlobName
from tests.core.media_files import chunk as riff_chunk
from tests.core.media_files import wav, wav_format
from tests.use_cases.world import RECORDING, World, metadata_of

RATE = 1000
"""Samples a second: the use cases do not care, and less is read."""
LASTS = 12
LOUD = [round(9000 * math.sin(math.tau * 44 * at / RATE)) for at in range(RATE)]
QUIET = [(at % 3) - 1 for at in range(RATE)]
"""Noise of the least bit: some 90 dB below full scale."""


def recorded(*channels: Sequence[int], seconds: int = LASTS) -> bytes:
    """A wav file of channels that repeat a second."""
    frames = b"".join(
        sample.to_bytes(2, "little", signed=True) for frame in zip(*channels, strict=True) for sample in frame
    )
    return wav(
        riff_chunk(b"fmt ", wav_format(channels=len(channels), sample_rate=RATE)), riff_chunk(b"data", frames * seconds)
    )


def people(*channels: int | None, document_id: str = "document-0", index: int = 0, seconds: float = LASTS) -> bytes:
    """A metadata file with a participant for each channel."""
    found = [{"participantId": f"8:acs:{number}", "channel": channel} for number, channel in enumerate(channels)]
    unmixed = {"contentType": "audio", "channelType": "unmixed", "format": "wav"}
    return metadata_of(document_id, index, seconds, participants=found, recordingInfo=unmixed)


TALK = recorded(LOUD)


def archived(*contents: bytes, metadata: bytes = b"") -> World:
    """A world with a recording of chunks with these contents, which is filed."""
    world = World()
    world.announce(
        *(
            world.add(
                f"document-{index}",
                index,
                content=content,
                metadata=metadata or people(None, document_id=f"document-{index}", index=index),
                end_reason="SessionEnded" if index == len(contents) - 1 else "ChunkMaximumSizeExceeded",
            )
            for index, content in enumerate(contents)
        )
    )
    world.run()
    file(world)
    return world


def file(world: World) -> None:
    world.record_queue.messages.clear()
    assert world.app.records.filing.file(RECORDING)


def seal(world: World, most: int = 20) -> int:
    """Take the messages of the queue until there are none; how many runs that were."""
    for runs in range(most):
        if not world.record_queue.messages:
            return runs
        delay, message = world.record_queue.messages.pop(0)
        assert Task.SEAL is message.task
        world.clock.sleep(delay.total_seconds())
        world.app.records.sealing.seal(message.recording_id)
    raise AssertionError("it does not come to an end")


def sidecar(world: World) -> dict[str, Any]:
    """What the API shows; it is what stands in the archive."""
    shown = world.app.records.sealing.read(world.entry())
    assert shown in {blob.content for name, blob in world.archive.blobs.items() if ".seal" in name}
    found: dict[str, Any] = json.loads(shown)
    return found


def name_of(index: int = 0) -> BlobName:
    return BlobName(f"{RECORDING}/{index:04d}-document-{index}.wav")
