"""The contract of `Tombstones`, on the fake and on Blob storage."""

import pytest

from recording.adapters.tombstones import BlobTombstones
from recording.core.errors import EntryUnreadable
from recording.core.formats.records.tombstones import Tombstone, tombstone_name
from recording.core.model import Actor, RecordingId, RemovalReason
from recording.ports import Tombstones
from tests.contracts.trails import FakeTrails, RealTrails, Trails
from tests.core.entries_of import NOW
from tests.fakes import FakeTombstones

TOMBSTONE = Tombstone(RecordingId("a/b"), NOW, RemovalReason.ERASURE, Actor("entra:ada"))


@pytest.fixture
def tombstones(trails: Trails) -> Tombstones:
    """Over the container of a contract of the trails."""
    if isinstance(trails, RealTrails):
        return BlobTombstones(trails.archive)
    assert isinstance(trails, FakeTrails)
    return FakeTombstones(trails.archive)


def test_a_tombstone_is_found_by_its_recording(tombstones: Tombstones) -> None:
    assert tombstones.find(TOMBSTONE.recording_id) is None
    tombstones.put(TOMBSTONE)
    assert TOMBSTONE == tombstones.find(TOMBSTONE.recording_id)
    assert tombstones.find(RecordingId("a")) is None


def test_the_first_one_stands(tombstones: Tombstones) -> None:
    """It is never changed, whoever erases again."""
    tombstones.put(TOMBSTONE)
    tombstones.put(Tombstone(TOMBSTONE.recording_id, NOW, RemovalReason.RETENTION, Actor("app")))
    assert TOMBSTONE == tombstones.find(TOMBSTONE.recording_id)


@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 100_000])
def test_a_blob_that_is_none_is_told(trails: Trails, body: bytes) -> None:
    """It is not taken for a tombstone: the recording could be lost by it; and not passed over."""
    if not isinstance(trails, RealTrails):
        return
    trails.put(tombstone_name(TOMBSTONE.recording_id), body)
    with pytest.raises(EntryUnreadable):
        BlobTombstones(trails.archive).find(TOMBSTONE.recording_id)
