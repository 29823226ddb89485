"""Holds are placed on the recordings that they cover, looked at each day, and taken off again."""

import json
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from recording.core.callers import Caller
from recording.core.errors import ArchiveRefused, CatalogConflict, HoldChanged
from recording.core.formats import api
from recording.core.model import Actor, BlobName, RecordingId
from recording.core.records.holds import Hold, HoldState
from recording.core.records.jobs import JobState
from recording.ports import IndexRow
from recording.records.keeping.holding import HOLDS
from tests.use_cases.keepings import PEOPLE_KEY, erased, file_all, run_jobs
from tests.use_cases.world import World, file_event_of, metadata_of

ANNA = Actor("key:anna")
DAY = timedelta(days=1)
CLASSES = "{version: 1, classes: [{name: long, days: 9000, afterwards: ask}]}"


def world_of(*recording_ids: str, **settings: str) -> World:
    """A world with these recordings, whole and filed; of `somebody`, but the last of `another`."""
    world = World(settings={"PEOPLE_INDEX_KEY": PEOPLE_KEY, **settings})
    for number, recording_id in enumerate(recording_ids):
        add(world, recording_id, "another" if number + 1 == len(recording_ids) else "somebody")
    return world


def add(world: World, recording_id: str, person: str = "somebody", call: str = "call-1") -> None:
    """One more recording, whole and filed."""
    document = f"document-of-{recording_id}"
    metadata = metadata_of(document, participants=[{"participantId": f"8:acs:{person}"}])
    chunk = world.add(document, metadata=metadata)
    event = file_event_of(chunk, recording_id=recording_id, event_id=f"event-of-{recording_id}")
    event["subject"] = f"/recording/call/{call}/recordingId/{recording_id}"
    world.deliver(event)
    world.run()
    file_all(world)


def made(world: World, **body: object) -> Hold:
    """A hold, made as somebody asks for it, and not placed yet."""
    asked = {"reason": "a court asks", "owner": "legal", "reviewOn": "2026-04-01", "by": "anna", **body}
    request = api.parse_hold(json.dumps(asked).encode(), Caller(Actor("key")), world.clock.now().date())
    key = ("8:acs:somebody",) if request.key else ()
    return world.app.records.keeping.deciding_holds.make(request, key, by=request.by)


def end(world: World, hold: Hold) -> Hold:
    return world.app.records.keeping.deciding_holds.end(
        hold.hold_id, api.etag_of_hold(world.app.records.holding.load(hold.hold_id)), "it is over", by=ANNA
    )


def held(world: World) -> set[str]:
    """The recordings of which a blob in the archive has a legal hold."""
    return {name.split("/")[-2] for name in world.removals["archive"].held}


def unheld(world: World, recording_id: str) -> list[str]:
    """The blobs of a recording without a legal hold."""
    removal = world.removals["archive"]
    return [name for name in world.archive.blobs if f"/{recording_id}/" in name and name not in removal.held]


def file_again(world: World, recording_id: str) -> None:
    """File a recording as if that had not been done yet."""
    world.index.delete(f"record~{recording_id}", "filed")
    assert world.app.records.filing.file(RecordingId(recording_id))


def holds_in_trail(world: World, recording_id: str) -> list[str]:
    """What a recording's acts say of holds, in order."""
    recording = world.entry(RecordingId(recording_id)).recording
    return [act.what for act in recording.trail.unwritten if act.what in {"Held", "HoldEnded"}]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"recordings": ["r1", "r3"]}, {"r1", "r3"}),
        ({"call": "call-1"}, {"r1", "r2", "r3"}),
        ({"call": "another"}, set()),
        ({"rawId": "8:ACS:somebody"}, {"r1", "r2"}),
        ({"person": "crm-4711"}, {"r1", "r2"}),
        ({"query": {"since": "2026-03-01", "until": "2026-03-02"}}, {"r1", "r2", "r3"}),
        ({"query": {"since": "2026-03-02"}}, set()),
    ],
)
def test_a_hold_is_placed_on_every_recording_that_it_covers(body: dict[str, object], expected: set[str]) -> None:
    """Each of its blobs gets a legal hold, and the trail says by whom."""
    world = world_of("r1", "r2", "r3")
    hold = made(world, **body)
    run_jobs(world)

    assert expected == held(world)
    assert [] == [blob for recording_id in sorted(expected) for blob in unheld(world, recording_id)]
    for recording_id in map(RecordingId, ("r1", "r2", "r3")):
        acts = [(act.what, act.by) for act in world.entry(recording_id).recording.trail.unwritten if act.what == "Held"]
        assert (recording_id in expected) == bool(acts)
    assert HoldState.ACTIVE is world.app.records.holding.load(hold.hold_id).state
    assert {"recordings": len(expected)} == world.app.records.keeping.deciding_holds.progress(hold)


