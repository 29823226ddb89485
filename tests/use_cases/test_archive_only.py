"""Without a Communication resource everything works but starting, copying and releasing."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from recording.bootstrap.real_parts import RealParts
from recording.core.errors import ArchiveOnly, SettingsInvalid, UnknownRecording
from recording.core.formats.api import PageRequest, StartRequest
from recording.core.model import Actor, CallConnectionId, ChunkState, Location, Prompt, RecordingId, RecordingState
from recording.core.records.erasing import Mode
from recording.core.records.exporting import Person, Rule, Wanted
from recording.core.records.holds import Hold, HoldState, Scope
from recording.entrypoints import health
from recording.ports import PromptOrder
from tests.core.entries_of import WAV
from tests.environments import settings_of
from tests.use_cases.erasures import ANN, BOB, OTHER, archive, check_erased, run_jobs, two_recordings
from tests.use_cases.exports import contents, finish, unpacked
from tests.use_cases.world import RECORDING, START, Clock, World, file_event_of

ANNA = Actor("key:anna")
THIRD = RecordingId("recording-3")
CONNECTION = CallConnectionId("connection")
PROMPT = PromptOrder(CONNECTION, "context", Prompt("Text", "en-US", "1"))


ASKED: Mapping[str, Callable[[Any], object]] = {
    "open": lambda parts: parts.source.open(Location("x")),
    "delete": lambda parts: parts.source.delete(Location("x"), None),
    "resolve": lambda parts: parts.calls.resolve(CONNECTION),
    "goes_on": lambda parts: parts.calls.goes_on(CONNECTION),
    "start": lambda parts: parts.calls.start(None),
    "state": lambda parts: parts.calls.state(RECORDING),
    "pause": lambda parts: parts.calls.pause(RECORDING),
    "resume": lambda parts: parts.calls.resume(RECORDING),
    "stop": lambda parts: parts.calls.stop(RECORDING),
    "participants": lambda parts: parts.prompts.participants(CONNECTION),
    "play_to_all": lambda parts: parts.prompts.play_to_all(PROMPT),
    "ask_for_key": lambda parts: parts.prompts.ask_for_key(PROMPT, "8:acs:x", timedelta()),
    "hang_up": lambda parts: parts.prompts.hang_up(CONNECTION),
}


def real_parts() -> RealParts:
    clock = Clock()
    return RealParts(settings_of(ACS_ENDPOINT=""), clock.now, clock.monotonic)


def without_service() -> World:
    """A world whose app has no service, and an archive with one recording."""
    world = World()
    world.announce(world.add())
    world.run()
    parts = real_parts()
    world.settings, world.calls, world.prompts = {"ACS_ENDPOINT": ""}, parts.calls, parts.prompts  # type: ignore[assignment]

    def refuse() -> None:
        with parts.source.open(Location("https://x.asm.skype.com/v1/objects/o")):
            pass

    world.source.on_open = refuse
    world.archiving = world.worker()
    return world


@pytest.mark.parametrize("operation", ASKED)
def test_what_would_need_the_service_says_that_there_is_none(operation: str) -> None:
    """Transient, as the setting can be made: what is owed waits."""
    with pytest.raises(ArchiveOnly, match="ACS_ENDPOINT is not set"):
        ASKED[operation](real_parts())


def test_what_is_archived_can_be_seen() -> None:
    world = without_service()
    entry, state = world.app.controlling.state(RECORDING, by=ANNA)
    assert (entry, None) == (world.entry(), state)
    assert () == world.app.listing.owed(PageRequest(10)).found
    assert RECORDING == world.app.looking.history(RECORDING, by=ANNA).recording.recording_id
    with pytest.raises(UnknownRecording):
        world.app.controlling.state(RecordingId("another"), by=ANNA)


def test_all_that_is_asked_of_records_is_done() -> None:
    """Found, exported, held, erased, ended by its class, and read once more."""
    world = two_recordings(1)
    archive(world, THIRD, BOB)
    parts = real_parts()
    classes = "{version: 1, default: usual, classes: [{name: usual, days: 10, afterwards: delete}]}"
    world.settings = {**world.settings, "ACS_ENDPOINT": "", "RETENTION_CLASSES": classes}
    world.calls, world.prompts, world.source = parts.calls, parts.prompts, parts.source  # type: ignore[assignment]
    world.worker()
    records = world.app.records
    for recording_id in (RECORDING, OTHER, THIRD):
        records.keeping.duties.file(world.entry(recording_id))
        records.sealing.seal(recording_id)
        assert records.sealing.read(world.entry(recording_id))
    assert [OTHER, THIRD] == sorted(row.recording_id for row in records.people.recordings_of([BOB]).rows)
    job = finish(world, records.exporting.ask(Wanted("file", Rule.WHOLE, person=Person(raw_id=BOB)), by=ANNA))
    assert {OTHER, THIRD} == contents(unpacked(world, job)).keys()

    records.holding.insert(Hold("h1", HoldState.ACTIVE, Scope(recordings=(OTHER,)), "", "", START.date(), START, ANNA))
    shown = records.erasing.plan(Person(raw_id=ANN), Mode.WHOLE, "asked", overrides_duties=True, by=ANNA)
    assert shown.plan is not None
    records.erasing.execute(shown.job.job_id, shown.plan.hash, by=ANNA)
    run_jobs(world)
    check_erased(world)
    for _ in range(13):
        world.clock.sleep(timedelta(days=1).total_seconds())
        world.app.sweeping.sweep_all()  # writes the trails: what owes something does not end
        records.daily.run()
    assert [RecordingState.RELEASED, RecordingState.ERASED] == [
        world.entry(one).recording.state for one in (OTHER, THIRD)
    ]
    assert ["RecordingDeleted"] == [one for one in world.told() if one == "RecordingDeleted"]


def test_nothing_is_started_and_the_answer_names_the_setting() -> None:
    world = without_service()
    with pytest.raises(SettingsInvalid, match="ACS_ENDPOINT"):
        world.app.beginning.begin_requested(StartRequest(WAV, group_call_id="group"), by=ANNA)


def test_an_event_is_taken_and_its_chunk_waits_for_the_setting() -> None:
    """A person hears of it; it is copied as soon as there is a service."""
    world = without_service()
    world.deliver(file_event_of(world.add("late"), recording_id="late"))
    world.run(until=timedelta(hours=1))
    chunk = world.chunk("late", RecordingId("late"))
    assert ChunkState.ANNOUNCED is chunk.state
    assert ["archive_only"] == [code for code, _ in chunk.failures]
    world.source.on_open, world.settings = (lambda: None), {}
    world.archiving = world.worker()
    world.run()
    assert ChunkState.RELEASED is world.state("late", RecordingId("late"))


def test_health_is_good_and_says_what_the_app_does_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    world = without_service()
    monkeypatch.setattr(health, "get_app", lambda: world.app)
    for params in ({}, {"deep": "true"}):
        request = func.HttpRequest("GET", "/api/health", params=params, body=b"")
        reply = asyncio.run(health.health(request))
        found = json.loads(reply.get_body())
        assert (200, "ok") == (reply.status_code, found["status"])
        assert "ACS_ENDPOINT" in found["note"]


def test_the_deep_check_asks_no_service() -> None:
    parts = real_parts()
    names = parts.checks(parts.catalog, parts.open_work, parts.calls)
    assert "communication" not in names
    assert "catalog" in names
