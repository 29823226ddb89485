"""Kills, two workers, other erasures, rows of other versions: each erasure ends, says what is true, leaves nothing."""

import base64
import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.errors import CatalogConflict, NewerSchema
from recording.core.model import BlobName, CatalogEntry, RecordingId, RecordingState
from recording.core.records.erasing import Erase, Mode
from recording.core.records.exporting import Person
from recording.core.records.holds import Hold, HoldState, Scope
from recording.core.records.jobs import JobKind, JobState
from recording.core.records.people import OwnIdentity
from recording.records.erasure import erasing
from recording.records.erasure.erasure_run import ErasureRun
from recording.records.erasure.erasure_state import Done, row_of
from recording.records.people.filing_people import FilingPeople
from tests.use_cases.erasures import (
    ADA,
    ANN,
    BOB,
    KEYS,
    OTHER,
    add,
    archive,
    check_erased,
    everything,
    file_all,
    places_of,
    run_jobs,
    state,
    two_recordings,
)
from tests.use_cases.exports import ask, of_ids
from tests.use_cases.kills import Kill, KilledError
from tests.use_cases.test_late_writes import Between, erase, unfiled
from tests.use_cases.unlinkings import WHY, again, begun, of_two
from tests.use_cases.world import RECORDING, START, World, file_event_of

THIRD = RecordingId("recording-3")
CARL = "8:acs:carl"
OTHER_KEY = base64.b64encode(b"another key of the people, quite").decode()


def call_of(who: str) -> dict[str, object]:
    """The event of a call that somebody has started."""
    started = {"communicationIdentifier": {"rawId": who}}
    return {"id": f"call-{who}", "eventType": "Microsoft.Communication.CallStarted", "data": {"startedBy": started}}


@pytest.mark.parametrize("is_first_killed", [False, True])
def test_two_that_file_at_once_across_an_erasure_leave_nothing(*, is_first_killed: bool) -> None:
    """That one of them has looked again says nothing of what the other one writes after that."""
    world = unfiled()
    filing = world.app.records.filing

    def other() -> None:
        filing.file(RECORDING)
        erase(world)

    def die() -> None:
        if is_first_killed:
            raise KeyboardInterrupt

    filers = (Between(other), *filing.filers, Between(die))
    if is_first_killed:
        with pytest.raises(KeyboardInterrupt):
            replace(filing, filers=filers).file(RECORDING)
    else:
        replace(filing, filers=filers).file(RECORDING)
    file_all(world)
    again(world, 2)
    check_erased(world)


def test_the_row_of_a_writer_that_is_at_work_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that finds nothing to file looks too."""
    world = unfiled()
    filing = world.app.records.filing
    seen = list[list[RecordingId]]()

    def look() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(type(filing), "is_owed", lambda *_: False)
            filing.file(RECORDING)
        seen.append(list(filing.late.left()))

    replace(filing, filers=(Between(look), *filing.filers)).file(RECORDING)
    assert [[RECORDING]] == seen
    assert [] == list(filing.late.left())


def test_who_plans_across_an_erasure_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry was loaded before; who takes part is asked for after."""
    world = two_recordings()
    known_of = FilingPeople.known_of

    def late(filing: FilingPeople, entry: CatalogEntry) -> object:
        if world.entry().recording.state is not RecordingState.ERASED:
            erase(world)
        return known_of(filing, entry)

    monkeypatch.setattr(FilingPeople, "known_of", late)
    world.app.records.erasing.planning.planned_now(RECORDING, world.clock.now(), Erase(Mode.WHOLE, WHY, (ANN,)))
    check_erased(world)


