"""What reading the archive once more says: damage, whether it can be mended, and silence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.model import BlobName, CatalogEntry, Chunk, ChunkState, Digest, Place, RecordingState
from recording.core.naming import muted_name
from recording.core.records.audio import NOTHING, ChannelSound, Sound
from recording.core.records.seals import (
    ChunkSeal,
    Read,
    Sealed,
    damage_of,
    is_to_seal,
    is_too_late,
    proven,
    seal_of,
)
from recording.core.records.silence import Silence
from tests.core.entries_of import GONE_BY, MANIFEST, NOW, RECORDING_ID, changed_recording, chunk, entry_of, proof

SILENT = Sound(16_000, 100, (ChannelSound(bytes(600), bytes([NOTHING] * 60)),))
READ = Read(100, "ef" * 32, Digest("ab" * 32, 64), "0" * 16, SILENT)


def sealed(index: int = 0, read: Read | None = READ, unread: str = "", damage: str = "") -> ChunkSeal:
    of = proof(index)
    return ChunkSeal(chunk(index).document_id, index, of.name, "", of.etag, NOW, read, unread, damage)


@pytest.mark.parametrize(
    ("length", "digest", "damage"),
    [
        (100, None, ""),
        (100, Digest("ab" * 32, 64), ""),
        (99, None, "has 99 bytes, and 100 were proven"),
        (100, Digest("00" * 32, 64), "holds other bytes than were proven"),
    ],
)
def test_what_was_read_is_held_against_the_proof(length: int, digest: Digest | None, damage: str) -> None:
    found = damage_of(proof(), length, digest)

    assert damage in found
    assert bool(damage) == bool(found)


@pytest.mark.parametrize(
    ("of", "after", "too_late"),
    [
        (chunk(0, ChunkState.ARCHIVED), timedelta(), False),
        (chunk(0, ChunkState.KEPT), timedelta(), False),
        (chunk(0, ChunkState.KEPT), GONE_BY - NOW, True),
        (chunk(0, ChunkState.RELEASED), timedelta(), True),
        (
            replace(chunk(0, ChunkState.KEPT), proof=replace(proof(place=Place.NATIVE), container="c")),
            timedelta(),
            True,
        ),
    ],
    ids=["archived", "kept", "kept, and ended", "released", "native"],
)
def test_what_has_a_source_can_be_copied_anew(of: Chunk, after: timedelta, too_late: bool) -> None:  # noqa: FBT001
    assert too_late == is_too_late(of, NOW + after)


def completed(state: ChunkState) -> CatalogEntry:
    return changed_recording(
        entry_of(chunk(0, state), completed_at=NOW), manifest_name=MANIFEST, state=RecordingState(state)
    )


MUTED = "a channel of it was muted on purpose"
WHOLE = completed(ChunkState.RELEASED)


@pytest.mark.parametrize(
    ("entry", "before", "is_owed"),
    [
        (WHOLE, None, True),
        (WHOLE, Sealed(BlobName("earlier"), NOW), True),
        (WHOLE, Sealed(MANIFEST, NOW), False),
        (entry_of(chunk(0, ChunkState.RELEASED)), None, False),
        (entry_of(chunk(0, ChunkState.RELEASED), completed_at=NOW), None, False),
        (completed(ChunkState.LOST), None, False),
        (changed_recording(WHOLE, state=RecordingState.INCOMPLETE), None, True),
        (changed_recording(WHOLE, state=RecordingState.ANNOUNCED), None, False),
    ],
    ids=[
        "never",
        "an earlier manifest",
        "this manifest",
        "open",
        "without a name",
        "nothing archived",
        "incomplete",
        "in a state without media",
    ],
)
def test_each_manifest_of_something_is_sealed_once(
    entry: CatalogEntry,
    before: Sealed | None,
    is_owed: bool,  # noqa: FBT001
) -> None:
    assert is_owed == is_to_seal(entry, before)


def test_only_what_is_proven_is_read() -> None:
    entry = entry_of(chunk(0, ChunkState.RELEASED), chunk(1, ChunkState.LOST))

    assert ((entry.chunks[0], entry.chunks[0].proof),) == proven(entry)


def test_a_seal_of_another_proof_does_not_count() -> None:
    assert sealed().is_of(proof())
    assert not sealed().is_of(replace(proof(), etag="another"))


@pytest.mark.parametrize(
    ("chunks", "silence", "why"),
    [
        ((sealed(0), sealed(1)), Silence(is_all=True), ""),
        ((sealed(0), sealed(1, replace(READ, sound=None, no_sound="it is mp3"))), Silence(), "it is mp3"),
        ((sealed(0), replace(sealed(1), name=muted_name(proof(1).name, "ab", [0]))), Silence(), MUTED),
        ((sealed(0), sealed(1, None, unread="in the archive tier")), Silence(), "in the archive tier"),
        ((sealed(0), sealed(1, None, damage="it is gone"), sealed(2, None, unread="x")), Silence(), "it is gone"),
    ],
    ids=["measured", "no wav", "muted", "not read", "gone"],
)
def test_silence_is_judged_if_everything_was_measured(
    chunks: tuple[ChunkSeal, ...], silence: Silence, why: str
) -> None:
    seal = seal_of(RECORDING_ID, MANIFEST, 1, chunks)

    assert (chunks, silence, why) == (seal.chunks, seal.silence, seal.not_judged)
