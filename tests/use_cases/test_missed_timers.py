"""A timer of the records that stops for good, as after a deployment, stops nothing: the sweep does it instead."""

import json
from datetime import timedelta

import pytest

from recording.core.model import RecordingId, RecordingState
from recording.core.records.erasing import Mode
from recording.core.records.exporting import Person
from recording.core.records.jobs import JobState
from tests.use_cases.erasures import ADA, add, state, two_recordings
from tests.use_cases.sweeps import MINUTE
from tests.use_cases.world import RECORDING, World, file_event_of

HOUR = timedelta(hours=1)
WHY = "she has asked for it"
THIRD = RecordingId("recording-3")


def live(world: World, length: timedelta) -> None:
    """So long there are only sweeps, and messages."""
    for _ in range(length // HOUR):
        world.clock.sleep(HOUR.total_seconds())
        world.app.sweeping.sweep_all()
        while world.job_queue.jobs:
            world.app.records.jobs.run(world.job_queue.jobs.pop(0))


def daily_jobs(world: World) -> list[str]:
    """The states of the jobs that ran daily passes."""
    found = (json.loads(row.body) for row in world.index.rows.values() if row.partition == "jobs")
    return [job["state"] for job in found if job["kind"] == "daily"]


def test_the_daily_pass_is_run_by_the_sweep() -> None:
    """Old plans say whose they were: each day forgets those that nobody has executed."""
    world = two_recordings(1)
    plan = world.app.records.erasing.plan(Person(raw_id="8:acs:nobody"), Mode.WHOLE, WHY, by=ADA)
    live(world, timedelta(days=9))
    assert JobState.CANCELLED is state(world, plan.job.job_id)
    assert {"done"} == set(daily_jobs(world))
    assert 7 <= len(daily_jobs(world)) <= 9


def test_what_was_not_filed_is_found_by_the_sweep_within_two_days() -> None:
    world = two_recordings(1)
    world.app.sweeping.sweep_all()
    world.deliver(file_event_of(add(world, "third", 0), recording_id=THIRD, event_id="third"))
    world.run()
    world.record_queue.messages.clear()
    live(world, timedelta(days=2))
    assert THIRD in {message.recording_id for _, message in world.record_queue.messages}


def test_an_erasure_whose_message_is_lost_goes_on_by_the_sweep() -> None:
    world = two_recordings(1)
    world.app.sweeping.sweep_all()
    erasing = world.app.records.erasing
    shown = erasing.plan(Person(raw_id="8:acs:ann"), Mode.WHOLE, WHY, by=ADA)
    assert shown.plan is not None
    erasing.execute(shown.job.job_id, shown.plan.hash, by=ADA)
    world.job_queue.jobs.clear()
    live(world, timedelta(hours=3))
    assert JobState.DONE is state(world, shown.job.job_id)
    assert RecordingState.ERASED is world.entry(RECORDING).recording.state


def test_while_the_timers_run_the_sweep_leaves_it_to_them(caplog: pytest.LogCaptureFixture) -> None:
    world = two_recordings(1)
    for minutes in range(0, 3 * 24 * 60, 15):
        world.clock.sleep(15 * MINUTE.total_seconds())
        world.app.records.jobs.restart_silent()
        if minutes % (24 * 60) == 135:
            world.app.records.daily.run()
        world.app.sweeping.sweep_all()
    assert [] == daily_jobs(world)
    assert "timer_missed" not in caplog.text
