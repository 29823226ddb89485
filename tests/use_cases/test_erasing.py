"""Erasures for people: planned, executed by who has seen the plan, deferred, certified, and cut off anywhere."""

import json
from datetime import timedelta

import pytest

from recording.core.errors import EntryUnreadable, JobRefused, PeopleIndexOff, PlanChanged, UnknownJob
from recording.core.formats.deliveries import Member
from recording.core.model import CatalogEntry, Door, RecordingId, RecordingState
from recording.core.records.erasing import Mode, Why
from recording.core.records.exporting import Person
from recording.core.records.jobs import JobKind, JobState
from recording.core.records.people import OwnIdentity
from recording.records.erasure.erasing import executed_of
from tests.use_cases.erasures import (
    ADA,
    ANN,
    BOB,
    OTHER,
    archive,
    check_erased,
    everything,
    file_all,
    places_of,
    run_jobs,
    state,
    two_recordings,
)
from tests.use_cases.kills import killed_anywhere
from tests.use_cases.world import RECORDING, World, file_event_of

WHY = "she has asked for it"
OF_ANN = Person(raw_id=ANN)
THIRD = RecordingId("recording-3")


def begun(world: World, person: Person = OF_ANN) -> str:
    """Plan and execute an erasure; its id."""
    erasing = world.app.records.erasing
    shown = erasing.plan(person, Mode.WHOLE, WHY, by=ADA)
    assert shown.plan is not None
    erasing.execute(shown.job.job_id, shown.plan.hash, by=ADA)
    return shown.job.job_id


def certificate(world: World, erasure_id: str, number: int = 1) -> dict[str, object]:
    """The certificate as it stands in the container of the trails."""
    (body,) = (
        blob.content
        for name, blob in world.trail.archive.blobs.items()
        if name == f"certificates/{erasure_id}-{number}.json"
    )
    found: dict[str, object] = json.loads(body)
    return found


def test_a_plan_says_what_would_go_and_changes_nothing() -> None:
    """And who else is heard; only that somebody has asked is on record."""
    world = two_recordings()
    archive(world, THIRD, ANN, BOB, "4:+491511")
    before = everything(world)
    shown = world.app.records.erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA)

    assert shown.plan is not None
    assert [(RECORDING, 0, 2, ()), (THIRD, 2, 1, ())] == [
        (one.recording_id, one.others, one.chunks, one.deferred) for one in shown.plan.recordings
    ]
    new = everything(world).keys() - before.keys()
    assert {"index", "trail"} == {place.partition(" ")[0] for place in new}
    assert shown.plan.hash == world.app.records.erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA).plan.hash  # type: ignore[union-attr]
    assert [] == world.job_queue.jobs


def test_all_of_a_person_is_erased_and_nothing_of_others() -> None:
    world = two_recordings()
    world.refusing.keep_events([Member(None, json.dumps(call_event(ANN)).encode())], Door.EVENT_GRID)
    world.refusing.keep_events([Member(None, json.dumps(call_event(BOB)).encode())], Door.EVENT_GRID)
    others = {place: everything(world)[place] for place in places_of(world, str(OTHER)) | places_of(world, BOB)}
    erasure_id = begun(world)
    run_jobs(world)

    assert JobState.DONE is state(world, erasure_id)
    assert set() == places_of(world, ANN)
    assert RecordingState.ERASED is world.entry().recording.state
    now = everything(world)
    assert others == {place: now.get(place) for place in others}
    found = certificate(world, erasure_id)
    assert ([RECORDING], []) == (found["erased"], found["deferred"])
    assert "asked for it" not in json.dumps(found)


def call_event(who: str) -> dict[str, object]:
    """The event of a call that somebody has started."""
    started = {"communicationIdentifier": {"rawId": who}}
    return {"id": f"call-of-{who}", "eventType": "Microsoft.Communication.CallStarted", "data": {"startedBy": started}}


def test_a_plan_that_is_not_true_any_more_is_not_executed() -> None:
    """The new plan is shown, and can be executed."""
    world = two_recordings()
    erasing = world.app.records.erasing
    shown = erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA)
    archive(world, THIRD, ANN)
    world.clock.sleep(1)
    world.deliver(file_event_of(world.add("more", 1), recording_id=RECORDING, event_id="more"))
    world.run()
    assert shown.plan is not None
    with pytest.raises(PlanChanged) as caught:
        erasing.execute(shown.job.job_id, shown.plan.hash, by=ADA)
    run_jobs(world)
    assert RecordingState.ERASED is not world.entry().recording.state

    new = erasing.show(shown.job.job_id, by=ADA).plan
    assert new == caught.value.plan
    assert new is not None
    erasing.execute(shown.job.job_id, new.hash, by=ADA)
    run_jobs(world)
    assert {RecordingState.ERASED} == {world.entry(one).recording.state for one in (RECORDING, THIRD)}


