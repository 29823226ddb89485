"""The contract of `Archive` and `Journal`, on the fake and on Blob storage."""

import base64
import hashlib
from collections.abc import Callable, Iterator

import pytest

from local.azurite import Azurite
from recording.adapters.archive import BlobArchive, checksum
from recording.adapters.clients import blob_service
from recording.core import blocks
from recording.core.blocks import StagedBlock
from recording.core.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveRefused,
    BlobExists,
    ForeignBlocks,
    RecordingError,
    StagedBlocksGone,
)
from recording.core.model import BlobName
from recording.ports import ArchivedBlob, BlockList
from tests.contracts.containers import Container, FakeContainer, RealContainer, Storage
from tests.copies import run_together

NAME = BlobName("2026/03/01/a=2E_b~-/0000.wav")
LABELS = {"acsrecordingid": "a=2Eb", "length": "3"}
CONTENT = b"0123456789"


def block_id(index: int, content: bytes = b"") -> str:
    """An id such as the copy makes."""
    return blocks.block_id(index, hashlib.sha256(content).digest(), 7)


A, B, C = (block_id(index) for index in range(3))


def view(content: bytes) -> memoryview:
    """As the copy hands it over: part of a larger buffer."""
    return memoryview(bytearray(b"##" + content + b"##"))[2:-2]


@pytest.fixture
def real(azurite: Azurite, mark: str) -> Iterator[RealContainer]:
    """A container in Azurite."""
    container = RealContainer(azurite, f"c-{mark}")
    yield container
    container.close()


@pytest.fixture(params=["fake", "real"])
def container(request: pytest.FixtureRequest) -> Container:
    """Each in turn."""
    found: Container = FakeContainer() if request.param == "fake" else request.getfixturevalue("real")
    return found


def staged_and_committed(archive: Storage, name: BlobName = NAME) -> str:
    """A blob of two blocks; its ETag."""
    archive.stage(name, A, view(b"01234"))
    archive.stage(name, B, view(b"567"))
    return archive.commit(name, [A, B], LABELS, "audio/wav")


# Nothing there


def test_nothing_is_found_where_nothing_is(container: Container) -> None:
    """Each question has its own word for it."""
    archive = container.archive

    assert archive.find(NAME) is None
    assert () == archive.staged(NAME)
    assert archive.committed(NAME) is None


def test_staged_blocks_alone_are_no_blob(container: Container) -> None:
    """No reader ever sees a part."""
    container.archive.stage(NAME, A, view(CONTENT))

    assert container.archive.find(NAME) is None
    assert container.archive.committed(NAME) is None


def test_a_blob_that_is_not_there_cannot_be_read(container: Container) -> None:
    """That is an error, not an end."""
    with pytest.raises(RecordingError):
        container.archive.read(NAME, 0, memoryview(bytearray(4)))


# Staging


def test_what_is_staged_is_listed(container: Container) -> None:
    """With its size, for whoever goes on."""
    archive = container.archive
    archive.stage(NAME, B, view(b"567"))
    archive.stage(NAME, A, view(b"01234"))

    assert {StagedBlock(A, 5), StagedBlock(B, 3)} == set(archive.staged(NAME))
    assert () == archive.staged(BlobName(f"{NAME}.other"))


def test_a_block_staged_twice_is_one_block(container: Container) -> None:
    """The last word counts."""
    archive = container.archive
    archive.stage(NAME, A, view(b"first"))
    archive.stage(NAME, A, view(b"again!"))

    assert (StagedBlock(A, 6),) == archive.staged(NAME)


def test_many_threads_stage_at_once(container: Container) -> None:
    """Each its own block."""
    archive = container.archive
    run_together(*(lambda i=i: archive.stage(NAME, block_id(i), view(bytes([i]) * 100)) for i in range(16)))
    archive.commit(NAME, [block_id(i) for i in range(16)], {}, "audio/wav")

    found = bytearray(1600)
    assert 1600 == archive.read(NAME, 0, memoryview(found))
    assert b"".join(bytes([i]) * 100 for i in range(16)) == found


def test_ids_of_another_length_keep_ours_out(container: Container) -> None:
    """Someone else's; that is said as it is, and theirs stay."""
    archive = container.archive
    theirs = base64.b64encode(b"short").decode()
    archive.stage(NAME, theirs, view(b"x"))
    with pytest.raises(ForeignBlocks):
        archive.stage(NAME, A, view(CONTENT))

    assert (StagedBlock(theirs, 1),) == archive.staged(NAME)


# Committing


def test_a_commit_publishes_the_blocks_in_order(container: Container) -> None:
    """With labels, type and ETag, and a list of what it is made of."""
    archive = container.archive
    etag = staged_and_committed(archive)

    assert ArchivedBlob(8, etag, LABELS) == archive.find(NAME)
    assert BlockList((StagedBlock(A, 5), StagedBlock(B, 3)), 8, etag) == archive.committed(NAME)
    assert "audio/wav" == container.content_type(NAME)
    found = bytearray(8)
    assert 8 == archive.read(NAME, 0, memoryview(found))
    assert b"01234567" == found


