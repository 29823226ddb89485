"""What a soak does, and when: computed from a seed, so that the seed reproduces it.

A plan has two parts. In the first, recordings come, and faults, kills and lost messages with them. In the second, the
outage, the app is down while recordings go on, until Event Grid has given up their events; and the messages are lost.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from local.acs.fault_table import FAULTS as SOURCE_FAULTS
from local.acs.faults import Trigger
from local.faultproxy.faults import FAULTS as STORAGE_FAULTS
from local.faultproxy.faults import Moment
from local.faultproxy.operations import Operation
from recording.settings import CHUNK_QUEUE, SWEEP_QUEUE, URGENT_QUEUE

LOST_FROM = (CHUNK_QUEUE, URGENT_QUEUE, SWEEP_QUEUE)
"""Queues whose messages may be lost: the sweep finds their work soon. An event whose message is lost is looked for in
the journal after ten minutes, which is too late here."""
LENGTHS = (32_044, 1_500_000, 2_600_000)
"""Bytes of a chunk: one, two or three blocks of a mebibyte."""
SHORTEST_OUTAGE = 3.0

# Bytes and seconds by which a fault lasts seconds, not minutes. A change of content in the middle of a chunk that the
# service announces in no way cannot be detected, so that one is armed at the beginning.
_TRIGGERS: dict[str, Trigger] = {
    "content_changes": {"at": 0},
    "slow_body": {"amount": 1 << 17, "seconds": 0.05},
    "breaks_every": {"amount": 300_000},
    "busy_429": {"retry_after": 1},
    **{
        name: {"amount": 20, "seconds": 0.05}
        for name in ("slow_head", "slow_refusal", "slow_redirect", "delete_slow_body", "delete_slow_head")
    },
    **{name: {"seconds": 1.0} for name in ("hang", "hang_mid_body", "delete_timeout_after_success")},
}
_SOURCE = tuple(name for name, kind in SOURCE_FAULTS.items() if not kind.rule)

# Storage does not check the bytes of a table's row or of a message, and nor could anybody.
_DAMAGES: dict[str, tuple[Operation, ...]] = {"damaged_body": ("stage",), "damaged_reply": ("read",)}
_OF_BLOBS: tuple[Operation, ...] = ("stage", "commit", "put", "get_block_list", "head", "read", "delete")
_OF_TABLES: tuple[Operation, ...] = ("query", "insert", "upsert", "get_entity")
_OF_QUEUES: tuple[Operation, ...] = ("enqueue", "dequeue", "renew", "dismiss")
_ONLY: dict[str, tuple[Operation, ...]] = {
    **_DAMAGES,
    "container_not_found_404": _OF_BLOBS,
    "blob_immutable_409": ("commit", "put"),
    "table_not_found_404": _OF_TABLES,
}
_STORAGE = tuple(name for name in STORAGE_FAULTS if name != "pause")
assert {*_OF_BLOBS, *_OF_TABLES, *_OF_QUEUES} <= set(get_args(Operation))


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens `at` so many seconds after the beginning."""

    at: float


@dataclass(frozen=True, slots=True)
class Announce(Step):
    """A recording that others made has ended: its event, `copies` times.

    Attributes:
        lengths: bytes of each chunk.
        redirects: whether the service serves it from another region.
        is_doubtful: whether its metadata file is that of another document, until the end.
        is_gone: whether its sources ended before its event came.
    """

    number: int
    lengths: tuple[int, ...]
    copies: int = 1
    redirects: bool = False
    is_doubtful: bool = False
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Call(Step):
    """A call that the app records, and that ends after `lasts` seconds; a silent one has no file event, ever."""

    lasts: float
    chunk_ms: tuple[int, ...]
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class SourceFault(Step):
    """A fault of the service, for so many requests and no longer than so many seconds."""

    name: str
    count: int | None
    lasts: float
    trigger: Trigger = field(default_factory=Trigger)


@dataclass(frozen=True, slots=True)
class StorageFault(Step):
    """A fault of the storage, likewise."""

    name: str
    operation: Operation
    moment: Moment
    count: int
    lasts: float


@dataclass(frozen=True, slots=True)
class Kill(Step):
    """The host is killed, or stopped in order, and started again after `down` seconds."""

    down: float
    in_order: bool = False