def test_what_is_archived_after_the_plan_is_not_erased() -> None:
    """It was in no plan that anybody has seen; and it keeps the plan from nothing, however often they are recorded."""
    world = two_recordings()
    erasing = world.app.records.erasing
    shown = erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA)
    archive(world, THIRD, ANN)
    assert shown.plan is not None
    erasing.execute(shown.job.job_id, shown.plan.hash, by=ADA)
    archive(world, RecordingId("recording-4"), ANN)
    run_jobs(world)
    assert RecordingState.ERASED is world.entry().recording.state
    assert RecordingState.ERASED is not world.entry(THIRD).recording.state
    assert [one for one in world.archive.blobs if THIRD in one]


def test_to_execute_it_twice_is_the_same_as_once() -> None:
    world = two_recordings()
    erasure_id = begun(world)
    plan_hash = executed_of(world.app.records.jobs.load(erasure_id))
    with pytest.raises(JobRefused, match="another plan"):
        world.app.records.erasing.execute(erasure_id, "0" * 64, by=ADA)
    assert JobState.PLANNING is world.app.records.erasing.execute(erasure_id, plan_hash, by=ADA).job.state
    world.app.records.jobs.run(world.job_queue.jobs.pop(0))
    assert JobState.RUNNING is world.app.records.erasing.execute(erasure_id, plan_hash, by=ADA).job.state
    run_jobs(world)
    with pytest.raises(JobRefused):
        world.app.records.erasing.execute(erasure_id, plan_hash, by=ADA)
    with pytest.raises(UnknownJob):
        world.app.records.erasing.show("none", by=ADA)
    other = world.app.records.jobs.make(JobKind.REHASH, "{}", by=ADA, state=JobState.PLANNED)
    with pytest.raises(UnknownJob):
        world.app.records.erasing.show(other.job_id, by=ADA)


def test_what_is_deferred_is_erased_when_the_last_of_it_ends() -> None:
    """By itself; the events that it needs stay until then, and it gets a certificate of its own."""
    world = two_recordings()
    archive(world, THIRD, ANN)
    world.clock.sleep(1)
    late = world.add("late", 1)
    world.deliver(file_event_of(late, recording_id=THIRD, event_id="late-event"))
    world.source.contents.pop(late.content_location)
    world.queue.messages.clear()
    erasing = world.app.records.erasing
    shown = erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA)
    assert shown.plan is not None
    assert [(), (Why.OPEN,)] == [tuple(two.why for two in one.deferred) for one in shown.plan.recordings]
    erasing.execute(shown.job.job_id, shown.plan.hash, by=ADA)
    run_jobs(world)
    erasure_id = shown.job.job_id
    assert JobState.WAITING is state(world, erasure_id)
    assert [RECORDING] == certificate(world, erasure_id)["erased"]
    assert [THIRD] == [one["recordingId"] for one in certificate(world, erasure_id)["deferred"]]  # type: ignore[attr-defined]
    assert [name for name in world.journal.blobs if "late-event" in name]

    again(world)
    assert JobState.WAITING is state(world, erasure_id)
    assert 1 == sum(name.startswith("certificates/") for name in world.trail.archive.blobs)

    world.source.contents[late.content_location] = b"RIFF"
    world.clock.sleep(timedelta(days=3).total_seconds())
    world.app.sweeping.sweep_all()
    world.run()
    file_all(world)
    again(world)
    assert JobState.DONE is state(world, erasure_id)
    assert {RECORDING, THIRD} == set(certificate(world, erasure_id, 2)["erased"])  # type: ignore[call-overload]
    assert set() == places_of(world, ANN)


def again(world: World) -> None:
    """A day later."""
    world.clock.sleep(timedelta(days=1).total_seconds())
    world.app.records.daily.run()
    run_jobs(world)


def test_killed_at_every_call_it_goes_on() -> None:
    """The plan is executed; wherever its run is cut off, nothing of the person is left, and one certificate."""

    def made() -> World:
        world = two_recordings(1)
        world.refusing.keep_events([Member(None, json.dumps(call_event(ANN)).encode())], Door.EVENT_GRID)
        begun(world)
        return world

    number = 0
    for number, world in enumerate(killed_anywhere(made, run_jobs), 1):  # noqa: B007 - counted
        check_erased(world)
        assert [JobState.DONE] == [
            state(world, row.key) for row in world.index.rows.values() if row.partition == "jobs"
        ]
        assert 1 == sum(name.startswith("certificates/") for name in world.trail.archive.blobs)
        assert [name for name in world.archive.blobs if str(OTHER) in name]
        assert not [row for row in world.index.rows.values() if row.partition.startswith(("job~", "open-jobs"))]
    assert number > 100


