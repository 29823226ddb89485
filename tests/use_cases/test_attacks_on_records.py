"""What changes or is lost between two steps of an erasure, an export or a hold loses, leaks and hides nothing."""

import json
from datetime import timedelta

import azure.functions as func
import pytest

from recording.calls.starting import Start
from recording.core.consent import CallOver, LateJoiners
from recording.core.errors import EntryUnreadable
from recording.core.formats import api
from recording.core.model import BlobName, CatalogEntry, RecordingId, RecordingState, RemovalReason
from recording.core.records.erasing import LOST, UNREADABLE, Mode
from recording.core.records.exporting import Person, Rule, Wanted
from recording.core.records.jobs import JobState
from recording.core.records.people import OwnIdentity
from recording.entrypoints import holds
from tests.use_cases import exports, keepings
from tests.use_cases.asking import connection_of
from tests.use_cases.erasures import ADA, ANN, BOB, OTHER, check_erased, places_of, run_jobs, state, two_recordings
from tests.use_cases.test_consent import announced
from tests.use_cases.test_erasing import OF_ANN, WHY, begun, certificate
from tests.use_cases.test_placing_holds import end, made
from tests.use_cases.world import RECORDING, World, file_event_of


def test_a_recording_that_the_catalog_has_lost_is_not_said_to_be_erased() -> None:
    """All its blobs are there, and a rebuild brings it back: it is deferred, and erased then."""
    world = two_recordings()
    erasure_id = begun(world)
    entry = world.catalog.entries.pop(RECORDING)
    run_jobs(world)

    assert JobState.WAITING is state(world, erasure_id)
    found = certificate(world, erasure_id)
    assert [] == found["erased"]
    assert LOST.by in json.dumps(found["deferred"])
    world.catalog.entries[RECORDING] = entry
    world.app.records.daily.run()
    run_jobs(world)
    assert JobState.DONE is state(world, erasure_id)
    check_erased(world)


def test_a_plan_shows_what_the_catalog_has_lost() -> None:
    """Whoever sees an empty plan believes that there is nothing."""
    world = two_recordings()
    del world.catalog.entries[RECORDING]
    plan = world.app.records.erasing.plan(OF_ANN, Mode.WHOLE, WHY, by=ADA).plan
    assert plan is not None
    assert [(RECORDING, (LOST,))] == [(one.recording_id, one.deferred) for one in plan.recordings]
    assert all(one.started_at is not None for one in plan.recordings)  # from then on the events are searched


def test_an_entry_that_cannot_be_read_defers_only_its_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    world = two_recordings()
    load = world.catalog.load

    def damaged(recording_id: RecordingId) -> CatalogEntry | None:
        if recording_id == RECORDING:
            raise EntryUnreadable("load entry", "it is no entry")
        return load(recording_id)

    monkeypatch.setattr(world.catalog, "load", damaged)
    erasure_id = begun(world)
    run_jobs(world)
    assert JobState.WAITING is state(world, erasure_id)
    assert UNREADABLE.by in json.dumps(certificate(world, erasure_id)["deferred"])
    monkeypatch.undo()
    world.app.records.daily.run()
    run_jobs(world)
    assert JobState.DONE is state(world, erasure_id)
    check_erased(world)


def test_an_own_key_that_stands_for_somebody_else_by_now_is_kept_for_them() -> None:
    world = two_recordings()
    people = world.app.records.people
    people.save([OwnIdentity("customer-7", (ANN,))], by=ADA)
    begun(world, Person(key="customer-7"))
    people.save([OwnIdentity("customer-7", (ANN, BOB))], by=ADA)
    run_jobs(world)
    assert (BOB,) == people.raw_ids("customer-7")
    assert set() == places_of(world, ANN)


def test_an_erasure_is_of_whom_the_key_stood_for_when_it_was_planned() -> None:
    """By the time it is executed, the key stands for somebody else, whose recordings were in no plan."""
    world = two_recordings()
    people = world.app.records.people
    people.save([OwnIdentity("customer-7", (ANN,))], by=ADA)
    erasing = world.app.records.erasing
    shown = erasing.plan(Person(key="customer-7"), Mode.WHOLE, WHY, by=ADA)
    people.save([OwnIdentity("customer-7", (BOB,))], by=ADA)
    assert shown.plan is not None
    erasing.execute(shown.job.job_id, shown.plan.hash, by=ADA)
    run_jobs(world)

    assert JobState.DONE is state(world, shown.job.job_id)
    check_erased(world)
    assert RecordingState.ERASED is not world.entry(OTHER).recording.state
    assert (BOB,) == people.raw_ids("customer-7")
    assert [OTHER] == [row.recording_id for row in people.recordings_of([BOB]).rows]


