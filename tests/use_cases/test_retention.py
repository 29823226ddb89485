"""Recordings are kept for as long as their duty says, and end then: a daily pass, planned, counted, limited."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from recording.core.callers import Caller
from recording.core.errors import DecisionRefused, EntryUnreadable, NewerSchema, RecordingError, UnknownRecording
from recording.core.formats.api import ChoiceRequest, PageRequest, etag_of_hold, parse_hold
from recording.core.model import Actor, CatalogEntry, Continuation, RecordingId
from recording.core.records.holds import Hold, HoldState, Scope
from recording.core.retention import Choice, Kept
from recording.ports import IndexRow
from recording.records.filing import about
from recording.records.keeping.duties import ASKED, ENDS, HELD, KEPT
from recording.records.retention.retaining import RetentionState
from tests.core.entries_of import APPLIED, changed_recording
from tests.use_cases.keepings import FakeRemoving, erased, file_all, retaining, run_jobs
from tests.use_cases.world import START, World, file_event_of

DAY = timedelta(days=1)
ANNA = Actor("key:anna")
SHORT = "{name: short, days: 10, afterwards: delete}"
LONG = "{name: long, days: 100, afterwards: delete}"
ASK = "{name: asks, days: 10, afterwards: ask}"
CLASSES = f"{{version: 1, default: short, classes: [{SHORT}, {LONG}, {ASK}]}}"
ENDS_ON = date(2026, 3, 12)
"""Of what was announced on the day on which the tests begin, after ten days."""


def world_of(*recording_ids: str, classes: str = CLASSES, **settings: str) -> World:
    """A world with these recordings, whole and filed."""
    world = World(settings={"RETENTION_CLASSES": classes, **settings})
    for recording_id in recording_ids:
        world.deliver(file_event_of(world.add(f"d-{recording_id}"), recording_id=recording_id, event_id=recording_id))
    world.run()
    written(world)
    file_all(world)
    return world


def written(world: World) -> None:
    """Write the audit trails, as the sweep does."""
    for recording_id in list(world.catalog.entries):
        world.app.sweeping.writing_trail.write(world.entry(recording_id))


def changed(world: World, recording_id: str, **fields: object) -> CatalogEntry:
    """The entry of a recording, with other fields in the catalog."""
    entry = world.entry(RecordingId(recording_id))
    return world.catalog.save(changed_recording(entry, **fields))


def with_class(world: World, recording_id: str, name: str) -> None:
    """Give a recording a class, as a rule does, and file it."""
    entry = changed(world, recording_id, applied=replace(APPLIED, retention_class=name))
    world.app.records.keeping.duties.file(entry)


def pass_until(world: World, removing: FakeRemoving, day: date) -> dict[date, list[str]]:
    """What each daily pass until that day has deleted."""
    found: dict[date, list[str]] = {}
    while world.clock.at.date() <= day:
        before = len(removing.removed)
        retaining(world, removing).run()
        if removed := removing.removed[before:]:
            found[world.clock.at.date()] = removed
        world.clock.at += DAY
    return found


def rows(world: World, partition: str) -> list[str]:
    return [str(one.recording_id) for one in world.app.records.keeping.duties.page(partition, 100)[0]]


def deleted(world: World) -> list[object]:
    return [one.body["recordingId"] for one in world.topic.received if one.event_type == "RecordingDeleted"]


def hold(world: World, *recording_ids: str, name: str = "h1") -> Hold:
    """An active hold, with its recordings filed anew."""
    made = Hold(name, HoldState.ACTIVE, Scope(recordings=tuple(map(RecordingId, recording_ids))), "", "", START.date(),
                START, ANNA)  # fmt: skip
    kept = world.app.records.holding.insert(made)
    for recording_id in recording_ids:
        world.app.records.keeping.duties.place(world.entry(RecordingId(recording_id)))
    return kept


def test_a_recording_is_deleted_on_the_first_day_on_which_its_days_are_over() -> None:
    """And told, with the reason."""
    world = world_of("r1", "r2")
    with_class(world, "r2", "long")

    assert {ENDS_ON: ["r1"], date(2026, 6, 10): ["r2"]} == pass_until(world, FakeRemoving(world), date(2026, 7, 1))
    event = next(one for one in world.topic.received if one.event_type == "RecordingDeleted")
    assert ("r1", "retention", "its class short has kept it until 2026-03-12") == (
        event.body["recordingId"],
        event.body["reason"],
        event.body["cause"],
    )
    assert [] == rows(world, ENDS)


def test_a_recording_ends_on_its_day_also_if_the_service_gives_an_empty_page_first() -> None:
    """Only a page without `next` is the last."""
    world = world_of("r1", "r2")
    world.index.is_empty_first = True
    assert {ENDS_ON: ["r1", "r2"]} == pass_until(world, FakeRemoving(world), ENDS_ON + DAY)


def test_nothing_is_left_of_it_in_any_container_and_in_no_row_but_that_it_was_deleted() -> None:
    """As what an erasure removes; of the others everything is left."""
    world = world_of("r1", "r2")
    with_class(world, "r2", "long")
    before = {name for name in world.archive.blobs if "/r2/" in name}
    world.clock.at += 15 * DAY
    for _ in range(2):
        world.app.records.daily.run()

    assert before == set(world.archive.blobs)
    assert not [row for row in world.index.rows.values() if b'"r1"' in row.body or "r1" in row.key]
    erasure = world.entry(RecordingId("r1")).recording.erasure
    assert erasure is not None
    assert ("retention", True) == (erasure.reason, erasure.finished_at is not None)
    assert ["r1"] == deleted(world)
    assert ["r2"] == rows(world, ENDS)


def test_recordings_without_a_class_or_with_an_unknown_one_are_kept_and_flagged() -> None:
    world = world_of("r1", "r2", classes=f"{{version: 1, classes: [{SHORT}]}}")
    with_class(world, "r2", "none")

    assert {} == pass_until(world, FakeRemoving(world), date(2027, 3, 1))
    assert ["r1", "r2"] == rows(world, KEPT)
    assert 2 == world.app.records.keeping.deciding_ends.plan(ENDS_ON).kept


def test_recordings_of_a_call_that_continue_each_other_end_together() -> None:
    world = world_of("r1", "r2", "r3")
    changed(world, "r1", continued_by=RecordingId("r2"))
    changed(world, "r2", continues=Continuation(RecordingId("r1"), START), continued_by=RecordingId("unknown"))
    with_class(world, "r2", "long")

    assert {ENDS_ON: ["r3"], date(2026, 6, 10): ["r1", "r2"]} == pass_until(
        world, FakeRemoving(world), date(2026, 7, 1)
    )


def test_a_hold_stops_the_end_which_happens_by_itself_after_the_last_one() -> None:
    world = world_of("r1")
    removing = FakeRemoving(world)
    one, _ = hold(world, "r1"), hold(world, "r1", name="h2")
    assert {} == pass_until(world, removing, date(2026, 4, 1))
    assert ["r1"] == rows(world, HELD)

    for name in ("h1", "h2"):
        assert {} == pass_until(world, removing, world.clock.at.date())
        world.app.records.holding.close(replace(one, hold_id=name))
        world.app.records.keeping.duties.place(world.entry(RecordingId("r1")))

    assert {world.clock.at.date(): ["r1"]} == pass_until(world, removing, world.clock.at.date())


def test_a_hold_for_a_person_covers_what_nobody_can_say_who_is_heard_in_and_stops_no_other_end() -> None:
    world = world_of("r1", "r2")
    (name,) = (name for name in world.archive.blobs if name.endswith("r1.people.json"))
    world.archive.put_as_stranger(name, b"no document")
    scope = Scope(person=("8:acs:another",), unknown=False, future=True)
    world.app.records.holding.insert(Hold("h1", HoldState.ACTIVE, scope, "", "", START.date(), START, ANNA))

    assert {ENDS_ON: ["r2"]} == pass_until(world, FakeRemoving(world), ENDS_ON)
    assert ["r1"] == rows(world, HELD)


def test_what_was_left_among_the_held_is_given_back() -> None:
    """Its hold ended in the moment in which the row was written."""
    world = world_of("r1", "r2")
    one = hold(world, "r1", "r2")
    hold(world, "r2", name="h2")
    world.app.records.holding.close(one)

    assert {ENDS_ON: ["r1"]} == pass_until(world, FakeRemoving(world), ENDS_ON + DAY)
    assert ["r2"] == rows(world, HELD)


@pytest.mark.parametrize("state", [RetentionState(held="no mark"), RetentionState(cursor="no mark")])
def test_a_mark_that_the_storage_does_not_know_any_more_stops_no_end(state: RetentionState) -> None:
    """The look at what is held, or at all rows after the classes have changed, begins anew."""
    world = world_of("r1", "r2")
    closed = hold(world, "r1")
    world.app.records.holding.close(closed)
    world.index.insert(IndexRow("retention", "state", msgspec.json.encode(state)))

    assert {ENDS_ON: ["r1", "r2"]} == pass_until(world, FakeRemoving(world), ENDS_ON + DAY)


def test_a_hold_that_no_row_knows_of_yet_stops_the_end_too() -> None:
    """It is asked for just before."""
    world = world_of("r1")
    made = Hold("h1", HoldState.PLACING, Scope(call="call-1"), "", "", START.date(), START, ANNA)
    world.app.records.holding.insert(made)

    assert {} == pass_until(world, FakeRemoving(world), date(2026, 4, 1))
    assert ["r1"] == rows(world, HELD)


def test_the_class_of_a_hold_counts_after_its_end() -> None:
    world = world_of("r1")
    made = replace(hold(world, "r1"), retention_class="long")
    world.app.records.holding.note(RecordingId("r1"), made)
    world.app.records.holding.unnote(RecordingId("r1"), made)
    world.app.records.holding.close(made)
    world.app.records.keeping.duties.place(world.entry(RecordingId("r1")))

    assert [date(2026, 6, 10)] == list(pass_until(world, FakeRemoving(world), date(2026, 7, 1)))


def test_no_more_are_deleted_on_a_day_than_the_limit_and_that_is_told_once() -> None:
    """The others follow on the next days."""
    world = world_of(*(f"r{number}" for number in range(5)), RETENTION_MOST_A_DAY="2")
    removing = FakeRemoving(world)
    pass_until(world, removing, ENDS_ON - DAY)
    for _ in range(3):
        retaining(world, removing).run()

    assert ["r0", "r1"] == removing.removed
    assert 1 == world.told().count("RetentionLimited")
    world.clock.at += DAY
    assert [["r2", "r3"], ["r4"]] == list(pass_until(world, removing, ENDS_ON + 5 * DAY).values())
    assert 2 == world.told().count("RetentionLimited")


def test_a_run_ends_after_some_minutes_and_says_that_it_left_something() -> None:
    world = world_of("r1", "r2")
    removing = FakeRemoving(world)
    retaining(world, removing).run()
    world.clock.at += 20 * DAY

    def ticks() -> Iterator[float]:
        yield from (0.0, 0.0, 0.0)
        while True:
            yield 1e6

    times = ticks()
    replace(retaining(world, removing), monotonic=lambda: next(times)).run()

    assert ["r1"] == removing.removed
    assert ["RetentionLimited"] == [name for name in world.told() if name.startswith("Retention")]


def test_what_is_not_done_yet_is_looked_at_again_the_next_day() -> None:
    world = world_of("r1")
    removing = FakeRemoving(world)
    changed(world, "r1", completed_at=None)
    assert {} == pass_until(world, removing, ENDS_ON)
    assert ["it is not done yet"] == [
        one.waits for one in world.app.records.keeping.deciding_ends.plan(date(2026, 4, 1)).ends
    ]

    changed(world, "r1", completed_at=START)
    assert {ENDS_ON + DAY: ["r1"]} == pass_until(world, removing, ENDS_ON + 5 * DAY)


def test_blobs_that_nobody_can_delete_yet_are_waited_for_and_the_plan_says_so() -> None:
    world = world_of("r1", ARCHIVE_IMMUTABLE_DAYS="30")
    plan = world.app.records.keeping.deciding_ends.plan(date(2026, 4, 1))

    assert [("short", "its blobs cannot be deleted yet", 1)] == [
        (one.retention_class, one.waits, one.recordings) for one in plan.ends
    ]
    assert [date(2026, 4, 1)] == list(pass_until(world, FakeRemoving(world), date(2026, 5, 1)))


def test_a_deletion_that_a_blob_forbids_is_tried_again_the_day_after() -> None:
    """The plan counts it, and it is told only when it is done."""
    world = world_of("r1")
    removing = FakeRemoving(world, protected={"r1"})
    pass_until(world, removing, ENDS_ON)
    assert 1 == world.app.records.keeping.deciding_ends.plan(ENDS_ON).deleting
    assert [] == deleted(world)

    removing.protected.clear()
    pass_until(world, removing, ENDS_ON + DAY)
    assert ["r1"] == deleted(world)
    assert 0 == world.app.records.keeping.deciding_ends.plan(ENDS_ON).deleting


def test_a_deletion_that_was_cut_off_is_finished_and_told() -> None:
    world = world_of("r1")
    removing = FakeRemoving(world, cut_off={"r1"})
    with pytest.raises(KeyboardInterrupt):
        pass_until(world, removing, ENDS_ON)
    removing.cut_off.clear()
    retaining(world, removing).run()

    assert ["r1"] == deleted(world)


def test_what_was_cut_off_leaves_time_for_what_ends_today() -> None:
    """However many deletions are to be finished, the run ends, and goes on with them tomorrow."""
    world = world_of("r1", "r2")
    removing = FakeRemoving(world, protected={"r1"})
    pass_until(world, removing, ENDS_ON)
    tried = len(removing.removed)
    removing.protected.clear()

    def ticks() -> Iterator[float]:
        yield from (0.0, 250.0)
        while True:
            yield 250.0

    times = ticks()
    replace(retaining(world, removing), monotonic=lambda: next(times)).run()
    assert tried == len(removing.removed)
    retaining(world, removing).run()
    assert [*removing.removed[:tried], "r1"] == removing.removed


def test_a_deletion_that_was_cut_off_before_it_began_is_decided_anew() -> None:
    """A hold that was made meanwhile counts."""
    world = world_of("r1")
    world.clock.at += 20 * DAY
    removing = FakeRemoving(world)

    class Dies(FakeRemoving):
        def remove(self, *_: object, **__: object) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retaining(world, Dies(world)).run()
    hold(world, "r1")
    retaining(world, removing).run()

    assert [] == removing.removed
    assert 0 == world.app.records.keeping.deciding_ends.plan(ENDS_ON).deleting


def test_a_person_is_asked_and_decides_to_delete() -> None:
    world = world_of("r1", "r2")
    with_class(world, "r1", "asks")
    removing = FakeRemoving(world)
    assert {ENDS_ON: ["r2"]} == pass_until(world, removing, ENDS_ON + 5 * DAY)
    deciding = world.app.records.keeping.deciding_ends
    found, following = deciding.asked(PageRequest())
    assert ([("r1", "asks", ENDS_ON)], "") == (
        [(one.recording_id, one.retention_class, one.ends_on) for one in found],
        following,
    )

    deciding.decide(RecordingId("r1"), ChoiceRequest(Choice.DELETE, ENDS_ON, None, "old", ANNA))
    written(world)
    assert [["r1"]] == list(pass_until(world, removing, world.clock.at.date()).values())
    assert [] == rows(world, ASKED)


def test_a_person_is_asked_and_decides_to_keep_it_until_another_day() -> None:
    world = world_of("r1")
    with_class(world, "r1", "asks")
    removing = FakeRemoving(world)
    pass_until(world, removing, ENDS_ON)
    until = ENDS_ON + 30 * DAY
    end = world.app.records.keeping.deciding_ends.decide(
        RecordingId("r1"), ChoiceRequest(Choice.KEEP, ENDS_ON, until, "a case", ANNA)
    )
    written(world)
    assert end is not None
    assert until == end.ends_on

    assert {} == pass_until(world, removing, until)
    assert ["r1"] == rows(world, ASKED)
    assert {} == pass_until(world, removing, until + 100 * DAY)


def test_a_decision_is_about_the_end_that_was_seen() -> None:
    world = world_of("r1", classes=f"{{version: 1, classes: [{LONG}]}}")
    decide = world.app.records.keeping.deciding_ends.decide
    choice = ChoiceRequest(Choice.DELETE, ENDS_ON, None, "old", ANNA)
    with pytest.raises(DecisionRefused, match="it has no end"):
        decide(RecordingId("r1"), choice)
    with_class(world, "r1", "long")
    with pytest.raises(DecisionRefused, match="it ends on 2026-06-10"):
        decide(RecordingId("r1"), choice)
    with pytest.raises(UnknownRecording):
        decide(RecordingId("none"), choice)


def test_when_the_classes_change_every_row_is_made_anew() -> None:
    """What has become shorter ends on its new day, what has got a class ends too, and what has become longer later."""
    world = world_of("r1", "r2", "r3", classes=f"{{version: 1, classes: [{LONG}, {ASK}]}}")
    with_class(world, "r1", "long")
    with_class(world, "r3", "asks")
    removing = FakeRemoving(world)
    pass_until(world, removing, ENDS_ON)
    assert (["r1"], ["r2"], ["r3"]) == (rows(world, ENDS), rows(world, KEPT), rows(world, ASKED))

    shorter = LONG.replace("100", "20")
    later = ASK.replace("10", "40")
    world.settings = {"RETENTION_CLASSES": f"{{version: 1, default: long, classes: [{shorter}, {later}]}}"}
    world.worker()
    assert {date(2026, 3, 22): ["r1", "r2"]} == pass_until(world, removing, date(2026, 3, 31))
    assert ["r3"] == rows(world, ENDS)
    assert {} == pass_until(world, removing, date(2026, 4, 20))
    assert ["r3"] == rows(world, ASKED)


def test_rows_are_made_anew_in_slices() -> None:
    world = world_of(*(f"r{number}" for number in range(5)))
    world.index.most = 2
    world.settings = {"RETENTION_CLASSES": f"{{version: 1, default: long, classes: [{LONG}]}}"}
    world.worker()
    times = iter([0.0, *[0.0, 1e6] * 100])
    pass_ = replace(retaining(world, FakeRemoving(world)), monotonic=lambda: next(times))
    days = []
    for _ in range(20):
        pass_.run()
        days.append(pass_.state().digest == world.app.settings.retention.classes.digest)
        times = iter([0.0, *[0.0, 1e6] * 100])

    assert not days[0]
    assert days[-1]
    assert {date(2026, 6, 10)} == {one.ends_on for one in world.app.records.keeping.duties.page(ENDS, 100)[0]}


def test_while_the_classes_cannot_be_read_nothing_ends() -> None:
    world = world_of("r1")
    world.settings = {"RETENTION_CLASSES": "{version: 2}"}
    world.worker()

    assert {} == pass_until(world, FakeRemoving(world), date(2026, 4, 1))
    assert ["r1"] == rows(world, ENDS)


def test_what_is_filed_while_the_classes_cannot_be_read_ends_once_they_can_again() -> None:
    """The text is the same as before, so that nothing else would look at its row again."""
    world = world_of("r1")
    retaining(world, FakeRemoving(world)).run()
    world.settings = {"RETENTION_CLASSES": "{version: 2}"}
    world.worker()
    world.deliver(file_event_of(world.add("d-r2"), recording_id="r2", event_id="r2"))
    world.run()
    written(world)
    file_all(world)
    assert ["r1", "r2"] == sorted(rows(world, ENDS))
    asked = ChoiceRequest(Choice.KEEP, ENDS_ON, ENDS_ON + DAY, "a case", ANNA)
    with pytest.raises(DecisionRefused, match="RETENTION_CLASSES cannot be read"):
        world.app.records.keeping.deciding_ends.decide(RecordingId("r2"), asked)
    world.settings = {"RETENTION_CLASSES": CLASSES}
    world.worker()

    assert {ENDS_ON: ["r1", "r2"]} == pass_until(world, FakeRemoving(world), ENDS_ON)
    reasons = {one.body["cause"] for one in world.topic.received if one.event_type == "RecordingDeleted"}
    assert {f"its class short has kept it until {ENDS_ON}"} == reasons


def test_a_row_of_what_is_erased_is_dropped() -> None:
    world = world_of("r1", "r3")
    erased(world, "r1")
    removing = FakeRemoving(world)

    assert {ENDS_ON: ["r3"]} == pass_until(world, removing, ENDS_ON)
    assert [] == rows(world, ENDS)
    assert world.app.records.keeping.duties.place(world.entry(RecordingId("r1"))) is None
    assert world.app.records.keeping.duties.end_of(RecordingId("r1")) is None


def test_an_entry_that_cannot_be_read_keeps_no_other_from_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of("r1", "r2")
    load = world.catalog.load

    def unreadable(recording_id: RecordingId) -> CatalogEntry | None:
        if recording_id == "r1":
            raise EntryUnreadable("load", "no JSON")
        return load(recording_id)

    with monkeypatch.context() as patch:
        patch.setattr(world.catalog, "load", unreadable)
        assert {ENDS_ON: ["r2"]} == pass_until(world, FakeRemoving(world), ENDS_ON)
    assert [["r1"]] == list(pass_until(world, FakeRemoving(world), ENDS_ON + 2 * DAY).values())


@pytest.mark.parametrize("error", [EntryUnreadable("load", "no JSON"), NewerSchema("load", "a newer schema")])
def test_one_that_cannot_be_read_keeps_those_that_continue_it_from_no_filing_and_no_end_of_a_hold(
    error: RecordingError, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They end together: so none of them ends before it can be read again, and each is looked at on every day."""
    world = world_of("r1", "r2", "r3")
    changed(world, "r1", continued_by=RecordingId("r2"))
    changed(world, "r2", continues=Continuation(RecordingId("r1"), START))
    with_class(world, "r1", "long")
    deciding, holding = world.app.records.keeping.deciding_holds, world.app.records.holding
    asked = {"reason": "a court asks", "owner": "legal", "reviewOn": "2027-04-01", "by": "anna", "recordings": ["r2"]}
    request = parse_hold(json.dumps(asked).encode(), Caller(Actor("key")), world.clock.now().date())
    load = world.catalog.load

    def unreadable(recording_id: RecordingId) -> CatalogEntry | None:
        if recording_id == "r1":
            raise error
        return load(recording_id)

    removing = FakeRemoving(world)
    with monkeypatch.context() as patch:
        patch.setattr(world.catalog, "load", unreadable)
        made = deciding.make(request, (), by=ANNA)
        run_jobs(world)
        assert HoldState.ACTIVE is holding.load(made.hold_id).state
        assert [made.hold_id] == [one.hold_id for one in holding.of(RecordingId("r2"))]
        deciding.end(made.hold_id, etag_of_hold(holding.load(made.hold_id)), "it is over", by=ANNA)
        run_jobs(world)
        assert HoldState.ENDED is holding.load(made.hold_id).state
        assert () == holding.of(RecordingId("r2"))

        world.index.delete(about(RecordingId("r2")), "filed")
        assert world.app.records.filing.file(RecordingId("r2"))
        assert {ENDS_ON: ["r3"]} == pass_until(world, removing, date(2026, 6, 20))
        end = world.app.records.keeping.duties.end_of(RecordingId("r2"))
        assert end is not None
        assert Kept.JOINED_UNREAD == end.why
    written(world)
    world.clock.at = datetime(2026, 6, 20, tzinfo=UTC)
    found = pass_until(world, removing, date(2026, 6, 22))
    assert {"r1", "r2"} == {one for ones in found.values() for one in ones} - {"r3"}


