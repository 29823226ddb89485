"""A plan that takes longer than a request is made by its job, and again before it is executed."""

import json
from collections.abc import Iterator

import pytest

from recording.core.errors import ArchiveRefused, JobRefused, PlanChanged
from recording.core.model import CatalogEntry, RecordingId, RecordingState
from recording.core.records.erasing import Mode, Plan
from recording.core.records.exporting import Person
from recording.core.records.jobs import JobState
from recording.ports import IndexRow
from recording.records.erasure import planning_erasure
from tests.use_cases.erasures import (
    ADA,
    ANN,
    archive,
    check_erased,
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
MORE = tuple(RecordingId(f"recording-{number}") for number in range(3, 6))


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning_erasure, "_PAGE", 2)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world in which Ann has four recordings, each of which takes a quarter of a minute to be looked up."""
    world = two_recordings(1)
    for one in MORE:
        archive(world, one, ANN)
    load = world.catalog.load

    def slowly(recording_id: RecordingId) -> CatalogEntry | None:
        world.clock.sleep(15)
        return load(recording_id)

    with monkeypatch.context() as patch:
        patch.setattr(world.catalog, "load", slowly)
        yield world


def planned(world: World) -> tuple[str, Plan]:
    """Plan an erasure, by a job if it takes long."""
    erasing = world.app.records.erasing
    erasure_id = erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA).job.job_id
    run_jobs(world)
    plan = erasing.show(erasure_id, by=ADA).plan
    assert plan is not None
    return erasure_id, plan


def test_a_plan_that_takes_longer_than_a_request_is_made_by_its_job(slow: World) -> None:
    erasing = slow.app.records.erasing
    shown = erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA)
    assert (JobState.PLANNING, None, {"planned": 2}) == (shown.job.state, shown.plan, shown.job.progress)
    with pytest.raises(JobRefused, match="no plan yet"):
        erasing.execute(shown.job.job_id, "0" * 64, by=ADA)
    run_jobs(slow)

    after = erasing.show(shown.job.job_id, by=ADA)
    assert after.plan is not None
    assert (JobState.PLANNED, {RECORDING, *MORE}) == (
        after.job.state,
        {one.recording_id for one in after.plan.recordings},
    )
    assert RecordingState.ERASED is not slow.entry().recording.state


def test_a_lost_message_of_a_plan_is_put_again(slow: World) -> None:
    shown = slow.app.records.erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA)
    slow.job_queue.jobs.clear()
    run_jobs(slow)
    assert JobState.PLANNED is state(slow, shown.job.job_id)


def test_the_plan_that_was_seen_is_made_again_by_the_job_and_executed(slow: World) -> None:
    """To ask for that twice is the same as once."""
    erasure_id, plan = planned(slow)
    erasing = slow.app.records.erasing
    assert JobState.PLANNING is erasing.execute(erasure_id, plan.hash, by=ADA).job.state
    assert JobState.PLANNING is erasing.execute(erasure_id, plan.hash, by=ADA).job.state
    run_jobs(slow)
    assert JobState.DONE is state(slow, erasure_id)
    assert {RecordingState.ERASED} == {slow.entry(one).recording.state for one in (RECORDING, *MORE)}
    check_erased(slow)


def more_of(world: World) -> None:
    """One more chunk of the last of Ann's recordings: what was planned of it is not true any more."""
    world.clock.sleep(1)
    world.deliver(file_event_of(world.add("more", 1), recording_id=MORE[-1], event_id="more"))
    world.run()
    file_all(world)


def test_what_the_job_finds_to_be_another_plan_is_not_executed(slow: World) -> None:
    """It is planned again, and says so; the new plan can be executed."""
    erasure_id, plan = planned(slow)
    more_of(slow)
    erasing = slow.app.records.erasing
    erasing.execute(erasure_id, plan.hash, by=ADA)
    run_jobs(slow)

    shown = erasing.show(erasure_id, by=ADA)
    assert shown.plan is not None
    assert (JobState.PLANNED, True) == (shown.job.state, "not the one that was seen" in shown.job.cause)
    assert 2 in {one.chunks for one in shown.plan.recordings}
    assert RecordingState.ERASED not in {slow.entry(one).recording.state for one in (RECORDING, *MORE)}
    with pytest.raises(PlanChanged):
        erasing.execute(erasure_id, plan.hash, by=ADA)

    erasing.execute(erasure_id, shown.plan.hash, by=ADA)
    run_jobs(slow)
    assert {RecordingState.ERASED} == {slow.entry(one).recording.state for one in (RECORDING, *MORE)}


