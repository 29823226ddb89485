"""In-memory implementations of `recording.ports`; tests/contracts checks them like the real adapters."""

from tests.fakes.archive import FakeArchive
from tests.fakes.catalog import FakeCatalog
from tests.fakes.open_work import FakeDirectory, FakeOpenWork, FakeThrottle
from tests.fakes.queue import FakeQueue, FakeTickQueue
from tests.fakes.service import FakeCalls, FakeTopic
from tests.fakes.source import FakeSource, FakeTransfer

__all__ = [
    "FakeArchive",
    "FakeCalls",
    "FakeCatalog",
    "FakeDirectory",
    "FakeOpenWork",
    "FakeQueue",
    "FakeSource",
    "FakeThrottle",
    "FakeTickQueue",
    "FakeTopic",
    "FakeTransfer",
]
