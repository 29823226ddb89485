"""One run of the simulation: from a seed, through some days, to the books."""

import gc
import logging
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from greenlet import getcurrent
from opentelemetry.trace import NoOpTracer

from recording.telemetry import spans
from tests.fakes import (
    FakeArchive,
    FakeCatalog,
    FakeConsents,
    FakeDirectory,
    FakeIndex,
    FakeInventory,
    FakeJobQueue,
    FakeLedger,
    FakeLinks,
    FakeOpenWork,
    FakePrompts,
    FakeRecordQueue,
    FakeRemoval,
    FakeShelf,
    FakeSource,
    FakeThrottle,
    FakeTombstones,
    FakeTopic,
    FakeTrail,
)
from tests.simulation import people
from tests.simulation.books import Books
from tests.simulation.chance import Chance, Key
from tests.simulation.clockwork import START, Clockwork, EndlessError, Task
from tests.simulation.consent_rules import BrokenRule
from tests.simulation.grid import Grid
from tests.simulation.host import Host
from tests.simulation.one_thread import one_thread
from tests.simulation.participants import Participants
from tests.simulation.plan import Plan
from tests.simulation.queues import ChunkQueue, EventQueue, TickQueue
from tests.simulation.rules import Rules
from tests.simulation.service import Service
from tests.simulation.story import LogLines, Story
from tests.simulation.strangers import Strangers
from tests.simulation.told import Told

DAY = 86_400.0
_HORIZON = 12 * DAY
_AFTERWARDS = 1.2 * DAY
"""In this time the sweep has removed every row that stands for nothing."""
_HALF = 0.5
_MOST_STEPS = 10_000
"""Requests for each call; a hundred times as many as it takes."""
_OFFSET = 437.0
"""Seconds, so that no timer is due when a run is looked at."""
_REMOVED_FROM = ("archive", "quarantine", "journal", "deadletters", "exports", "overflow")


@dataclass
class Result:
    """How a run ended.

    Attributes:
        broken: the rule that is broken; empty if none is.
        fired: the faults that happened.
        outcomes: how many chunks ended how.
        consents: how many consents ended how.
    """

    seed: int
    broken: str
    fired: dict[Key, str]
    outcomes: Counter[str]
    consents: Counter[str]
    recordings: int
    steps: int
    days: float
    story: str = ""