def test_a_people_document_that_is_none_makes_its_recording_doubtful_and_stops_no_plan() -> None:
    world = two_recordings()
    (name,) = (name for name in world.archive.blobs if name.endswith(f"{RECORDING}.people.json"))
    world.archive.put_as_stranger(name, b"no document")
    shown = world.app.records.erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA)
    assert shown.plan is not None
    assert [(RECORDING, True)] == [(one.recording_id, one.is_doubtful) for one in shown.plan.recordings]


def test_a_recording_whose_entry_is_lost_is_deferred_until_it_is_rebuilt() -> None:
    """Its media stand: a certificate that says it is erased would be wrong, and a rebuild would bring it back."""
    world = two_recordings()
    erasure_id = begun(world)
    entry = world.catalog.entries.pop(RECORDING)
    shown = world.app.records.erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA)
    assert shown.plan is not None
    assert [(RECORDING, [Why.OPEN])] == [
        (one.recording_id, [why.why for why in one.deferred]) for one in shown.plan.recordings
    ]
    run_jobs(world)
    assert JobState.WAITING is state(world, erasure_id)
    assert [] == certificate(world, erasure_id)["erased"]

    world.catalog.entries[RECORDING] = entry
    again(world)
    assert JobState.DONE is state(world, erasure_id)
    assert [RECORDING] == certificate(world, erasure_id, 2)["erased"]


def test_a_wrong_setting_in_the_middle_ends_no_erasure(caplog: pytest.LogCaptureFixture) -> None:
    """Its recording is erased, its certificate not written: it is another day, once the setting is right."""
    world = two_recordings()
    erasure_id, right = begun(world), dict(world.settings)
    world.settings = {"PEOPLE_INDEX_KEY": "not base64!"}
    world.worker()
    run_jobs(world)
    shown = world.app.records.erasing.show(erasure_id, by=ADA)
    assert (JobState.WAITING, True) == (shown.job.state, "PEOPLE_INDEX_KEY" in shown.job.cause)
    assert "erasure.waits" in caplog.text

    world.settings = right
    world.worker()
    again(world)
    shown = world.app.records.erasing.show(erasure_id, by=ADA)
    assert (JobState.DONE, "") == (shown.job.state, shown.job.cause)
    assert [RECORDING] == certificate(world, erasure_id)["erased"]
    check_erased(world)


def test_a_recording_whose_entry_cannot_be_read_is_deferred_and_no_other_is(monkeypatch: pytest.MonkeyPatch) -> None:
    world = two_recordings()
    archive(world, THIRD, ANN)
    load = world.catalog.load

    def unreadable(recording_id: RecordingId) -> CatalogEntry | None:
        if recording_id == RECORDING:
            raise EntryUnreadable("load", "no JSON")
        return load(recording_id)

    with monkeypatch.context() as patch:
        patch.setattr(world.catalog, "load", unreadable)
        erasure_id = begun(world)
        run_jobs(world)
        assert JobState.WAITING is state(world, erasure_id)
        assert [THIRD] == certificate(world, erasure_id)["erased"]
    again(world)
    assert JobState.DONE is state(world, erasure_id)
    check_erased(world)


def test_the_own_key_is_forgotten_with_the_person() -> None:
    world = two_recordings()
    world.app.records.people.save([OwnIdentity("customer-7", (ANN,))], by=ADA)
    erasure_id = begun(world, Person(key="customer-7"))
    run_jobs(world)
    assert JobState.DONE is state(world, erasure_id)
    assert set() == places_of(world, ANN)
    assert set() == places_of(world, "customer-7")


def test_a_plan_that_nobody_executes_is_forgotten() -> None:
    """It says whose it was."""
    world = two_recordings()
    shown = world.app.records.erasing.plan(Person(raw_id="8:acs:nobody"), Mode.WHOLE, WHY, by=ADA)
    assert places_of(world, "8:acs:nobody")
    world.clock.sleep(timedelta(days=8).total_seconds())
    world.app.records.daily.run()

    assert JobState.CANCELLED is state(world, shown.job.job_id)
    assert set() == places_of(world, "8:acs:nobody")


def test_without_an_index_of_people_nobody_is_erased() -> None:
    with pytest.raises(PeopleIndexOff):
        World().app.records.erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA)


def test_an_erased_recording_is_not_filed_again() -> None:
    world = two_recordings()
    begun(world)
    run_jobs(world)
    again(world)
    file_all(world)
    assert set() == places_of(world, ANN)
    assert not [one for one in world.index.rows if one[0] == f"record~{RECORDING}"]
