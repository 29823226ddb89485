"""Nothing brings a person back who was taken out: no late event or run, hold, lost table, or other erasure."""

import json
from dataclasses import replace

import pytest

from recording.core.consent import LateJoiners
from recording.core.errors import CatalogConflict
from recording.core.lifecycle import Archived, UnlinkBegun
from recording.core.model import BlobName, CatalogEntry, ConsentKind, RemovalReason
from recording.core.records.holds import Hold, HoldState, Scope
from recording.core.records.jobs import JobState
from recording.ports import IndexRow
from recording.records.filing import about
from tests.core.consents import terms
from tests.use_cases.asking import AskingWorld
from tests.use_cases.erasures import (
    ADA,
    ANN,
    BOB,
    KEYS,
    add,
    check_erased,
    file_all,
    places_of,
    run_jobs,
    state,
)
from tests.use_cases.unlinkings import (
    again,
    begun,
    check_unlinked,
    found_by,
    heard,
    lose_tables,
    media,
    metadata_name,
    of_two,
)
from tests.use_cases.world import RECORDING, START, file_event_of, metadata_of


def test_the_consent_of_a_call_of_which_nobody_told_that_it_is_over_names_nobody_a_day_later() -> None:
    """Who joins may still be asked by it when somebody is taken out of the recording."""
    asked = terms(ConsentKind.ANNOUNCED, late_joiners=LateJoiners.PAUSE_UNTIL_ATTESTED)
    world = AskingWorld(terms=asked, settings={"PEOPLE_INDEX_KEY": KEYS})
    call = world.call(ANN, BOB)
    world.post(world.connected(call))
    world.post(world.played(call, world.prompts.played[-1]))
    (recording_id,) = call.recordings
    world.deliver(file_event_of(add(world, "of-the-call", 0, ANN, BOB), recording_id=recording_id, event_id="event"))
    world.run()
    file_all(world)
    begun(world, ANN)
    run_jobs(world)
    assert [True] == [one.finished_at is not None for one in world.entry(recording_id).recording.unlinked]
    assert world.consent(call).present
    again(world, 2)
    assert ((), "") == (world.consent(call).present, world.consent(call).key)
    assert [recording_id] == found_by(world, BOB)


def test_while_one_is_taken_out_another_waits() -> None:
    """It is deferred, and done on another day."""
    world = of_two()
    world.updates.apply(RECORDING, UnlinkBegun("another", "their reason"))
    erasure_id = begun(world, ANN)
    run_jobs(world)
    assert JobState.WAITING is state(world, erasure_id)
    assert places_of(world, ANN)

    known = world.catalog.entries[RECORDING]
    world.catalog.entries[RECORDING] = replace(known, recording=replace(known.recording, unlinked=()))
    again(world)
    assert JobState.DONE is state(world, erasure_id)
    check_unlinked(world, ANN)


def test_a_redelivered_event_brings_nobody_back() -> None:
    """Its chunk is closed: nothing of it is copied, though the source were there again."""
    world = of_two()
    begun(world, ANN)
    run_jobs(world)
    world.deliver(file_event_of(add(world, "document-0", 0, ANN, BOB), event_id="again"))
    world.run()
    file_all(world)
    again(world)
    assert [] == found_by(world, ANN)
    assert not [place for place in places_of(world, ANN) if place.startswith(("archive", "index", "catalog"))]


def test_a_chunk_that_comes_late_is_archived_without_its_participants() -> None:
    """Nobody knows any more who was taken out: of the late chunk nobody is named, and it is filed as unknown."""
    world = of_two()
    begun(world, ANN)
    run_jobs(world)
    world.clock.sleep(60)
    world.deliver(file_event_of(add(world, "late", 1, ANN, BOB), event_id="late"))
    world.run()
    file_all(world)

    check_unlinked(world, ANN)
    assert {"document-0", "late"} == set(media(world))
    assert [["taken-out:1", BOB], ["taken-out:1", "taken-out:2"]] == heard(world)
    assert [RECORDING] == [row.recording_id for row in world.app.records.people.unknown().rows]


def test_a_late_chunk_in_doubt_keeps_its_copy_and_its_metadata_file() -> None:
    """It is set apart without its participants, and can be accepted."""
    world = of_two()
    begun(world, ANN)
    run_jobs(world)
    world.clock.sleep(60)
    late = world.add(
        "late", 1, content=b"no media at all", metadata=metadata_of("late", 1, participants=[{"participantId": ANN}])
    )
    world.deliver(file_event_of(late, event_id="late"))
    world.run()
    file_all(world)
    again(world, 2)
    assert world.entry().recording.completed_at is not None
    apart = world.chunk("late").apart
    assert apart is not None
    assert apart.metadata is not None
    assert {apart.name, apart.metadata.name} <= world.quarantine.blobs.keys()
    assert not [place for place in places_of(world, ANN) if not place.startswith("journal")]


