"""What defers an erasure ends some day: the erasure then goes by itself to its end, with a certificate."""

import json
from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from recording.core.formats import api
from recording.core.formats.deliveries import Member
from recording.core.model import BlobName, Door, RecordingId, RecordingState
from recording.core.records.erasing import Mode, Why
from recording.core.records.exporting import Person
from recording.core.records.holds import Hold, HoldState, Scope
from recording.core.records.jobs import JobState
from tests.use_cases.erasures import (
    ADA,
    ANN,
    BOB,
    KEYS,
    OTHER,
    check_erased,
    everything,
    file_all,
    places_of,
    run_jobs,
    state,
    two_recordings,
)
from tests.use_cases.unlinkings import of_two
from tests.use_cases.world import RECORDING, START, World, file_event_of

WHY = "she has asked for it"
DAYS = 10
ENDS_ON = START.date() + timedelta(days=DAYS + 1)
"""Of a class of ten days: the first day on which all of them are over."""


def classes(afterwards: str, worm_days: int = 0) -> str:
    """Retention classes of which one counts for every recording."""
    worm = f", wormDays: {worm_days}" if worm_days else ""
    return f"{{version: 1, default: usual, classes: [{{name: usual, days: {DAYS}, afterwards: {afterwards}{worm}}}]}}"


def with_settings(world: World, **settings: str) -> World:
    """The same world, whose app has these settings from now on."""
    world.settings = {"PEOPLE_INDEX_KEY": KEYS, **settings}
    world.worker()
    for recording_id in list(world.catalog.entries):
        world.app.records.keeping.duties.file(world.entry(recording_id))
    return world


def begun(
    world: World, mode: Mode = Mode.WHOLE, *, overrides_duties: bool = False, raw_id: str = ANN
) -> tuple[str, list[Why]]:
    """Plan and execute an erasure for Ann, or that person; its id, and what the plan says defers it."""
    erasing = world.app.records.erasing
    shown = erasing.plan(Person(raw_id=raw_id), mode, WHY, overrides_duties=overrides_duties, by=ADA)
    assert shown.plan is not None
    erasing.execute(shown.job.job_id, shown.plan.hash, by=ADA)
    run_jobs(world)
    return shown.job.job_id, [two.why for one in shown.plan.recordings for two in one.deferred]


def until(world: World, erasure_id: str, last: date) -> date:
    """The day on which daily passes, and nothing else, bring an erasure to its end."""
    while world.clock.at.date() <= last:
        world.clock.sleep(timedelta(hours=23).total_seconds())
        world.app.records.daily.run()
        file_all(world)
        run_jobs(world)
        if state(world, erasure_id) is JobState.DONE:
            return world.clock.at.date()
    raise AssertionError(f"it is {state(world, erasure_id)} on {world.clock.at}")


def certificates(world: World, erasure_id: str) -> list[Mapping[str, object]]:
    """The certificates, in order."""
    names = sorted(name for name in world.trail.archive.blobs if name.startswith(f"certificates/{erasure_id}"))
    return [json.loads(world.trail.archive.blobs[name].content) for name in names]


def hold_on(recording_id: RecordingId) -> Hold:
    """An active hold on a recording."""
    return Hold("h1", HoldState.ACTIVE, Scope(recordings=(recording_id,)), "", "", START.date(), START, ADA)


def kept_media(world: World) -> list[BlobName]:
    """The media of the first recording that stand in the archive."""
    return [name for name in world.archive.blobs if name.endswith(".wav") and "document-0" in name]


@pytest.mark.parametrize("afterwards", ["ask", "delete"])
def test_what_a_duty_defers_is_erased_on_the_day_on_which_that_ends(afterwards: str) -> None:
    """Also where the pass of retention comes to it first: then the erasure says that it is done."""
    world = with_settings(two_recordings(1), RETENTION_CLASSES=classes(afterwards))
    erasure_id, why = begun(world)
    assert [Why.DUTY] == why
    assert JobState.WAITING is state(world, erasure_id)
    (first,) = certificates(world, erasure_id)
    assert ([], [RECORDING]) == (first["erased"], [one["recordingId"] for one in first["deferred"]])  # type: ignore[attr-defined]
    assert kept_media(world)

    assert ENDS_ON == until(world, erasure_id, ENDS_ON)
    check_erased(world)
    assert ([RECORDING], []) == tuple(certificates(world, erasure_id)[-1][name] for name in ("erased", "deferred"))
    assert set() == places_of(world, ANN)


