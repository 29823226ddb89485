"""The contract of `Trail`, on the fake and on Blob storage."""

import pytest

from recording.core.errors import ArchiveBusy, ArchiveDamaged, ArchiveRefused, InvalidRequest
from recording.core.model import BlobName
from recording.core.trail import MOST_ACT
from tests.contracts.trails import RealTrails, Trails

NAME = BlobName("trail/a=2E_b~-/000000001-ab.json")
OTHER = BlobName("trail/a=2E_b~-/000000002-cd.json")
BODY = b'{"number":1}'


def test_an_act_is_created_once(trails: Trails) -> None:
    """The same again is the same: a reply may have been lost, and others write too."""
    trails.trail.write(NAME, BODY)
    trails.trail.write(NAME, BODY)

    assert BODY == trails.content(NAME)


@pytest.mark.parametrize("standing", [b"", b'{"number":2}', BODY[:-1], BODY + b" "])
def test_another_blob_of_that_name_is_left_and_told(trails: Trails, standing: bytes) -> None:
    """Nothing is ever overwritten, whatever its length."""
    trails.put(NAME, standing)
    with pytest.raises(ArchiveDamaged):
        trails.trail.write(NAME, BODY)

    assert standing == trails.content(NAME)


@pytest.mark.parametrize("limit", [1, 2, 500])
def test_all_pages_have_each_blob_of_the_folder_once(trails: Trails, limit: int) -> None:
    for name, body in ((OTHER, b"2"), (NAME, b"1"), (BlobName("trail/a/x"), b"?"), (BlobName("y"), b"?")):
        trails.put(name, body)
    found, marker = list[tuple[BlobName, bytes]](), ""
    while True:
        page = trails.trail.page("trail/a=2E_b~-/", marker, limit)
        assert len(page.blobs) <= limit
        found += page.blobs
        marker = page.marker
        if not marker:
            break

    assert [(NAME, b"1"), (OTHER, b"2")] == found


def test_a_folder_without_blobs_is_an_empty_page(trails: Trails) -> None:
    page = trails.trail.page("trail/a/")
    assert ((), "") == (page.blobs, page.marker)


def test_of_what_is_no_act_only_the_beginning_is_read(trails: Trails) -> None:
    """Whoever writes into the container, memory is bounded; an empty blob is read as that."""
    trails.put(NAME, b"")
    trails.put(OTHER, b"x" * (2 * MOST_ACT))

    assert [0, MOST_ACT + 1] == [len(body) for _, body in trails.trail.page("trail/a=2E_b~-/").blobs]


def test_a_container_that_is_missing_is_told(trails: Trails) -> None:
    with pytest.raises(ArchiveRefused):
        trails.missing.write(NAME, BODY)
    with pytest.raises(ArchiveRefused):
        trails.missing.page("trail/a/")


# Blob storage alone


def test_a_write_whose_reply_was_lost_is_found_done(real_trails: RealTrails) -> None:
    real_trails.network.lose_reply()
    with pytest.raises(ArchiveBusy):
        real_trails.trail.write(NAME, BODY)
    real_trails.trail.write(NAME, BODY)

    assert BODY == real_trails.content(NAME)


def test_a_marker_that_the_service_does_not_know_is_the_callers(real_trails: RealTrails) -> None:
    """And without one, the same answer is no fault of theirs."""
    real_trails.network.answer(400, "OutOfRangeInput", times=2)
    with pytest.raises(InvalidRequest, match="after"):
        real_trails.trail.page("trail/a/", "nonsense")
    with pytest.raises(ArchiveRefused):
        real_trails.trail.page("trail/a/")
