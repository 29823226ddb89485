"""A timer, ticks and file events drive the sweep: each alone suffices, and together they do nothing twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.errors import ArchiveBusy, SweepSilent
from recording.core.model import CatalogEntry, ChunkState, RecordingId
from recording.ports import SweepState
from tests.use_cases.kills import KilledError
from tests.use_cases.sweeps import HOUR, MINUTE, started, sweep
from tests.use_cases.world import START, World, file_event_of


def test_two_sweep_at_once_and_nothing_is_done_twice() -> None:
    """The second leaves it to the first; if the first died, it is taken over soon."""
    world = World()
    world.announce(world.add())
    world.queue.messages.clear()
    world.clock.at += HOUR
    world.open_work.save(replace(world.open_work.load(), busy_until=world.clock.at + MINUTE))
    assert world.app.sweeping.sweep() is None
    world.clock.at += 2 * MINUTE
    assert world.app.sweeping.sweep() is not None
    assert 1 == len(world.queue.messages)


@pytest.mark.parametrize(("interval", "left_alone"), [(1, 3), (20, 60), (300, 90)])
def test_a_sweep_that_was_killed_is_not_waited_for_long(interval: int, left_alone: int) -> None:
    """For three intervals at most, and never for longer than a slice takes."""
    world = World()
    sweeping = replace(world.app.sweeping, first_look=timedelta(seconds=interval))
    seen = []

    def killed(*_: object) -> None:
        seen.append(world.open_work.load().busy_until)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(sweeping), "_slice", killed)
        sweeping.sweep()
    assert [world.clock.at + timedelta(seconds=left_alone)] == seen


def test_the_first_file_event_begins_the_chain_of_ticks() -> None:
    """And a hundred more do not begin another."""
    world = World()
    for number in range(100):
        world.deliver(file_event_of(world.add(f"document-{number}"), recording_id=f"recording-{number}"))
    assert [1] == [number for _, number in world.ticks.ticks]


def ticking(world: World, minutes: int) -> list[int]:
    """Deliver ticks as they become visible; their numbers."""
    end, seen = world.clock.at + minutes * MINUTE, []
    while due := [tick for tick in world.ticks.ticks if tick[0] <= end]:
        tick = min(due)
        world.ticks.ticks.remove(tick)
        world.clock.at = max(world.clock.at, tick[0])
        if world.app.ticking.continue_chain(tick[1]):
            seen.append(tick[1])
            world.app.sweeping.sweep_all()
    return seen


def test_a_chain_of_ticks_keeps_the_sweep_going_without_a_timer() -> None:
    world = World()
    world.deliver(file_event_of(world.add()))
    world.queue.messages.clear()
    assert list(range(1, 14)) == ticking(world, 60)
    world.run()
    assert ChunkState.RELEASED == world.state()


def test_a_tick_that_is_delivered_twice_makes_no_second_chain() -> None:
    """Nor does one that died between its successor and the note of it."""
    world = World()
    world.app.ticking.ensure()
    (first,) = world.ticks.ticks
    world.ticks.ticks += [first, first]
    state = world.open_work.state
    world.app.ticking.continue_chain(1)
    world.open_work.state = replace(state, version=world.open_work.state.version)  # the crash: it is not noted
    seen = ticking(world, 60)

    assert 1 == len(world.ticks.ticks)
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("slices", [0, 1])
def test_a_tick_whose_worker_died_in_the_sweep_sweeps_when_it_is_delivered_again(slices: int) -> None:
    """Else each death would cost an interval. It puts no second successor; after a whole pass it is dropped."""
    world = World()
    world.announce(world.add())
    world.queue.messages.clear()
    world.clock.at += HOUR
    world.app.ticking.ensure()
    assert world.app.ticking.continue_chain(1)
    if slices:  # of a pass that is not whole
        world.open_work.save(replace(world.open_work.load(), began_at=world.clock.at, alive_at=world.clock.at))

    world.clock.at += 3 * MINUTE
    assert world.app.ticking.continue_chain(1)
    world.app.sweeping.sweep_all()
    assert 1 == len(world.queue.messages)
    assert not world.app.ticking.continue_chain(1)
    assert [1, 2] == sorted(number for _, number in world.ticks.ticks)


def test_a_lost_tick_ends_the_chain_and_a_file_event_begins_it_again() -> None:
    """With a number of its own: if the lost one comes after all, it sweeps, and puts nothing."""
    world = World()
    world.app.ticking.ensure()
    lost = world.ticks.ticks.pop()
    world.clock.at += HOUR
    world.deliver(file_event_of(world.add()))
    assert [2] == [number for _, number in world.ticks.ticks]
    world.ticks.ticks.append(lost)
    assert [1, 2, 3, 4] == ticking(world, 10)
    assert [5] == [number for _, number in world.ticks.ticks]


def test_a_chain_whose_first_tick_could_not_be_put_is_begun_by_the_next_file_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the same worker, and at once: no state tells of a tick that is not there."""
    world = World()

    def busy(number: int, delay: timedelta) -> None:
        raise ArchiveBusy("put tick", "503", ids={"tick": str(number), "delay": str(delay)})

    with monkeypatch.context() as patch:
        patch.setattr(world.ticks, "put", busy)
        assert world.deliver(file_event_of(world.add("document-1"))).failure is None
    assert [] == world.ticks.ticks
    world.deliver(file_event_of(world.add("document-2"), recording_id="recording-2"))

    assert [1] == [number for _, number in world.ticks.ticks]


