"""Dead letters: each event goes through the queue of events once, and its recording is archived."""

import json
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from math import inf
from typing import Any, NoReturn
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.core.errors import ArchiveBusy, ArchiveRefused, BlobExists, RecordingError
from recording.core.formats.events import CALL_STARTED
from recording.core.model import BlobName, ChunkState, Door, RecordingId
from recording.watch.replayed import Replayed
from tests.use_cases.kills import KilledError
from tests.use_cases.sweeps import sweep
from tests.use_cases.world import RECORDING, World, assert_nothing_lost, file_event_of

DIAGNOSIS = {"deadLetterReason": "MaxDeliveryAttemptsExceeded", "deliveryAttempts": 17, "lastDeliveryOutcome": "Busy"}


@pytest.fixture
def world() -> World:
    return World()


def letter(world: World, *events: object, name: str = "", subscription: str = "ARCHIVE") -> BlobName:
    """Write a dead letter as Event Grid does, now."""
    now = world.clock.now()
    found = BlobName(
        f"{subscription}/{now.year}/{now.month}/{now.day}/{now.hour}/{name or len(world.letters.blobs)}.json"
    )
    world.letters.write(found, json.dumps(events).encode())
    return found


def event_of(world: World, recording: str, document: str = "", **fields: object) -> dict[str, Any]:
    """A dead-lettered event of a recording with one chunk, which the source has."""
    event = file_event_of(
        world.add(document or f"document-of-{recording}"), recording_id=recording, event_id=f"event-of-{recording}"
    )
    return {**event, **DIAGNOSIS, **fields}


def replay(world: World, seconds: float = inf) -> Replayed:
    """One pass."""
    return world.app.replaying.replay(seconds)


def passes(world: World) -> Replayed:
    """Passes until nothing is left to find; the app takes the events after each."""
    total = Replayed()
    while not (found := replay(world)).is_finished:
        total += found
        world.take_events()
    world.take_events()
    return Replayed(
        total.replayed + found.replayed,
        total.done + found.done,
        total.unreadable + found.unreadable,
        total.failed + found.failed,
    )


def lines(caplog: pytest.LogCaptureFixture, name: str) -> list[str]:
    """Log lines with that name."""
    return [record.getMessage() for record in caplog.records if record.getMessage().startswith(name)]


def test_a_dead_letter_is_replayed_and_its_recording_archived(world: World) -> None:
    """By Event Grid's door: its source is released."""
    letter(world, event_of(world, RECORDING, "document-0"))
    with assert_nothing_lost(world):
        found = passes(world)
        world.run()

    assert Replayed(replayed=1) == found
    assert ChunkState.RELEASED is world.state()
    assert [Door.EVENT_GRID] == [one.door for one in world.chunk().candidates]


def test_a_replayed_event_whose_message_is_lost_is_found_in_the_journal(world: World) -> None:
    """After ten minutes; the ledger has its letter, which is not read again."""
    letter(world, event_of(world, RECORDING, "document-0"))
    replay(world)
    world.event_queue.messages.clear()
    world.clock.at += timedelta(minutes=12)
    with assert_nothing_lost(world):
        assert Replayed(replayed=1) == passes(world)
        world.run()

    assert world.chunk().is_proven


def test_each_pass_of_the_sweep_replays(world: World) -> None:
    """The open work is looked at also if the container cannot be listed."""
    letter(world, event_of(world, RECORDING, "document-0"))
    world.letters.exists = False
    with pytest.raises(ArchiveRefused):
        world.app.sweeping.sweep_all()
    assert world.open_work.state.alive_at is not None

    world.letters.exists = True
    world.app.sweeping.sweep_all()
    world.take_events()
    world.run()
    assert ChunkState.RELEASED is world.state()


def test_what_is_lost_is_replayed_though_no_pass_of_the_sweep_comes_to_its_end(world: World) -> None:
    """As where the worker dies at the same recording each time: every other pass begins with the replays."""
    letter(world, event_of(world, "one"))

    def fail(_limit: int, _after: str = "") -> NoReturn:
        raise KilledError

    with patch.object(world.open_work, "page", fail):
        for _ in range(2):
            with pytest.raises(KilledError):
                sweep(world)
    world.take_events()

    assert [RecordingId("one")] == list(world.catalog.entries)


