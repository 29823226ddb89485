"""From a location to a committed blob: opens the source, lets it be looked at, carries it over, verifies what stands.

Whatever is killed and whoever lies: nothing is committed but what has the length that the source announced; every
block is hashed as it is read and checked by the archive on arrival; a copy that was cut off goes on from its staged
blocks; memory is what the budget allows.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from recording.copying.block_stager import BlockStager
from recording.copying.buffer_pool import BufferPool
from recording.copying.destination import Copied, CutOff, Destination, Progress, unwatched
from recording.copying.proving import first_block, prove_ours, read_back
from recording.copying.range_reader import RangeReader
from recording.copying.stall_watchdog import StallWatchdog
from recording.core import blocks
from recording.core.errors import ArchiveDamaged, BlobExists, SourceNotReady, StagedBlocksGone
from recording.core.media import MediaFacts, Need, inspect, is_error_page
from recording.core.model import Digest, Location
from recording.ports import ArchivedBlob, Source

_OPERATION = "copy chunk"


class Engine:
    """Carries chunks from the source to the archive. One per worker process: its copies share its memory.

    Args:
        source: where chunks come from.
        buffers: the memory budget; its buffer size is the block size.
        connections: the most that one copy opens at a time.
        monotonic: the clock for pace and time slices, in seconds.
    """

    def __init__(
        self, source: Source, buffers: BufferPool, *, connections: int, monotonic: Callable[[], float]
    ) -> None:
        self.source = source
        self.buffers = buffers
        self.connections = connections
        self.monotonic = monotonic
        self._guard = StallWatchdog(monotonic)

    @contextmanager
    def open(self, location: Location) -> Iterator["OpenedChunk"]:
        """Begin to read, so that the chunk can be looked at before anything is stored.

        Raises:
            SourceNotReady: nothing is there yet, or nothing is in it.
            Transient: it cannot be read now.
            HostileLocation: nothing was sent.
        """
        with ExitStack() as stack:
            ranges = stack.enter_context(RangeReader(self.source, self._guard, location))
            first = stack.enter_context(ExitStack())
            view = first.enter_context(self.buffers.borrow())
            yield OpenedChunk(self, location, ranges, view[: ranges.begin(view)], first.close)

    def read_small(self, location: Location, most: int) -> bytes:
        """The whole of a small content, such as a metadata file, of at most `most` bytes.

        Raises:
            TransferBroken: it is longer, or the reply breaks.
        """
        with RangeReader(self.source, self._guard, location) as ranges:
            return ranges.read_small(most)

    def prove(self, to: Destination) -> Copied | None:
        """What an earlier try has left at the destination, by its own word alone; None if it is something else.

        Read back whole, it is what its blob metadata says. Enough only where the source has ended.
        """
        return prove_ours(to, self.buffers)

    def compare(self, location: Location, to: Destination) -> Copied | None:
        """What stands at the destination, if it is the content of that location; None if not, or if nothing stands."""
        standing = to.archive.find(to.name)
        if standing is None:
            return None
        with self.open(location) as arrival:
            return arrival.compare(to, standing)

    def read_back(self, to: Destination, length: int) -> Digest:
        """The digest of what the archive returns for the blob at the destination, read from end to end."""
        return read_back(to.archive, to.name, length, self.buffers.size, self.buffers)

    def hash_source(self, location: Location) -> Digest:
        """Read all of the source and store nothing: the digest to hold against what stands in the archive."""
        hasher = blocks.Hasher(self.buffers.size)
        with RangeReader(self.source, self._guard, location) as ranges, self.buffers.borrow() as buffer:
            at = ranges.begin(buffer)
            ranges.first()
            hasher.update(buffer[:at])
            while at < ranges.total:
                view = buffer[: min(len(buffer), ranges.total - at)]
                if ranges.whole:
                    ranges.follow(view, ends=at + len(view) == ranges.total)
                else:
                    ranges.read(at, view)
                hasher.update(view)
                at += len(view)
        return hasher.digest()


class OpenedChunk:
    """A chunk that has begun to arrive: look at its `facts`, `store` it, once, `compare` it with what is in the way."""

    def __init__(
        self,
        engine: Engine,
        location: Location,
        ranges: RangeReader,
        first: memoryview,
        release_first: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._location = location
        self._ranges = ranges
        self._first = first
        self._release_first = release_first
        self.length = ranges.total

    @property
    def location(self) -> Location:
        """Where the content really comes from, after redirects."""
        return self._ranges.location

    def facts(self) -> MediaFacts:
        """What the media is, as far as a few of its bytes tell.

        Raises:
            SourceNotReady: it is an error page.
        """
        head = self._ranges.head()
        if is_error_page(head):
            raise SourceNotReady(_OPERATION, "an error page is where media should be", hint="it passes by itself")
        more: dict[int, bytes] = {}
        while isinstance(found := inspect(head, self.length, more), Need):
            more[found.offset] = self._peek(found)
        return found

    def _peek(self, need: Need) -> bytes:
        end = min(need.offset + need.length, self.length)
        if end <= len(self._first):
            self._ranges.first()
            return bytes(self._first[need.offset : end])
        if self._ranges.whole:
            return b""  # without ranges it would cost reading all that lies before
        found = bytearray(end - need.offset)
        self._ranges.read(need.offset, memoryview(found))
        return bytes(found)

    def store(
        self, to: Destination, until: float, progress: Progress = unwatched, resumed: Progress = unwatched
    ) -> Copied | CutOff:
        """Carry the chunk to its destination, or as much of it as the time allows.

        Args:
            to: the blob to be.
            until: the monotonic time in seconds at which no further block is begun.
            progress: told of every block that has become safe, by several threads, one at a time.
            resumed: told once of the bytes that an earlier try has made safe.

        Raises:
            BlobExists: there is a blob already; `compare` tells whether it is this chunk's.
            StagedBlocksGone: a rival has committed meanwhile, which says the same.
            Transient: what is staged stays staged; call again later.
        """
        try:
            if self.length == len(self._first):
                return self._put(to, progress)
            return self._carry(to, until, progress, resumed)
        except (BlobExists, StagedBlocksGone):
            self._ranges.first()  # for `compare`, as long as its buffer is in hand
            raise
        finally:
            # Whoever proves or reads back next borrows a buffer, and this may be the only one.
            self._release_first()

    def compare(self, to: Destination, standing: ArchivedBlob) -> Copied | None:
        """What stands at the destination, if it is this chunk; else None.

        A copy of an earlier try must have the source's length and first block, and be what its blob metadata says once
        it is read back. Anything else is compared with the source byte by byte.
        """
        if not self.resembles(to, standing):
            return None
        ours = self._engine.prove(to)
        if ours is not None:
            return ours
        digest = self._engine.hash_source(self._location)
        return Copied(self.length, digest, standing.etag) if self._engine.read_back(to, self.length) == digest else None

    def resembles(self, to: Destination, standing: ArchivedBlob) -> bool:
        """Whether what stands at the destination has the length and the first block of this chunk."""
        if standing.length != self.length:
            return False
        first = self._ranges.first()
        self._release_first()
        return first_block(to, self.length, self._engine.buffers) == first

    def _put(self, to: Destination, progress: Progress) -> Copied:
        digest = blocks.composite({0: self._ranges.first()}, self._engine.buffers.size)
        etag = to.archive.put(to.name, self._first, to.blob_metadata(self.length, digest), to.content_type)
        progress(self.length)
        return Copied(self.length, digest, etag)

    def _carry(self, to: Destination, until: float, progress: Progress, resumed: Progress) -> Copied | CutOff:
        carriage = BlockStager(
            self._ranges,
            to,
            self._engine.buffers,
            connections=self._engine.connections,
            monotonic=self._engine.monotonic,
            until=until,
            progress=progress,
            resumed=resumed,
        )
        carried = carriage.carry(self._first, self._release_first)
        if isinstance(carried, CutOff):
            return carried
        digest = blocks.composite(carried.digests, self._engine.buffers.size)
        etag = to.archive.commit(to.name, carried.block_ids, to.blob_metadata(self.length, digest), to.content_type)
        self._verify(to, carried.block_ids, etag)
        return Copied(self.length, digest, etag)

    def _verify(self, to: Destination, block_ids: list[str], etag: str) -> None:
        """The committed blob must consist of our blocks, in our order, and of nothing else."""
        listed = to.archive.committed(to.name)
        if (
            listed is None
            or [block.block_id for block in listed.blocks] != block_ids
            or (listed.length, listed.etag) != (self.length, etag)
        ):
            raise ArchiveDamaged(_OPERATION, "the committed blob is not what was staged", ids={"blob": to.name})
