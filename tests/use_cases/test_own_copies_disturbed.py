"""Accept, the way into overflow, and the way home, disturbed once at each single call of a port."""

from collections.abc import Callable
from typing import Any

import pytest

from recording.core.errors import ArchiveBusy
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import Decided
from recording.core.model import BlobName, ChunkState, Ruling
from tests.use_cases.kills import KilledError
from tests.use_cases.test_overflow import HOUR, ON, close, open_again
from tests.use_cases.world import RECORDING, START, World, sound

DOUBTED = b"what no player plays " * 1000
AT_ONCE = {**ON, "OVERFLOW_HOURS": "25"}


def accepted() -> tuple[World, bytes]:
    """A person has accepted a copy."""
    world = World()
    world.announce(world.add(content=DOUBTED))
    world.one()
    world.updates.apply(RECORDING, Decided(world.chunk().document_id, Ruling.ACCEPT, "it plays"))
    world.queue.messages.clear()
    world.queue.put(ChunkMessage(RECORDING, world.chunk().document_id, None), HOUR * 0)
    return world, DOUBTED


def closed() -> tuple[World, bytes]:
    """The archive cannot be written; after an hour it can."""
    world = World(settings=AT_ONCE)
    media = sound()
    close(world.archive, world.quarantine)
    world.announce(world.add(content=media))
    return world, media


def in_overflow() -> tuple[World, bytes]:
    """The source has ended, and the archive can be written again."""
    world, media = closed()
    world.one()
    chunk = world.chunk().announced
    assert world.chunk().overflow is not None
    world.remove(chunk)
    world.clock.at = START + 26 * HOUR
    open_again(world.archive, world.quarantine)
    return world, media


WAYS = {"accept": accepted, "into overflow": closed, "home": in_overflow}


class Disturbance:
    """At the call with that number, the process dies or the call fails; calls are counted from 0."""

    def __init__(self, world: World, at: int, *, kills: bool) -> None:
        self.calls, self.at, self.is_dead, self.kills = 0, at, False, kills
        for archive in (world.archive, world.quarantine, world.overflow):
            archive.before = self._chained(archive.before)
            archive.after = self._chained(archive.after)
        for part, names in ((world.catalog, ("load", "save", "own")), (world.open_work, ("put", "remove"))):
            for name in names:
                setattr(part, name, self._wrapped(getattr(part, name), name))

    def _chained(self, watch: Callable[[str, BlobName], None]) -> Callable[[str, BlobName], None]:
        def watched(operation: str, name: BlobName) -> None:
            self._call(operation)
            watch(operation, name)

        return watched

    def _wrapped(self, call: Callable[..., Any], what: str) -> Callable[..., Any]:
        def wrapped(*args: object, **named: object) -> object:
            self._call(what)
            done = call(*args, **named)
            self._call(what)
            return done

        return wrapped

    def _call(self, what: str) -> None:
        if self.is_dead:
            raise KilledError
        number, self.calls = self.calls, self.calls + 1
        if number == self.at:
            if self.kills:
                self.is_dead = True
                raise KilledError
            raise ArchiveBusy(what, "503")


def run(world: World, disturbance: Disturbance, hours: float) -> None:
    """Hand out messages until none is left, or for so many hours."""
    for _ in range(300):
        message = world.queue.take()
        if message is None:
            return
        if message[0] > START + hours * HOUR:
            world.queue.messages.append(message)
            return
        world.clock.at = max(world.clock.at, message[0])
        try:
            world.hand_out(message[1])
        except KilledError:
            disturbance.is_dead = False
            world.give_back(message[1])
            world.archiving = world.worker()
    raise AssertionError("it does not come to an end")


def outcome(way: str, at: int, *, kills: bool) -> tuple[int, str]:
    """How many calls there were, and what is wrong at the end."""
    world, media = WAYS[way]()
    disturbance = Disturbance(world, at, kills=kills)
    run(world, disturbance, 1.0 if way == "into overflow" else 1000.0)
    calls, disturbance.at = disturbance.calls, -1
    if way == "into overflow":
        overflowed = world.chunk().overflow
        if overflowed is None or world.overflow.blobs[overflowed.name].content != media:
            return calls, f"{way} at {at}: there is no copy in the overflow"
        open_again(world.archive, world.quarantine)
        run(world, disturbance, 1000.0)
    expected = ChunkState.KEPT if way == "home" else ChunkState.RELEASED
    blob = world.blobs().get(world.chunk().name)
    if (world.state(), blob) != (expected, media):
        return calls, f"{way} at {at}: {world.state()}, archived: {blob == media}"
    if world.source.deletions and way == "home":
        return calls, f"{way} at {at}: the source was deleted"
    if world.overflow.blobs:
        return calls, f"{way} at {at}: left in the overflow: {[*world.overflow.blobs]}"
    if [*world.missing_rows()] or world.told().count("RecordingLost"):
        return calls, f"{way} at {at}: {[*world.missing_rows()]}, {world.told()}"
    return calls, ""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kills", [True, False])
def test_nothing_is_lost_wherever_it_is_disturbed(way: str, *, kills: bool) -> None:
    calls, wrong = outcome(way, -1, kills=kills)
    assert "" == wrong
    found = [outcome(way, at, kills=kills)[1] for at in range(calls)]

    assert [] == [wrong for wrong in found if wrong]
