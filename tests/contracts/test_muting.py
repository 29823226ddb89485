"""A channel is muted in a container, the fake and the real one: block by block, and gone on with."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from recording.core.blocks import Hasher
from recording.core.errors import ArchiveBusy
from recording.core.media import Pcm
from recording.core.model import BlobName, ChunkState, Proof
from recording.core.records.muting import Muted
from recording.records.erasure.muting import Muting
from tests.contracts.containers import Container
from tests.core.entries_of import chunk, entry_of, proof
from tests.fakes import FakeIndex
from tests.use_cases.exports import stereo

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOUND = stereo(3, frames=20_000)
BLOCK = 7001
"""No whole number of samples: each block begins elsewhere in one."""


def archived(container: Container) -> Proof:
    """The media, as they were archived, and their proof."""
    name = BlobName("r/0000-d.wav")
    container.put_as_stranger(name, SOUND, {"acsdocumentid": "d"})
    hasher = Hasher(BLOCK)
    hasher.update(memoryview(SOUND))
    found = container.archive.find(name)
    assert found is not None
    return replace(proof(0), name=name, length=len(SOUND), digest=hasher.digest(), etag=found.etag)


def muted_of(known: Proof) -> Muted:
    header = known.length - 4 * 20_000
    return Muted(Pcm(header, 4 * 20_000, 2, 16_000, 2), (1,))


def test_the_new_blob_is_the_old_with_that_channel_silent(container: Container) -> None:
    """It says of itself what it is, as every copy; done again, it is found and proven again."""
    known = archived(container)
    one = replace(chunk(0, ChunkState.RELEASED), name=known.name, proof=known)
    muting, of = Muting(container.archive, FakeIndex(), lambda: NOW), muted_of(known)
    name = muting.name(one, of, "attempt")
    made = muting.mute(entry_of(one), one, name, of)

    found = container.archive.find(made.name)
    assert found is not None
    assert (made.etag, made.length) == (found.etag, found.length)
    assert ("d", made.digest.sha256, str(BLOCK), str(len(SOUND))) == tuple(
        found.blob_metadata[name] for name in ("acsdocumentid", "sha256blocks", "blocksize", "length")
    )
    content = memoryview(bytearray(len(SOUND)))
    done = 0
    while done < len(SOUND):
        done += container.archive.read(made.name, done, content[done:])
    expected = bytearray(SOUND)
    for at in range(len(SOUND) - 4 * 20_000, len(SOUND), 4):
        expected[at + 2 : at + 4] = b"\0\0"
    assert bytes(expected) == bytes(content)
    assert made == muting.mute(entry_of(one), one, name, of)
    assert made == muting.known(entry_of(one), one, name)


def test_what_was_staged_by_a_run_that_was_cut_off_is_used(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = archived(container)
    one = replace(chunk(0, ChunkState.RELEASED), name=known.name, proof=known)
    muting, of = Muting(container.archive, FakeIndex(), lambda: NOW), muted_of(known)
    name = muting.name(one, of, "attempt")
    stage, staged = container.archive.stage, list[str]()

    def dies_at_the_third(name: BlobName, block_id: str, content: memoryview) -> None:
        if len(staged) == 2:
            raise ArchiveBusy("stage", "the process dies")
        staged.append(block_id)
        stage(name, block_id, content)

    with monkeypatch.context() as patch:
        patch.setattr(container.archive, "stage", dies_at_the_third)
        with pytest.raises(ArchiveBusy):
            muting.mute(entry_of(one), one, name, of)
    again = list[str]()

    def counted(name: BlobName, block_id: str, content: memoryview) -> None:
        again.append(block_id)
        stage(name, block_id, content)

    monkeypatch.setattr(container.archive, "stage", counted)
    made = muting.mute(entry_of(one), one, name, of)
    assert not set(staged) & set(again)
    assert -(-len(SOUND) // BLOCK) == len(staged) + len(again)
    assert made.length == len(SOUND)
