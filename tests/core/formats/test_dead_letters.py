"""Dead letters: the events of a blob with Event Grid's diagnosis, in both schemas."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.eventgrid.deadletters import Ending, dead_letter
from local.eventgrid.destinations import Webhook
from local.eventgrid.subscription import Outcome, Subscription
from recording.core.formats.dead_letters import Diagnosis, folders_of, read_dead_letter
from recording.core.formats.events import parse_event
from tests.core.formats.file_events import cloud_event, file_event

PUBLISHED = datetime(2026, 3, 1, 10, 21, 0, 123456, tzinfo=UTC)
LAST = datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
DIAGNOSIS = {
    "deadLetterReason": "MaxDeliveryAttemptsExceeded",
    "deliveryAttempts": 17,
    "lastDeliveryOutcome": "Busy",
    "publishTime": "2026-03-01T10:21:00.1234567Z",
    "lastDeliveryAttemptTime": "2026-03-01T11:30:00Z",
}
LOWER = {name.lower(): value for name, value in DIAGNOSIS.items()}
READ = Diagnosis("MaxDeliveryAttemptsExceeded", 17, "Busy", PUBLISHED, LAST)


def blob(*events: object) -> bytes:
    """A blob of these events."""
    return json.dumps(events).encode()


@pytest.mark.parametrize(
    "event", [file_event() | DIAGNOSIS, cloud_event() | LOWER, cloud_event("specVersion") | LOWER], ids=str
)
def test_an_event_of_either_schema_has_its_diagnosis(event: dict[str, Any]) -> None:
    """It is an event as any other, and its own fields are unchanged."""
    letter = read_dead_letter(blob(event))

    (one,) = letter.events
    assert (READ, "") == (one.diagnosis, letter.fault)
    assert parse_event(one.member.raw) == parse_event({name: event[name] for name in event if name not in DIAGNOSIS})
    assert event == json.loads(one.member.body)


def test_several_events_are_read_each_by_itself() -> None:
    """What is no event remains in its place, to be refused alone."""
    letter = read_dead_letter(blob(file_event() | DIAGNOSIS, None, 5, cloud_event() | LOWER))

    assert [READ, Diagnosis(), Diagnosis(), READ] == [one.diagnosis for one in letter.events]
    assert [None, 5] == [one.member.raw for one in letter.events[1:3]]


@pytest.mark.parametrize("schema", ["eventgrid", "cloudevents"])
def test_the_local_event_grid_writes_what_is_read_here(schema: Any) -> None:  # noqa: ANN401
    """Both follow the documented form."""
    subscription = Subscription("archive", Webhook("https://example.com", schema, 1.0), schema=schema)
    event = file_event() if schema == "eventgrid" else cloud_event()
    path, content = dead_letter(
        subscription, [event, event], Ending(PUBLISHED, LAST, 3, Outcome(403, never_retried=True))
    )

    first, second = read_dead_letter(content).events
    assert (("UndeliverableDueToHttpForbidden", 3, "Forbidden"), PUBLISHED, LAST) == (
        (first.diagnosis.reason, first.diagnosis.attempts, first.diagnosis.last_outcome),
        first.diagnosis.published_at,
        first.diagnosis.last_attempt_at,
    )
    assert first == second
    assert any(path.startswith(folder) for folder in folders_of("ARCHIVE/", datetime.now(UTC).date()))


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("deadLetterReason", "see https://example.com/?sig=secret", ("", 17, "Busy")),
        ("deadLetterReason", 7, ("", 17, "Busy")),
        ("deadLetterReason", "x" * 101, ("", 17, "Busy")),
        ("deliveryAttempts", "17", ("MaxDeliveryAttemptsExceeded", 17, "Busy")),
        ("deliveryAttempts", "many", ("MaxDeliveryAttemptsExceeded", None, "Busy")),
        ("lastDeliveryOutcome", None, ("MaxDeliveryAttemptsExceeded", 17, "")),
        ("publishTime", "yesterday", ("MaxDeliveryAttemptsExceeded", 17, "Busy")),
    ],
)
def test_a_part_of_the_diagnosis_that_makes_no_sense_is_left_out(field: str, value: object, read: object) -> None:
    """A text that could be a URL is none of Event Grid's reasons."""
    (one,) = read_dead_letter(blob(file_event() | DIAGNOSIS | {field: value})).events

    assert read == (one.diagnosis.reason, one.diagnosis.attempts, one.diagnosis.last_outcome)
    assert (field == "publishTime") == (one.diagnosis.published_at is None)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "body: empty where JSON should be"),
        (b"[", "body: not JSON"),
        (b"[]", "an array without events"),
        (b"\xff\xfe\xff", "body: not JSON in UTF-8"),
        (b"[" * 100_000, "body: not JSON in UTF-8, or nested too deep"),
        (b" " * (2 << 20) + b"[]", "body: 2097154 bytes"),
    ],
)
def test_a_blob_that_cannot_be_read_says_why(body: bytes, fault: str) -> None:
    """It is a result: other blobs are not affected."""
    letter = read_dead_letter(body)

    assert () == letter.events
    assert letter.fault.startswith(fault)


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_have_events_or_a_fault(body: bytes) -> None:
    """Never both, never neither."""
    letter = read_dead_letter(body)

    assert bool(letter.events) != bool(letter.fault)


@pytest.mark.parametrize(
    ("day", "folders"),
    [
        (date(2026, 11, 28), ["A/2026/11/28/"]),
        (date(2026, 3, 1), ["A/2026/3/1/", "A/2026/03/01/"]),
        (date(2026, 12, 9), ["A/2026/12/9/", "A/2026/12/09/"]),
    ],
)
def test_a_day_has_its_folders(day: date, folders: list[str]) -> None:
    """With a leading zero and without: neither is a prefix of another day's."""
    assert folders == list(folders_of("A/", day))