def test_a_committed_name_has_nothing_staged(container: Container) -> None:
    """Whoever asks hears that there is a blob, however it came; blocks left out are gone."""
    archive = container.archive
    archive.stage(NAME, C, view(b"left out"))
    staged_and_committed(archive)
    archive.put(BlobName("put"), view(CONTENT), {}, "audio/wav")

    for name in (NAME, BlobName("put")):
        with pytest.raises(BlobExists):
            archive.staged(name)


def test_an_existing_blob_is_never_overwritten(container: Container) -> None:
    """By no commit and no put, of equal bytes or others."""
    archive = container.archive
    container.put_as_stranger(NAME, b"a stranger's", {"whose": "theirs"})
    before = archive.find(NAME)
    archive.stage(NAME, A, view(CONTENT))
    with pytest.raises(BlobExists):
        archive.commit(NAME, [A], LABELS, "audio/wav")
    with pytest.raises(BlobExists):
        archive.put(NAME, view(CONTENT), LABELS, "audio/wav")

    assert before == archive.find(NAME)


def test_our_own_commit_sent_twice_is_a_question(container: Container) -> None:
    """As when its first reply was lost."""
    archive = container.archive
    etag = staged_and_committed(archive)
    with pytest.raises(BlobExists):
        archive.commit(NAME, [A, B], LABELS, "audio/wav")

    assert ArchivedBlob(8, etag, LABELS) == archive.find(NAME)


def test_a_rivals_commit_discards_our_blocks(container: Container) -> None:
    """Whether its blob still stands or not."""
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
    """The other hears of it; the blob is one of the two, whole."""
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
    assert (StagedBlock(A, 48),) == listed.blocks or (StagedBlock(B, 48),) == listed.blocks


def test_a_commit_of_what_was_never_staged_is_told(container: Container) -> None:
    """Nothing is published."""
    container.archive.stage(NAME, A, view(CONTENT))
    with pytest.raises(StagedBlocksGone):
        container.archive.commit(NAME, [A, B], {}, "audio/wav")

    assert container.archive.find(NAME) is None
    assert (StagedBlock(A, 10),) == container.archive.staged(NAME)


# Putting and reading


def test_a_put_publishes_at_once(container: Container) -> None:
    """Without blocks to list."""
    archive = container.archive
    etag = archive.put(NAME, view(CONTENT), LABELS, "application/json")

    assert ArchivedBlob(10, etag, LABELS) == archive.find(NAME)
    assert BlockList((), 10, etag) == archive.committed(NAME)
    assert "application/json" == container.content_type(NAME)


def test_every_blob_has_an_etag_of_its_own(container: Container) -> None:
    """Even one of the same bytes, put anew under the same name."""
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
    """And says how far; beyond the end there are none."""
    container.archive.put(NAME, view(CONTENT), {}, "audio/wav")
    found = bytearray(b"-" * room)

    assert len(expected) == container.archive.read(NAME, offset, memoryview(found))
    assert expected.ljust(room, b"-") == found


# The container itself

OPERATIONS: dict[str, Callable[[Storage], object]] = {
    "find": lambda archive: archive.find(NAME),
    "staged": lambda archive: archive.staged(NAME),
    "stage": lambda archive: archive.stage(NAME, A, view(CONTENT)),
    "commit": lambda archive: archive.commit(NAME, [A], LABELS, "audio/wav"),
    "put": lambda archive: archive.put(NAME, view(CONTENT), LABELS, "audio/wav"),
    "committed": lambda archive: archive.committed(NAME),
    "read": lambda archive: archive.read(NAME, 0, memoryview(bytearray(4))),
    "write": lambda archive: archive.write(NAME, CONTENT),
}
every_operation = pytest.mark.parametrize("operate", OPERATIONS.values(), ids=OPERATIONS)


@every_operation
def test_a_missing_container_is_said_to_be_missing(container: Container, operate: Callable[[Storage], object]) -> None:
    """It is never taken for a blob that is not there; the hint says what to look at."""
    with pytest.raises(ArchiveRefused) as caught:
        operate(container.missing)

    assert "container exists" in caught.value.hint


# The journal


def test_the_journal_keeps_what_it_was_given_first(container: Container) -> None:
    """A name already there is left as it is, and that is no error."""
    container.archive.write(NAME, b'{"a": 1}')
    container.archive.write(NAME, b'{"a": 2}')
    found = bytearray(20)

    assert b'{"a": 1}' == found[: container.archive.read(NAME, 0, memoryview(found))]
    assert "application/json" == container.content_type(NAME)


# What only the network can do


