"""Holds: what one covers, and when. While a hold is active, nothing that it covers is erased, and no retention ends it.

A hold covers recordings by their ids, those of a call, those of a person, or those that fit a query; the future ones
too, if it says so. It is active from the moment it is made: that each recording has a row of it, and its blobs a legal
hold, is done after that, and never asked when something is about to be removed.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from recording.core.model import Actor, CatalogEntry, RecordingId
from recording.core.participants import one_spelling
from recording.core.records.filters import Filters, Period, calls_of
from recording.core.records.people import PeopleDocument


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
    """Recordings that began in a period, and fit what a search can ask for."""

    period: Period
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a hold covers: exactly one of the first four is set.

    Attributes:
        recordings: their ids.
        call: any of the ids of a call.
        person: raw ids of a person, in the spelling in which people are compared; of no ended hold.
        query: what they must fit.
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


def people_of(document: PeopleDocument) -> People:
    """Who takes part in a recording, by its people document."""
    raw_ids = (one_spelling(one.raw_id) for chunk in document.chunks for one in chunk.participants)
    return People(frozenset(raw_ids), document.is_unknown)


def covers(scope: Scope, entry: CatalogEntry, people: People | None) -> bool:
    """Whether a hold with this scope covers a recording.

    Args:
        scope: of the hold.
        entry: the recording.
        people: who takes part; None if nobody has looked yet: then a hold for a person covers it.
    """
    recording, query = entry.recording, scope.query
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
    return query is not None and query.period.holds(recording) and query.filters.fits(entry)