@pytest.mark.parametrize("change", ["another event", "another key"])
def test_cut_off_after_its_certificate_an_erasure_ends_all_the_same(change: str) -> None:
    """What would be certified then is something else: another certificate follows, and is the one that is shown."""
    world = two_recordings()
    ann = begun(world, ANN, mode=Mode.WHOLE)
    write = world.trail.write

    def die_after(name: BlobName, body: bytes) -> None:
        write(name, body)
        if name.startswith("certificates/"):
            raise KeyboardInterrupt

    world.trail.write = die_after  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        run_jobs(world)
    world.trail.write = write  # type: ignore[method-assign]
    if change == "another event":
        name = BlobName(f"{world.clock.now():%Y/%m/%d}/call.json")
        world.journal.put_as_stranger(name, json.dumps(call_of(ANN)).encode())
    else:
        world.settings = {**world.settings, "PEOPLE_INDEX_KEY": f"{OTHER_KEY},{KEYS}"}
        world.worker()
    run_jobs(world)
    assert JobState.DONE is state(world, ann)
    result = json.loads(world.app.records.jobs.load(ann).result)
    body = world.trail.archive.blobs[result["certificate"]].content
    assert (f"certificates/{ann}-2.json", result["sha256"]) == (result["certificate"], hashlib.sha256(body).hexdigest())
    assert [RECORDING] == json.loads(body)["erased"]
    assert set() == places_of(world, ANN)


def test_an_event_that_another_erasure_has_kept_anew_is_found_later() -> None:
    """It stands under the day of that erasure then; what a hold has deferred is erased after it."""
    world = of_two()
    archive(world, THIRD, BOB, CARL)
    events = [call_of(ANN), call_of(CARL)]
    events[0]["subject"] = RECORDING
    name = BlobName(f"{world.clock.now():%Y/%m/%d}/calls.functionKey.json")
    world.journal.put_as_stranger(name, json.dumps(events).encode())
    scope = Scope(recordings=(RECORDING,))
    holding = world.app.records.holding
    holding.insert(Hold("h1", HoldState.ACTIVE, scope, "a court", "legal", START.date(), START, ADA))
    ann = begun(world, ANN)
    run_jobs(world)
    again(world, 4)
    carl = begun(world, CARL, mode=Mode.WHOLE)
    run_jobs(world)
    assert (JobState.WAITING, JobState.DONE) == (state(world, ann), state(world, carl))
    (left,) = (one for one in places_of(world, ANN) if one.startswith("journal") and "call-" in one)
    assert left.endswith(".functionKey.json"), "what came by the function key has no more authority then"

    holding.change("h1", lambda known: replace(known, state=HoldState.ENDING))
    again(world, 4)
    assert JobState.DONE is state(world, ann)
    assert set() == places_of(world, ANN)


def test_an_event_that_cannot_be_read_keeps_no_other_recording_from_being_erased() -> None:
    """Its blob is in the archive tier, as by a rule of the customer's; the erasure itself waits, and says so."""
    world = two_recordings()
    archive(world, THIRD, ANN)
    (name,) = (name for name in world.journal.blobs if "event-0" in name)
    world.journal.blobs[name] = replace(world.journal.blobs[name], tier="Archive")
    ann = begun(world, ANN, mode=Mode.WHOLE)
    run_jobs(world)
    assert RecordingState.ERASED is world.entry(THIRD).recording.state
    assert JobState.WAITING is state(world, ann)

    world.journal.blobs[name] = replace(world.journal.blobs[name], tier="Hot")
    again(world, 2)
    assert JobState.DONE is state(world, ann)
    check_erased(world)


@pytest.mark.parametrize("part", ["spec", "work"])
def test_an_erasure_of_a_newer_version_keeps_no_other_one_waiting(part: str) -> None:
    """As after a step back; the newer version goes on with it."""
    world = two_recordings()
    newer = begun(world, BOB, mode=Mode.WHOLE)
    jobs = world.app.records.jobs
    known = jobs.load(newer)
    changed = known.spec.replace("whole", "thoroughly") if part == "spec" else '{"execute": {"hash": "ab"}}'
    jobs.save(replace(known, state=JobState.WAITING, **{part: changed}))  # type: ignore[arg-type]
    plan = world.app.records.erasing.plan(Person(raw_id=ANN), Mode.UNLINK, WHY, by=ADA).job
    ann = begun(world, ANN, mode=Mode.WHOLE)
    run_others(world)
    for _ in range(9):
        world.clock.sleep(86400)
        world.app.records.daily.run()
        run_others(world)
    assert [JobState.DONE, JobState.CANCELLED] == [state(world, one) for one in (ann, plan.job_id)]
    with pytest.raises(NewerSchema):
        world.app.records.erasing.execute(newer, "ab", by=ADA)


