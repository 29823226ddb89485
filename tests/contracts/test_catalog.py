"""The contract of `Catalog`, on the fake and on Table storage."""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from recording.catalog_updates import CatalogUpdates
from recording.core.errors import CatalogConflict, CatalogRefused, EntryTooLarge, Transient
from recording.core.lifecycle import Failed
from recording.core.model import CatalogEntry, ChunkState, DocumentId, RecordingId
from recording.ports import Catalog
from tests.contracts.catalogs import add_failure, claim, entry, large_entry, random_entry, whole_entry
from tests.copying.copies import run_together
from tests.core.entries_of import (
    NOW,
    announced,
    announced_chunk,
    candidate,
    changed_recording,
    chunk,
    document,
    failure,
)
from tests.fakes import FakeCatalog, FakeDirectory, FakeOpenWork, FakeTopic

# Entries


def test_what_was_never_saved_is_not_there(catalog: Catalog, recording_id: RecordingId) -> None:
    """None, not an error."""
    assert catalog.load(recording_id) is None


def test_an_entry_comes_back_as_it_was_saved(catalog: Catalog, recording_id: RecordingId) -> None:
    """Every field, and the version that the save returned."""
    saved = catalog.save(whole_entry(recording_id))

    assert saved == whole_entry(recording_id) == catalog.load(recording_id)
    assert saved.version
    loaded = catalog.load(recording_id)
    assert loaded is not None
    assert saved.version == loaded.version


def test_an_entry_without_chunks_is_one(catalog: Catalog, recording_id: RecordingId) -> None:
    """As for a recording that was just started."""
    catalog.save(entry(recording_id))

    assert entry(recording_id) == catalog.load(recording_id)


def test_a_save_replaces_all_of_the_entry(catalog: Catalog, recording_id: RecordingId) -> None:
    """A field that is no longer set is not found again."""
    saved = catalog.save(whole_entry(recording_id))
    bare = replace(entry(recording_id, 0, 1, 2, 3), version=saved.version)
    catalog.save(bare)

    assert bare == catalog.load(recording_id)


def test_chunks_come_in_the_order_of_their_index(catalog: Catalog, recording_id: RecordingId) -> None:
    """Two documents with the same index are ordered by id."""
    chunks = [chunk(index) for index in (0, 1, 2, 10, 100, 9999)]
    z = DocumentId("z")
    where = replace(candidate(10), announced=replace(announced_chunk(10), document_id=z))
    twin = replace(chunk(10), document_id=z, candidates=(where,))
    ordered = (*chunks[:4], twin, *chunks[4:])
    catalog.save(replace(entry(recording_id), chunks=ordered))

    loaded = catalog.load(recording_id)
    assert loaded is not None
    assert ordered == loaded.chunks


@pytest.mark.parametrize(
    "suffixes",
    [
        ("a", "A"),
        ("/", "\\"),
        ("#", "?"),
        ("'", "''"),
        ("x" * 2000, "x" * 2001),
        ("%2F", "%2f"),
        (" ", "\t"),
        ("\u00e4", "a\u0308"),
    ],
    ids=ascii,
)
def test_no_two_recordings_are_one(catalog: Catalog, recording_id: RecordingId, suffixes: tuple[str, str]) -> None:
    """Also if a table could confuse their ids."""
    ids = [RecordingId(recording_id + suffix) for suffix in suffixes]
    for index, one in enumerate(ids):
        catalog.save(entry(one, index))

    assert [entry(one, index) for index, one in enumerate(ids)] == [catalog.load(one) for one in ids]


def test_a_time_of_any_year_is_kept(catalog: Catalog, recording_id: RecordingId) -> None:
    """Events may have wrong times, which Table storage's own date type cannot store."""
    at = datetime(1200, 1, 1, tzinfo=UTC)
    old = replace(changed_recording(entry(recording_id), started_at=at), chunks=(replace(chunk(0), due=at),))
    catalog.save(old)

    assert old == catalog.load(recording_id)


# Rivals


def test_of_two_who_read_the_same_one_saves(catalog: Catalog, recording_id: RecordingId) -> None:
    """The other must read again; nothing of its entry is stored."""
    first = catalog.save(entry(recording_id, 0))
    catalog.save(changed_recording(first, revision=2))
    with pytest.raises(CatalogConflict):
        catalog.save(replace(changed_recording(first, revision=3), chunks=(chunk(0, ChunkState.RELEASED), chunk(1))))

    assert changed_recording(first, revision=2) == catalog.load(recording_id)


def test_of_two_who_make_the_entry_one_does(catalog: Catalog, recording_id: RecordingId) -> None:
    """A new entry has no version."""
    catalog.save(entry(recording_id, 0))
    with pytest.raises(CatalogConflict):
        catalog.save(entry(recording_id, 1))

    assert entry(recording_id, 0) == catalog.load(recording_id)


def test_who_saves_on_its_own_save_need_not_read(catalog: Catalog, recording_id: RecordingId) -> None:
    """The version that a save returns is valid for the next one."""
    saved = catalog.save(entry(recording_id, 0))
    for revision in (2, 3):
        saved = catalog.save(changed_recording(saved, revision=revision))

    assert changed_recording(entry(recording_id, 0), revision=3) == catalog.load(recording_id)


