"""Puts exports together, and reads the program that goes into each package."""

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path

from recording.bootstrap.real_parts import RealParts
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import JobRefused
from recording.records.exports.export_run import Parts
from recording.records.exports.exporting import Exporting, RunningExports
from recording.records.finding.choosing import Choosing
from recording.records.finding.searching import has_hold
from recording.records.jobs import Jobs
from recording.records.people.lookups import Lookups
from recording.records.people.people import People

PROGRAM = Path(__file__).parents[2] / "tools" / "verify"
"""The program that checks a package; it is deployed with the app."""


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


def exporting_of(
    real: RealParts, updates: CatalogUpdates, people: People, jobs: Jobs, lookups: Lookups
) -> tuple[Exporting, RunningExports]:
    """The use cases of exports, and the runner of their jobs."""
    choosing = Choosing(real.index, real.catalog, real.directory, people, partial(has_hold, real.index))
    parts = Parts(
        updates=updates,
        index=real.index,
        choosing=choosing,
        archive=real.archive,
        trail=real.trail,
        packages=real.exports,
        removal=real.removals["exports"],
        program=program,
        save=jobs.save,
    )
    return Exporting(jobs, parts, real.links, lookups, real.now), RunningExports(parts, jobs.load, real.monotonic)