def test_what_the_storage_protects_is_erased_once_it_can_be() -> None:
    """By the days of the container: nothing of it is tried before, and nothing is refused in the middle."""
    world = with_settings(two_recordings(1), ARCHIVE_IMMUTABLE_DAYS="5")
    world.removals["archive"].kept |= set(world.archive.blobs)
    before = {name: blob.content for name, blob in world.archive.blobs.items()}
    erasure_id, why = begun(world)
    assert [Why.PROTECTED] == why
    free = START.date() + timedelta(days=6)
    while world.clock.at.date() < free - timedelta(days=1):
        world.clock.sleep(timedelta(days=1).total_seconds())
        world.app.records.daily.run()
        run_jobs(world)
        assert JobState.WAITING is state(world, erasure_id)
        assert before == {name: blob.content for name, blob in world.archive.blobs.items()}
        assert RecordingState.ERASED is not world.entry().recording.state
    world.removals["archive"].kept.clear()
    assert free == until(world, erasure_id, free)
    check_erased(world)


def test_duties_that_are_overridden_defer_nothing() -> None:
    """It is said in the plan, is part of what its hash is over, and is carried out to the end."""
    world = with_settings(two_recordings(1), RETENTION_CLASSES=classes("ask"))
    erasing = world.app.records.erasing
    kept = erasing.plan(Person(raw_id=ANN), Mode.WHOLE, WHY, by=ADA).plan
    erasure_id, why = begun(world, overrides_duties=True)
    assert [] == why
    assert kept is not None
    assert JobState.DONE is state(world, erasure_id)
    assert START.date() == world.clock.at.date()
    world.clock.sleep(timedelta(days=8).total_seconds())
    world.app.records.daily.run()  # forgets the plan that nobody has executed
    check_erased(world)
    (found,) = certificates(world, erasure_id)
    assert ([RECORDING], []) == (found["erased"], found["deferred"])


def test_an_overridden_duty_leaves_holds_as_they_are() -> None:
    """A legal hold is no duty of retention."""
    world = with_settings(two_recordings(1), RETENTION_CLASSES=classes("ask"))
    world.app.records.holding.insert(hold_on(RECORDING))
    erasure_id, why = begun(world, overrides_duties=True)
    assert [Why.HOLD] == why
    assert JobState.WAITING is state(world, erasure_id)
    assert kept_media(world)


def test_events_that_were_written_while_it_was_deferred_go_with_it() -> None:
    """Another erasure writes what was spared into the journal anew, on another day: nobody knows by which name."""
    world = two_recordings(1)
    world.app.records.holding.insert(hold_on(RECORDING))
    ids = {"serverCallId": "call", "startedBy": {"communicationIdentifier": {"rawId": ANN}}}
    call = {"id": "call-1", "eventType": "Microsoft.Communication.CallStarted", "data": ids}
    members = [Member(one, json.dumps(one).encode()) for one in (file_event_of(recording_id=OTHER), call)]
    world.refusing.keep_events(members, Door.EVENT_GRID)
    erasure_id, _ = begun(world)
    world.clock.sleep(timedelta(days=5).total_seconds())
    begun(world, raw_id=BOB)
    assert any(f"{world.clock.at:%Y/%m/%d}" in place for place in places_of(world, ANN) if "journal" in place)

    hold = world.app.records.holding.load("h1")
    world.app.records.keeping.deciding_holds.end("h1", api.etag_of_hold(hold), "it is over", by=ADA)
    until(world, erasure_id, world.clock.at.date() + timedelta(days=2))
    assert RecordingState.ERASED is world.entry().recording.state
    assert set() == places_of(world, ANN)


def test_what_a_class_protects_against_everybody_goes_when_its_days_are_over() -> None:
    """The duty is overridden, its WORM days cannot be: what comes is refused at once, and the media go that day."""
    world = with_settings(two_recordings(1), RETENTION_CLASSES=classes("ask", DAYS))
    world.removals["archive"].kept |= set(kept_media(world))
    media = kept_media(world)
    erasure_id, _ = begun(world, overrides_duties=True)
    assert JobState.WAITING is state(world, erasure_id)
    assert media == kept_media(world)
    (first,) = certificates(world, erasure_id)
    assert [] == first["erased"]

    world.clock.sleep(timedelta(days=DAYS).total_seconds())
    world.removals["archive"].kept.clear()
    until(world, erasure_id, world.clock.at.date() + timedelta(days=2))
    check_erased(world)
    assert [RECORDING] == certificates(world, erasure_id)[-1]["erased"]


def test_what_a_class_protects_is_written_anew_when_its_days_are_over() -> None:
    """Whoever overrides the duty cannot override what the storage was told: nothing is changed until then."""
    world = with_settings(of_two(), RETENTION_CLASSES=classes("ask", DAYS))
    before = {place: body for place, body in everything(world).items() if place.startswith("archive ")}
    erasure_id, why = begun(world, Mode.UNLINK, overrides_duties=True)
    assert [Why.PROTECTED] == why
    assert JobState.WAITING is state(world, erasure_id)
    assert before == {place: body for place, body in everything(world).items() if place.startswith("archive ")}
    assert START.date() + timedelta(days=DAYS) == until(world, erasure_id, ENDS_ON)
    assert set() == places_of(world, ANN)
    assert RecordingState.ERASED is not world.entry().recording.state
