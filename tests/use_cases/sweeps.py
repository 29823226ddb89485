"""What tests of the sweep begin with: a running recording, and passes of the sweep."""

from datetime import timedelta

from recording.core.lifecycle import Started
from recording.core.model import (
    Channel,
    Content,
    Format,
    Output,
    RecordingId,
    RecordingState,
)
from tests.use_cases.world import RECORDING, World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WAV = Output(Content.AUDIO, Channel.MIXED, Format.WAV)
R = RecordingState


def sweep(world: World, times: int = 1, every: timedelta = 5 * MINUTE) -> None:
    for _ in range(times):
        world.clock.at += every
        world.app.sweeping.sweep_all()


def started(world: World, recording_id: str = RECORDING) -> RecordingId:
    world.calls.recordings[RecordingId(recording_id)] = "active"
    world.updates.apply(RecordingId(recording_id), Started(RecordingId(recording_id), WAV))
    return RecordingId(recording_id)