def test_facts_told_at_once_are_all_there(catalog: Catalog, recording_id: RecordingId) -> None:
    """Each is decided again on the entry that the other save left."""
    workers = [
        CatalogUpdates(catalog, FakeOpenWork(), FakeDirectory(), FakeTopic(), lambda: NOW, lambda _seconds: None)
        for _ in range(2)
    ]
    fact = announced(*range(4))
    event = replace(fact.event, recording_id=recording_id)
    workers[0].apply(recording_id, replace(fact, event=event))

    def fail(index: int) -> None:
        failed = Failed(document(index), failure("code", f"cause {index}"), NOW)
        workers[index % 2].apply(recording_id, failed)

    run_together(*(lambda index=index: fail(index) for index in range(4)))

    loaded = catalog.load(recording_id)
    assert loaded is not None
    assert [((("code", 1),), failure("code", f"cause {index}")) for index in range(4)] == [
        (one.failures, one.last_failure) for one in loaded
    ]


def test_of_many_who_save_at_random_nobody_is_forgotten(catalog: Catalog, recording_id: RecordingId) -> None:
    """Each thread reads, adds a failure to a random chunk, and on conflict reads again."""
    catalog.save(entry(recording_id, *range(4)))
    savers, times = (8, 125) if isinstance(catalog, FakeCatalog) else (4, 12)

    def save(seed: int) -> None:
        chosen = random.Random(seed)
        for _ in range(times):
            add_failure(catalog, recording_id, chosen.randrange(4))

    run_together(*(lambda seed=seed: save(seed) for seed in range(savers)))

    loaded = catalog.load(recording_id)
    assert loaded is not None
    assert savers * times == sum(dict(one.failures).get("code", 0) for one in loaded)


# Sizes


@pytest.mark.parametrize("count", [99, 100, 101, 500])
def test_hundreds_of_chunks_are_kept(catalog: Catalog, recording_id: RecordingId, count: int) -> None:
    """A growing list is stored at every size; there is no limit by number."""
    first = catalog.save(large_entry(recording_id, 99))
    grown = replace(large_entry(recording_id, count), version=first.version)
    saved = catalog.save(grown)

    assert grown == saved == catalog.load(recording_id)


def test_an_entry_that_shrinks_leaves_nothing_behind(catalog: Catalog, recording_id: RecordingId) -> None:
    """Of five properties one is left."""
    large = catalog.save(random_entry(recording_id, 300_000))
    catalog.save(replace(entry(recording_id, 0), version=large.version))

    assert entry(recording_id, 0) == catalog.load(recording_id)


def test_an_entry_of_nearly_a_mebibyte_is_kept(catalog: Catalog, recording_id: RecordingId) -> None:
    """The limit is that of a row."""
    catalog.save(random_entry(recording_id, 880_000))

    assert random_entry(recording_id, 880_000) == catalog.load(recording_id)


@pytest.mark.parametrize(
    "make",
    [lambda one: random_entry(one, 1_000_000), lambda one: changed_recording(entry(one), call_id="x" * (17 << 20))],
    ids=["random", "long"],
)
def test_an_entry_too_large_needs_a_person(
    catalog: Catalog, recording_id: RecordingId, make: Callable[[RecordingId], CatalogEntry]
) -> None:
    """The error names recording and sizes; nothing is stored."""
    saved = catalog.save(entry(recording_id, 0))
    with pytest.raises(EntryTooLarge) as caught:
        catalog.save(replace(make(recording_id), version=saved.version))

    assert not isinstance(caught.value, Transient)
    assert recording_id == caught.value.ids["recording_id"]
    assert re.search(r"\d chunks take \d{7,} bytes", caught.value.cause)
    assert caught.value.hint
    assert entry(recording_id, 0) == catalog.load(recording_id)


def test_what_cannot_be_written_needs_a_person(catalog: Catalog, recording_id: RecordingId) -> None:
    """A lone surrogate cannot be encoded as UTF-8; the error does not show the text."""
    with pytest.raises(CatalogRefused) as caught:
        catalog.save(changed_recording(entry(recording_id), session_end_reason="secret \ud800"))

    assert "secret" not in str(caught.value)
    assert catalog.load(recording_id) is None


# Owners


def test_the_first_who_owns_an_object_owns_it(catalog: Catalog, mark: str) -> None:
    """Later callers get the owner's ids; for the owner the call is idempotent."""
    key = f"eu-api.asm.skype.com/v1/objects/{mark}"
    first, second = (RecordingId("first"), DocumentId("d")), (RecordingId("second"), DocumentId("d"))

    assert first == catalog.own(key, *first)
    assert first == catalog.own(key, *second)
    assert first == catalog.own(key, *first)
    assert second == catalog.own(f"{key}/", *second)


def test_of_many_who_want_an_object_at_once_one_owns_it(catalog: Catalog, mark: str) -> None:
    """All get the same owner."""
    owners: list[tuple[RecordingId, DocumentId]] = []
    run_together(
        *(lambda i=i: owners.append(catalog.own(mark, RecordingId(f"r{i}"), DocumentId("d"))) for i in range(8))
    )

    assert (8, 1) == (len(owners), len(set(owners)))


@pytest.mark.parametrize("key", ["", "x" * 5000, "a/b\\c#d?e'f", "ä\n\0", "\ud800"], ids=ascii)
def test_any_text_is_the_key_of_an_object(catalog: Catalog, mark: str, key: str) -> None:
    owner = (RecordingId(mark), DocumentId("d"))

    assert owner == catalog.own(mark + key, *owner)
    assert owner == catalog.own(mark + key, RecordingId("other"), DocumentId("d"))


def test_an_owner_is_neither_a_recording_nor_a_claim(catalog: Catalog, mark: str) -> None:
    """The same text may be the key of all three."""
    catalog.own(mark, RecordingId("r"), DocumentId("d"))
    made = claim(mark)

    assert catalog.load(RecordingId(mark)) is None
    assert made == catalog.claim(made)