@dataclass
class World:
    """The app's processes, and everything around them."""

    plan: Plan
    allowed: Collection[Key] | None = None
    is_told: bool = False
    source: FakeSource = field(default_factory=FakeSource)
    archive: FakeArchive = field(default_factory=FakeArchive)
    quarantine: FakeArchive = field(default_factory=FakeArchive)
    overflow: FakeArchive = field(default_factory=FakeArchive)
    journal: FakeArchive = field(default_factory=FakeArchive)
    catalog: FakeCatalog = field(default_factory=FakeCatalog)
    open_work: FakeOpenWork = field(default_factory=FakeOpenWork)
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    letters: FakeArchive = field(default_factory=FakeArchive)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    throttle: FakeThrottle = field(default_factory=FakeThrottle)
    topic: FakeTopic = field(default_factory=FakeTopic)
    trail: FakeTrail = field(default_factory=FakeTrail)
    prompts: FakePrompts = field(default_factory=FakePrompts)
    consents: FakeConsents = field(default_factory=FakeConsents)

    def __post_init__(self) -> None:
        self.clockwork = Clockwork(_MOST_STEPS * (1 + len(self.plan.names)))
        self.chance = Chance(self.plan.seed, self.plan.rates, self.allowed)
        self.tombstones = FakeTombstones(self.trail.archive)
        self.story = Story(lambda: self.clockwork.now, self.is_told)
        self.rules = Rules(self)
        self.told = Told(self)
        self.service = Service(self)
        self.strangers = Strangers(self)
        self.participants = Participants(self)
        self.host = Host(self)
        self.grid = Grid(self)
        self.books = Books(self)
        self.chunk_queue = ChunkQueue(*self.host.steps)
        self.event_queue = EventQueue(self.host.events)
        self.letters.now = self.journal.now = self._now
        self.record_queue = FakeRecordQueue()
        self.index = FakeIndex()
        self.job_queue = FakeJobQueue()
        self.tick_queue = TickQueue(self.host.ticks)
        # Parts of what is not simulated. Without them each process would make real ones, a fifth of the time of all.
        inventory, removal = FakeInventory(self.archive), FakeRemoval(self.archive)
        self.unused: dict[str, Any] = {
            "plain_archive": self.archive,
            "natives": {},
            "shelf": FakeShelf(self.archive),
            "links": FakeLinks(),
            "exports": self.archive,
            "archive_inventory": inventory,
            "trail_inventory": inventory,
            "export_inventory": inventory,
            "inventories": dict.fromkeys(("archive", "quarantine", "overflow"), inventory),
            "removals": dict.fromkeys(_REMOVED_FROM, removal),
        }
        self.outages = {
            (port, day): (start, start + hours * 3600)
            for (port, day, start, hours) in self.plan.outages
            if self.chance.which(("outage",), f"outage of {port}", str(day)) is not None
        }

        self._outages_of: dict[str, list[tuple[float, float]]] = {}
        for (port, _), times in self.outages.items():
            self._outages_of.setdefault(port, []).append(times)

    def _now(self) -> datetime:
        return START + timedelta(seconds=self.clockwork.now)

    def is_closed(self, port: str) -> bool:
        """Whether a port cannot be reached at the moment."""
        now = self.clockwork.now
        return any(start <= now < end for start, end in self._outages_of.get(port, ()))

    def tasks_about(self, whom: str) -> int:
        """How many tasks are at work for a call."""
        return sum(task.whom == whom for process in self.host.processes for task in process.tasks)

    def run(self) -> Result:
        """Run it to its end."""
        broken = ""
        self.host.start(self.plan.processes)
        if self.chance.value("the service replays refusals") < _HALF:
            self.service.calls.arm("start_refusal_replayed")
        for whom in self.plan.names:
            people.plan_call(self, whom)
        try:
            is_open = self.clockwork.run(_OFFSET)
            while (is_open or self.clockwork.now < DAY) and self.clockwork.now < _HORIZON:
                is_open = self.clockwork.run(self.clockwork.now + DAY / 4) or self.books.is_owed()
            self.chance.allowed = frozenset()  # nothing goes wrong any more
            self.clockwork.run(self.clockwork.now + _AFTERWARDS)
            self.books.close(is_quiet=not is_open)
        except (BrokenRule, EndlessError) as error:
            broken = str(error)
        finally:
            for process in self.host.processes:
                process.is_dead = True
            self._end_tasks()
        return Result(
            self.plan.seed,
            broken,
            self.chance.fired,
            self.books.outcomes,
            self.books.consents,
            len(self.service.recordings),
            self.clockwork.steps,
            self.clockwork.now / DAY,
            self.story.text() if self.is_told else "",
        )

    def _end_tasks(self) -> None:
        for process in self.host.processes:
            for task in list(process.tasks):
                if not task.dead:
                    task.throw()


def simulate(plan: Plan, allowed: Collection[Key] | None = None, *, is_told: bool = False) -> Result:
    """Run one world."""
    world = World(plan, allowed, is_told)
    collects = gc.isenabled()
    gc.disable()  # one run makes little garbage, and much that the collector would look at in vain
    logger = logging.getLogger("recording")
    level = logger.level
    lines = LogLines(world.story, _who(world))
    logger.setLevel(logging.INFO if is_told else logging.CRITICAL + 1)
    if is_told:
        logger.addHandler(lines)
    try:
        # Trace ids are random where a test before has set a provider, and are part of the messages.
        with one_thread(lambda: world.clockwork), patch.object(spans, "_TRACER", NoOpTracer()):
            return world.run()
    finally:
        logger.removeHandler(lines)
        logger.setLevel(level)
        if collects:
            gc.enable()


def _who(world: World) -> Callable[[], str]:
    def who() -> str:
        task = getcurrent()
        process = next((one for one in world.host.processes if task in one.tasks), None)
        return process.name if process and isinstance(task, Task) else "a process"

    return who
