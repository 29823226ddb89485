"""Exports, erasures and the daily pass, counted over small archives that the app itself has made.

What they cost depends on the recordings they are about, and not on the others: it is counted with few others and with
more. For many recordings of a person it is the same for each.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta

from bench.scale.simulated import BLOB_LIST, BLOB_READ, BLOB_WRITE, TABLE
from recording.core.model import RecordingId
from recording.core.records.erasing import Mode
from recording.core.records.exporting import Person, Rule, Wanted
from tests.use_cases.erasures import ADA, ANN, BOB, KEYS, archive, run_jobs
from tests.use_cases.world import World

_DAY = timedelta(days=1)
_CONTAINERS = ("archive", "quarantine", "overflow", "native", "journal", "letters", "exports")
_KINDS = {
    "find": BLOB_READ,
    "read": BLOB_READ,
    "put": BLOB_WRITE,
    "stage": BLOB_WRITE,
    "commit": BLOB_WRITE,
    "page": BLOB_LIST,
    "folders": BLOB_LIST,
}
"""By operation; a delete of a blob costs nothing."""


def living(mine: int, others: int) -> World:
    """An archive with so many recordings of Ann, and of others, one a day; and some days after the last of them."""
    world = World(settings={"PEOPLE_INDEX_KEY": KEYS})
    for number in range(mine + others):
        who = ANN if number < mine else BOB
        archive(world, RecordingId(f"recording-{number:08}"), who)
        world.clock.at += _DAY
    world.clock.at += 30 * _DAY
    return world


def counted(world: World, run: Callable[[World], object]) -> Mapping[str, int]:
    """The requests of one run."""
    before = _asked(world)
    run(world)
    return dict(_asked(world) - before)


def _asked(world: World) -> Counter[str]:
    containers = [getattr(world, name) for name in _CONTAINERS] + [world.trail.archive]
    asked = Counter(_KINDS[operation] for one in containers for operation, _ in one.calls if operation in _KINDS)
    asked[TABLE] += world.index.asked + len(world.catalog.calls) + len(world.open_work.calls)
    return asked


def export(world: World) -> None:
    """All recordings of Ann, whole."""
    wanted = Wanted("a request for access", Rule.WHOLE, person=Person(raw_id=ANN))
    world.app.records.exporting.ask(wanted, by=ADA)
    run_jobs(world)


def erase(world: World) -> None:
    """All recordings of Ann: the plan, and its execution."""
    erasing = world.app.records.erasing
    shown = erasing.plan(Person(raw_id=ANN), Mode.WHOLE, "a request for erasure", by=ADA)
    erasing.execute(shown.job.job_id, shown.plan.hash if shown.plan else "", by=ADA)
    run_jobs(world)


def daily(world: World) -> None:
    """The daily pass, on a day on which nothing comes to its end."""
    world.app.records.daily.run()


LIVING: Mapping[str, Callable[[World], None]] = {"an export": export, "an erasure": erase, "a daily pass": daily}


def of_many(run: Callable[[World], None], mine: int) -> Mapping[str, int]:
    """The requests for so many recordings of Ann, by arithmetic: each costs what the third and the fourth cost."""
    two, four = (counted(living(number, 1), run) for number in (2, 4))
    return {kind: two[kind] + (four[kind] - two[kind]) * (mine - 2) // 2 for kind in two}
