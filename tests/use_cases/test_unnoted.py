"""Successes and failures that cannot be saved in the catalog, and failures after all chunks are closed."""

from datetime import timedelta

import pytest

from recording.core.errors import ArchiveRefused, CatalogConflict, Transient
from recording.core.model import BlobName, ChunkState, RecordingState, Subject
from tests.use_cases.world import RETENTION, World, assert_nothing_lost, elsewhere

ENDLESS = 100_000


def test_a_doubt_that_cannot_be_noted_gives_the_step_back() -> None:
    """The hostile location is permanent, but the catalog's failure is transient: the message must be retried."""
    world = World()
    world.announce(elsewhere(world.add(), content="https://evil.example/v1/objects/document-0/content/audio"))
    world.catalog.conflicts = ENDLESS
    assert world.one() is None
    assert [True] == [isinstance(error, Transient) for error in world.errors]

    world.catalog.conflicts = 0
    world.run(until=timedelta(hours=1))
    assert (ChunkState.QUARANTINED, ["RecordingQuarantined"]) == (world.state(), world.told())


@pytest.mark.parametrize("late", [timedelta(), RETENTION + timedelta(hours=2)], ids=["young", "after its latest end"])
def test_a_copy_that_cannot_be_noted_is_found_by_the_next_try(late: timedelta) -> None:
    """It is not reported as lost, though its time was over while the catalog was unavailable."""
    world = World()
    chunk = world.add()
    world.announce(chunk)
    world.clock.at += late

    def nobody_notes(operation: str, name: BlobName) -> None:
        if operation == "commit" and name.endswith(".wav"):
            world.catalog.conflicts = ENDLESS

    world.archive.before = nobody_notes
    with assert_nothing_lost(world):
        assert world.one() is None
        assert [CatalogConflict] == [type(error) for error in world.errors]
        world.archive.before = lambda _operation, _name: None
        world.catalog.conflicts = 0
        world.run()

    assert (ChunkState.RELEASED, ["RecordingArchived"]) == (world.state(), world.told())
    assert () == world.chunk().failures


def test_a_manifest_that_cannot_be_written_is_told_and_tried_less_and_less() -> None:
    """All sources are released, so no end of a source ends the retries."""
    world = World()
    tries: list[float] = []

    def refused(operation: str, name: BlobName) -> None:
        if operation == "put" and ".manifest" in name:
            tries.append(world.clock.monotonic())
            raise ArchiveRefused("put blob", "403 AuthorizationFailure")

    world.announce(world.add())
    world.archive.before = refused
    world.run(until=timedelta(hours=30))

    assert ["RecordingAtRisk"] == world.told()
    assert 60 <= len(tries) <= 150
    failure = world.chunk().last_failure
    assert failure is not None
    assert (Subject.MANIFEST, "put blob") == (failure.subject, failure.operation)
    world.archive.before = lambda _operation, _name: None
    world.run()
    assert (RecordingState.RELEASED, ["RecordingAtRisk", "RecordingArchived"]) == (
        world.entry().recording.state,
        world.told(),
    )
