"""The worker processes: each has the app composed for itself, a clock of its own, and tasks that die with it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from greenlet import getcurrent

from recording.bootstrap import compose
from recording.catalog_updates import _WriteLock
from recording.core.model import RecordingId
from recording.settings import Settings
from tests.copying.copies import engine_of
from tests.environments import CONNECTION, settings_of
from tests.fakes import FakeBlobSource, FakeInventory, FakeOverflowCopies
from tests.simulation.clockwork import START, Lock, Task
from tests.simulation.gates import BlobGate, Gate, KilledError, SourceGate
from tests.simulation.policies import POLICY

if TYPE_CHECKING:
    from tests.simulation.world import World

BLOCK = 1024
"""Bytes. Small, so that contents of a few kilobytes have several blocks."""
_BUFFERS = 32
_SLICE = timedelta(minutes=5)

_SECOND = CONNECTION.replace("AccountName=a;", "AccountName=b;")


@cache
def _settings(release: str, waits: tuple[int, int], interval: int, overflow_hours: int) -> Settings:
    first, longest = waits
    overflow = {"OVERFLOW_STORAGE": _SECOND, "OVERFLOW_HOURS": str(overflow_hours)} if overflow_hours else {}
    settings = settings_of(
        **overflow,
        RELEASE_AT_SOURCE=release,
        RETRY_FIRST_SECONDS=str(first),
        RETRY_LONGEST_SECONDS=str(longest),
        SWEEP_SECONDS=str(interval),
        RECORDING_POLICY=POLICY,
    )
    return replace(settings, copy=replace(settings.copy, slice_length=_SLICE))


class _WriteLocks(dict[RecordingId, _WriteLock]):
    """The write locks of a process, which let other tasks go on."""

    def __init__(self, process: "Process") -> None:
        super().__init__()
        self._process = process

    def setdefault(self, key: RecordingId, default: _WriteLock | None = None) -> _WriteLock:
        if key not in self:
            self[key] = _WriteLock(cast("Any", Lock(self._process.world.clockwork)))
        return self[key]


class Process:
    """One worker process, from its start to its crash."""

    def __init__(self, world: "World", number: int) -> None:
        self.world = world
        self.name = f"process {number}"
        self.is_dead = False
        self.tasks: dict[Task, None] = {}  # in the order in which they began
        chance = world.chance
        if chance.happens("clock skewed", self.name):
            self.skew = (chance.detail * 2 - 1) * 600
        else:
            self.skew = 0.0
        rules, strangers, participants = world.rules, world.strangers, world.participants
        gates: dict[str, Any] = {
            "calls": Gate(
                self,
                "calls",
                world.service.calls,
                {"start": rules.started, **dict.fromkeys(("stop", "pause", "resume"), world.service.turned)},
            ),
            "prompts": Gate(
                self,
                "prompts",
                world.prompts,
                {
                    "play_to_all": participants.played,
                    "ask_for_key": participants.asked,
                    "hang_up": participants.hung_up,
                },
                {
                    "participants": participants.check,
                    "hang_up": participants.check,
                    "play_to_all": participants.check_order,
                    "ask_for_key": participants.check_order,
                },
            ),
            "consents": Gate(self, "consents", world.consents, {"save": rules.consents.saved}),
            "source": SourceGate(self, "source", world.source),
            "archive": Gate(
                self,
                "archive",
                world.archive,
                {"commit": rules.written, "put": rules.written},
                {"commit": strangers.write, "put": strangers.write},
            ),
            "quarantine": Gate(self, "quarantine", world.quarantine),
            "quarantined": BlobGate(self, "quarantine", FakeBlobSource(world.quarantine)),
            "overflow": Gate(self, "overflow", world.overflow),
            "overflowed": BlobGate(self, "overflow", FakeBlobSource(world.overflow)),
            "overflow_copies": Gate(
                self, "overflow", FakeOverflowCopies(world.overflow), others={"remove": rules.copy_removed}
            ),
            "journal": Gate(self, "journal", world.journal, {"write": rules.journalled}),
            "catalog": Gate(self, "catalog", world.catalog, {"save": self._saved}, {"own": strangers.remove}),
            "open_work": Gate(self, "open_work", world.open_work, {"remove": rules.row_removed}),
            "sweep_states": Gate(self, "open_work", world.open_work),
            "throttle": Gate(self, "open_work", world.throttle),
            "directory": Gate(self, "catalog", world.directory),
            "queue": Gate(self, "queue", world.chunk_queue),
            "event_queue": Gate(self, "queue", world.event_queue),
            "ledger": Gate(self, "open_work", world.ledger),
            "dead_letters": Gate(self, "journal", FakeInventory(world.letters)),
            "journal_inventory": Gate(self, "journal", FakeInventory(world.journal)),
            "trail": Gate(self, "trail", world.trail),
            "record_queue": Gate(self, "queue", world.record_queue),
            "tick_queue": Gate(self, "queue", world.tick_queue),
            "topic": Gate(self, "topic", world.topic, {"publish": world.told.published}),
        }
        self.output = Gate(self, "queue", None)
        self.app = compose(
            _settings(world.plan.release, world.plan.waits, world.plan.interval, world.plan.overflow_hours),
            **gates,
            **world.unused,
            tombstones=world.tombstones,
            index=world.index,
            job_queue=world.job_queue,
            checks={},
            engine=engine_of(gates["source"], block=BLOCK, buffers=_BUFFERS, monotonic=self.monotonic),
            now=self.now,
            monotonic=self.monotonic,
            sleep=world.clockwork.sleep,
            new_id=self._new_id,
        )
        updates = self.app.archiving.updates
        object.__setattr__(updates, "_write_locks", _WriteLocks(self))
        object.__setattr__(updates, "spread", lambda: chance.value("spread", self.name))

    def now(self) -> datetime:
        """The time of day by this process's clock."""
        return START + timedelta(seconds=self.world.clockwork.now + self.skew)

    def monotonic(self) -> float:
        """The seconds since the start; no clock that is set moves it."""
        return self.world.clockwork.now

    def begin(self, act: Callable[[], None], ended: Callable[[BaseException | None], None], whom: str) -> None:
        """Run something in a task; `ended` is called with its error, or with None."""

        def run() -> None:
            failure: BaseException | None = None
            try:
                act()
            except (Exception, KilledError) as error:  # noqa: BLE001 - judged by `ended`
                failure = error
            self.tasks.pop(cast("Task", getcurrent()), None)
            ended(failure)

        self.tasks[self.world.clockwork.begin(run, whom)] = None

    def crash(self) -> None:
        """The process dies, with all its tasks.

        Raises:
            KilledError: always, for the task that is in the middle of something.
        """
        self.die()
        raise KilledError

    def die(self) -> None:
        """End all tasks but the current one, at the moment."""
        if self.is_dead:
            return
        self.is_dead = True
        self.world.story.tell(self.name, "dies")
        for task in self.tasks:
            if task is not getcurrent():
                self.world.clockwork.later(0, partial(_kill, task))
        self.world.host.died(self)

    def _saved(self, _: object, saved: Any) -> None:  # noqa: ANN401
        self.world.rules.saved(self, saved)

    def _new_id(self) -> UUID:
        task = getcurrent()
        whom = task.whom if isinstance(task, Task) else ""
        high, low = (int(self.world.chance.value("new id", whom) * 2**63) for _ in range(2))
        return UUID(int=(high << 64) | low)


def _kill(task: Task) -> None:
    if not task.dead:
        task.throw(KilledError)
