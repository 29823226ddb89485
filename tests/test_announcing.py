"""File events taken over fakes: what is kept, what is noted, what is owed."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from recording.announcing import Announcing
from recording.core.model import RecordingId
from recording.core.naming import DEFAULT_TEMPLATE, parse_template
from recording.entries import Entries
from tests.core.entries_of import NOW
from tests.core.file_events import RECORDING, changed, chunk, file_event
from tests.fakes import FakeArchive, FakeCatalog, FakeTopic

DAY = timedelta(hours=24)


def announcing(catalog: FakeCatalog, journal: FakeArchive) -> Announcing:
    """The use case, at noon of 1 March 2026."""
    return Announcing(Entries(catalog, FakeTopic(), lambda: NOW), journal, parse_template(DEFAULT_TEMPLATE), 24)


@pytest.mark.parametrize(
    ("event_time", "deadline"),
    [
        ("2026-03-01T11:00:00Z", NOW - timedelta(hours=1) + DAY),
        ("2026-02-01T11:00:00Z", datetime(2026, 2, 2, 11, tzinfo=UTC)),
        ("2026-03-01T13:00:00Z", NOW + DAY),
        ("9999-12-31T23:59:59Z", NOW + DAY),
        (None, NOW + DAY),
    ],
)
def test_the_deadline_is_counted_from_the_event(event_time: str | None, deadline: datetime) -> None:
    """But from no moment that is yet to come."""
    catalog = FakeCatalog()
    steps = announcing(catalog, FakeArchive()).announce(file_event(eventTime=event_time))

    assert 1 == len(steps)
    assert deadline == catalog.entries[RecordingId(RECORDING)].recording.deadline


def test_an_event_that_no_encoding_can_hold_is_kept_as_it_came() -> None:
    """Half a surrogate pair, as the escape that JSON has for it."""
    journal = FakeArchive()
    announcing(FakeCatalog(), journal).announce(changed(file_event(), "data.sessionEndReason", "\ud800"))
    (kept,) = journal.blobs.values()

    assert b'"sessionEndReason": "\\ud800"' in kept.content


@pytest.mark.parametrize("count", [99, 100, 150, 500])
def test_an_event_of_hundreds_of_chunks_is_taken(count: int) -> None:
    """It was accepted, and not one of more than 99 was archived; nor of a list that grew beyond them."""
    catalog = FakeCatalog()
    taken = announcing(catalog, FakeArchive())

    assert 99 == len(taken.announce(file_event([chunk(index) for index in range(99)])))
    assert count == len(taken.announce(file_event([chunk(index) for index in range(count)])))
    assert count == len(catalog.entries[RecordingId(RECORDING)].chunks)


def test_an_event_of_more_than_an_entry_can_hold_is_a_matter_for_a_person() -> None:
    """It stands in the journal; sending it again would not make it less."""
    journal, catalog = FakeArchive(), FakeCatalog()
    chosen = random.Random(1)
    many = [chunk(index) | {"endReason": chosen.randbytes(2000).hex()} for index in range(500)]

    assert [] == announcing(catalog, journal).announce(file_event(many))
    assert 1 == len(journal.blobs)
    assert {} == catalog.entries