def test_an_export_of_a_key_has_the_recordings_of_whom_it_stood_for() -> None:
    """Whole ones too: the job finds them after the key was given to somebody else."""
    world = two_recordings()
    people = world.app.records.people
    people.save([OwnIdentity("customer-7", (ANN,))], by=ADA)
    job = exports.ask(world, Wanted("file 47", Rule.WHOLE, person=Person(key="customer-7")))
    people.save([OwnIdentity("customer-7", (BOB,))], by=ADA)
    job = exports.finish(world, job)
    assert {RECORDING} == exports.contents(exports.unpacked(world, job)).keys()


def test_a_hold_of_a_key_is_of_whom_it_stood_for(monkeypatch: pytest.MonkeyPatch) -> None:
    world = two_recordings()
    people = world.app.records.people
    people.save([OwnIdentity("customer-7", (ANN,))], by=ADA)
    monkeypatch.setattr(holds, "get_app", lambda: world.app)
    body = {"person": "customer-7", "reason": "a case", "owner": "legal", "reviewOn": "2099-01-01", "by": "ada"}
    made_by = holds.make_hold(func.HttpRequest("POST", "/", body=json.dumps(body).encode()))
    people.save([OwnIdentity("customer-7", (BOB,))], by=ADA)
    run_jobs(world)
    assert 202 == made_by.status_code
    assert [True, False] == [bool(world.app.records.holding.of(one, world.entry(one))) for one in (RECORDING, OTHER)]


def test_an_export_gives_the_channel_of_who_was_asked_for() -> None:
    """The own key stands for somebody else before the job comes to the media."""
    world = World(settings=exports.KEYS)
    exports.archive(world)
    people = world.app.records.people
    people.save([OwnIdentity("customer-7", (exports.ANN,))], by=ADA)
    job = exports.ask(world, Wanted("file 47", Rule.OWN_CHANNEL, person=Person(key="customer-7")))
    people.save([OwnIdentity("customer-7", (exports.BEN,))], by=ADA)
    job = exports.finish(world, job)

    assert JobState.DONE is job.state
    package = world.exports.blobs[BlobName(f"{job.job_id}.zip")].content
    assert exports.BEN.encode() not in package
    assert exports.ANN.encode() in package
    assert exports.ANN not in job.spec


def test_a_package_that_was_published_when_its_export_was_cancelled_is_removed() -> None:
    """The run was cut off between the commit and the look at its job."""
    world = World(settings={**exports.KEYS, "EXPORT_DAYS": "0"})
    exports.archive(world)
    job = exports.ask(world, exports.of_ids("r-1"))
    world.app.records.exporting.cancel(job.job_id)
    world.exports.put(BlobName(f"{job.job_id}.zip"), memoryview(b"zip"), {}, "application/zip")
    world.app.records.jobs.run(job.job_id)
    world.app.records.daily.run()
    assert {} == world.exports.blobs


def test_a_hold_outlives_the_table_of_the_records() -> None:
    """The table is lost, a recording filed again, and its days are over."""
    classes = "{version: 1, default: usual, classes: [{name: usual, days: 1, afterwards: delete}]}"
    world = two_recordings()
    world = World(settings={**world.settings, "RETENTION_CLASSES": classes})
    exports.archive(world)
    hold = made(world, recordings=["r-1"])
    keepings.run_jobs(world)
    for removal in world.removals.values():
        removal.held.clear()  # of a storage that takes no legal holds
    for row in list(world.index.rows.values()):
        world.index.delete(row.partition, row.key)
    world.clock.at += timedelta(days=2)
    world.app.records.filing.file(RecordingId("r-1"))
    world.app.records.daily.run()

    assert RecordingState.ERASED is not world.entry(RecordingId("r-1")).recording.state
    assert [hold.hold_id] == [one.hold_id for one in world.app.records.holding.of(RecordingId("r-1"))]


