"""Dead letters: events that Event Grid could not deliver, each with its diagnosis, in blobs of a container.

A blob is named `SUBSCRIPTION/yyyy/M/d/H/id.json`, by the hour (UTC) in which it was written. It is an array of events.
The diagnosis is in fields beside the event's own: `deadLetterReason` and others, in lower case in a CloudEvent.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from recording.core.errors import MalformedEvent
from recording.core.formats import reading
from recording.core.formats.deliveries import Member, read_body
from recording.core.times import parse_time

_WORDS = re.compile(r"[\w .,()-]{1,100}", re.ASCII)
"""What a reason or an outcome may contain, so that neither brings a URL into the log."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why Event Grid gave up on an event. What it does not say, or not in a way that can be read, is empty or None.

    Attributes:
        reason: such as `MaxDeliveryAttemptsExceeded`.
        attempts: how often it tried to deliver the event.
        last_outcome: of the last attempt, such as `Busy`.
        published_at: when the event was published.
        last_attempt_at: when it tried for the last time.
    """

    reason: str = ""
    attempts: int | None = None
    last_outcome: str = ""
    published_at: datetime | None = None
    last_attempt_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadLettered:
    """One event, as it came, diagnosis included; and the diagnosis."""

    member: Member
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """The content of a blob: its events, or, if it cannot be read, none and the cause."""

    events: tuple[DeadLettered, ...] = ()
    fault: str = ""


def read_dead_letter(body: bytes) -> DeadLetter:
    """Read a blob. An element of its array that is no event is one of its events, to be refused by itself."""
    try:
        members = read_body(body)
    except MalformedEvent as error:
        return DeadLetter(fault=error.cause)
    if not members:
        return DeadLetter(fault="an array without events")
    return DeadLetter(tuple(DeadLettered(member, _diagnosis(member.raw)) for member in members))


def folders_of(subscription: str, day: date) -> Iterable[str]:
    """The prefixes of the dead letters of a day; `subscription` is the subscription's folder, with its slash.

    Month and day are documented without a leading zero; names with one are looked for too, if they differ.
    """
    plain = f"{subscription}{day.year:04}/{day.month}/{day.day}/"
    return dict.fromkeys((plain, f"{subscription}{day.year:04}/{day.month:02}/{day.day:02}/"))


def _diagnosis(raw: object) -> Diagnosis:
    fields = reading.Fields(reading.mapping(raw), lambda _path, _cause: None, any_case=True)
    return Diagnosis(
        reason=fields.read("deadLetterReason", _words) or "",
        attempts=fields.read("deliveryAttempts", reading.whole),
        last_outcome=fields.read("lastDeliveryOutcome", _words) or "",
        published_at=fields.read("publishTime", parse_time),
        last_attempt_at=fields.read("lastDeliveryAttemptTime", parse_time),
    )


def _words(found: object) -> str | None:
    return found if isinstance(found, str) and _WORDS.fullmatch(found) else None
