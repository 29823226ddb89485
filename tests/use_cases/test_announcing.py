"""File events applied to the catalog: candidates, doors, `due` and `gone_by`, and the chunk messages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from recording.catalog_updates import CatalogUpdates
from recording.chunks.announcing import Announcing
from recording.chunks.native_containers import NativeContainers
from recording.core.formats.events import parse_event
from recording.core.model import APP, Alarm, CatalogEntry, Door, FileEvent, Recording, RecordingId, RecordingState
from recording.core.naming import DEFAULT_TEMPLATE, parse_template
from tests.core.entries_of import APPLIED, NOW
from tests.core.formats.file_events import CHUNKS_PATH, RECORDING, changed, chunk, file_event
from tests.fakes import FakeCatalog, FakeDirectory, FakeOpenWork, FakeTombstones, FakeTopic

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


def announced(
    event: object, catalog: FakeCatalog | None = None, topic: FakeTopic | None = None, door: Door = Door.EVENT_GRID
) -> tuple[CatalogEntry, int]:
    """The entry after an event at noon of 1 March 2026, and the number of chunk messages."""
    catalog = catalog or FakeCatalog()
    updates = CatalogUpdates(
        catalog, FakeOpenWork(), FakeDirectory(), topic or FakeTopic(), lambda: NOW, lambda _: None
    )
    found = parse_event(event)
    assert isinstance(found, FileEvent)
    announcing = Announcing(
        updates, parse_template(DEFAULT_TEMPLATE), timedelta(hours=24), NativeContainers(), FakeTombstones()
    )
    messages = announcing.announce(found, door, by=APP)
    return catalog.entries[RecordingId(RECORDING)], len(messages)


@pytest.mark.parametrize(
    ("event_time", "ends"),
    [
        ("2026-03-01T11:00:00Z", NOW - HOUR),
        ("1970-01-01T00:00:00Z", None),
        ("2026-03-01T13:00:00Z", NOW),
        ("9999-12-31T23:59:59Z", NOW),
        (None, NOW),
    ],
)
def test_a_chunk_is_due_by_the_earliest_clock_and_gone_by_our_own(
    event_time: str | None, ends: datetime | None
) -> None:
    """Even if an event claims to be old, no chunk is given up before our own clock allows it."""
    event = changed(file_event(eventTime=event_time), "data.recordingStartTime", None)
    entry, owed = announced(event)
    (one,) = entry.chunks

    assert 1 == owed
    assert NOW + DAY + HOUR == one.gone_by
    assert (datetime(1970, 1, 2, tzinfo=UTC) if ends is None else ends + DAY) == one.due


def test_a_chunk_announced_later_has_moments_of_its_own() -> None:
    """The second chunk of a recording may arrive a day after the first."""
    catalog = FakeCatalog()
    announced(file_event([chunk(0)], eventTime="2026-02-28T10:00:00Z"), catalog)
    entry, owed = announced(file_event([chunk(1)], eventTime="2026-03-01T12:00:00Z"), catalog)
    first, second = entry.chunks

    assert (1, True) == (owed, first.due < second.due)


def test_a_member_that_cannot_be_read_leaves_its_sister_owed_and_is_to_be_told() -> None:
    """Its alert is published when the other chunk is archived: a failing topic must not delay the copy."""
    topic = FakeTopic()
    entry, owed = announced(
        changed(file_event([chunk(0), chunk(1)]), f"{CHUNKS_PATH}[1].contentLocation", None), None, topic
    )

    assert ([0], 1) == ([one.index for one in entry], owed)
    assert [chunk(1)["documentId"]] == [one.document_id for one in entry.recording.unread]
    assert ([Alarm.UNREADABLE], []) == ([alert.alarm for alert in entry.recording.untold], topic.received)


@pytest.mark.parametrize("door", Door)
def test_every_candidate_says_by_which_door_it_came(door: Door) -> None:
    """A candidate of the function-key door alone never authorizes a delete."""
    entry, _ = announced(file_event(), door=door)

    assert [door] == [candidate.door for one in entry for candidate in one.candidates]


def test_a_document_named_twice_in_one_event_has_two_candidates() -> None:
    """The content shows which one is right."""
    other = "https://eu-api.asm.skype.com/v1/objects/other/content/video"
    entry, owed = announced(file_event([chunk(0), {**chunk(0), "contentLocation": other}]))
    (one,) = entry.chunks

    assert 1 == owed
    assert {other, chunk(0)["contentLocation"]} == {
        candidate.announced.content_location for candidate in one.candidates
    }


def test_the_same_event_again_owes_the_same_and_changes_nothing() -> None:
    """Event Grid delivers at least once."""
    catalog = FakeCatalog()
    first, owed = announced(file_event([chunk(0), chunk(1)]), catalog)
    again, owed_again = announced(file_event([chunk(0), chunk(1)]), catalog)

    assert (first.chunks, owed) == (again.chunks, owed_again)


@pytest.mark.parametrize("counts", [(100,), (150,), (500,), (99, 101)], ids=str)
def test_an_event_of_hundreds_of_chunks_owes_them_all(counts: tuple[int, ...]) -> None:
    """In one event, or in a list that grows with each event."""
    catalog = FakeCatalog()
    for count in counts:
        entry, owed = announced(file_event([chunk(index) for index in range(count)]), catalog)
        assert (count, count) == (len(entry.chunks), owed)


def test_a_template_of_the_rule_names_the_chunks() -> None:
    """It was decided at the start; a setting that has changed since changes no name."""
    applied = replace(APPLIED, template="calls/{recording_id}/{index}-{document_id}")
    recording_id = RecordingId(RECORDING)
    entry = CatalogEntry(Recording(recording_id, RecordingState.STARTED, requested_at=NOW, applied=applied))
    catalog = FakeCatalog()
    catalog.save(entry)
    found, _ = announced(file_event(), catalog)

    assert {True} == {one.name.startswith("calls/") for one in found}
