"""The journal: file events that were written there and never acted upon are replayed, once each."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from recording.core.errors import ArchiveBusy, BlobExists, InvalidRequest, Permanent, RecordingError
from recording.core.model import (
    BlobName,
    CatalogEntry,
    ChunkState,
    Door,
    RecordingId,
)
from recording.core.naming import journal_name
from recording.ports import BlobPage
from recording.watch.replayed import Replayed
from tests.use_cases.journals import DAY, MINUTE, check, event_of, journal, reads
from tests.use_cases.world import RECORDING, START, World


@pytest.fixture
def world() -> World:
    return World()


def test_an_event_that_nobody_acted_upon_is_replayed(world: World) -> None:
    """It counts as if it came by the function key: archived, and its source left to expire."""
    journal(world, event_of(world, RECORDING, "document-0"))
    world.clock.sleep(11 * MINUTE)
    found = check(world)
    world.run()

    assert Replayed(replayed=1) == found
    assert ChunkState.KEPT is world.state()
    assert [Door.FUNCTION_KEY] == [one.door for one in world.chunk().candidates]


@pytest.mark.parametrize("error", [ArchiveBusy("list folders", "503"), KeyError("a bug")])
def test_the_journal_is_checked_although_the_dead_letters_fail(
    world: World, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """What was replayed is logged, and the failure is told to the caller."""

    def fail(_operation: str, _name: BlobName) -> None:
        raise error

    world.letters.before = fail
    journal(world, event_of(world, RECORDING, "document-0"))
    world.clock.sleep(11 * MINUTE)
    with caplog.at_level(logging.INFO), pytest.raises(type(error)):
        check(world)
    assert 1 == len(world.event_queue.messages)
    assert "sweep.replayed replayed=1" in caplog.text


def test_a_person_hears_of_it_once(world: World) -> None:
    """It should have been taken when it came."""
    journal(world, event_of(world, RECORDING, "document-0"))
    for _ in range(5):
        world.clock.sleep(11 * MINUTE)
        check(world)
    world.run()

    assert 1 == world.told().count("SweepFoundWork")


def test_an_event_that_was_acted_upon_is_left_alone(world: World) -> None:
    """Also where its documents are announced elsewhere than the catalog has them."""
    event = event_of(world, RECORDING, "document-0")
    world.deliver(event)
    world.run()
    world.deliver(json.loads(json.dumps(event).replace("eu-api.asm", "us-api.asm")))
    world.clock.sleep(11 * MINUTE)

    assert (Replayed(), 2) == (check(world), reads(world))


def test_a_young_entry_is_left_until_it_is_ten_minutes_old(world: World) -> None:
    """Its event may be in the queue, or be delivered again."""
    journal(world, event_of(world, RECORDING))
    world.clock.sleep(9 * MINUTE)
    assert (Replayed(), 0) == (check(world), reads(world))

    world.clock.sleep(2 * MINUTE)
    assert Replayed(replayed=1) == check(world)


def test_each_entry_is_read_once(world: World) -> None:
    """A pass costs two requests for each new entry, however large the journal is."""
    for number in range(300):
        world.deliver(event_of(world, f"recording-{number}"))
        world.clock.sleep(2 * MINUTE)
        check(world)
    world.clock.sleep(11 * MINUTE)
    check(world)

    assert (300, 300) == (len(world.journal.blobs), reads(world))


def test_passes_that_follow_one_another_at_once_list_nothing(world: World) -> None:
    """A sweep is run by several drivers."""
    check(world)
    world.journal.calls.clear()
    for _ in range(20):
        world.clock.sleep(2.0)
        check(world)

    assert [] == world.journal.calls


def test_entries_about_midnight_are_found(world: World) -> None:
    """Names have the day by the app's clock, and dates are the storage's."""
    world.clock.at = START.replace(hour=23, minute=50)
    check(world)
    expected = set()
    for number in range(10):
        journal(world, event_of(world, f"recording-{number}"))
        expected.add(f"recording-{number}")
        world.clock.sleep(2 * MINUTE)
        check(world)
    world.clock.sleep(11 * MINUTE)
    check(world)

    assert expected == set(world.catalog.entries)


def test_a_pass_that_is_out_of_time_is_continued_by_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page; nothing is left out, nothing read twice."""
    monkeypatch.setattr("recording.watch.journal_check._PAGE", 10)
    for number in range(55):
        journal(world, event_of(world, f"recording-{number:02}"))
    world.clock.sleep(11 * MINUTE)
    world.journal.before = lambda operation, _name: world.clock.sleep(0.1 if operation == "read" else 0.0)
    results: list[Replayed] = []
    while not results or not results[-1].is_finished:
        results.append(check(world, 0.5))

    assert len(results) > 3
    assert (55, 55) == (sum(one.replayed for one in results), reads(world))
    assert 55 == len(world.catalog.entries)


