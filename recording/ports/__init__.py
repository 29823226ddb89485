"""The services that the use cases need, as protocols. The docstrings are the contract; tests/contracts checks it.

Every method raises only `Transient` and `Permanent` errors of `core.errors`: an adapter turns any other exception into
`PortFailed` (`adapters.guarding`). Unless stated otherwise every method is idempotent and thread-safe.
"""

from recording.ports.archive import Archive, ArchivedBlob, BlockList, Journal
from recording.ports.callers import Callers
from recording.ports.calls import Calls
from recording.ports.catalog import Catalog, StartClaim
from recording.ports.chunk_queue import ChunkQueue
from recording.ports.consents import ConsentPage, ConsentRow, Consents
from recording.ports.event_queue import EventQueue
from recording.ports.index import Index, IndexPage, IndexRow
from recording.ports.inventory import BlobPage, Inventory, ListedBlob
from recording.ports.ledger import Ledger
from recording.ports.links import Links
from recording.ports.native import NativeContainer
from recording.ports.open_work import DayPage, Directory, OpenPage, OpenRow, OpenWork, SweepState, SweepStates
from recording.ports.overflow_copies import OverflowCopies
from recording.ports.probe import ProbeContainer, ProbeQueue
from recording.ports.prompts import InCall, PromptOrder, Prompts
from recording.ports.record_queue import JobQueue, RecordQueue
from recording.ports.removal import Removal
from recording.ports.shelf import Shelf
from recording.ports.source import ReadableSource, Source, Transfer
from recording.ports.throttle import Throttle
from recording.ports.tick_queue import TickQueue
from recording.ports.tombstones import Tombstones
from recording.ports.topic import Topic
from recording.ports.trail import Trail, TrailPage

__all__ = [
    "Archive",
    "ArchivedBlob",
    "BlobPage",
    "BlockList",
    "Callers",
    "Calls",
    "Catalog",
    "ChunkQueue",
    "ConsentPage",
    "ConsentRow",
    "Consents",
    "DayPage",
    "Directory",
    "EventQueue",
    "InCall",
    "Index",
    "IndexPage",
    "IndexRow",
    "Inventory",
    "JobQueue",
    "Journal",
    "Ledger",
    "Links",
    "ListedBlob",
    "NativeContainer",
    "OpenPage",
    "OpenRow",
    "OpenWork",
    "OverflowCopies",
    "ProbeContainer",
    "ProbeQueue",
    "PromptOrder",
    "Prompts",
    "ReadableSource",
    "RecordQueue",
    "Removal",
    "Shelf",
    "Source",
    "StartClaim",
    "SweepState",
    "SweepStates",
    "Throttle",
    "TickQueue",
    "Tombstones",
    "Topic",
    "Trail",
    "TrailPage",
    "Transfer",
]
