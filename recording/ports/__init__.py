"""What the use cases need of the outside world. The docstrings are the contract, held by one suite for every adapter.

Every method raises `Transient` or `Permanent` errors of `core.errors` and nothing else: whatever else an adapter meets
comes out as `PortFailed` (`adapters.guarding`). Unless it says otherwise a method may be called twice with the same
arguments and by many threads at once.
"""

from recording.ports.archive import Archive, ArchivedBlob, BlockList, Journal
from recording.ports.calls import CallLocator, Calls, StartOrder
from recording.ports.catalog import Catalog, StartClaim
from recording.ports.chunk_queue import ChunkQueue
from recording.ports.source import Source, Transfer
from recording.ports.topic import Topic

__all__ = [
    "Archive",
    "ArchivedBlob",
    "BlockList",
    "CallLocator",
    "Calls",
    "Catalog",
    "ChunkQueue",
    "Journal",
    "Source",
    "StartClaim",
    "StartOrder",
    "Topic",
    "Transfer",
]