def run_others(world: World) -> None:
    """Run the jobs that are queued; those of a newer version wait for that."""
    while world.job_queue.jobs:
        with suppress(NewerSchema):
            world.app.records.jobs.run(world.job_queue.jobs.pop(0))


def test_a_slow_run_leaves_no_row_of_an_erasure_that_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run has removed all rows before it wrote its last."""
    world = two_recordings()
    ann, do = begun(world, ANN, mode=Mode.WHOLE), ErasureRun._do  # noqa: SLF001 - to be slow in it
    is_slow = list[bool]()

    def slow(run: ErasureRun, entry: CatalogEntry) -> object:
        found = do(run, entry)
        if not is_slow:
            is_slow.append(True)
            world.app.records.jobs.run(ann)
        return found

    monkeypatch.setattr(ErasureRun, "_do", slow)
    with pytest.raises(CatalogConflict):
        run_jobs(world)
    assert JobState.DONE is state(world, ann)
    check_erased(world)


def test_what_an_execution_had_noted_before_another_plan_was_made_is_not_erased() -> None:
    """Only what is in the plan that was seen."""
    world = two_recordings()
    shown = world.app.records.erasing.plan(Person(raw_id=ANN), Mode.WHOLE, WHY, by=ADA)
    assert shown.plan is not None
    world.index.put(row_of(shown.job.job_id, Done(OTHER)))
    world.app.records.erasing.execute(shown.job.job_id, shown.plan.hash, by=ADA)
    run_jobs(world)
    assert (JobState.DONE, None) == (state(world, shown.job.job_id), world.entry(OTHER).recording.erasure)
    check_erased(world)


@pytest.mark.parametrize("form", ["in base64", "as a text of JSON"])
def test_an_event_whose_data_are_encoded_is_erased_too(form: str) -> None:
    world = two_recordings()
    call = call_of(ANN)
    text = json.dumps(call.pop("data")).replace(":", "\\u003A").replace('"\\u003A', '":')
    event = {**call, "data": text} if form == "as a text of JSON" else {**call, **in_base64(text)}
    name = BlobName(f"{world.clock.now():%Y/%m/%d}/call.json")
    world.journal.put_as_stranger(name, json.dumps({**event, "id": "call"}).encode())
    assert not [place for place in places_of(world, ANN) if place.startswith("journal")]
    ann = begun(world, ANN, mode=Mode.WHOLE)
    run_jobs(world)
    assert JobState.DONE is state(world, ann)
    assert name not in world.journal.blobs


def in_base64(text: str) -> dict[str, object]:
    """The data of a CloudEvent."""
    return {"data_base64": base64.b64encode(text.encode()).decode()}


def test_cut_off_anywhere_and_its_entry_lost_then_a_rebuild_finishes_an_erasure() -> None:
    """Its rows and exports too: what says where they are goes last."""
    at, count = 0, 0
    while True:
        world = two_recordings()
        ask(world, of_ids(RECORDING))
        run_jobs(world)
        assert world.exports.blobs
        kill = Kill(world, at)
        with suppress(KilledError):
            erase(world)
        kill.lift()
        if not kill.has_come:
            break
        at += 7
        if world.tombstones.find(RECORDING) is None:
            continue
        count += 1
        world.catalog.entries.clear()
        world.open_work.rows.clear()
        world.worker()
        world.app.records.jobs.make(JobKind.REBUILD, "{}", by=ADA)
        run_jobs(world)
        again(world, 2)
        erasure = world.entry().recording.erasure
        assert erasure is not None
        assert erasure.finished_at is not None
        assert {} == world.exports.blobs
        assert set() == places_of(world, ANN)
        left = {place for place in places_of(world, RECORDING) if "00x" not in place}
        kept = ("trail ", "catalog ", "claim ", "directory ", "index jobs ", "index erased-of-late ")
        assert set() == {place for place in left if not place.startswith(kept)}
    assert count > 5


def test_who_files_across_an_erasure_whose_entry_is_lost_leaves_no_row_of_its_call() -> None:
    """A tombstone does not say which call it was."""
    world = unfiled()
    filing = world.app.records.filing

    def erase_and_lose() -> None:
        erase(world)
        world.catalog.entries.clear()
        world.open_work.rows.clear()
        world.app.records.jobs.make(JobKind.REBUILD, "{}", by=ADA)
        run_jobs(world)

    replace(filing, filers=(Between(erase_and_lose), *filing.filers)).file(RECORDING)
    file_all(world)
    again(world, 2)
    check_erased(world)


def test_a_slow_run_that_begins_one_that_is_over_leaves_no_row_either(monkeypatch: pytest.MonkeyPatch) -> None:
    world = two_recordings()
    ann, is_slow = begun(world, ANN, mode=Mode.WHOLE), list[bool]()

    def slow(job_id: str, done: Done) -> object:
        row = row_of(job_id, done)
        if not is_slow:
            is_slow.append(True)
            while state(world, ann) is not JobState.DONE:
                world.app.records.jobs.run(ann)
        return row

    monkeypatch.setattr(erasing, "row_of", slow)
    run_jobs(world)
    assert is_slow
    check_erased(world)


def test_all_is_erased_of_which_an_event_had_made_an_entry_before_the_rebuild() -> None:
    """The entry has the late chunk only; the manifests name the others."""
    world = two_recordings()
    world.clock.sleep(timedelta(days=3).total_seconds())
    world.catalog.entries.pop(RECORDING)
    world.deliver(file_event_of(add(world, "late", 2, ANN), event_id="late"))
    world.run()
    file_all(world)
    assert ["late"] == [chunk.document_id for chunk in world.entry()]
    erase(world)
    file_all(world)
    again(world)
    assert not [name for name in world.archive.blobs if RECORDING in name and "00x" not in name]
    assert b"her voice" not in everything(world).values()
    assert not [place for place in places_of(world, ANN) if not place.startswith(("claim", "journal"))]


@pytest.mark.parametrize("has_come_first", [False, True])
def test_an_event_that_comes_too_late_hides_nothing_of_what_a_rebuild_has_to_erase(
    *, has_come_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The erasure was cut off, and its entry lost, before the event or after it."""
    world = two_recordings()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    def lose() -> None:
        world.catalog.entries.clear()
        world.open_work.rows.clear()
        world.worker()

    with monkeypatch.context() as patch:
        patch.setattr(type(world.removals["archive"]), "remove", die)
        with pytest.raises(KeyboardInterrupt):
            erase(world)
    assert world.tombstones.find(RECORDING) is not None
    if not has_come_first:
        lose()
    world.deliver(file_event_of(add(world, "late", 2, ANN), event_id="late"))
    world.run()
    if has_come_first:
        lose()
    world.app.records.jobs.make(JobKind.REBUILD, "{}", by=ADA)
    run_jobs(world)
    again(world, 2)
    assert not [name for name in world.archive.blobs if RECORDING in name and "00x" not in name]
    assert b"her voice" not in everything(world).values()
    assert not [place for place in places_of(world, ANN) if not place.startswith(("claim", "journal"))]