@pytest.mark.parametrize("body", [{"recordings": [RECORDING]}, {"rawId": ANN}, {"call": "call"}])
@pytest.mark.parametrize("number", [0, 3])
def test_a_hold_that_is_made_while_a_recording_is_removed_stops_it(
    body: dict[str, object], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After that many blobs, when the run is cut off; what is left of it is erased when the hold has ended."""
    world = two_recordings()
    erasure_id = begun(world)
    remove, gone = world.removals["archive"].remove, list[BlobName]()

    def cut_off(name: BlobName) -> bool:
        if len(gone) == number:
            raise KeyboardInterrupt
        gone.append(name)
        return remove(name)

    with monkeypatch.context() as patched:
        for removal in world.removals.values():
            patched.setattr(removal, "remove", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run_jobs(world)
    hold = made(world, **body)
    before = {name for name in world.archive.blobs if f"/{RECORDING}" in name}
    assert before
    run_jobs(world)
    world.app.records.daily.run()
    run_jobs(world)

    assert before <= set(world.archive.blobs)
    assert JobState.WAITING is state(world, erasure_id)
    end(world, hold)
    run_jobs(world)
    world.app.records.daily.run()
    run_jobs(world)
    assert JobState.DONE is state(world, erasure_id)
    assert set() == {name for removal in world.removals.values() for name in removal.held}
    assert [] == [name for name in world.archive.blobs if f"/{RECORDING}" in name and "00x" not in name]


def test_a_hold_that_is_made_when_the_erasure_has_just_looked_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = two_recordings()
    erasure_id = begun(world)
    tell, holds = world.updates.tell, list[str]()

    def late(entry: CatalogEntry) -> CatalogEntry:
        if not holds:
            holds.append(made(world, recordings=[RECORDING]).hold_id)
        return tell(entry)

    before = {name for name in world.archive.blobs if RECORDING in name}
    monkeypatch.setattr(type(world.updates), "tell", lambda _, entry: late(entry))
    run_jobs(world)
    assert holds
    assert before <= set(world.archive.blobs)
    assert JobState.WAITING is state(world, erasure_id)


@pytest.mark.parametrize("place", ["serverCallId", "groupCallId", "roomId"])
def test_what_a_recording_was_started_with_names_nobody_by_whatever_its_call_was_named(place: str) -> None:
    """Of a group or a room no server call id is known: the claim stands under that id. Each request has one too."""
    consent = {"kind": "not-needed", "reason": "x"}
    rule = {"id": "all", "record": True, "reason": "by contract", "match": {}, "consent": consent}
    rule |= {"output": "audio-unmixed-wav", "channels": ["communicationUser"]}
    policy = json.dumps({"version": 1, "rules": [rule]})
    world = World(settings={**exports.KEYS, "RECORDING_POLICY": policy})
    server, group, room, _ = world.calls.add_call().locators
    named = {"serverCallId": server.server_call_id, "groupCallId": group.group_call_id, "roomId": room.room_id}
    body = json.dumps({place: named[place], "participants": [ANN]}).encode()
    ids = set[RecordingId]()
    for request_id in ("request-1", "request-2", "request-2"):
        started = world.app.beginning.begin_requested(api.parse_start(body, request_id), by=ADA)
        assert isinstance(started, Start)
        ids.add(started.entry.recording.recording_id)
    (recording_id,) = ids
    assert [place for place in places_of(world, ANN) if place.startswith("claim ")]
    world.deliver(file_event_of(world.add("of-the-call"), recording_id=recording_id, event_id="event-of-the-call"))
    world.run()
    world.app.records.removing.remove(world.entry(recording_id), RemovalReason.ERASURE, by=ADA)
    assert set() == places_of(world, ANN)


@pytest.mark.parametrize(("days", "is_told", "later"), [(2, False, 0), (0, True, 0), (0, False, 2)])
def test_a_consent_names_nobody_any_more_though_nobody_has_told_that_its_call_is_over(
    days: int, later: int, *, is_told: bool
) -> None:
    """Its event may be lost, and nothing asks for it again; who still is asked by it is forgotten a day later."""
    world, call = announced(late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    (recording_id,) = call.recordings
    chunk = world.add("of-the-call", 0)
    world.deliver(file_event_of(chunk, recording_id=recording_id, event_id="event-of-the-call"))
    world.run()
    if is_told:
        world.app.consenting.note(connection_of(call), CallOver())
    assert world.consent(call).present  # hashes, by a key that stands beside them
    world.clock.at += timedelta(days=days)
    world.app.records.removing.remove(world.entry(recording_id), RemovalReason.ERASURE, by=ADA)
    assert later == 0 or world.consent(call).present
    for _ in range(later):
        world.clock.at += timedelta(days=1)
        world.app.records.daily.run()

    consent = world.consent(call)
    assert consent.key == ""
    assert ((), ()) == (consent.present, consent.covered)
    assert consent.is_over
