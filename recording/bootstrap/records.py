"""Puts the records' use cases together."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from recording.bootstrap.real_parts import RealParts
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import JobRefused
from recording.core.records.jobs import JobKind
from recording.records.choosing import Choosing
from recording.records.daily import Daily
from recording.records.export_run import Parts
from recording.records.exporting import Exporting, RunningExports
from recording.records.filing import Filing
from recording.records.filing_people import FilingPeople
from recording.records.jobs import Jobs, Runner
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
    lookups: Lookups
    people: People
    searching: Searching
    exporting: Exporting


PROGRAM = Path(__file__).parents[2] / "tools" / "verify"
"""The program that checks a package, which is deployed with the app."""


@cache
def program() -> Mapping[str, bytes]:
    """The files of that program, by name.

    Raises:
        JobRefused: it was not deployed.
    """
    found = {path.name: path.read_bytes() for path in PROGRAM.glob("*.py")}
    if "__main__.py" not in found:
        cause = "tools/verify, which goes into each package, was not deployed with the app"
        raise JobRefused("read program", cause, hint="deploy what `make package` packs")
    return found


def records_of(
    real: RealParts, updates: CatalogUpdates, new_id: Callable[[], uuid.UUID], now: Callable[[], datetime]
) -> Records:
    """Put them together. Filers, runners of jobs and daily passes are listed here, in their order."""
    index = real.index
    people_index = PeopleIndex(index, real.settings.people_keys)
    lookups = Lookups(real.trail, people_index.first_key, new_id, now)
    people = People(people_index, OwnIdentities(index, people_index), lookups)
    filing_people = FilingPeople(real.archive, real.natives, people_index)
    filing = Filing(real.catalog, index, (filing_people,), now)
    runners = dict[JobKind, Runner]()
    jobs = Jobs(real.index, real.job_queue, runners, new_id, now)
    exports = Parts(
        updates=updates,
        index=index,
        choosing=Choosing(index, real.catalog, real.directory, people, partial(has_hold, index)),
        archive=real.archive,
        trail=real.trail,
        packages=real.exports,
        removal=real.removals["exports"],
        program=program,
        save=jobs.save,
    )
    runners[JobKind.EXPORT] = RunningExports(exports, jobs.load, real.monotonic)
    daily = Daily(real.catalog, real.directory, filing, real.record_queue, (), now)
    searching = Searching(real.catalog, real.directory, people_index, lookups, partial(has_hold, index))
    exporting = Exporting(jobs, exports, real.links, lookups, now)
    return Records(filing, jobs, daily, lookups, people, searching, exporting)
