"""The contract of `Archive` and `Journal`, on the fake and on Blob storage."""

import base64
from collections.abc import Callable

import pytest

from recording.core.blocks import StagedBlock
from recording.core.errors import (
    ArchiveRefused,
    BlobExists,
    ForeignBlocks,
    RecordingError,
    StagedBlocksGone,
)
from recording.core.model import BlobName
from recording.ports import ArchivedBlob, BlockList
from tests.contracts.containers import (
    CONTENT,
    METADATA,
    NAME,
    A,
    B,
    C,
    Container,
    Storage,
    block_id,
    every_operation,
    view,
)
from tests.copying.copies import run_together


def staged_and_committed(archive: Storage, name: BlobName = NAME) -> str:
    """A blob of two blocks; its ETag."""
    archive.stage(name, A, view(b"01234"))
    archive.stage(name, B, view(b"567"))
    return archive.commit(name, [A, B], METADATA, "audio/wav")


# Nothing there


def test_nothing_is_found_where_nothing_is(container: Container) -> None:
    archive = container.archive

    assert archive.find(NAME) is None
    assert () == archive.staged(NAME)
    assert archive.committed(NAME) is None


def test_staged_blocks_alone_are_no_blob(container: Container) -> None:
    """Readers never see a partial blob."""
    container.archive.stage(NAME, A, view(CONTENT))

    assert container.archive.find(NAME) is None
    assert container.archive.committed(NAME) is None


def test_a_blob_that_is_not_there_cannot_be_read(container: Container) -> None:
    """It is an error, not an empty read."""
    with pytest.raises(RecordingError):
        container.archive.read(NAME, 0, memoryview(bytearray(4)))


@pytest.mark.parametrize(("tier", "is_offline"), [("Hot", False), ("Cool", False), ("Archive", True)])
def test_a_blob_in_the_archive_tier_is_offline(container: Container, tier: str, is_offline: bool) -> None:  # noqa: FBT001
    container.put_as_stranger(NAME, CONTENT)
    container.move(NAME, tier)
    found, native = container.archive.find(NAME), container.source.find(NAME)

    assert found is not None
    assert native is not None
    assert (tier, is_offline, tier, is_offline) == (found.tier, found.is_offline, native.tier, native.is_offline)


def test_a_blob_in_the_archive_tier_cannot_be_read(container: Container) -> None:
    container.put_as_stranger(NAME, CONTENT)
    container.move(NAME, "Archive")

    with pytest.raises(BlobExists, match="BlobArchived"):
        container.archive.read(NAME, 0, memoryview(bytearray(4)))


# Staging


def test_what_is_staged_is_listed(container: Container) -> None:
    """With the sizes, for a copy that continues."""
    archive = container.archive
    archive.stage(NAME, B, view(b"567"))
    archive.stage(NAME, A, view(b"01234"))

    assert {StagedBlock(A, 5), StagedBlock(B, 3)} == set(archive.staged(NAME))
    assert () == archive.staged(BlobName(f"{NAME}.other"))


def test_a_block_staged_twice_is_one_block(container: Container) -> None:
    """The last content counts."""
    archive = container.archive
    archive.stage(NAME, A, view(b"first"))
    archive.stage(NAME, A, view(b"again!"))

    assert (StagedBlock(A, 6),) == archive.staged(NAME)


def test_many_threads_stage_at_once(container: Container) -> None:
    archive = container.archive
    run_together(*(lambda i=i: archive.stage(NAME, block_id(i), view(bytes([i]) * 100)) for i in range(16)))
    archive.commit(NAME, [block_id(i) for i in range(16)], {}, "audio/wav")

    found = bytearray(1600)
    assert 1600 == archive.read(NAME, 0, memoryview(found))
    assert b"".join(bytes([i]) * 100 for i in range(16)) == found


def test_ids_of_another_length_keep_ours_out(container: Container) -> None:
    """Blocks of another program are reported as foreign, and stay."""
    archive = container.archive
    theirs = base64.b64encode(b"short").decode()
    archive.stage(NAME, theirs, view(b"x"))
    with pytest.raises(ForeignBlocks):
        archive.stage(NAME, A, view(CONTENT))

    assert (StagedBlock(theirs, 1),) == archive.staged(NAME)


# Committing


def test_a_commit_publishes_the_blocks_in_order(container: Container) -> None:
    """With blob metadata, content type and ETag, and with its list of blocks."""
    archive = container.archive
    etag = staged_and_committed(archive)

    assert ArchivedBlob(8, etag, METADATA) == archive.find(NAME)
    assert BlockList((StagedBlock(A, 5), StagedBlock(B, 3)), 8, etag) == archive.committed(NAME)
    assert "audio/wav" == container.content_type(NAME)
    found = bytearray(8)
    assert 8 == archive.read(NAME, 0, memoryview(found))
    assert b"01234567" == found


def test_a_committed_name_has_nothing_staged(container: Container) -> None:
    """To list staged blocks is a conflict then, after a commit and after a put.

    Blocks that were left out are discarded.
    """
    archive = container.archive
    archive.stage(NAME, C, view(b"left out"))
    staged_and_committed(archive)
    archive.put(BlobName("put"), view(CONTENT), {}, "audio/wav")

    for name in (NAME, BlobName("put")):
        with pytest.raises(BlobExists):
            archive.staged(name)