@pytest.mark.parametrize(("is_forged", "is_lost"), [(False, False), (True, False), (True, True)])
def test_the_manifest_of_another_recording_under_its_name_removes_nothing_of_that(
    *, is_forged: bool, is_lost: bool
) -> None:
    """Whoever can write to the container need not be able to delete from it. Forged, it says that it is of this one."""
    world = two_recordings()
    manifest, other = (world.entry(one).recording.manifest_name for one in (RECORDING, OTHER))
    assert manifest is not None
    assert other is not None
    wrong = BlobName(manifest.replace(".manifest.json", ".manifest-2.json"))
    said = json.loads(world.archive.blobs[other].content)
    world.archive.put_as_stranger(
        wrong, json.dumps({**said, **({"recordingId": RECORDING} if is_forged else {})}).encode()
    )
    before = {name: blob for name, blob in world.archive.blobs.items() if f"/{OTHER}/" in name}
    if is_lost:
        world.catalog.entries.pop(RECORDING)
        world.app.records.jobs.make(JobKind.REBUILD, "{}", by=ADA)
        run_jobs(world)
    erase(world)
    assert before
    assert before == {name: blob for name, blob in world.archive.blobs.items() if f"/{OTHER}/" in name}
    assert not [name for name in world.archive.blobs if f"/{RECORDING}/" in name and "00x" not in name]


