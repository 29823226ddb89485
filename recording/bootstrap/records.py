"""Puts the records' use cases together."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from recording.bootstrap.keeping import holding_of
from recording.bootstrap.real_parts import RealParts
from recording.records.daily import Daily
from recording.records.filing import Filing
from recording.records.filing_people import FilingPeople
from recording.records.holding import Holding
from recording.records.jobs import Jobs
from recording.records.lookups import Lookups
from recording.records.own_identities import OwnIdentities
from recording.records.people import People
from recording.records.people_index import PeopleIndex
from recording.records.searching import Searching, has_hold


@dataclass(frozen=True, slots=True)
class Records:
    """The use cases of the records."""

    filing: Filing
    jobs: Jobs
    daily: Daily
    holding: Holding
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
    jobs = Jobs(real.index, real.job_queue, {}, new_id, now)
    daily = Daily(real.catalog, real.directory, filing, real.record_queue, (), now)
    holding = holding_of(real, filing_people)
    searching = Searching(real.catalog, real.directory, people_index, lookups, partial(has_hold, index))
    return Records(filing, jobs, daily, holding, lookups, people, searching)