@pytest.mark.parametrize("is_finished", [False, True])
def test_rebuilt_from_its_blobs_it_brings_nobody_back(*, is_finished: bool) -> None:
    """Also if the tables were lost while it was done, once the manifest said so: then the rest is removed."""
    world = of_two()
    old = dict(world.archive.blobs)
    begun(world, ANN)
    run_jobs(world)
    file_all(world)
    if not is_finished:
        for name, blob in old.items():
            world.archive.blobs.setdefault(name, blob)
    lose_tables(world)
    assert [] == found_by(world, ANN)
    again(world)

    check_unlinked(world, ANN)
    assert 2 == world.entry().recording.revision


def test_who_files_across_it_leaves_nothing_of_the_person() -> None:
    """The entry was loaded before; the people document and the rows are written after."""
    world = of_two()
    world.index.delete(about(RECORDING), "filed")
    filing = world.app.records.filing
    begun(world, ANN)

    class Between:
        def file(self, entry: CatalogEntry) -> None:
            run_jobs(world)

    for filers in ((Between(), *filing.filers), (*filing.filers, Between())):
        replace(filing, filers=filers).file(RECORDING)
    file_all(world)
    check_unlinked(world, ANN)


def test_who_files_across_it_and_is_cut_off_leaves_nothing_either() -> None:
    world = of_two()
    entry = world.entry()
    rows = [row for row in world.index.rows.values() if row.key.endswith(f"~{RECORDING}") or "people~" in row.key]
    (document,) = (name for name in world.archive.blobs if name.endswith(".people.json"))
    written = world.archive.blobs[document]
    begun(world, ANN)
    run_jobs(world)
    world.archive.blobs[document] = written
    for row in rows:
        world.index.put(row)
    world.index.put(IndexRow("late-writes", RECORDING, json.dumps(_late(entry)).encode()))
    assert found_by(world, ANN)
    again(world)
    check_unlinked(world, ANN)


def _late(entry: CatalogEntry) -> dict[str, object]:
    return {"recording_id": entry.recording.recording_id, "manifest": entry.recording.manifest_name}


def test_a_metadata_file_that_a_slow_run_writes_once_more_is_told_and_removed() -> None:
    """The run had read it before, and ends after; a person hears of it, and the daily look removes it."""
    world = of_two()
    chunk, name = world.chunk(), metadata_name(world)
    assert chunk.proof is not None
    raw = world.archive.blobs[name]
    begun(world, ANN)
    run_jobs(world)
    world.archive.blobs[name] = raw
    world.updates.apply(RECORDING, Archived(chunk.document_id, chunk.proof, chunk.candidate))
    world.updates.tell(world.entry())
    assert any("Conflict" in one for one in world.told())
    again(world)
    check_unlinked(world, ANN)
    again(world, 4)
    assert not [row for row in world.index.rows.values() if row.partition == "unlinking"]


@pytest.mark.parametrize("at", [".metadata-", ".manifest-2"])
def test_a_hold_that_is_made_in_the_middle_keeps_what_names_the_person(at: str) -> None:
    """The old metadata file stays until it is ended; then it is removed by itself."""
    world = of_two()
    old = metadata_name(world)
    erasure_id, holding, put = begun(world, ANN), world.app.records.holding, world.archive.put
    made = Hold("h1", HoldState.ACTIVE, Scope(recordings=(RECORDING,)), "a court", "legal", START.date(), START, ADA)

    def hold_before(name: BlobName, *rest: object) -> str:
        if at in name:
            holding.insert(made)
        return put(name, *rest)  # type: ignore[arg-type]

    world.archive.put = hold_before  # type: ignore[method-assign,assignment]
    run_jobs(world)
    world.archive.put = put  # type: ignore[method-assign]
    assert JobState.WAITING is state(world, erasure_id)
    assert (old == metadata_name(world)) is (at == ".metadata-")
    again(world)
    assert old in world.archive.blobs

    holding.change("h1", lambda known: replace(known, state=HoldState.ENDING))
    again(world)
    assert JobState.DONE is state(world, erasure_id)
    check_unlinked(world, ANN)


def test_erased_whole_in_the_middle_nothing_is_left() -> None:
    """What was written anew meanwhile is removed by the daily look."""
    world = of_two()
    erasure_id = begun(world, ANN)
    put = world.archive.put

    def erase_before(name: BlobName, *rest: object) -> str:
        if ".metadata-" in name:
            world.archive.put = put  # type: ignore[method-assign]
            world.app.records.removing.remove(world.entry(), RemovalReason.ERASURE, by=ADA)
        return put(name, *rest)  # type: ignore[arg-type]

    world.archive.put = erase_before  # type: ignore[method-assign,assignment]
    with pytest.raises(CatalogConflict):
        run_jobs(world)
    run_jobs(world)
    again(world, 5)
    assert JobState.DONE is state(world, erasure_id)
    check_erased(world)
    assert not [name for name in world.archive.blobs if RECORDING in name]
