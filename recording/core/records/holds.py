"""Holds: what one covers, and when. While a hold is active, nothing that it covers is erased, and no retention ends it.

A hold covers recordings by their ids, those of a call, those of a person, or those that fit a query; the future ones
too, if it says so. It is active from the moment it is made: that each recording has a row of it, and its blobs a legal
hold, is done after that, and never asked when something is about to be removed.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from recording.core.model import Actor, CatalogEntry, Output, Recording, RecordingId, RecordingState
from recording.core.retention import class_of


class HoldState(StrEnum):
    """How far a hold is."""

    PLACING = "placing"
    """It is active; the recordings that there are already are being looked for."""
    ACTIVE = "active"
    ENDING = "ending"
    """It holds nothing any more; the legal holds of blobs are being cleared."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Query:
    """Recordings by what is known of them; a condition that is None or empty always holds.

    Attributes:
        since: it began on this day (UTC) or later.
        until: it began on this day or earlier.
        least: its shortest duration.
        most: its longest duration.
    """

    since: date | None = None
    until: date | None = None
    state: RecordingState | None = None
    output: Output | None = None
    retention_class: str = ""
    least: timedelta | None = None
    most: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a hold covers: exactly one of the first four is set.

    Attributes:
        recordings: their ids.
        call: any of the ids of a call.
        person: raw ids of a person, in the spelling in which people are compared; of no ended hold.
        query: conditions.
        future: whether recordings that are archived later are covered too.
        unknown: of a person: whether recordings are covered too of which it is not known for sure who takes part.
    """

    recordings: tuple[RecordingId, ...] = ()
    call: str = ""
    person: tuple[str, ...] = field(default=(), repr=False)
    query: Query | None = None
    future: bool = False
    unknown: bool = True


@dataclass(frozen=True, slots=True)
class People:
    """Who takes part in a recording.

    Attributes:
        raw_ids: in the spelling in which people are compared.
        is_doubtful: whether somebody else may take part too.
    """

    raw_ids: frozenset[str] = field(repr=False)
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it is kept.

    Attributes:
        hold_id: a UUID.
        reason: why, in the words of whoever made it.
        owner: who answers for it.
        review_on: the day on which somebody is to look whether it is still needed.
        retention_class: what it has covered is kept at least as long as this class says, also after its end.
        reminded_on: the day of which it was told last that its review is due.
        job_id: of the job made last to place it or to take it off, in the state `job_state`.
        version: the ETag of what was read; empty for a hold never saved.
    """

    hold_id: str
    state: HoldState
    scope: Scope
    reason: str = field(repr=False)
    owner: str
    review_on: date
    made_at: datetime
    made_by: Actor
    retention_class: str = ""
    ended_at: datetime | None = None
    ended_by: Actor | None = None
    end_reason: str = field(default="", repr=False)
    reminded_on: date | None = None
    job_id: str = ""
    job_state: HoldState | None = None
    version: str = field(default="", compare=False)

    @property
    def is_active(self) -> bool:
        """Whether it holds what it covers."""
        return self.state in {HoldState.PLACING, HoldState.ACTIVE}

    def is_review_due(self, today: date) -> bool:
        """Whether the day of its review has passed, and nobody was told today."""
        return self.is_active and self.review_on < today and self.reminded_on != today


def covers(scope: Scope, entry: CatalogEntry, people: People | None, usual_class: str = "") -> bool:
    """Whether a hold with this scope covers a recording.

    Args:
        scope: of the hold.
        entry: the recording.
        people: who takes part; None if nobody has looked yet: then a hold for a person covers it.
        usual_class: the retention class of recordings that no rule gave one.
    """
    recording = entry.recording
    if scope.recordings:
        return recording.recording_id in scope.recordings
    if scope.call:
        return scope.call in calls_of(recording)
    if scope.person:
        return (
            people is None
            or not people.raw_ids.isdisjoint(scope.person)
            or (scope.unknown and (people.is_doubtful or not people.raw_ids))
        )
    return scope.query is not None and fits(scope.query, entry, usual_class)


def calls_of(recording: Recording) -> frozenset[str]:
    """The ids of its call."""
    ids = (
        recording.call_id,
        recording.server_call_id,
        recording.call_connection_id,
        recording.group_call_id,
        recording.room_id,
    )
    return frozenset(one for one in ids if one)


def fits(query: Query, entry: CatalogEntry, usual_class: str = "") -> bool:
    """Whether a recording fits; what is not known of it fits every condition, as to hold too much loses nothing."""
    recording = entry.recording
    began = began_at(recording)
    day = None if began is None else began.astimezone(UTC).date()
    checks = (
        query.since is None or day is None or day >= query.since,
        query.until is None or day is None or day <= query.until,
        query.state is None or recording.state is query.state,
        query.output is None or recording.output is None or recording.output == query.output,
        not query.retention_class or (class_of(recording) or usual_class) == query.retention_class,
        query.least is None or recording.duration is None or recording.duration >= query.least,
        query.most is None or recording.duration is None or recording.duration <= query.most,
    )
    return all(checks)


def began_at(recording: Recording) -> datetime | None:
    """When it began, as far as is known."""
    return recording.started_at or recording.requested_at or recording.announced_at
