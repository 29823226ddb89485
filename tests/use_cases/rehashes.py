"""Recordings and own keys whose rows are written anew under the next key of the index."""

from collections.abc import Iterable

from recording.core.records.jobs import Job
from recording.core.records.people import OwnIdentity
from tests.use_cases.persons import (
    ADA,
    BY,
    record,
    world_of,
)
from tests.use_cases.world import World


def rotated(world: World, keys: str) -> World:
    """The same tables and containers under other keys."""
    world.settings = {"PEOPLE_INDEX_KEY": keys}
    world.worker()
    return world


def rehash(world: World) -> None:
    """The daily pass, and the jobs that it makes."""
    world.job_queue.jobs.clear()
    world.app.records.daily.run()
    while world.job_queue.jobs:
        world.app.records.jobs.run(world.job_queue.jobs.pop(0))


def filed(names: Iterable[str] = ("one", "two")) -> World:
    """Recordings and an own key that are filed under the first key."""
    world = world_of()
    for name in names:
        record(world, name, [ADA])
    world.app.records.people.save([OwnIdentity("crm-1", (ADA,))], by=BY)
    return world


def jobs_in(world: World) -> list[Job]:
    """All jobs that there are."""
    return [world.app.records.jobs.load(key) for partition, key in world.index.rows if partition == "jobs"]


def hashed(world: World) -> set[str]:
    """The partitions that have rows of people."""
    return {partition for partition, _ in world.index.rows if partition.startswith(("person~", "own~", "filed-under~"))}


def own_rows(world: World, raw_id: str) -> list[str]:
    """The rows of own keys that stand for somebody."""
    rows = world.index.rows.values()
    return [row.key for row in rows if row.partition.startswith("own~") and raw_id.encode() in row.body]
