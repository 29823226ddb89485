"""In-memory implementations of `recording.ports`; tests/contracts checks them like the real adapters."""

from tests.fakes.archive import FakeArchive
from tests.fakes.blob_source import FakeBlobSource
from tests.fakes.catalog import FakeCatalog
from tests.fakes.consent import FakeConsents, FakePrompts
from tests.fakes.event_queue import FakeEventQueue
from tests.fakes.index import FakeIndex
from tests.fakes.inventory import FakeInventory
from tests.fakes.ledger import FakeLedger
from tests.fakes.links import FakeLinks
from tests.fakes.open_work import FakeDirectory, FakeOpenWork, FakeThrottle
from tests.fakes.overflow_copies import FakeOverflowCopies
from tests.fakes.probe import FakeProbe, FakeProbeQueue
from tests.fakes.queue import FakeJobQueue, FakeQueue, FakeRecordQueue, FakeTickQueue
from tests.fakes.removal import FakeRemoval
from tests.fakes.service import FakeCalls, FakeTopic
from tests.fakes.shelf import FakeShelf
from tests.fakes.source import FakeSource, FakeTransfer
from tests.fakes.tombstones import FakeTombstones
from tests.fakes.trail import FakeTrail

__all__ = [
    "FakeArchive",
    "FakeBlobSource",
    "FakeCalls",
    "FakeCatalog",
    "FakeConsents",
    "FakeDirectory",
    "FakeEventQueue",
    "FakeIndex",
    "FakeInventory",
    "FakeJobQueue",
    "FakeLedger",
    "FakeLinks",
    "FakeOpenWork",
    "FakeOverflowCopies",
    "FakeProbe",
    "FakeProbeQueue",
    "FakePrompts",
    "FakeQueue",
    "FakeRecordQueue",
    "FakeRemoval",
    "FakeShelf",
    "FakeSource",
    "FakeThrottle",
    "FakeTickQueue",
    "FakeTombstones",
    "FakeTopic",
    "FakeTrail",
    "FakeTransfer",
]