def test_two_who_execute_at_once_erase_what_was_seen_and_nothing_else(
    slow: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is archived between their looks is in no plan."""
    erasure_id, plan = planned(slow)
    erasing, other = slow.app.records.erasing, RecordingId("recording-9")
    load, heard = slow.catalog.load, list[str]()

    def meanwhile(recording_id: RecordingId) -> CatalogEntry | None:
        if not heard:
            heard.append("first")
            archive(slow, other, ANN)
            heard.append(erasing.execute(erasure_id, plan.hash, by=ADA).job.state)
        return load(recording_id)

    with monkeypatch.context() as patch:
        patch.setattr(slow.catalog, "load", meanwhile)
        erasing.execute(erasure_id, plan.hash, by=ADA)
    run_jobs(slow)
    assert ["first", JobState.PLANNING] == heard
    assert JobState.DONE is state(slow, erasure_id)
    assert RecordingState.ERASED is not slow.entry(other).recording.state
    assert {RecordingState.ERASED} == {slow.entry(one).recording.state for one in (RECORDING, *MORE)}


def test_rows_that_are_not_the_plan_that_was_seen_are_not_executed(slow: World) -> None:
    """As a run has left them that came too late: the hash is held against them."""
    erasure_id, plan = planned(slow)
    slow.app.records.erasing.execute(erasure_id, plan.hash, by=ADA)
    (row, *_) = (one for one in slow.index.rows.values() if one.key.startswith("plan~"))
    body = row.body.replace(RECORDING.encode(), b"recording-2")
    assert body != row.body
    slow.index.put(IndexRow(row.partition, f"{row.key}0", body))
    run_jobs(slow)

    assert JobState.PLANNED is state(slow, erasure_id)
    assert RecordingState.ERASED not in {one.recording.state for one in slow.catalog.entries.values()}


def test_the_daily_pass_forgets_no_plan_that_is_being_executed(slow: World) -> None:
    """And one that was made anew counts from then."""
    erasure_id, plan = planned(slow)
    slow.clock.sleep(6 * 86400)
    more_of(slow)
    erasing = slow.app.records.erasing
    erasing.execute(erasure_id, plan.hash, by=ADA)
    run_jobs(slow)
    slow.clock.sleep(2 * 86400)
    slow.app.records.daily.run()
    again = erasing.show(erasure_id, by=ADA).plan
    assert again is not None
    slow.clock.sleep(8 * 86400)
    erasing.execute(erasure_id, again.hash, by=ADA)
    slow.app.records.daily.run()
    run_jobs(slow)
    assert JobState.DONE is state(slow, erasure_id)
    check_erased(slow)


def test_a_recording_that_is_gone_from_a_plan_stays_out_of_it(slow: World) -> None:
    """A plan made anew has rows of its own: nothing of the one before is left in it."""
    erasure_id, _ = planned(slow)
    first, plan = planned(slow)
    slow.app.records.erasing.execute(first, plan.hash, by=ADA)
    run_jobs(slow)
    with pytest.raises(PlanChanged) as caught:
        slow.app.records.erasing.execute(erasure_id, plan.hash, by=ADA)
    assert isinstance(caught.value.plan, Plan)
    assert () == caught.value.plan.recordings


def test_a_wrong_setting_in_a_plan_that_is_executed_waits_for_another_day(slow: World) -> None:
    """Somebody was told that it is being done."""
    erasure_id, plan = planned(slow)
    right = dict(slow.settings)
    slow.app.records.erasing.execute(erasure_id, plan.hash, by=ADA)
    slow.settings = {"PEOPLE_INDEX_KEY": "not base64!"}
    slow.worker()
    run_jobs(slow)
    job = slow.app.records.jobs.load(erasure_id)
    assert (JobState.WAITING, True) == (job.state, "PEOPLE_INDEX_KEY" in job.cause)

    slow.settings = right
    slow.worker()
    slow.clock.sleep(86400)
    slow.app.records.daily.run()
    run_jobs(slow)
    check_erased(slow)


def test_a_plan_that_fails_for_good_before_anybody_has_seen_it_has_failed(slow: World) -> None:
    """It names nobody any more, and why is said."""
    shown = slow.app.records.erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA)
    slow.settings = {"PEOPLE_INDEX_KEY": "not base64!"}
    slow.worker()
    run_jobs(slow)
    job = slow.app.records.jobs.load(shown.job.job_id)
    assert (JobState.FAILED, True) == (job.state, "PEOPLE_INDEX_KEY" in job.cause)
    assert not [row for row in slow.index.rows.values() if row.partition.startswith(("job~", "open-jobs"))]
    assert not [place for place in places_of(slow, ANN) if place.startswith("index jobs ")]


def looks(world: World) -> list[tuple[str, str, int]]:
    """The looks for people that are on record: what, by whom, how many recordings."""
    found = [json.loads(blob.content) for name, blob in world.trail.archive.blobs.items() if name.startswith("acts/")]
    return [(one["what"], one["by"], one["count"]) for one in found]


def test_who_plans_looks_and_executes_is_on_record(slow: World) -> None:
    erasure_id, plan = planned(slow)
    slow.app.records.erasing.execute(erasure_id, plan.hash, by=ADA)
    run_jobs(slow)
    assert [("execute erasure", ADA, 4), ("plan erasure", ADA, 4), ("show erasure plan", ADA, 4)] == sorted(looks(slow))


def test_what_cannot_be_put_on_record_is_neither_shown_nor_begun(slow: World) -> None:
    erasure_id, plan = planned(slow)
    erasing = slow.app.records.erasing
    erasing.execute(erasure_id, plan.hash, by=ADA)
    slow.trail.archive.exists = False
    with pytest.raises(ArchiveRefused):
        run_jobs(slow)
    assert RecordingState.ERASED is not slow.entry().recording.state
    with pytest.raises(ArchiveRefused):
        erasing.plan(Person(raw_id="8:acs:nobody"), Mode.WHOLE, WHY, by=ADA)

    slow.trail.archive.exists = True
    run_jobs(slow)
    check_erased(slow)


def test_a_plan_that_nobody_executes_leaves_no_rows(slow: World) -> None:
    planned(slow)
    slow.clock.sleep(8 * 86400)
    slow.app.records.daily.run()
    assert not [row for row in slow.index.rows.values() if row.partition.startswith(("job~", "open-jobs"))]
    assert not [place for place in places_of(slow, ANN) if place.startswith("index jobs ")]


def test_killed_at_every_call_of_planning_and_executing_nothing_unseen_is_erased() -> None:
    """Whoever asks again, with what was seen, comes to the end; no half plan is ever shown or executed."""
    ids: dict[int, tuple[str, str]] = {}

    def made() -> World:
        world = two_recordings(1)
        archive(world, MORE[0], ANN)
        archive(world, MORE[1], ANN)
        return world

    def act(world: World) -> None:
        erasing = world.app.records.erasing
        if id(world) not in ids:
            shown = erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA)
            assert shown.plan is not None
            assert 3 == len(shown.plan.recordings)
            ids[id(world)] = shown.job.job_id, shown.plan.hash
        erasure_id, seen = ids[id(world)]
        if not world.app.records.jobs.load(erasure_id).is_over:
            erasing.execute(erasure_id, seen, by=ADA)
        run_jobs(world)

    number = 0
    for number, world in enumerate(killed_anywhere(made, act, step=5), 1):  # noqa: B007 - counted
        erasure_id, _ = ids.pop(id(world))
        assert JobState.DONE is state(world, erasure_id)
        world.clock.sleep(8 * 86400)
        world.app.records.daily.run()  # forgets the plan of a request that was cut off, which says whose it was
        check_erased(world)
        assert {RecordingState.ERASED} == {world.entry(one).recording.state for one in MORE[:2]}
        assert 1 == sum(name.startswith("certificates/") for name in world.trail.archive.blobs)
    assert number > 80
