"""Blocks are staged under ids of the content's fingerprint; those of an earlier try are taken over."""

import threading

import pytest

from recording.copying.destination import unwatched
from recording.copying.range_requests import SourceContent
from recording.copying.staged_blocks import StagedBlocks
from recording.core import blocks
from recording.core.blocks import StagedBlock
from recording.core.model import Location
from tests.copying.contents import sha256
from tests.copying.copies import BLOCK, JOIN_SECONDS, NAME, destination, media, run_together
from tests.fakes import FakeArchive

LENGTH = 3 * BLOCK + 1
BYTES = media(LENGTH)
DIGESTS = [sha256(BYTES[at : at + BLOCK]) for at in range(0, LENGTH, BLOCK)]


def staged_in(archive: FakeArchive, validators: str = "", *, block_size: int = BLOCK) -> StagedBlocks:
    """A copy of which nothing is staged yet."""
    content = SourceContent(Location("https://x.asm.skype.com/v1/objects/1"), LENGTH, validators)
    return StagedBlocks(destination(archive), content, block_size, unwatched)


def stage(staged: StagedBlocks, index: int) -> None:
    """Stage one block."""
    block = staged.plan[index]
    staged.stage(block, memoryview(BYTES)[block.offset : block.offset + block.length], DIGESTS[index])


def stage_all_but(archive: FakeArchive, *left_out: int, validators: str = "") -> tuple[StagedBlock, ...]:
    """What an earlier try has staged, as the archive lists it."""
    staged = staged_in(archive, validators)
    staged.identify(DIGESTS[0])
    for index in range(len(DIGESTS)):
        if index not in left_out:
            stage(staged, index)
    return archive.staged(NAME)


def test_blocks_wait_for_the_first_one() -> None:
    """It decides their ids."""
    archive = FakeArchive()
    staged = staged_in(archive)
    begun = threading.Event()

    def later() -> None:
        begun.set()
        stage(staged, 2)

    def first() -> None:
        assert begun.wait(JOIN_SECONDS)
        assert {} == staged.digests
        staged.identify(DIGESTS[0])

    run_together(later, first)
    assert {2: DIGESTS[2]} == staged.digests


def test_nobody_waits_for_a_first_block_that_never_comes() -> None:
    """What is given up stages nothing."""
    archive = FakeArchive()
    staged = staged_in(archive)
    run_together(lambda: stage(staged, 1), staged.give_up)

    assert ({}, {}) == (staged.digests, archive.uncommitted)


def test_blocks_of_an_earlier_try_are_taken_over() -> None:
    """The others are missing."""
    archive = FakeArchive()
    staged = staged_in(archive)
    staged.resume(DIGESTS[0], stage_all_but(archive, 1))

    assert [1] == [block.index for block in staged.missing()]
    assert (2 * BLOCK + 1, None) == (staged.length, staged.all_staged())


def test_when_all_are_staged_there_are_ids_to_commit() -> None:
    """Of every block, in order."""
    archive = FakeArchive()
    staged = staged_in(archive)
    staged.resume(DIGESTS[0], stage_all_but(archive, 0, 1))
    for index in (1, 0):
        stage(staged, index)
    found = staged.all_staged()

    assert found is not None
    fingerprint = staged.identify(DIGESTS[0])
    assert [blocks.block_id(index, digest, fingerprint) for index, digest in enumerate(DIGESTS)] == found.block_ids
    assert dict(enumerate(DIGESTS)) == found.digests


@pytest.mark.parametrize("what", ["first block", "validators", "block size"])
def test_blocks_of_another_content_or_size_are_missing(what: str) -> None:
    """All of them."""
    archive = FakeArchive()
    listed = stage_all_but(archive, validators="etag" if what == "validators" else "")
    staged = staged_in(archive, block_size=BLOCK // 2 if what == "block size" else BLOCK)
    staged.resume(sha256(b"?") if what == "first block" else DIGESTS[0], listed)

    assert (0, list(staged.plan)) == (staged.length, staged.missing())


def test_nothing_is_used_beside_a_first_block_that_is_not_the_sources() -> None:
    """Its id names this content, but another digest: somebody else has made it."""
    archive = FakeArchive()
    staged = staged_in(archive)
    forged = StagedBlock(blocks.block_id(0, sha256(b"?"), staged.identify(DIGESTS[0])), BLOCK)
    staged.resume(DIGESTS[0], [forged, *stage_all_but(archive, 0)])

    assert list(staged.plan) == staged.missing()
