"""Who is heard in a recording, and under which keys of the index it is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.errors import ConditionMissing, PersonChanged
from recording.core.model import BlobName, DocumentId, ParticipantKind, Recording, RecordingId, RecordingState
from recording.core.participants import kind_of
from recording.core.records.people import (
    AFTER_KEY,
    ANY_TAG,
    UNKNOWN,
    ChunkPeople,
    Heard,
    IndexKey,
    OwnIdentity,
    PeopleDocument,
    PersonRow,
    is_saved,
    moment_of,
    partition_of,
    row_key,
    rows_of,
    time_key,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, OTHER = IndexKey(b"k" * 32), IndexKey(b"o" * 32)
ADA, EVE = "8:acs:ada_1", "4:+49301234567"
ONE = RecordingId("recording-1")


def heard(raw_id: str, channel: int | None = None) -> Heard:
    return Heard(raw_id, kind_of(raw_id), channel)


def document(*chunks: tuple[Heard, ...], doubts: tuple[str, ...] = ()) -> PeopleDocument:
    """A document with these chunks; the doubts are the first one's."""
    found = [ChunkPeople(DocumentId(f"document-{index}"), index, people) for index, people in enumerate(chunks)]
    if found:
        found[0] = replace(found[0], doubts=doubts)
    return PeopleDocument(ONE, BlobName("r.manifest.json"), tuple(found))


def test_everybody_who_is_named_has_a_row_with_their_channels() -> None:
    """One for all spellings, and for all chunks."""
    rows = rows_of(document((heard(ADA, 0), heard(EVE, 1)), (heard("4:49301234567", 0), heard(ADA))), AT, KEY)

    assert {
        partition_of(KEY.person(ADA)): PersonRow(ONE, AT, (0,)),
        partition_of(KEY.person("0049 30 1234567")): PersonRow(ONE, AT, (0, 1)),
    } == rows


@pytest.mark.parametrize(
    ("found", "is_unknown"),
    [
        (document((heard(ADA),)), False),
        (document(), True),
        (document((heard(ADA),), ()), True),
        (document((heard(ADA),), doubts=("names no one",)), True),
        (document((heard("48:x"),)), True),
        (document((heard(ADA), heard("4:anonymous"))), True),
    ],
    ids=["named", "no chunk", "nobody in a chunk", "in doubt", "of unknown kind", "withheld"],
)
def test_what_may_be_of_anybody_is_filed_under_unknown_too(found: PeopleDocument, is_unknown: bool) -> None:  # noqa: FBT001 - of a table
    assert is_unknown == found.is_unknown == (UNKNOWN in rows_of(found, AT, KEY))


def test_a_withheld_number_is_nobodys_row() -> None:
    assert [UNKNOWN] == list(rows_of(document((heard("4:anonymous"),)), AT, KEY))


def test_whoever_is_named_in_a_doubtful_chunk_is_found_and_doubtful() -> None:
    rows = rows_of(document((heard(ADA),), (heard(ADA, 1),), doubts=("two on one channel",)), AT, KEY)

    assert PersonRow(ONE, AT, (1,), is_doubtful=True) == rows[partition_of(KEY.person(ADA))]


def test_without_a_key_nobody_is_filed_by_name() -> None:
    assert {} == rows_of(document((heard(ADA),)), AT, None)
    assert [UNKNOWN] == list(rows_of(document(), AT, None))


def test_nothing_shows_who_it_is() -> None:
    """Neither a key of the index, nor a hash under another secret, nor what a log would write."""
    shown = repr([document((heard(ADA, 3),)), KEY]) + "".join(rows_of(document((heard(ADA),)), AT, KEY))

    assert ADA not in shown
    assert "kkkk" not in shown
    assert KEY.person(ADA) != OTHER.person(ADA) != OTHER.own(ADA)
    assert KEY.key_id not in {OTHER.key_id, KEY.person(""), ""}


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_keys_are_in_the_order_of_time(one: datetime, other: datetime) -> None:
    """And with `AFTER_KEY`, a key is less than every greater one."""
    first, second = sorted((one, other))
    keys = row_key(first, RecordingId("a")), row_key(second, RecordingId("a b"))

    assert time_key(first) <= keys[0] < f"{keys[0]}{AFTER_KEY}" <= keys[1]


def test_a_key_that_begins_like_another_is_not_passed_over() -> None:
    assert row_key(AT, RecordingId("a")) + AFTER_KEY < row_key(AT, RecordingId("a-b"))


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"started_at": AT, "requested_at": AT - timedelta(1)}, AT),
        ({"requested_at": AT, "announced_at": AT + timedelta(1)}, AT),
        ({"announced_at": AT}, AT),
        ({"completed_at": AT}, AT),
        ({}, datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_recording_is_filed_under_its_start(fields: dict[str, datetime], at: datetime) -> None:
    assert at == moment_of(Recording(ONE, RecordingState.RELEASED, **fields))  # type: ignore[arg-type]


def test_a_participant_shows_its_kind_and_channel() -> None:
    assert "Heard(unknown, 1)" == repr(Heard("x", ParticipantKind.UNKNOWN, 1))


OF_ADA, OF_EVE = OwnIdentity("crm-1", (ADA,)), OwnIdentity("crm-1", (EVE,))
OF_NOBODY = OwnIdentity("crm-1", ())
SEEN = KEY.tag(OF_ADA)


@pytest.mark.parametrize(
    ("known", "wanted", "condition", "expected"),
    [
        (None, OF_EVE, "", True),
        (None, OF_EVE, SEEN, PersonChanged),
        (None, OF_EVE, ANY_TAG, PersonChanged),
        (None, OF_NOBODY, SEEN, False),
        (OF_ADA, OF_ADA, "", False),
        (OF_ADA, OF_ADA, KEY.tag(OF_EVE), False),
        (OF_ADA, OF_EVE, "", ConditionMissing),
        (OF_ADA, OF_NOBODY, "", ConditionMissing),
        (OF_ADA, OF_EVE, SEEN, True),
        (OF_ADA, OF_NOBODY, SEEN, True),
        (OF_ADA, OF_EVE, ANY_TAG, True),
        (OF_ADA, OF_EVE, KEY.tag(OF_EVE), PersonChanged),
        (OF_ADA, OF_EVE, OTHER.tag(OF_ADA), PersonChanged),
    ],
)
def test_raw_ids_are_saved_in_place_of_what_was_seen(
    known: OwnIdentity | None, wanted: OwnIdentity, condition: str, expected: object
) -> None:
    """What is known already needs no condition: it may be sent again by whoever has not heard the answer."""
    try:
        found: object = is_saved(known, wanted, condition, KEY)
    except (ConditionMissing, PersonChanged) as error:
        found = type(error)
    assert expected is found


def test_an_etag_is_of_key_and_raw_ids_in_any_order() -> None:
    both = {KEY.tag(OwnIdentity("crm-1", raw_ids)) for raw_ids in ((ADA, EVE), (EVE, ADA))}
    assert 1 == len(both)
    assert 4 == len(both | {SEEN, KEY.tag(OF_EVE), KEY.tag(OwnIdentity("crm-2", (ADA,)))})
