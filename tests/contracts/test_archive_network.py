"""`Archive` with faults of the network: refusals, lost replies, damaged bytes."""

import base64
from collections.abc import Callable

import pytest
from azure.storage.blob import BlobServiceClient

from local.azurite import Azurite
from recording.adapters.archive import BlobArchive, checksum
from recording.adapters.clients import blob_requests, blob_service
from recording.core.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveRefused,
    BlobExists,
    RecordingError,
)
from recording.ports import BlockList
from tests.contracts.containers import (
    CONTENT,
    METADATA,
    NAME,
    OPERATIONS,
    A,
    RealContainer,
    Storage,
    every_operation,
    view,
)
from tests.contracts.scripted import Server, chunked, head, said


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
    real_container: RealContainer,
    operate: Callable[[Storage], object],
    status: int,
    code: str,
    error: type[RecordingError],
) -> None:
    """Busy is transient. Refused needs a role that takes effect, or a person, and has a hint."""
    real_container.network.answer(status, code)
    with pytest.raises(error) as caught:
        operate(real_container.archive)

    assert {"blob": NAME, "container": real_container.archive.container} == caught.value.ids
    assert str(status) in caught.value.cause
    assert caught.value.hint or error is ArchiveBusy


@every_operation
def test_no_reply_is_busy(real_container: RealContainer, operate: Callable[[Storage], object]) -> None:
    """The outcome is unknown."""
    real_container.network.lose_request()
    with pytest.raises(ArchiveBusy) as caught:
        operate(real_container.archive)

    assert "network" in caught.value.hint


def test_a_busy_archive_says_for_how_long(real_container: RealContainer) -> None:
    real_container.network.answer(503, "ServerBusy", {"Retry-After": "7"})
    with pytest.raises(ArchiveBusy) as caught:
        real_container.archive.stage(NAME, A, view(CONTENT))

    assert 7.0 == caught.value.retry_after


@pytest.mark.parametrize("code", ["BlobAlreadyExists", "ConditionNotMet", "LeaseIdMissing", "BlobImmutableDueToPolicy"])
@pytest.mark.parametrize("status", [409, 412])
def test_every_conflict_is_told_as_one(real_container: RealContainer, status: int, code: str) -> None:
    real_container.archive.stage(NAME, A, view(CONTENT))
    real_container.network.answer(status, code)
    with pytest.raises(BlobExists):
        real_container.archive.commit(NAME, [A], METADATA, "audio/wav")


@pytest.mark.parametrize("code", ["Md5Mismatch", "Crc64Mismatch"])
def test_a_mismatch_is_damage(real_container: RealContainer, code: str) -> None:
    """For a block and for a whole blob."""
    for operate in (OPERATIONS["stage"], OPERATIONS["put"]):
        real_container.network.answer(400, code)
        with pytest.raises(ArchiveDamaged):
            operate(real_container.archive)


def test_bytes_damaged_on_their_way_are_not_kept(real_container: RealContainer) -> None:
    """The archive computes the checksum itself, for a block and for a whole blob."""
    real_container.network.damage(times=2)
    for operate in (OPERATIONS["stage"], OPERATIONS["put"]):
        with pytest.raises(ArchiveDamaged):
            operate(real_container.archive)

    assert () == real_container.archive.staged(NAME)
    assert real_container.archive.find(NAME) is None


def test_the_checksum_is_that_of_blob_storage() -> None:
    """CRC-64/NVME, little-endian; the check value is a published one."""
    assert base64.b64encode(0xAE8B14860A799888.to_bytes(8, "little")).decode() == checksum(memoryview(b"123456789"))


@pytest.mark.parametrize("operation", ["stage", "put"])
def test_every_block_and_blob_carries_its_checksum(real_container: RealContainer, operation: str) -> None:
    OPERATIONS[operation](real_container.archive)

    assert checksum(memoryview(CONTENT)) == real_container.network.sent[-1].headers["x-ms-content-crc64"]


def test_a_commit_whose_reply_is_lost_is_found_done(real_container: RealContainer) -> None:
    """The next commit, ours or the SDK's retry, is a conflict with our own blob."""
    real_container.archive.stage(NAME, A, view(CONTENT))
    real_container.network.lose_reply()
    with pytest.raises(ArchiveBusy):
        real_container.archive.commit(NAME, [A], METADATA, "audio/wav")
    with pytest.raises(BlobExists):
        real_container.archive.commit(NAME, [A], METADATA, "audio/wav")
    found = real_container.archive.find(NAME)

    assert found is not None
    assert (10, METADATA) == (found.length, found.blob_metadata)


def test_no_error_shows_a_key_or_a_signature(real_container: RealContainer, azurite: Azurite) -> None:
    """Nor the query of a URL."""
    real_container.network.answer(403, "AuthenticationFailed")
    with pytest.raises(ArchiveRefused) as caught:
        real_container.archive.put(NAME, view(CONTENT), METADATA, "audio/wav")
    text = f"{caught.value} {caught.value!r}"

    assert azurite.key not in text
    assert "sig=" not in text
    assert "http" not in text


def test_the_largest_block_is_put_in_one_request(azurite: Azurite, real_container: RealContainer) -> None:
    """The SDK would split a body above 64 MiB, and send the checksum of the whole with each part."""
    with blob_service(azurite.connection_string) as service, blob_requests(service) as writes:
        archive = BlobArchive(service, writes, real_container.archive.container)
        content = bytes((64 << 20) + 1)
        etag = archive.put(NAME, memoryview(content), {}, "audio/wav")

        assert BlockList((), len(content), etag) == archive.committed(NAME)


def test_a_write_that_is_accepted_in_chunks_gives_its_connection_back() -> None:
    accepted = head("Transfer-Encoding: chunked", 'ETag: "1"', status="201 Created") + chunked()
    with (
        Server([accepted] * 3) as server,
        BlobServiceClient(f"{server.url}/account") as service,
        blob_requests(service, retries=0) as writes,
    ):
        archive = BlobArchive(service, writes, "container")
        archive.stage(NAME, A, view(CONTENT))
        archive.commit(NAME, [A], METADATA, "audio/wav")

        assert "1" == archive.put(NAME, view(CONTENT), METADATA, "audio/wav")
        assert 1 == server.opened


PART = head(f"Content-Length: {len(CONTENT)}", status="206 Partial Content") + CONTENT


def test_what_breaks_while_it_is_read_back_is_read_again() -> None:
    """From the beginning."""
    with (
        Server([PART[:-1], None], [PART]) as server,
        BlobServiceClient(f"{server.url}/account") as service,
        blob_requests(service, retries=1) as requests,
    ):
        room = memoryview(bytearray(len(CONTENT)))

        assert len(CONTENT) == BlobArchive(service, requests, "container").read(NAME, 0, room)
        assert CONTENT == room
        assert 2 == server.opened


@pytest.mark.parametrize("reply", [PART.replace(b"206 Partial Content", b"200 OK"), PART + b"!", said(CONTENT + b"!")])
def test_what_is_not_the_range_is_not_read_back(reply: bytes) -> None:
    """A whole blob instead of the range, or more bytes than requested, is transient."""
    longer = reply.replace(b"Content-Length: %d" % len(CONTENT), b"Content-Length: %d" % (len(CONTENT) + 1))
    with (
        Server([longer if reply.endswith(b"!") else reply]) as server,
        BlobServiceClient(f"{server.url}/account") as service,
        blob_requests(service, retries=0) as requests,
        pytest.raises(ArchiveBusy),
    ):
        BlobArchive(service, requests, "container").read(NAME, 0, memoryview(bytearray(len(CONTENT))))