def test_a_marker_that_the_storage_does_not_know_any_more_costs_a_second_look_at_the_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no check for good."""
    monkeypatch.setattr("recording.watch.journal_check._PAGE", 10)
    for number in range(15):
        journal(world, event_of(world, f"recording-{number:02}"))
    world.clock.sleep(11 * MINUTE)
    inventory = world.app.replaying.journal.inventory
    page, forgotten = inventory.page, list[str]()

    def forget(prefix: str, marker: str = "", limit: int = 5000) -> BlobPage:
        if marker and not forgotten:
            forgotten.append(marker)
            raise InvalidRequest("after", "not what an earlier page named as the next")
        return page(prefix, marker, limit)

    monkeypatch.setattr(inventory, "page", forget)
    check(world)

    assert (1, 15) == (len(forgotten), len(world.catalog.entries))


def test_entries_of_an_outage_are_checked_after_it(world: World) -> None:
    """The scan goes on where it ended, however long ago."""
    check(world)
    world.clock.sleep(MINUTE)
    journal(world, event_of(world, RECORDING))
    world.clock.sleep(5 * DAY)

    assert Replayed(replayed=1) == check(world)


def test_the_first_pass_looks_one_day_back(world: World) -> None:
    """What is older was there before the app could check it, and its source has ended."""
    journal(world, event_of(world, "old"))
    world.clock.sleep(2 * DAY)
    journal(world, event_of(world, "new"))
    world.clock.sleep(11 * MINUTE)
    check(world)

    assert {"new"} == set(world.catalog.entries)


@pytest.mark.parametrize("operation", ["find", "note", "all"])
def test_a_ledger_that_fails_costs_only_time(world: World, operation: str) -> None:
    """What was replayed may be replayed again."""
    journal(world, event_of(world, RECORDING, "document-0"))
    world.clock.sleep(11 * MINUTE)
    failures = [ArchiveBusy(f"{operation} outcome", "503")] * (operation != "all")

    def fail(asked: str) -> None:
        if asked == operation and failures:
            raise failures.pop()

    world.ledger.before = fail
    if failures:
        with pytest.raises(ArchiveBusy):
            check(world)
    check(world)
    world.run()

    assert ChunkState.KEPT is world.state()
    assert 1 == world.told().count("RecordingArchived")


def test_a_crash_before_the_outcome_is_noted_replays_again(world: World) -> None:
    """At least once: to take an event twice changes nothing."""
    journal(world, event_of(world, RECORDING, "document-0"))
    world.clock.sleep(11 * MINUTE)
    world.event_queue.failures = 1
    with pytest.raises(ArchiveBusy):
        check(world)
    assert Replayed(replayed=1) == check(world)
    world.run()

    assert ChunkState.KEPT is world.state()


def refusing(name: BlobName, error: RecordingError) -> Callable[[str, BlobName], None]:
    """Makes the reads of one blob fail."""

    def act(operation: str, asked: BlobName) -> None:
        if (operation, asked) == ("read", name):
            raise error

    return act


def test_an_entry_that_cannot_be_read_now_is_read_by_the_next_pass(world: World) -> None:
    """Its page is repeated."""
    name = journal(world, event_of(world, RECORDING))
    world.clock.sleep(11 * MINUTE)
    world.journal.before = refusing(name, ArchiveBusy("read blob", "503"))
    with pytest.raises(ArchiveBusy):
        check(world)
    world.journal.before = lambda _operation, _name: None

    assert Replayed(replayed=1) == check(world)


def test_an_entry_that_can_never_be_read_is_logged_and_does_not_hold_up_the_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The scan goes on."""
    name = journal(world, event_of(world, "bad"))
    journal(world, event_of(world, "good"))
    world.clock.sleep(11 * MINUTE)
    world.journal.before = refusing(name, BlobExists("read blob", "409 BlobArchived"))
    check(world)

    assert {"good"} == set(world.catalog.entries)
    assert [name in record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == [True]


@pytest.mark.parametrize(
    "body",
    [
        b"no JSON",
        b"[]",
        b"",
        b" " * (3 << 20),
        b'{"id": "i", "type": "Microsoft.Communication.IncomingCall"}',
        b'{"recordingId": "r", "documentId": "d"}',
        b'[5, null, {"eventType": "Microsoft.Communication.RecordingFileStatusUpdated"}]',
    ],
)
def test_what_is_no_event_of_a_recording_or_a_call_is_left(world: World, body: bytes) -> None:
    """It was reported when it came."""
    world.journal.write(journal_name(world.clock.now(), "other", body), body)
    journal(world, event_of(world, RECORDING))
    world.clock.sleep(11 * MINUTE)

    assert Replayed(replayed=1) == check(world)


def test_of_an_entry_with_several_events_only_those_that_are_owed_are_replayed(world: World) -> None:
    """An array in the journal is a part of one delivery."""
    first, second = event_of(world, "first"), event_of(world, "second")
    world.deliver(first)
    world.clock.sleep(MINUTE)
    journal(world, first, second)
    world.clock.sleep(11 * MINUTE)

    assert Replayed(replayed=1) == check(world)
    assert {"first", "second"} == set(world.catalog.entries)


def test_an_event_that_the_catalog_can_never_hold_is_replayed_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if it is written to the journal again on the next day, when it is refused again."""

    def refuse(entry: CatalogEntry) -> CatalogEntry:
        raise Permanent("save entry", "it is too large", ids={"recording_id": entry.recording.recording_id})

    monkeypatch.setattr(world.catalog, "save", refuse)
    world.clock.at = START.replace(hour=23, minute=50)
    journal(world, event_of(world, RECORDING))
    results = []
    for _ in range(8):
        world.clock.sleep(11 * MINUTE)
        results.append(check(world).replayed)

    assert 1 == sum(results)
    assert 2 == len(world.journal.blobs)


def test_an_entry_that_a_newer_version_has_saved_is_left_to_it(world: World) -> None:
    """This version cannot read it, and the other one checks it."""
    journal(world, event_of(world, RECORDING))
    world.catalog.newer = {RecordingId(RECORDING)}
    world.clock.sleep(11 * MINUTE)

    assert Replayed() == check(world)


def test_entries_written_while_a_scan_runs_belong_to_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is left out, wherever its name is."""
    monkeypatch.setattr("recording.watch.journal_check._PAGE", 3)
    numbers = count()

    def write(operation: str, _name: BlobName) -> None:
        if operation == "page" and (number := next(numbers)) < 20:
            recording = f"{'az'[number % 2]}-{number}"
            world.journal.before = lambda _operation, _name: None
            journal(world, event_of(world, recording))
            world.journal.before = write

    for number in range(10):
        journal(world, event_of(world, f"m-{number}"))
    world.clock.sleep(11 * MINUTE)
    world.journal.before = write
    for _ in range(30):
        check(world)
        world.clock.sleep(2 * MINUTE)

    assert 30 == len(world.catalog.entries)
    assert timedelta(hours=2) > world.clock.now() - START