def test_a_hold_on_more_recordings_than_a_run_comes_to_goes_on() -> None:
    """A run that is cut off is run again, and loses nothing."""
    world = world_of("r1", "r2", "r3")
    world.index.most = 1
    placing = world.app.records.keeping.placing_holds
    times = iter(range(0, 10**6, 100))
    world.app.records.jobs.runners["hold"] = replace(placing, monotonic=lambda: float(next(times)))  # type: ignore[index]
    hold = made(world, call="call-1")
    runs = run_jobs(world)

    assert runs > 1
    assert {"r1", "r2", "r3"} == held(world)
    assert HoldState.ACTIVE is world.app.records.holding.load(hold.hold_id).state


def test_a_hold_for_the_future_is_placed_when_a_recording_is_filed() -> None:
    world = world_of("r1", "r2")
    made(world, rawId="8:acs:somebody", future=True)
    made(world, rawId="8:acs:another")
    run_jobs(world)
    add(world, "r3")
    add(world, "r4", "another")

    assert {"r1", "r2", "r3"} == held(world)


@pytest.mark.parametrize("body", [{"rawId": "8:acs:somebody"}, {"call": "call-1"}])
def test_a_hold_covers_what_was_archived_before_and_is_filed_later(body: dict[str, object]) -> None:
    """Persons and calls are found by rows of what is filed: a message may wait for hours, and was lost at times."""
    world = World(settings={"PEOPLE_INDEX_KEY": PEOPLE_KEY})
    add(world, "r1")
    chunk = world.add("d-r2", metadata=metadata_of("d-r2", participants=[{"participantId": "8:acs:somebody"}]))
    world.deliver(file_event_of(chunk, recording_id="r2", event_id="r2"))
    world.run()
    world.record_queue.messages.clear()
    world.clock.sleep(60)
    made(world, **body)
    run_jobs(world)
    assert {"r1"} == held(world)
    assert world.app.records.holding.of(RecordingId("r2"))

    world.app.records.filing.file(RecordingId("r2"))
    assert {"r1", "r2"} == held(world)
    assert [] == unheld(world, "r2")
    world.clock.sleep(60)
    add(world, "r3")
    assert {"r1", "r2"} == held(world)


@pytest.mark.parametrize("body", [{"rawId": "8:acs:somebody"}, {"call": "call-1"}])
def test_a_hold_covers_what_was_archived_before_also_if_a_chunk_of_it_comes_later(body: dict[str, object]) -> None:
    """It was not filed meanwhile; while that chunk is archived, and with the manifest that has it."""
    world = World(settings={"PEOPLE_INDEX_KEY": PEOPLE_KEY})
    chunk, late = (
        world.add(
            f"d{index}", index, metadata=metadata_of(f"d{index}", participants=[{"participantId": "8:acs:somebody"}])
        )
        for index in range(2)
    )
    world.deliver(file_event_of(chunk, recording_id="r1", event_id="first"))
    world.run()
    world.record_queue.messages.clear()
    world.clock.sleep(60)
    made(world, **body)
    run_jobs(world)
    world.clock.sleep(60)
    world.deliver(file_event_of(late, recording_id="r1", event_id="late"))
    assert world.entry(RecordingId("r1")).recording.completed_at is None
    assert world.app.records.holding.of(RecordingId("r1"))
    world.run()
    file_all(world)
    assert {"r1"} == held(world)
    assert [] == unheld(world, "r1")


def test_a_hold_for_a_person_covers_what_may_be_of_anybody_unless_it_says_not() -> None:
    for unknown, expected in ((True, {"r1"}), (False, set())):
        world = World(settings={"PEOPLE_INDEX_KEY": PEOPLE_KEY})
        chunk = world.add("d", metadata=metadata_of("d", participants=[]))
        world.deliver(file_event_of(chunk, recording_id="r1"))
        world.run()
        file_all(world)
        made(world, rawId="8:acs:somebody", unknownPeople=unknown)
        run_jobs(world)

        assert expected == held(world)


def test_a_hold_that_ends_is_taken_off_where_no_other_covers_the_recording() -> None:
    world = world_of("r1", "r2")
    one, other = made(world, call="call-1"), made(world, recordings=["r1"])
    run_jobs(world)
    end(world, one)
    assert {"r1", "r2"} == held(world)
    run_jobs(world)

    assert {"r1"} == held(world)
    assert HoldState.ENDED is world.app.records.holding.load(one.hold_id).state
    assert [other.hold_id] == [found.hold_id for found in world.app.records.holding.of(RecordingId("r1"))]
    assert {"recordings": 2} == world.app.records.keeping.deciding_holds.progress(
        world.app.records.holding.load(one.hold_id)
    )