@every_operation
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "AuthorizationFailure", ArchiveRefused),
        (403, "AuthorizationPermissionMismatch", ArchiveRefused),
        (401, "NoAuthenticationInformation", ArchiveRefused),
        (429, "", ArchiveBusy),
        (500, "OperationTimedOut", ArchiveBusy),
        (502, "", ArchiveBusy),
        (503, "ServerBusy", ArchiveBusy),
        (409, "ContainerBeingDeleted", ArchiveRefused),
        (409, "AccountBeingCreated", ArchiveRefused),
    ],
)
def test_every_refusal_is_told_by_who_must_react(
    real: RealContainer, operate: Callable[[Storage], object], status: int, code: str, error: type[RecordingError]
) -> None:
    """Busy passes by itself; refused passes when a role has spread, or needs a person, and has a hint."""
    real.wire.answer(status, code)
    with pytest.raises(error) as caught:
        operate(real.archive)

    assert {"blob": NAME, "container": real.archive.container} == caught.value.ids
    assert str(status) in caught.value.cause
    assert caught.value.hint or error is ArchiveBusy


@every_operation
def test_no_reply_is_busy(real: RealContainer, operate: Callable[[Storage], object]) -> None:
    """Nobody knows what has happened."""
    real.wire.lose_request()
    with pytest.raises(ArchiveBusy) as caught:
        operate(real.archive)

    assert "network" in caught.value.hint


def test_a_busy_archive_says_for_how_long(real: RealContainer) -> None:
    """In seconds."""
    real.wire.answer(503, "ServerBusy", {"Retry-After": "7"})
    with pytest.raises(ArchiveBusy) as caught:
        real.archive.stage(NAME, A, view(CONTENT))

    assert 7.0 == caught.value.retry_after


@pytest.mark.parametrize("code", ["BlobAlreadyExists", "ConditionNotMet", "LeaseIdMissing", "BlobImmutableDueToPolicy"])
@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_is_a_question(real: RealContainer, status: int, code: str) -> None:
    """Whatever the service calls it."""
    real.archive.stage(NAME, A, view(CONTENT))
    real.wire.answer(status, code)
    with pytest.raises(BlobExists):
        real.archive.commit(NAME, [A], LABELS, "audio/wav")


@pytest.mark.parametrize("code", ["Md5Mismatch", "Crc64Mismatch"])
def test_a_mismatch_is_damage(real: RealContainer, code: str) -> None:
    """Of a block as of a whole blob."""
    for operate in (OPERATIONS["stage"], OPERATIONS["put"]):
        real.wire.answer(400, code)
        with pytest.raises(ArchiveDamaged):
            operate(real.archive)


def test_bytes_damaged_on_their_way_are_not_kept(real: RealContainer) -> None:
    """The archive reckons the checksum anew, of a block as of a whole blob."""
    real.wire.damage(times=2)
    for operate in (OPERATIONS["stage"], OPERATIONS["put"]):
        with pytest.raises(ArchiveDamaged):
            operate(real.archive)

    assert () == real.archive.staged(NAME)
    assert real.archive.find(NAME) is None


def test_the_checksum_is_that_of_blob_storage() -> None:
    """CRC-64/NVME, the lowest byte first; its check value is published."""
    assert base64.b64encode(0xAE8B14860A799888.to_bytes(8, "little")).decode() == checksum(memoryview(b"123456789"))


@pytest.mark.parametrize("operation", ["stage", "put"])
def test_every_block_and_blob_carries_its_checksum(real: RealContainer, operation: str) -> None:
    """For the archive to verify on arrival."""
    OPERATIONS[operation](real.archive)

    assert checksum(memoryview(CONTENT)) == real.wire.sent[-1].options["headers"]["x-ms-content-crc64"]


def test_a_commit_whose_reply_is_lost_is_found_done(real: RealContainer) -> None:
    """The next one, ours or the SDK's own, hears of our own blob."""
    real.archive.stage(NAME, A, view(CONTENT))
    real.wire.lose_reply()
    with pytest.raises(ArchiveBusy):
        real.archive.commit(NAME, [A], LABELS, "audio/wav")
    with pytest.raises(BlobExists):
        real.archive.commit(NAME, [A], LABELS, "audio/wav")
    found = real.archive.find(NAME)

    assert found is not None
    assert (10, LABELS) == (found.length, found.labels)


def test_no_error_shows_a_key_or_a_signature(real: RealContainer, azurite: Azurite) -> None:
    """Nor a URL's query."""
    real.wire.answer(403, "AuthenticationFailed")
    with pytest.raises(ArchiveRefused) as caught:
        real.archive.put(NAME, view(CONTENT), LABELS, "audio/wav")
    text = f"{caught.value} {caught.value!r}"

    assert azurite.key not in text
    assert "sig=" not in text
    assert "http" not in text


def test_the_largest_block_is_put_in_one_request(azurite: Azurite, mark: str) -> None:
    """The SDK would cut it beyond 64 MiB, and send the checksum of the whole with each part."""
    real = RealContainer(azurite, f"c-{mark}")
    real.close()
    with blob_service(azurite.connection_string, "", "") as service:
        archive = BlobArchive(service, f"c-{mark}")
        content = bytes((64 << 20) + 1)
        archive.put(NAME, memoryview(content), {}, "audio/wav")

        assert BlockList((), len(content), archive.find(NAME).etag) == archive.committed(NAME)  # type: ignore[union-attr]
