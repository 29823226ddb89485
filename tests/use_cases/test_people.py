"""The people of recordings: a document beside each manifest, rows by keyed hashes, own keys, and looks on record."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import msgspec
import pytest

from recording.core.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    InvalidRequest,
)
from recording.core.formats.api import ListRequest, PageRequest
from recording.core.formats.records.people import read_people
from recording.core.model import BlobName, ParticipantKind, RecordingId, RecordingState
from recording.core.records.filters import Filters, Period
from recording.core.records.people import OwnIdentity, PersonRow
from recording.ports import IndexRow
from tests.use_cases.persons import (
    ADA,
    BOB,
    BY,
    EVE,
    KEY,
    NEXT,
    SEARCH,
    Failing,
    acts,
    document,
    heard,
    ids,
    in_clear,
    of,
    record,
    world_of,
)
from tests.use_cases.world import NATIVE, RECORDING, START, World, file_event_of, metadata_of

# The document


def test_a_document_beside_the_manifest_says_who_was_heard_in_each_chunk() -> None:
    world = world_of()
    record(world, RECORDING, [(ADA, 0), (EVE, 1)], [(BOB, 0)])

    assert f"{RECORDING}.people.json" == f"{document(world)['recordingId']}.people.json"
    found = read_people(json.dumps(document(world)).encode())
    kinds = ParticipantKind
    assert [
        ((ADA, kinds.COMMUNICATION_USER, 0), (EVE, kinds.PHONE_NUMBER, 1)),
        ((BOB, kinds.TEAMS_USER, 0),),
    ] == [chunk.participants for chunk in found.chunks]


def test_nobody_stands_in_a_key_or_a_name_or_a_log(caplog: pytest.LogCaptureFixture) -> None:
    world = world_of()
    with caplog.at_level("DEBUG"):
        record(world, RECORDING, [ADA, EVE])
        of(world, EVE)

    assert [] == in_clear(world, "ada_1", "49301234567")
    assert not [line for line in caplog.messages if "ada_1" in line or "49301234567" in line]


def test_a_document_that_stands_already_is_what_people_are_filed_by() -> None:
    """It is not written anew, and what it says counts: a second filing is a continuation of the first."""
    world = world_of()
    record(world)
    before = dict(world.archive.blobs)
    rows = dict(world.index.rows)
    world.index.rows.clear()
    world.index._keys.clear()  # noqa: SLF001 - the table is thrown away
    world.app.records.filing.file(RECORDING)

    assert before == world.archive.blobs
    assert rows.keys() == world.index.rows.keys()


def test_a_later_manifest_has_a_later_document() -> None:
    world = world_of()
    record(world, RECORDING, [ADA])
    record(world, RECORDING, [ADA], [EVE])

    names = [name for name in world.archive.blobs if ".people" in name]
    assert [".people.json", ".people-2.json"] == [name[name.index(".people") :] for name in names]
    assert [RECORDING] == ids(of(world, EVE))


def test_a_document_of_another_recording_is_not_believed() -> None:
    world = world_of()
    record(world, filed=False)
    manifest = world.entry().recording.manifest_name
    assert manifest is not None
    name = BlobName(manifest.replace("manifest", "people"))
    other = {"schema": "recording-people/1", "recordingId": "other", "manifest": manifest, "chunks": []}
    world.archive.put_as_stranger(name, json.dumps(other).encode())

    with pytest.raises(ArchiveDamaged, match="another recording"):
        world.app.records.filing.file(RECORDING)


@pytest.mark.parametrize("change", ["gone", "changed", "senseless"])
def test_a_metadata_file_that_is_not_what_was_proven_is_a_doubt(change: str) -> None:
    """Whoever it names is found; anybody may be heard in it."""
    world = world_of()
    record(world, filed=False)
    proof = world.chunk(f"{RECORDING}-0").proof
    assert proof is not None
    assert proof.metadata is not None
    blob = world.archive.blobs[proof.metadata.name]
    contents = {"changed": blob.content.replace(b'"audio"', b'"audiO"'), "senseless": b"<html>"}
    if change == "gone":
        del world.archive.blobs[proof.metadata.name]
    else:
        world.archive.blobs[proof.metadata.name] = replace(blob, content=contents[change])
    world.app.records.filing.file(RECORDING)

    assert [RECORDING] == ids(world.app.records.searching.of_anybody(SEARCH, by=BY))
    assert ([RECORDING] if change == "changed" else []) == ids(of(world, ADA))


def test_a_metadata_file_in_a_native_container_is_read_there() -> None:
    world = World(settings={"PEOPLE_INDEX_KEY": KEY, "NATIVE_CONTAINERS": NATIVE})
    metadata = metadata_of("native-0", participants=heard(EVE))
    world.deliver(file_event_of(world.add_native("native-0", metadata=metadata)))
    world.run()
    world.app.records.filing.file(RECORDING)

    assert [RECORDING] == ids(of(world, EVE))


def test_a_filing_that_fails_is_repeated_and_leaves_nothing_out() -> None:
    """Killed at any request to the index: the next filing writes what lacks."""
    for fails_at in count(1):
        world = World(settings={"PEOPLE_INDEX_KEY": KEY}, index=Failing(fails_at=fails_at))
        record(world, RECORDING, [ADA, EVE], [], filed=False)
        try:
            world.app.records.filing.file(RECORDING)
            break
        except ArchiveBusy:
            world.app.records.filing.file(RECORDING)
        assert [RECORDING] == ids(of(world, ADA)) == ids(of(world, EVE))
        world.app.records.people.unfile(RECORDING)
        assert [] == [key for key in world.index.rows if key[0].startswith(("person", "filed-under"))]
    assert fails_at > 8


# Search by person


def test_a_person_is_found_by_any_spelling_of_any_raw_id() -> None:
    world = world_of()
    record(world, "one", [EVE])
    record(world, "two", [ADA], [EVE, BOB])

    assert ["one", "two"] == ids(of(world, "0049 30 1234567")) == ids(of(world, "+49 (0)30 1234567", ADA.upper()))
    assert ["two"] == ids(of(world, BOB))
    assert [] == ids(of(world, "8:acs:nobody"))


def test_a_recording_of_two_ids_of_a_person_is_found_once_with_all_channels() -> None:
    world = world_of()
    record(world, RECORDING, [(ADA, 0), (EVE, 1)])
    listed = of(world, ADA, EVE)

    assert [(0, 1)] == [row.channels for row in listed.heard]
    assert [RECORDING] == ids(listed)


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("most", [1, 1000])
def test_pages_leave_nothing_out_whatever_the_service_gives_at_once(limit: int, most: int) -> None:
    world = world_of()
    world.index.most = most
    people = [[ADA], [EVE], [ADA, EVE], [BOB], [EVE], [ADA], [EVE, BOB]]
    for number, names in enumerate(people):
        world.clock.at = START + timedelta(hours=number)
        record(world, f"recording-{number}", names)
    found, after = list[str](), ""
    while True:
        page = of(world, ADA, EVE, asked=replace(SEARCH, page=PageRequest(limit, after)))
        found += ids(page)
        if not (after := page.next):
            break

    assert [f"recording-{number}" for number, names in enumerate(people) if names != [BOB]] == sorted(found)
    assert len(found) == len(set(found))


def test_a_search_can_be_of_a_time_and_of_what_else_is_asked() -> None:
    world = world_of()
    for number in range(3):
        world.clock.at = START + timedelta(days=number)
        record(world, f"recording-{number}", [ADA])
    entries = [world.entry(RecordingId(f"recording-{number}")) for number in range(3)]
    for number, entry in enumerate(entries):
        moved = replace(entry.recording, started_at=START + timedelta(days=number), duration=timedelta(seconds=number))
        world.catalog.entries[RecordingId(f"recording-{number}")] = replace(entry, recording=moved)
        world.app.records.people.unfile(RecordingId(f"recording-{number}"))
        refile(world, f"recording-{number}")

    second = Period(START + timedelta(days=1), START + timedelta(days=2))
    assert ["recording-1"] == ids(of(world, ADA, asked=replace(SEARCH, period=second)))
    longer = Filters(shortest=timedelta(seconds=2))
    assert ["recording-2"] == ids(of(world, ADA, asked=replace(SEARCH, filters=longer)))
    assert [] == ids(of(world, ADA, asked=replace(SEARCH, filters=Filters(state=RecordingState.LOST))))


def refile(world: World, name: str) -> None:
    """File a recording again."""
    world.index.delete(f"record~{name}", "filed")
    world.app.records.filing.file(RecordingId(name))


def test_a_search_by_person_says_how_many_recordings_may_be_of_anybody() -> None:
    """Of that time; and they can be listed."""
    world = world_of()
    record(world, "named", [ADA])
    record(world, "nobody", [])
    record(world, "withheld", [ADA, "4:anonymous"])
    record(world, "other", ["48:of no known kind"])
    listed = of(world, ADA)

    assert (["named", "withheld"], 3) == (sorted(ids(listed)), listed.unknown)
    anybody = world.app.records.searching.of_anybody(SEARCH, by=BY)
    assert {"nobody", "withheld", "other"} == set(ids(anybody))
    later = replace(SEARCH, period=Period(START + timedelta(days=9)))
    assert 0 == of(world, ADA, asked=later).unknown


def test_a_hold_is_found_by_its_row() -> None:
    world = world_of()
    record(world, "held", [ADA])
    record(world, "free", [ADA])
    world.index.put(IndexRow("record~held", "hold~1"))

    assert [["held"], ["free"]] == [
        ids(of(world, ADA, asked=replace(SEARCH, filters=Filters(is_held=held)))) for held in (True, False)
    ]


def test_a_hold_is_found_also_if_the_service_gives_an_empty_page_before_its_row() -> None:
    """As it may at any time; only a page without `next` is the last."""
    world = world_of()
    record(world, "held", [ADA])
    world.index.put(IndexRow("record~held", "hold~1"))
    world.index.is_empty_first = True
    assert ["held"] == ids(of(world, ADA, asked=replace(SEARCH, filters=Filters(is_held=True))))


def test_one_that_cannot_be_read_is_listed_and_one_that_is_gone_is_not() -> None:
    world = world_of()
    for name in ("read", "unread", "gone"):
        record(world, name, [ADA])
    world.catalog.newer.add(RecordingId("unread"))
    del world.catalog.entries[RecordingId("gone")]

    assert {"read", "unread"} == set(ids(of(world, ADA)))


@pytest.mark.parametrize("after", ["x y", "'", "\n", "x" * 501])
def test_what_no_page_named_is_refused(after: str) -> None:
    with pytest.raises(InvalidRequest):
        of(world_of(), ADA, asked=replace(SEARCH, page=PageRequest(5, after)))


# On record


def test_every_look_by_person_is_on_record_with_actor_and_purpose_and_nobody_in_clear() -> None:
    world = world_of()
    record(world)
    of(world, ADA)
    world.app.records.searching.of_anybody(SEARCH, by=BY)
    world.app.records.people.save([OwnIdentity("crm-1", (ADA,))], by=BY)
    world.app.records.people.show("crm-1", "request 8", by=BY)

    looks = acts(world)
    assert [
        ("find recordings", "request 7", 1),
        ("find recordings of anybody", "request 7", 0),
        ("save raw ids", "cross-reference", 1),
        ("show raw ids", "request 8", 1),
    ] == [(one["what"], one["purpose"], one["count"]) for one in looks]
    assert {BY} == {one["by"] for one in looks}
    assert looks[0]["people"] == looks[2]["people"] == looks[3]["people"] != []
    assert "ada_1" not in json.dumps(looks)


def test_what_cannot_be_put_on_record_is_not_shown() -> None:
    world = world_of()
    record(world)

    def refuse(operation: str, name: BlobName) -> None:
        raise ArchiveBusy(operation, "503", ids={"blob": name})

    world.trail.archive.before = refuse
    with pytest.raises(ArchiveBusy):
        of(world, ADA)


# What a page costs


def requests(world: World, search: Callable[[], object]) -> int:
    """How many requests a search takes, of all ports together."""
    world.index.asked = 0
    world.catalog.calls.clear()
    world.trail.archive.calls.clear()
    search()
    return world.index.asked + len(world.catalog.calls) + len(world.trail.archive.calls)


def test_a_page_costs_the_same_in_an_archive_of_ten_thousand() -> None:
    """One page of rows for each raw id and key, one count, one act, and an entry and its holds for each recording."""
    world, costs = world_of(f"{NEXT},{KEY}"), list[tuple[int, int]]()
    record(world, RECORDING, [ADA])
    entry = world.entry()
    asked = replace(SEARCH, page=PageRequest(20), filters=Filters(is_held=False))
    (day,) = {key[0] for key in world.directory.days}
    days = ListRequest(PageRequest(20), START, filters=Filters(is_held=False))
    for number in range(10_000):
        name = RecordingId(f"recording-{number:05}")
        world.catalog.entries[name] = replace(entry, recording=replace(entry.recording, recording_id=name))
        world.directory.days[day, f"120000000000~{name}"] = name
        row = PersonRow(name, START)
        person = world.app.records.people.index.current().person(ADA)
        for partition in (f"person~{person}", "person~unknown"):
            world.index.put(IndexRow(partition, f"20260301120000000000~{name}", msgspec.json.encode(row)))
        if number + 1 in {100, 10_000}:
            costs.append(
                (
                    requests(world, lambda: of(world, ADA, EVE, asked=asked)),
                    requests(world, lambda: world.app.records.searching.of_day(days)),
                )
            )

    assert [(4 + 1 + 1 + 20 + 20, 20 + 20)] * 2 == costs