@dataclass(frozen=True, slots=True)
class LoseMessages(Step):
    """All messages of a queue are gone."""

    queue: str


@dataclass(frozen=True, slots=True)
class RefuseEvents(Step):
    """The topic to which the app publishes refuses the next requests."""

    count: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in order; the outage lasts from `outage_at` to `seconds`."""

    seed: int
    seconds: float
    outage_at: float
    steps: tuple[Step, ...]

    @property
    def outage(self) -> float:
        """How long the outage lasts, in seconds."""
        return self.seconds - self.outage_at

    def lines(self) -> Iterator[dict[str, Any]]:
        """The steps as JSON objects, for the log."""
        for step in self.steps:
            yield {"step": type(step).__name__, **asdict(step)}


def plan_of(seed: int, seconds: float) -> Plan:
    """The plan of a seed.

    Args:
        seed: of everything that is chosen.
        seconds: of the disturbances and the outage; how long it takes to set things right depends on the machine.
    """
    chance = random.Random(seed)
    outage_at = seconds - max(SHORTEST_OUTAGE, seconds * 0.15)
    steps: list[Step] = []
    numbers = iter(range(1_000_000))

    def every(low: float, high: float, make: Callable[[float], Step], end: float = outage_at) -> None:
        at = chance.uniform(0.0, low)
        while at < end:
            steps.append(make(at))
            at += chance.uniform(low, high)

    every(0.8, 2.4, lambda at: _announce(chance, at, next(numbers)), end=seconds - 0.5)
    every(2.0, 6.0, lambda at: _call(chance, at))
    every(0.5, 1.6, lambda at: _source_fault(chance, at))
    every(0.4, 1.4, lambda at: _storage_fault(chance, at))
    every(4.0, 9.0, lambda at: Kill(at, chance.uniform(0.0, 2.0), chance.random() < 0.25))
    every(5.0, 15.0, lambda at: LoseMessages(at, chance.choice(LOST_FROM)))
    every(6.0, 20.0, lambda at: RefuseEvents(at, chance.randint(1, 3)))
    # At least one of each kind that a person must hear of, however short the plan is.
    steps.append(Announce(outage_at * 0.3, next(numbers), LENGTHS[:1], is_doubtful=True))
    steps.append(Announce(outage_at * 0.6, next(numbers), LENGTHS[:2], is_gone=True))
    steps.append(Call(outage_at * 0.2, 1.0, (1_000,), is_silent=True))
    return Plan(seed, seconds, outage_at, tuple(sorted(steps, key=lambda step: step.at)))


def _announce(chance: random.Random, at: float, number: int) -> Announce:
    lengths = tuple(chance.choices(LENGTHS, k=chance.choice((1, 1, 1, 2, 3))))
    copies = chance.choice((1, 1, 1, 2, 5))
    redirects, doubtful = chance.random() < 0.3, chance.random() < 0.05
    return Announce(at, number, lengths, copies, redirects, doubtful)


def _call(chance: random.Random, at: float) -> Call:
    chunk_ms = chance.choice(((1_000,), (1_500,), (1_000, 2_000)))
    return Call(at, chance.uniform(0.5, 3.0), chunk_ms, chance.random() < 0.15)


def _source_fault(chance: random.Random, at: float) -> SourceFault:
    name = chance.choice(_SOURCE)
    return SourceFault(at, name, chance.choice((1, 2, 4, None)), chance.uniform(0.5, 4.0), _TRIGGERS.get(name, {}))


def _storage_fault(chance: random.Random, at: float) -> StorageFault:
    name = chance.choice(_STORAGE)
    operation = chance.choice(_ONLY.get(name, (*_OF_BLOBS, *_OF_TABLES, *_OF_QUEUES)))
    kind = STORAGE_FAULTS[name]
    # Armed after, an answer is of a request that was carried out; "not there" cannot be.
    may_be_after = kind.action == "answer" and not name.endswith("_404")
    moment: Moment = "after" if may_be_after and chance.random() < 0.5 else kind.moment
    return StorageFault(at, name, operation, moment, chance.choice((1, 2, 5)), chance.uniform(0.5, 4.0))
