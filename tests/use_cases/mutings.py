"""A world with a recording of unmixed wav, of which a channel is muted."""

import random
from collections.abc import Sequence

from recording.core.naming import is_muted
from recording.core.records.erasing import Mode, Why
from recording.core.records.exporting import Person
from tests.core.media_files import chunk as riff_chunk
from tests.core.media_files import wav, wav_format
from tests.use_cases.erasures import ADA, ANN, BOB, KEYS, file_all
from tests.use_cases.unlinkings import WHY, manifests, media
from tests.use_cases.world import World, file_event_of, metadata_of

RATE = 16_000
FRAMES = 1600
SECONDS = FRAMES / RATE
FULL = "ChunkMaximumSizeExceeded"
UNMIXED = {"recordingContentType": "audio", "recordingChannelType": "unmixed", "recordingFormatType": "wav"}


def voices(channels: int = 2, seed: int = 1) -> bytes:
    """A wav file of noise, in which no sample is zero."""
    noise = bytes(random.Random(seed).choices(range(1, 256), k=2 * channels * FRAMES))
    head = riff_chunk(b"fmt ", wav_format(channels=channels, sample_rate=RATE))
    return wav(head, riff_chunk(b"data", noise))


def heard(document_id: str, index: int, *people: tuple[str, int | None], **fields: object) -> bytes:
    """A metadata file of unmixed wav with these people on these channels."""
    found = [{"participantId": who, **({} if at is None else {"channel": at})} for who, at in people]
    info = {"contentType": "audio", "channelType": "unmixed", "format": "wav"}
    info |= {"audioConfiguration": {"channels": 2}}  # type: ignore[dict-item]
    return metadata_of(document_id, index, SECONDS, participants=found, recordingInfo=info, **fields)


def of_two(chunks: int = 1, *people: tuple[str, int | None], content: Sequence[bytes] = ()) -> World:
    """A whole recording of unmixed wav, filed: of Ann on channel 0 and Bob on channel 1, unless others are given."""
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS})
    found = [
        world.add(
            f"document-{index}",
            index,
            content=content[index] if content else voices(seed=index),
            metadata=heard(f"document-{index}", index, *(people or ((ANN, 0), (BOB, 1)))),
            end_reason="SessionEnded" if index == chunks - 1 else "ChunkMaximumSizeExceeded",
        )
        for index in range(chunks)
    ]
    world.deliver(file_event_of(*found, **UNMIXED))
    world.run()
    file_all(world)
    return world


def channel(content: bytes, number: int, of: int = 2) -> bytes:
    """The samples of a channel."""
    sound = content[-2 * of * FRAMES :]
    return b"".join(sound[at : at + 2] for at in range(2 * number, len(sound), 2 * of))


def check_muted(world: World, before: dict[str, bytes], *muted: int) -> None:
    """These channels are silent, the others are as they were; no blob has the voice any more."""
    after = media(world)
    assert before.keys() == after.keys()
    for document_id, old in before.items():
        new = after[document_id]
        assert len(old) == len(new)
        assert old[: -2 * 2 * FRAMES] == new[: -2 * 2 * FRAMES]
        for number in range(2):
            expected = bytes(2 * FRAMES) if number in muted else channel(old, number)
            assert expected == channel(new, number)
        assert old not in [blob.content for blob in world.archive.blobs.values()]
    for chunk in world.entry():
        assert chunk.proof is not None
        assert is_muted(chunk.proof.name)
        assert chunk.proof.by_its_own_word
        assert chunk.proof.etag == world.archive.blobs[chunk.proof.name].etag
    said = manifests(world)[-1]
    assert all(one["isMuted"] for one in said["chunks"])  # type: ignore[attr-defined]
    assert said["unlinked"][-1]["isMuting"] is True  # type: ignore[index]


def why_not(world: World, mode: Mode = Mode.MUTE) -> list[str]:
    """What defers it by its mode, as the plan says."""
    shown = world.app.records.erasing.plan(Person(raw_id=ANN), mode, WHY, by=ADA)
    assert shown.plan is not None
    return [why.by for one in shown.plan.recordings for why in one.deferred if why.why is Why.MODE]
