"""Counts the requests of the real use cases over an archive of a given size."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bench.scale.simulated import (
    BLOB_LIST,
    BLOB_WRITE,
    BLOBS,
    PERSON,
    QUEUE,
    TABLE,
    Blobs,
    Counted,
    Days,
    Entries,
    Template,
    day_of,
    document_of,
    of_the_person,
)
from recording.core.formats.api import ListRequest, PageRequest, PersonSearch
from recording.core.model import Actor
from recording.core.records.jobs import JobKind
from tests.fakes import FakeOpenWork, FakeQueue, FakeRecordQueue
from tests.use_cases.world import World

_BY = Actor("key:bench")
_PAGE = PageRequest(50)
_KEY = "a2V5LW9mLXRoZS1pbmRleA=="


@dataclass(frozen=True, slots=True)
class Archive:
    """The app over an archive of so many recordings, and the requests that it has made so far."""

    size: int
    world: World
    counts: Counter[str]

    def counted(self, run: Callable[[], object]) -> Mapping[str, int]:
        """The requests of one run."""
        self.counts.clear()
        run()
        return dict(self.counts)


def archive_of(size: int, template: Template, *, is_lost: bool = False) -> Archive:
    """Put it together; with `is_lost` its catalog has nothing."""
    counts = Counter[str]()

    def counted(port: Any, kinds: dict[str, str] | str) -> Any:  # noqa: ANN401 - a port of any kind
        return Counted(port, counts, kinds)

    made = template.world
    world = World(settings={"PEOPLE_INDEX_KEY": _KEY})
    world.clock.at = day_of(size) + timedelta(days=1)
    archived, trails = Blobs(made.archive, size), Blobs(made.trail.archive, size)
    for number in of_the_person(size):
        world.app.records.people.index.write(document_of(number), day_of(number))
    world.catalog = counted(Entries(template, size, is_lost=is_lost), TABLE)
    world.directory = counted(Days(size), TABLE)
    world.open_work = counted(FakeOpenWork(), TABLE)
    world.index = counted(world.index, TABLE)
    world.queue = counted(FakeQueue(world.clock.now), QUEUE)
    world.record_queue = counted(FakeRecordQueue(), QUEUE)
    world.trail = counted(world.trail, {"write": BLOB_WRITE, "page": BLOB_LIST})
    world.inventories = {
        "journal": counted(Blobs(made.journal, size), BLOBS),
        "archive": counted(archived, BLOBS),
        "trail": counted(trails, BLOBS),
    }
    world.worker()
    return Archive(size, world, counts)


def page_of_a_day(archive: Archive) -> Mapping[str, int]:
    """A page of 50 recordings of a day."""
    searching = archive.world.app.records.searching
    return archive.counted(lambda: searching.of_day(ListRequest(_PAGE, day_of(archive.size // 2))))


def page_of_a_person(archive: Archive) -> Mapping[str, int]:
    """A page of 50 recordings in which somebody is heard."""
    asked = PersonSearch(_PAGE, "a request for access")
    return archive.counted(lambda: archive.world.app.records.searching.of_person([PERSON], asked, by=_BY))


def rebuild(archive: Archive) -> Mapping[str, int]:
    """The whole catalog, from Blob."""
    jobs = archive.world.app.records.jobs

    def run() -> None:
        job = jobs.make(JobKind.REBUILD, "{}", by=_BY)
        while not jobs.load(job.job_id).is_over:
            jobs.run(job.job_id)

    return archive.counted(run)


FLAT: Mapping[str, Callable[[Archive], Mapping[str, int]]] = {
    "a page of a day": page_of_a_day,
    "a page of a person": page_of_a_person,
}
"""What costs the same however large the archive is."""