def test_a_chain_whose_beginner_died_before_the_state_said_so_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def dies(_: SweepState) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(world.open_work, "save", dies)
        with pytest.raises(KilledError):
            world.app.ticking.ensure()
    assert list(range(1, 14)) == ticking(world, 60)


def test_a_sweep_that_cannot_be_woken_is_no_reason_against_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def busy() -> SweepState:
        raise ArchiveBusy("load sweep", "503")

    monkeypatch.setattr(world.open_work, "load", busy)
    received = world.deliver(file_event_of(world.add()))
    assert received.failure is None
    assert 1 == len(received.messages)


def test_health_fails_when_no_slice_comes_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though each notes that it has stopped."""
    world = World()
    sweep(world)

    def busy(*_: object) -> None:
        raise ArchiveBusy("list open work", "503")

    monkeypatch.setattr(world.open_work, "page", busy)
    for _ in range(12):
        with pytest.raises(ArchiveBusy):
            sweep(world)
    with pytest.raises(SweepSilent, match="3600 seconds"):
        world.app.heartbeat.check()


def test_health_fails_when_the_sweep_is_silent() -> None:
    """Not at once after a start, and not while it goes on."""
    world = World()
    sweep(world, 4)
    world.app.heartbeat.check()
    world.clock.at += HOUR
    with pytest.raises(SweepSilent, match="3600 seconds"):
        world.app.heartbeat.check()
    sweep(world)
    world.app.heartbeat.check()


@pytest.mark.parametrize(("interval", "expected"), [(60, 12), (300, 12), (600, 6), (1800, 2), (3600, 1)])
def test_the_timer_alone_sweeps_as_often_as_the_interval_says(interval: int, expected: int) -> None:
    """It fires every five minutes, and sweeps at most so often."""
    world = World(settings={"SWEEP_SECONDS": str(interval)})
    passes = 0
    for minute in range(0, 60, 5):
        world.clock.at = START + minute * MINUTE
        before = world.open_work.state.alive_at
        world.app.sweeping.sweep_by_timer(5 * MINUTE)
        passes += world.open_work.state.alive_at != before
    assert expected == passes


def test_the_timer_goes_on_with_a_pass_that_has_not_ended() -> None:
    world = World(settings={"SWEEP_SECONDS": "3600"})
    world.app.sweeping.sweep_by_timer(5 * MINUTE)
    world.open_work.state = replace(world.open_work.state, began_at=world.clock.now())
    world.clock.at += 5 * MINUTE
    world.app.sweeping.sweep_by_timer(5 * MINUTE)
    assert world.clock.now() == world.open_work.state.alive_at


@pytest.mark.parametrize("interval", [1, 10, 300])
def test_no_second_sweep_begins_while_one_goes_on(interval: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with a short interval and a slow storage either: many at once would make it slower still."""
    world = World(settings={"SWEEP_SECONDS": str(interval), "OVERDUE_SECONDS": "1"})
    for number in range(200):
        started(world, f"recording-{number}")
    world.clock.at += HOUR
    sweeping = world.app.sweeping
    world.worker()
    second = world.app.sweeping
    load, others = world.catalog.load, list[object]()

    def slowly(recording_id: RecordingId) -> CatalogEntry | None:
        others.append(second.sweep())
        world.clock.sleep(0.5)
        return load(recording_id)

    with monkeypatch.context() as patch:
        patch.setattr(world.catalog, "load", slowly)
        sweeping.sweep()
    assert others
    assert [None] * len(others) == others