def test_the_plan_counts_by_class_and_costs_the_same_however_much_is_kept() -> None:
    """Only the rows of the day and before it are read."""
    world = world_of("r1", "r2", "r3")
    with_class(world, "r3", "asks")
    deciding = world.app.records.keeping.deciding_ends
    plan = deciding.plan(ENDS_ON)
    assert [("asks", "ask", 1), ("short", "delete", 2)] == [
        (one.retention_class, one.afterwards, one.recordings) for one in plan.ends
    ]
    assert () == deciding.plan(ENDS_ON - DAY).ends
    assert not plan.is_more

    def cost() -> int:
        before = world.index.asked
        deciding.plan(ENDS_ON)
        retaining(world, FakeRemoving(world)).run()
        return world.index.asked - before

    retaining(world, FakeRemoving(world)).run()
    few = cost()
    for number in range(300):
        entry = world.entry(RecordingId("r1"))
        other = replace(
            entry.recording, recording_id=RecordingId(f"n{number}"), applied=replace(APPLIED, retention_class="long")
        )
        world.app.records.keeping.duties.place(replace(entry, recording=other))
    assert few == cost()


def test_the_state_of_two_passes_at_once_stays_within_the_limit() -> None:
    """Both count in the same row."""
    world = world_of(*(f"r{number}" for number in range(4)), RETENTION_MOST_A_DAY="2")
    world.clock.at += 20 * DAY
    second = FakeRemoving(world)

    class Meanwhile(FakeRemoving):
        def remove(self, *args: object, **fields: object) -> None:
            super().remove(*args, **fields)  # type: ignore[arg-type]
            retaining(world, second).run()

    first = Meanwhile(world)
    retaining(world, first).run()

    assert 2 == len({*first.removed, *second.removed})


def test_an_entry_of_a_newer_version_keeps_no_other_from_its_end() -> None:
    """As after a step back: it is looked at again the next day."""
    world = world_of("r1", "r2")
    world.catalog.newer.add(RecordingId("r1"))
    removing = FakeRemoving(world)
    assert {ENDS_ON: ["r2"]} == pass_until(world, removing, ENDS_ON)
    world.catalog.newer.clear()
    assert {ENDS_ON + DAY: ["r1"]} == pass_until(world, removing, ENDS_ON + 2 * DAY)
