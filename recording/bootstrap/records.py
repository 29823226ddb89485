"""Puts the records' use cases together."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from recording.bootstrap.real_parts import RealParts
from recording.core.records.jobs import JobKind
from recording.records.daily import Daily
from recording.records.filing import Filing
from recording.records.filing_people import FilingPeople
from recording.records.jobs import Jobs, Runner
from recording.records.lookups import Lookups
from recording.records.own_identities import OwnIdentities
from recording.records.people import People
from recording.records.people_index import PeopleIndex
from recording.records.rehashing import BeginningRehash, Rehashing
from recording.records.searching import Searching, has_hold


@dataclass(frozen=True, slots=True)
class Records:
    """The use cases of the records."""

    filing: Filing
    jobs: Jobs
    daily: Daily
    lookups: Lookups
    people: People
    searching: Searching


def records_of(real: RealParts, new_id: Callable[[], uuid.UUID], now: Callable[[], datetime]) -> Records:
    """Put them together. Filers, runners of jobs and daily passes are listed here, in their order."""
    index = real.index
    people_index = PeopleIndex(index, real.settings.people_keys)
    lookups = Lookups(real.trail, people_index.first_key, new_id, now)
    people = People(people_index, OwnIdentities(index, people_index), lookups)
    filing_people = FilingPeople(real.archive, real.natives, people_index)
    filing = Filing(real.catalog, index, (filing_people,), now)
    runners: dict[JobKind, Runner] = {}
    jobs = Jobs(index, real.job_queue, runners, new_id, now)
    rehashing = Rehashing(real.catalog, people_index, people.own, filing_people, jobs, real.monotonic)
    runners[JobKind.REHASH] = rehashing
    passes = (BeginningRehash(rehashing),)
    daily = Daily(real.catalog, real.directory, filing, real.record_queue, passes, now)
    searching = Searching(real.catalog, real.directory, people_index, lookups, partial(has_hold, index))
    return Records(filing, jobs, daily, lookups, people, searching)