def test_a_person_hears_that_the_recording_was_found_otherwise_than_by_its_event(world: World) -> None:
    """Once, however often it is found."""
    event = event_of(world, RECORDING, "document-0")
    letter(world, event)
    passes(world)
    letter(world, event | {"id": "another"})
    passes(world)
    world.run()

    assert 1 == world.told().count("SweepFoundWork")


def test_nothing_is_replayed_twice(world: World) -> None:
    """Not by later passes, not on later days."""
    letter(world, event_of(world, "a"), event_of(world, "b"))
    letter(world, event_of(world, "c"), subscription="OTHER")
    first = passes(world)
    for _ in range(40):
        world.clock.sleep(8 * 3600)
        assert Replayed() == passes(world)

    assert Replayed(replayed=3) == first


def test_the_diagnosis_is_logged_and_stays_with_the_event(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """One line with ids, reason and attempts, and neither a URL nor a participant; the journal keeps all fields."""
    caplog.set_level(logging.INFO)
    event = event_of(world, RECORDING, publishTime="2026-03-01T11:00:00Z", lastDeliveryAttemptTime="never")
    name = letter(world, event)
    passes(world)

    expected = (
        f"event.replayed event_id=event-of-{RECORDING} recording_id={RECORDING} letter={name}"
        " reason=MaxDeliveryAttemptsExceeded attempts=17 last_outcome=Busy"
        ' published_at="2026-03-01 11:00:00+00:00" last_attempt_at=None'
    )
    assert [expected] == lines(caplog, "event.replayed")
    assert event in [json.loads(blob.content) for blob in world.journal.blobs.values()]
    assert "://" not in caplog.text


def test_an_event_that_came_otherwise_is_done_already(world: World) -> None:
    """The catalog has every chunk as it is announced: nothing is queued, nobody is told."""
    event = event_of(world, RECORDING, "document-0")
    world.deliver(event)
    letter(world, event)

    assert (Replayed(done=1), []) == (replay(world), world.event_queue.messages)
    assert "SweepFoundWork" not in world.told()


@pytest.mark.parametrize("change", ["another location", "the function key"])
def test_an_event_that_says_more_than_the_catalog_has_is_replayed(world: World, change: str) -> None:
    """The true event must not be left out because another, wrong one came first."""
    event = event_of(world, RECORDING, "document-0")
    if change == "another location":
        wrong = json.loads(json.dumps(event).replace("eu-api.asm", "us-api.asm"))
        world.deliver(wrong)
    else:
        world.deliver(event, Door.FUNCTION_KEY)
    letter(world, event)
    found = passes(world)
    world.run()

    assert Replayed(replayed=1) == found
    assert ChunkState.RELEASED is world.state()


def test_what_ends_first_is_replayed_first(world: World) -> None:
    """Of all that a pass found, in whatever order it was dead-lettered."""
    for hours in (3, 9, 1, 6):
        began = f"2026-03-01T{12 - hours:02}:00:00Z"
        event = event_of(world, f"old-{hours}", eventTime=began)
        event["data"] |= {"recordingStartTime": began}
        letter(world, event)
    replay(world)

    order = [json.loads(json.loads(text)["events"][0])["id"] for text in world.event_queue.messages]
    assert [f"event-of-old-{hours}" for hours in (9, 6, 3, 1)] == order


@pytest.mark.parametrize("limit", ["_MOST_LETTERS", "_MOST_EVENTS"])
def test_a_pass_replays_a_bounded_number(world: World, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next ones go on; in the end each event was replayed once."""
    monkeypatch.setattr(f"recording.watch.dead_letters.{limit}", 20)
    for number in range(45):
        letter(world, event_of(world, f"recording-{number}"))
    first = replay(world)
    count = len(world.event_queue.messages)
    rest = passes(world)

    assert (20, False, 20) == (first.replayed, first.is_finished, count)
    assert 25 == rest.replayed
    assert 45 == len(world.catalog.entries)


def test_a_pass_ends_in_time(world: World) -> None:
    """After its half of the time it begins no further blob."""
    for number in range(10):
        letter(world, event_of(world, f"recording-{number}"))
    world.letters.before = lambda operation, _name: world.clock.sleep(1.0 if operation == "read" else 0.0)
    found = replay(world, 8.0)

    assert (0, False) == (found.replayed, found.is_finished)
    world.letters.before = lambda _operation, _name: None
    assert Replayed(replayed=10) == passes(world)


def test_two_passes_at_once_replay_twice_at_most(world: World) -> None:
    """To take an event twice changes nothing."""
    letter(world, event_of(world, RECORDING, "document-0"))
    original, world.ledger.before = world.ledger.before, lambda operation: None
    seen: list[Replayed] = []

    def rival(operation: str) -> None:
        if operation == "note" and not seen:
            seen.append(Replayed())
            seen.append(replay(world))

    world.ledger.before = rival
    first = replay(world)
    world.ledger.before = original
    messages = len(world.event_queue.messages)
    world.take_events()
    world.run()

    assert (1, 1, 2) == (first.replayed, seen[1].replayed, messages)
    assert ChunkState.RELEASED is world.state()
    assert 1 == world.told().count("RecordingArchived")
    assert 1 == world.told().count("SweepFoundWork")


@pytest.mark.parametrize("operation", ["folders", "page"])
def test_a_container_that_cannot_be_listed_is_listed_by_the_next_pass(world: World, operation: str) -> None:
    """The pass over the journal runs all the same."""
    letter(world, event_of(world, RECORDING))

    def fail(asked: str, _name: BlobName) -> None:
        if asked == operation:
            raise ArchiveBusy(f"list {asked}", "503")

    world.letters.before = fail
    with pytest.raises(ArchiveBusy):
        replay(world)
    assert ("journal", "cursor") in world.ledger.outcomes

    world.letters.before = lambda _asked, _name: None
    assert Replayed(replayed=1) == passes(world)


def test_a_crash_after_the_queue_and_before_the_ledger_replays_again(world: World) -> None:
    """At least once."""
    letter(world, event_of(world, RECORDING, "document-0"))
    world.ledger.before = refused_once("note")
    with pytest.raises(ArchiveBusy):
        replay(world)
    passes(world)
    world.run()

    assert ChunkState.RELEASED is world.state()
    assert 1 == world.told().count("RecordingArchived")


def refused_once(operation: str) -> Callable[[str], None]:
    """Makes the first of these operations of the ledger fail."""
    failures = [ArchiveBusy("note outcome", "503")]

    def act(asked: str) -> None:
        if asked == operation and failures:
            raise failures.pop()

    return act


def test_a_blob_that_cannot_be_read_now_does_not_hold_up_the_others(world: World) -> None:
    """It is read by a later pass, also when its day is long over."""
    bad = letter(world, event_of(world, "bad"))
    letter(world, event_of(world, "good"))
    world.letters.before = refusing(bad, ArchiveBusy("read blob", "503"))
    found = replay(world)
    world.clock.sleep(5 * 24 * 3600)
    again = replay(world)
    world.letters.before = lambda _operation, _name: None

    assert (Replayed(replayed=1, failed=1), 1) == (found, again.failed)
    assert Replayed(replayed=1) == passes(world)
    assert {"good", "bad"} == set(world.catalog.entries)


def test_letters_that_always_fail_hold_up_no_later_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than a pass reads; each is tried as often as the others, and replayed once it can be."""
    monkeypatch.setattr("recording.watch.dead_letters._MOST_LETTERS", 3)
    failing = {letter(world, event_of(world, f"failing-{number}"), name=f"f{number}") for number in range(7)}
    world.clock.at += timedelta(minutes=1)
    letter(world, event_of(world, RECORDING, "document-0"))
    tried = Counter[BlobName]()

    def fail(operation: str, name: BlobName) -> None:
        if operation == "read" and name in failing:
            tried[name] += 1
            raise ArchiveBusy("read dead letter", "503")

    world.letters.before = fail
    for _ in range(8):
        replay(world)
    world.take_events()
    assert world.chunk().document_id == "document-0"
    assert failing == set(tried)
    assert max(tried.values()) - min(tried.values()) <= 1

    world.letters.before = lambda operation, name: None
    assert Replayed(replayed=7) == passes(world)


def test_a_letter_whose_message_always_fails_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Although its source ends first."""
    letter(world, event_of(world, "failing"))
    world.clock.at += timedelta(minutes=1)
    letter(world, event_of(world, RECORDING, "document-0"))
    put = world.event_queue.put

    def fail(text: str) -> None:
        if "failing" in text:
            raise ArchiveBusy("put message", "503")
        put(text)

    monkeypatch.setattr(world.event_queue, "put", fail)
    for _ in range(2):
        with pytest.raises(ArchiveBusy):
            replay(world)
    world.take_events()
    assert world.chunk().document_id == "document-0"


def test_what_the_ledger_says_of_old_letters_is_forgotten(world: World) -> None:
    """Longer after them than any pass looks back; and what it says of all letters stays."""
    letter(world, event_of(world, "a"))
    passes(world)
    for day in range(40):
        assert (day <= 32) == any(section.startswith("letters~") for section, _ in world.ledger.outcomes)
        world.clock.sleep(24 * 3600)
        passes(world)
    assert "letters" in {section for section, _ in world.ledger.outcomes}


def refusing(name: BlobName, error: RecordingError) -> Callable[[str, BlobName], None]:
    """Makes the reads of one blob fail."""

    def act(operation: str, asked: BlobName) -> None:
        if (operation, asked) == ("read", name):
            raise error

    return act


@pytest.mark.parametrize("case", ["no JSON", "empty", "archive tier", "too large"])
def test_a_blob_that_can_never_be_read_is_put_before_a_person(
    world: World, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Once: kept in the journal, logged and published; the others are replayed."""
    name = letter(world, event_of(world, "good"), name="unreadable")
    contents = {"no JSON": b'[{"id":', "empty": b"", "archive tier": b"[]", "too large": b" " * (3 << 20)}
    world.letters.put_as_stranger(name, contents[case])
    if case == "archive tier":
        world.letters.before = refusing(name, BlobExists("read blob", "409 BlobArchived"))
    letter(world, event_of(world, "good"))
    found = passes(world)

    assert (Replayed(replayed=1, unreadable=1), Replayed()) == (found, passes(world))
    assert 1 == world.told().count("RecordingEventUnreadable")
    (line,) = lines(caplog, "event.refused")
    assert name in line
    if case == "no JSON":
        assert contents[case] in [blob.content for blob in world.journal.blobs.values()]


def test_a_person_who_cannot_be_told_now_does_not_hold_up_the_others(world: World) -> None:
    """The next pass tells of what cannot be read."""
    world.letters.put_as_stranger(letter(world, name="unreadable"), b"no JSON")
    letter(world, event_of(world, "good"))
    world.topic.fail(503)
    found = passes(world)

    assert (Replayed(replayed=1, failed=1), {"good"}) == (found, set(world.catalog.entries))
    assert Replayed(unreadable=1) == passes(world)
    assert 1 == world.told().count("RecordingEventUnreadable")


def test_an_event_that_cannot_be_read_costs_only_itself(world: World) -> None:
    """The others of its blob are replayed; it is refused where events are refused."""
    kind = "Microsoft.Communication.RecordingFileStatusUpdated"
    letter(world, event_of(world, "a"), None, 5, {"id": "broken", "eventType": kind}, event_of(world, "b"))
    found = passes(world)

    assert Replayed(replayed=5) == found
    assert {"a", "b"} == set(world.catalog.entries)
    assert 3 == world.told().count("RecordingEventUnreadable")


def test_an_event_that_concerns_no_recording_is_left_where_it_is(world: World) -> None:
    """Its caller and token go into no queue and no log."""
    letter(world, {"id": "i", "eventType": "Microsoft.Communication.IncomingCall", "data": {"from": "+4912345"}})

    assert (Replayed(), []) == (passes(world), world.event_queue.messages)


def test_a_call_event_starts_its_recording_late(world: World) -> None:
    """As its endpoint would have done: the call may still last."""
    call = world.calls.add_call()
    letter(world, {"id": "c", "eventType": CALL_STARTED, "data": {"serverCallId": call.locators[0].server_call_id}})
    passes(world)

    assert 1 == len(world.calls.recordings)


def test_an_event_too_large_for_a_message_is_taken_at_once(world: World) -> None:
    """Event Grid delivers a mebibyte, and a queue message holds 64 KiB."""
    chunks = [world.add(f"document-{index:03}-{'x' * 300}", index) for index in range(60)]
    letter(world, file_event_of(*chunks) | DIAGNOSIS)
    found = replay(world)

    assert (Replayed(replayed=1), []) == (found, world.event_queue.messages)
    world.run(most=5000)
    assert {ChunkState.RELEASED} == {chunk.state for chunk in world.entry()}
    assert 1 == world.told().count("SweepFoundWork")


def test_large_events_that_are_no_file_events_are_left_or_refused(world: World) -> None:
    """No queue message can hold them either."""
    endless = "x" * 70_000
    letter(world, {"id": "broken", "eventType": endless[:10], "data": endless}, {"id": "no type", "data": endless})
    letter(world, {"id": "call", "eventType": CALL_STARTED, "data": {"serverCallId": "s", "more": endless}})

    assert Replayed(replayed=2) == passes(world)
    assert 1 == world.told().count("RecordingEventUnreadable")


def test_days_that_are_settled_are_not_listed_again(world: World) -> None:
    """The cost of a pass does not grow with the age of the container."""
    for _ in range(60):
        letter(world, event_of(world, f"at-{world.clock.now():%m%d}"))
        passes(world)
        world.clock.sleep(24 * 3600)
    world.letters.calls.clear()
    passes(world)

    pages = [name for operation, name in world.letters.calls if operation == "page"]
    assert len(pages) <= 6
    assert 60 == len(world.catalog.entries)


def test_letters_of_a_long_outage_are_found_after_it(world: World) -> None:
    """Of days on which no pass ran."""
    passes(world)
    for _ in range(12):
        letter(world, event_of(world, f"at-{world.clock.now():%m%d}"))
        world.clock.sleep(24 * 3600)

    assert 12 == passes(world).replayed
    assert 12 == len(world.catalog.entries)


def test_a_recording_of_which_only_a_chunk_is_new_is_found_by_the_sweep(world: World) -> None:
    """It has an entry already, and its later event was lost."""
    first, second = world.add("document-0", 0), world.add("document-1", 1)
    world.deliver(file_event_of(first))
    letter(world, file_event_of(first, second, event_id="event-2") | DIAGNOSIS)
    passes(world)
    world.run()

    assert {ChunkState.RELEASED} == {chunk.state for chunk in world.entry(RecordingId(RECORDING))}
    assert 1 == world.told().count("SweepFoundWork")
    assert timedelta(hours=1) > world.clock.now() - world.chunk("document-1").candidates[0].seen_at


class Interrupted:
    """Makes the port's operation of each number fail, counted over letters, journal and ledger together."""

    def __init__(self, world: World, numbers: set[int]) -> None:
        self._numbers, self._count = numbers, 0
        world.letters.before = world.journal.before = lambda operation, _name: self._meet(operation)
        world.ledger.before = self._meet

    def _meet(self, operation: str) -> None:
        self._count += 1
        if self._count in self._numbers:
            raise ArchiveBusy(operation, "503")


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(1, 60)), st.lists(st.sampled_from(["replay", "take", "hour", "day", "deliver"]), max_size=8))
def test_however_passes_are_interrupted_each_event_is_taken_and_told_once(numbers: set[int], acts: list[str]) -> None:
    """Whatever else happens between them."""
    world = World()
    events = [event_of(world, f"recording-{number}") for number in range(6)]
    for number in range(3):
        letter(world, *events[number : number + 4], subscription="AB"[number % 2])
    Interrupted(world, numbers)
    for act in [*acts, "replay"]:
        with suppress(ArchiveBusy):
            match act:
                case "replay":
                    replay(world)
                case "take":
                    world.take_events()
                case "deliver":
                    world.deliver(events[0])
                case _:
                    world.clock.sleep({"hour": 3600.0, "day": 24 * 3600.0}[act])
    Interrupted(world, set())
    passes(world)
    again = passes(world)
    world.run()

    assert (Replayed(), 6) == (again, len(world.catalog.entries))
    assert {ChunkState.RELEASED} == {chunk.state for entry in world.catalog.entries.values() for chunk in entry}
    assert {world.told().count("SweepFoundWork")} <= {5, 6}
    assert 6 == world.told().count("RecordingArchived")