def test_a_hold_that_is_ended_while_it_is_placed_holds_nothing() -> None:
    """Its two jobs may run in any order."""
    world = world_of("r1", "r2")
    hold = made(world, call="call-1")
    end(world, hold)
    run_jobs(world)

    assert set() == held(world)
    assert HoldState.ENDED is world.app.records.holding.load(hold.hold_id).state


def test_a_hold_is_ended_as_it_was_seen_and_once() -> None:
    world = world_of("r1")
    hold = made(world, recordings=["r1"])
    ended = end(world, hold)

    assert ANNA == ended.ended_by
    with pytest.raises(HoldChanged):
        world.app.records.keeping.deciding_holds.end(hold.hold_id, api.etag_of_hold(hold), "again", by=ANNA)
    with pytest.raises(HoldChanged):
        end(world, hold)


def test_a_legal_hold_that_somebody_removed_is_set_again_and_told() -> None:
    world = world_of("r1", "r2")
    made(world, recordings=["r1"])
    run_jobs(world)
    world.removals["archive"].held.clear()
    world.app.records.keeping.watching_holds.run()

    assert [] == unheld(world, "r1")
    assert ["HoldLifted"] == [name for name in world.told() if name != "RecordingArchived"]
    world.removals["archive"].held.clear()
    world.app.records.keeping.watching_holds.run()
    assert set() == held(world), "it is looked at once a day"
    world.clock.at += DAY
    world.app.records.keeping.watching_holds.run()
    assert {"r1"} == held(world)


def test_a_hold_with_more_recordings_than_a_day_comes_to_keeps_no_other_waiting() -> None:
    """Each day begins with the hold that nobody has looked at for longest."""
    world = world_of("r1", "r2", "r3")
    world.index.most = 1
    holds = [made(world, call="call-1"), made(world, recordings=["r1"]), made(world, recordings=["r2"])]
    run_jobs(world)
    times = iter(range(0, 10**6, 100))
    watching = replace(world.app.records.keeping.watching_holds, monotonic=lambda: float(next(times)))
    for _ in range(4 * len(holds)):
        world.clock.at += DAY
        watching.run()
    days = {
        row.key: json.loads(row.body)["done_on"] for row in world.index.rows.values() if row.partition == "hold-looks"
    }
    assert {hold.hold_id for hold in holds} == days.keys()
    assert None not in days.values()