def test_a_long_certificate_of_somebody_of_many_ids_keeps_no_erasure_from_its_end() -> None:
    """Both are kept in the job, whose row has an end; the blob has the certificate in any case."""
    world = two_recordings()
    raw_ids = (ANN, *(f"8:acs:{number:0150}" for number in range(199)))
    world.app.records.people.save((OwnIdentity("crm-1", raw_ids),), by=ADA)
    shown = world.app.records.erasing.plan(Person(key="crm-1"), Mode.WHOLE, WHY, by=ADA)
    assert shown.plan is not None
    erasure_id = shown.job.job_id
    world.app.records.erasing.execute(erasure_id, shown.plan.hash, by=ADA)
    world.app.records.jobs.run(erasure_id)
    assert JobState.RUNNING is state(world, erasure_id)
    for number in range(1200):
        world.index.put(row_of(erasure_id, Done(RecordingId(f"gone-{number}"), is_erased=True)))
    run_jobs(world)
    assert JobState.DONE is state(world, erasure_id)
    result = json.loads(world.app.records.jobs.load(erasure_id).result)
    body = world.trail.archive.blobs[result["certificate"]].content
    assert (hashlib.sha256(body).hexdigest(), "") == (result["sha256"], result["text"])


def cut_off_and_lost() -> World:
    """Two recordings, of which one's erasure was killed before its first blob went, and its entry lost then."""
    world = two_recordings()

    def die(_: BlobName) -> bool:
        raise KilledError

    world.removals["archive"].remove = die  # type: ignore[method-assign,assignment]
    with pytest.raises(KilledError):
        erase(world)
    del world.removals["archive"].remove
    world.catalog.entries.clear()
    world.open_work.rows.clear()
    world.worker()
    return world


def test_an_event_makes_no_end_of_an_erasure_whose_entry_was_lost() -> None:
    """The entry that it makes names no blob: until the rebuild nothing is certified, and its row stays."""
    world = cut_off_and_lost()
    world.deliver(file_event_of(add(world, "late", 2, ANN), event_id="late"))
    world.run()
    again(world, 2)
    assert world.app.records.removing.is_unfinished(RECORDING)

    world.app.records.jobs.make(JobKind.REBUILD, "{}", by=ADA)
    run_jobs(world)
    again(world, 2)
    assert not world.app.records.removing.is_unfinished(RECORDING)
    assert b"her voice" not in everything(world).values()


def test_a_plan_names_what_may_stand_of_an_erasure_that_was_cut_off() -> None:
    """Its tombstone alone does not say that it is gone: else a certificate would."""
    world = cut_off_and_lost()
    shown = world.app.records.erasing.plan(Person(raw_id=ANN), Mode.WHOLE, WHY, by=ADA)
    assert shown.plan is not None
    assert ["open"] == [
        why.why for one in shown.plan.recordings if one.recording_id == RECORDING for why in one.deferred
    ]