def test_an_existing_blob_is_never_overwritten(container: Container) -> None:
    """Neither a commit nor a put overwrites it, whether the bytes are equal or not."""
    archive = container.archive
    container.put_as_stranger(NAME, b"a stranger's", {"whose": "theirs"})
    before = archive.find(NAME)
    archive.stage(NAME, A, view(CONTENT))
    with pytest.raises(BlobExists):
        archive.commit(NAME, [A], METADATA, "audio/wav")
    with pytest.raises(BlobExists):
        archive.put(NAME, view(CONTENT), METADATA, "audio/wav")

    assert before == archive.find(NAME)


def test_our_own_commit_sent_twice_is_a_conflict(container: Container) -> None:
    """As after a lost reply."""
    archive = container.archive
    etag = staged_and_committed(archive)
    with pytest.raises(BlobExists):
        archive.commit(NAME, [A, B], METADATA, "audio/wav")

    assert ArchivedBlob(8, etag, METADATA) == archive.find(NAME)


def test_a_rivals_commit_discards_our_blocks(container: Container) -> None:
    """Also if its blob has been deleted since."""
    container.archive.stage(NAME, A, view(b"ours"))
    container.rival.stage(NAME, B, view(b"theirs"))
    container.rival.commit(NAME, [B], {}, "audio/wav")
    with pytest.raises((BlobExists, StagedBlocksGone)):
        container.archive.commit(NAME, [A], {}, "audio/wav")
    container.delete(NAME)
    with pytest.raises(StagedBlocksGone):
        container.archive.commit(NAME, [A], {}, "audio/wav")

    assert container.archive.find(NAME) is None


def test_of_two_commits_at_once_one_wins(container: Container) -> None:
    """The other is a conflict; the blob is one of the two, whole."""
    lost: list[RecordingError] = []
    for archive, one in ((container.archive, A), (container.rival, B)):
        archive.stage(NAME, one, view(one.encode()))

    def commit(archive: Storage, one: str) -> None:
        try:
            archive.commit(NAME, [one], {}, "audio/wav")
        except (BlobExists, StagedBlocksGone) as error:
            lost.append(error)

    run_together(lambda: commit(container.archive, A), lambda: commit(container.rival, B))

    listed = container.archive.committed(NAME)
    assert listed is not None
    assert 1 == len(lost)
    assert (StagedBlock(A, len(A)),) == listed.blocks or (StagedBlock(B, len(B)),) == listed.blocks


def test_a_commit_of_what_was_never_staged_is_refused(container: Container) -> None:
    """Nothing is published."""
    container.archive.stage(NAME, A, view(CONTENT))
    with pytest.raises(StagedBlocksGone):
        container.archive.commit(NAME, [A, B], {}, "audio/wav")

    assert container.archive.find(NAME) is None
    assert (StagedBlock(A, 10),) == container.archive.staged(NAME)


# Putting and reading


def test_a_put_publishes_at_once(container: Container) -> None:
    """It has no list of blocks."""
    archive = container.archive
    etag = archive.put(NAME, view(CONTENT), METADATA, "application/json")

    assert ArchivedBlob(10, etag, METADATA) == archive.find(NAME)
    assert BlockList((), 10, etag) == archive.committed(NAME)
    assert "application/json" == container.content_type(NAME)


def test_every_blob_has_an_etag_of_its_own(container: Container) -> None:
    """Also a blob with the same name and bytes, put again."""
    first = container.archive.put(NAME, view(CONTENT), {}, "audio/wav")
    container.put_as_stranger(NAME, CONTENT)
    found = container.archive.find(NAME)

    assert found is not None
    assert first != found.etag


@pytest.mark.parametrize(
    ("offset", "room", "expected"),
    [(0, 10, CONTENT), (3, 4, b"3456"), (8, 5, b"89"), (10, 5, b""), (99, 1, b"")],
)
def test_a_read_fills_the_view_as_far_as_there_are_bytes(
    container: Container, offset: int, room: int, expected: bytes
) -> None:
    """It returns how many; after the end none."""
    container.archive.put(NAME, view(CONTENT), {}, "audio/wav")
    found = bytearray(b"-" * room)

    assert len(expected) == container.archive.read(NAME, offset, memoryview(found))
    assert expected.ljust(room, b"-") == found


# The container itself


@every_operation
def test_a_missing_container_is_said_to_be_missing(container: Container, operate: Callable[[Storage], object]) -> None:
    """It is not reported as a missing blob; the hint says what to check."""
    with pytest.raises(ArchiveRefused) as caught:
        operate(container.missing)

    assert "container exists" in caught.value.hint


# The journal


def test_the_journal_keeps_what_it_was_given_first(container: Container) -> None:
    """To write the same name again changes nothing and is no error."""
    container.archive.write(NAME, b'{"a": 1}')
    container.archive.write(NAME, b'{"a": 2}')
    found = bytearray(20)

    assert b'{"a": 1}' == found[: container.archive.read(NAME, 0, memoryview(found))]
    assert "application/json" == container.content_type(NAME)