def test_a_storage_without_legal_holds_holds_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hold itself does not depend on it. As soon as the storage takes them they are set, and nobody is told."""
    world = world_of("r1")
    removal = world.removals["archive"]

    def refused(*_: object, **__: object) -> bool:
        raise ArchiveRefused("hold blob", "409 not supported")

    with monkeypatch.context() as patch:
        patch.setattr(type(removal), "hold", refused)
        hold = made(world, recordings=["r1"])
        run_jobs(world)
        world.app.records.keeping.watching_holds.run()
        assert HoldState.ACTIVE is world.app.records.holding.load(hold.hold_id).state
        assert [hold.hold_id] == [one.hold_id for one in world.app.records.holding.of(RecordingId("r1"))]
    world.clock.at += DAY
    world.app.records.keeping.watching_holds.run()

    assert {"r1"} == held(world)
    assert "HoldLifted" not in world.told()


def test_a_review_whose_day_has_passed_is_told_each_day() -> None:
    world = world_of("r1")
    made(world, recordings=["r1"], reviewOn="2026-03-02")
    run_jobs(world)
    told = []
    for _ in range(4):
        for _ in range(2):
            world.app.records.keeping.watching_holds.run()
        told.append(world.told().count("HoldOverdue"))
        world.clock.at += DAY

    assert [0, 0, 1, 2] == told


def test_a_job_that_was_lost_is_made_again() -> None:
    world = world_of("r1")
    hold = made(world, recordings=["r1"])
    job_id = world.app.records.holding.load(hold.hold_id).job_id
    job = world.app.records.jobs.load(job_id)
    world.app.records.jobs.save(replace(job, state=JobState.FAILED))
    world.app.records.keeping.watching_holds.run()
    run_jobs(world)

    assert {"r1"} == held(world)


def test_a_hold_that_was_ended_and_brought_back_by_a_run_that_was_cut_off_ends_again() -> None:
    """It was closed while what the index had lost was brought back."""
    world = world_of("r1")
    holding = world.app.records.holding
    hold = made(world, recordings=["r1"])
    run_jobs(world)
    copy = next(holding.kept.all())
    end(world, hold)
    run_jobs(world)
    world.index.insert(IndexRow(HOLDS, hold.hold_id, msgspec.json.encode(copy)))
    world.app.records.keeping.watching_holds.run()
    run_jobs(world)

    assert set() == held(world)
    assert [] == list(holding.open())
    assert "it is over" == holding.load(hold.hold_id).end_reason


@pytest.mark.parametrize("is_protected", [True, False])
def test_a_hold_that_ends_while_its_blobs_are_looked_at_leaves_no_legal_hold(*, is_protected: bool) -> None:
    """The look finds none, and sets them again: nobody could ever remove those blobs."""
    world = world_of("r1")
    hold = made(world, recordings=["r1"])
    run_jobs(world)
    placing, removal = world.app.records.keeping.placing_holds, world.removals["archive"]
    placing.note_protected(hold, RecordingId("r1"), is_protected=is_protected)
    is_held = removal.is_held

    def end_first(name: BlobName) -> bool:
        removal.is_held = is_held  # type: ignore[method-assign]
        end(world, hold)
        run_jobs(world)
        return is_held(name)

    removal.is_held = end_first  # type: ignore[method-assign]
    world.clock.at += DAY
    world.app.records.keeping.watching_holds.run()

    assert HoldState.ENDED is world.app.records.holding.load(hold.hold_id).state
    assert set() == held(world)
    assert ((), "") == placing.placed_on(hold.hold_id)
    assert ["Held", "HoldEnded"] == holds_in_trail(world, "r1")
    assert "HoldLifted" not in world.told()


def test_an_erased_recording_is_let_go() -> None:
    """There is nothing left to hold: its row of the hold goes with the hold."""
    world = world_of("r1", "r2")
    hold = made(world, call="call-1")
    run_jobs(world)
    erased(world, "r1")
    end(world, hold)
    run_jobs(world)

    assert HoldState.ENDED is world.app.records.holding.load(hold.hold_id).state
    assert "HoldEnded" not in {one.what for one in world.entry(RecordingId("r1")).recording.history}


def test_nobody_finds_a_recording_by_its_call_after_it_was_removed() -> None:
    world = world_of("r1", "r2")
    world.app.records.keeping.placing_holds.unfile(world.entry(RecordingId("r1")))
    made(world, call="call-1")
    run_jobs(world)

    assert {"r2"} == held(world)


def test_a_hold_is_not_over_before_the_entry_is_there_again_that_says_what_blobs_it_holds() -> None:
    """Nobody could remove them any more. The others are released at once."""
    world = world_of("r1", "r2")
    hold = made(world, recordings=["r1", "r2"])
    run_jobs(world)
    assert {"r1", "r2"} == held(world)
    lost = world.catalog.entries.pop(RecordingId("r1"))
    end(world, hold)
    (job_id,) = world.job_queue.jobs
    with pytest.raises(CatalogConflict):
        run_jobs(world)
    assert {"r1"} == held(world)
    assert HoldState.ENDING is world.app.records.holding.load(hold.hold_id).state

    world.catalog.entries[RecordingId("r1")] = lost
    world.job_queue.jobs.append(job_id)
    run_jobs(world)
    assert set() == held(world)
    assert HoldState.ENDED is world.app.records.holding.load(hold.hold_id).state


def test_a_hold_that_ends_before_the_rebuild_leaves_no_legal_hold_on_what_only_the_manifests_name() -> None:
    """An event has made the entry after the catalog had lost the one before: nobody could remove the other blobs."""
    world = World(settings={"PEOPLE_INDEX_KEY": PEOPLE_KEY})
    chunks = [world.add(f"d{index}", index, metadata=metadata_of(f"d{index}", index)) for index in range(2)]
    world.deliver(file_event_of(*chunks, recording_id="r1", event_id="both"))
    world.run()
    file_all(world)
    hold = made(world, recordings=["r1"])
    run_jobs(world)
    world.clock.sleep(3 * 86400)
    world.catalog.entries.clear()
    world.open_work.rows.clear()
    late = world.add("late", 2, metadata=metadata_of("late", 2))
    world.deliver(file_event_of(late, recording_id="r1", event_id="late"))
    world.run()
    assert ["late"] == [chunk.document_id for chunk in world.entry(RecordingId("r1"))]
    end(world, hold)
    run_jobs(world)
    assert HoldState.ENDED is world.app.records.holding.load(hold.hold_id).state
    assert set() == held(world)


def test_a_hold_whose_making_was_cut_off_holds_from_the_next_daily_look_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked for it heard that it may be made. Its copy says whose recordings it is of: it has an end too."""
    world = world_of("r1", "r2")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(world.index, "insert", die)
        with pytest.raises(KeyboardInterrupt):
            made(world, rawId="8:acs:somebody")
    holding = world.app.records.holding
    assert [] == list(holding.open())
    for _ in range(2):
        world.clock.at += DAY
        world.app.records.daily.run()
        run_jobs(world)
    (hold,) = holding.open()
    assert HoldState.ACTIVE is hold.state
    assert {"r1"} == held(world)
    end(world, hold)
    run_jobs(world)
    assert not [name for name in world.archive.blobs if name.startswith("holds/")]
    world.clock.at += DAY
    world.app.records.daily.run()
    assert [] == list(holding.open())
