"""Exports are removed when their days are over."""

from datetime import timedelta

import pytest

from recording.core.model import BlobName
from tests.use_cases.world import World

DAY = timedelta(days=1)


def exported(world: World, name: str) -> None:
    """Write a package into the container of exports, now."""
    world.exports.put(BlobName(name), memoryview(b"zip"), {}, "application/zip")


@pytest.mark.parametrize(("days", "left"), [("5", ["held", "new"]), ("0", ["held", "new", "old", "older"])])
def test_an_export_stays_for_its_days(days: str, left: list[str]) -> None:
    """But what a hold protects, and everything if there is no end."""
    world = World(settings={"EXPORT_DAYS": days})
    world.exports.now = world.clock.now
    for name in ("older", "old", "held"):
        exported(world, name)
    world.removals["exports"].held.add(BlobName("held"))
    world.clock.at += 4 * DAY
    exported(world, "new")
    world.app.records.daily.run()
    assert 4 == len(world.exports.blobs)
    world.clock.at += 2 * DAY
    world.app.records.daily.run()

    assert left == sorted(world.exports.blobs)
