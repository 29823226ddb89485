"""A source that throttles one worker is left alone by all of them, except for what is near its end."""

from datetime import timedelta

import pytest

from recording.core.deadlines import URGENT
from recording.core.errors import ArchiveBusy
from recording.core.model import ChunkState, DocumentId
from tests.use_cases.world import RETENTION, START, World

SECOND = timedelta(seconds=1)


def throttled(world: World, *documents: str) -> None:
    """Announce chunks, and let the first worker hear that it asks too often."""
    world.announce(*(world.add(document, index) for index, document in enumerate(documents)))
    world.source.arm("busy_429", times=None, retry_after=60)
    world.one()
    world.source.disarm()


def test_what_one_worker_was_told_the_others_heed() -> None:
    """Each chunk is tried after the time that the source asked for, and not at the same moment."""
    world = World()
    throttled(world, "document-0", "document-1", "document-2")
    asked = len(world.source.opened)
    world.worker()
    world.archiving = world.app.archiving
    world.one()
    world.one()

    assert asked == len(world.source.opened)
    moments = sorted(moment for moment, _ in world.queue.messages)
    assert START + 60 * SECOND <= moments[0] < moments[1] < moments[2] <= START + 75 * SECOND
    world.run()
    assert {ChunkState.RELEASED} == {chunk.state for chunk in world.entry()}


def test_what_is_near_its_end_is_tried_all_the_same() -> None:
    world = World()
    throttled(world, "document-0", "document-1")
    world.clock.at += RETENTION - URGENT + SECOND
    world.throttle.until = world.clock.at + 600 * SECOND
    world.worker()
    world.archiving = world.app.archiving
    world.run(until=world.clock.at + SECOND - START)

    assert ChunkState.RELEASED == world.state("document-1")


def test_a_table_that_fails_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker that was told to wait knows it all the same."""
    world = World()

    def busy(*_: object) -> None:
        raise ArchiveBusy("throttle", "503")

    for name in ("throttled_until", "throttle"):
        monkeypatch.setattr(world.throttle, name, busy)
    throttled(world, "document-0", "document-1")
    world.run()

    assert {ChunkState.RELEASED} == {chunk.state for chunk in world.entry()}


def test_the_shared_moment_is_read_seldom() -> None:
    world = World()
    for number in range(20):
        world.announce(world.add(f"document-{number}"), recording_id=DocumentId(f"recording-{number}"))  # type: ignore[arg-type]
    world.run()
    assert 1 == world.throttle.reads
