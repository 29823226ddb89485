"""The contract of `Inventory`, on the fake and on Blob storage."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from recording.core.errors import ArchiveBusy, ArchiveDamaged, ArchiveRefused, BlobExists, RecordingError
from recording.core.model import BlobName
from recording.ports import Inventory, ListedBlob
from tests.contracts.inventories import Listed, RealListed

BLOB = ListedBlob(BlobName("A/2026/3/1/12/x.json"), 3, datetime(2026, 3, 1, tzinfo=UTC))
OPERATIONS: dict[str, Callable[[Inventory], object]] = {
    "folders": lambda inventory: inventory.folders(),
    "page": lambda inventory: inventory.page("A/"),
    "read": lambda inventory: inventory.read(BLOB),
}
every_operation = pytest.mark.parametrize("operate", OPERATIONS.values(), ids=OPERATIONS)


def names(listed: Listed, prefix: str, limit: int = 5000) -> list[str]:
    """The names of all pages."""
    found, marker = list[str](), ""
    while True:
        page = listed.inventory.page(prefix, marker, limit)
        assert len(page.blobs) <= limit
        found += [blob.name for blob in page.blobs]
        marker = page.marker
        if not marker:
            return found


def test_folders_are_the_first_segments(listed: Listed) -> None:
    """A blob without a slash in its name is in none."""
    for name in ("B/2026/3/1/x.json", "A/x.json", "B/y.json", "z.json", "ä ö/%41.json"):
        listed.put(name)

    assert ["A/", "B/", "ä ö/"] == listed.inventory.folders()


def test_an_empty_container_has_nothing(listed: Listed) -> None:
    """No folders, and one empty page."""
    page = listed.inventory.page("A/")

    assert ([], (), "") == (listed.inventory.folders(), page.blobs, page.marker)


@pytest.mark.parametrize("limit", [1, 2, 5, 5000])
def test_all_pages_have_each_blob_once(listed: Listed, limit: int) -> None:
    """By name, whatever a page's limit is; only those below the prefix."""
    expected = [f"A/2026/3/1/{hour}/{number}.json" for hour in (1, 12, 2) for number in range(2)]
    for name in (*reversed(expected), "A/2026/3/11/0.json", "A/2026/3/1", "B/2026/3/1/0.json"):
        listed.put(name)

    assert sorted(expected) == names(listed, "A/2026/3/1/", limit)


def test_a_blob_has_its_length_and_when_it_was_written(listed: Listed) -> None:
    """To the second, by the storage's clock."""
    before = datetime.now(UTC) - timedelta(seconds=2)
    listed.put("A/x.json", b"0123456789")
    (blob,) = listed.inventory.page("A/").blobs

    assert ("A/x.json", 10) == (blob.name, blob.length)
    assert before <= blob.modified_at <= datetime.now(UTC) + timedelta(seconds=2)


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 300])
def test_a_blob_is_read_whole(listed: Listed, content: bytes) -> None:
    """Also an empty one."""
    listed.put("A/ä %41.json", content)
    (blob,) = listed.inventory.page("A/").blobs

    assert content == listed.inventory.read(blob)


def test_a_blob_whose_bytes_are_not_those_that_were_written_is_not_believed(real_listed: RealListed) -> None:
    """A location in an event with one wrong character would be asked for a day."""
    real_listed.put("A/x.json", b"0123456789")
    (blob,) = real_listed.inventory.page("A/").blobs
    assert blob.md5

    with pytest.raises(ArchiveDamaged, match=r"A/x\.json"):
        real_listed.inventory.read(replace(blob, md5=bytes(16)))


def test_a_blob_that_is_deleted_meanwhile_is_not_there(listed: Listed) -> None:
    """The next list does not have it."""
    with pytest.raises(ArchiveRefused):
        listed.inventory.read(BLOB)


@pytest.mark.parametrize("operation", ["folders", "page"])
def test_a_missing_container_is_said_to_be_missing(listed: Listed, operation: str) -> None:
    """The deployment creates it."""
    with pytest.raises(ArchiveRefused) as caught:
        OPERATIONS[operation](listed.missing)

    assert "404 ContainerNotFound" == caught.value.cause
    assert "container exists" in caught.value.hint


# Errors of Blob storage


@every_operation
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "AuthorizationFailure", ArchiveRefused),
        (409, "ContainerBeingDeleted", ArchiveRefused),
        (429, "", ArchiveBusy),
        (500, "OperationTimedOut", ArchiveBusy),
        (503, "ServerBusy", ArchiveBusy),
    ],
)
def test_every_refusal_is_told_by_who_must_react(
    real_listed: RealListed, operate: Callable[[Inventory], object], status: int, code: str, error: type[RecordingError]
) -> None:
    """Busy is transient. Refused needs a role that takes effect, or a person, and has a hint."""
    real_listed.network.answer(status, code)
    with pytest.raises(error) as caught:
        operate(real_listed.inventory)

    assert str(status) in caught.value.cause
    assert "container" in caught.value.ids
    assert caught.value.hint or error is ArchiveBusy


@every_operation
def test_no_reply_is_busy(real_listed: RealListed, operate: Callable[[Inventory], object]) -> None:
    """A retry succeeds."""
    real_listed.network.lose_request()
    with pytest.raises(ArchiveBusy) as caught:
        operate(real_listed.inventory)

    assert "network" in caught.value.hint


def test_a_blob_in_the_archive_tier_cannot_be_read(real_listed: RealListed) -> None:
    """It is no passing failure."""
    real_listed.network.answer(409, "BlobArchived")
    with pytest.raises(BlobExists):
        real_listed.inventory.read(BLOB)
