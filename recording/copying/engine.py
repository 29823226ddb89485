"""The copy engine's door: from a location at the source to a committed blob.

The way of one chunk through the modules:
1. `Engine.open` borrows a buffer (`buffer_pool`) and opens the content: `range_reader` sends the first request, learns
   length, final location and validators, and reads the beginning into the buffer. `OpenedChunk.facts` inspects it.
2. `OpenedChunk.store` puts a chunk of one block in one request. For a longer one, `block_stager` lists what an earlier
   try has staged and decides how the rest is read: by ranges, or by one stream where the source ignores ranges.
3. By ranges: `range_workers` runs as many threads as `concurrency` says. Each takes consecutive missing blocks, reads
   them in one request (`range_stream`), and stages each under an id with its position and digest (`staged_blocks`).
4. Where the source ignores ranges, the one reply is read in order (`whole_stream`), and its blocks are staged likewise.
5. Every request is made by `range_requests`, which checks each reply against the first one, and tries again after an
   error that passes. Bytes are hashed as they come (`hashing_buffer`); a stalled reply is aborted (`stall_watchdog`).
6. When all is staged, the engine commits the blocks, unless a blob has that name, and checks what the archive lists.
7. On conflict, `OpenedChunk.compare` reads what is there (`proving`) and compares it with the source.
8. `Engine.match` compares the source with an accepted copy (`matching`), in as many time slices as that takes.
9. `Engine.read_on` reads what is proven where it stands (`reading_on`), likewise.

Nothing is committed unless it has the announced length. Every block is hashed as it is read, and checked
by the archive as it arrives. A killed copy continues from its staged blocks. The pool bounds the memory of all copies.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from recording.copying.block_stager import BlockStager
from recording.copying.buffer_pool import BufferPool
from recording.copying.destination import Copied, CutOff, Destination, Progress, unwatched
from recording.copying.matching import Matched, match
from recording.copying.proving import first_block, prove_ours, read_back
from recording.copying.range_reader import RangeReader
from recording.copying.range_requests import RangeRequests
from recording.copying.reading_on import ReadSoFar, read_on
from recording.copying.stall_watchdog import StallWatchdog
from recording.copying.whole_stream import read_small
from recording.core import blocks
from recording.core.errors import ArchiveDamaged, BlobExists, SourceNotReady, StagedBlocksGone
from recording.core.media import MediaFacts, Need, inspect, is_error_page
from recording.core.model import Digest, Location
from recording.ports import ArchivedBlob, ReadableSource

_OPERATION = "copy chunk"


class Engine:
    """Copies chunks from the source to the archive. One per worker process: its copies share its memory.

    Args:
        source: where chunks come from.
        pool: the memory budget; its buffer size is the block size.
        connections: the most that one copy opens at a time.
        monotonic: the clock for throughput and time slices, in seconds.
    """

    def __init__(
        self, source: ReadableSource, pool: BufferPool, *, connections: int, monotonic: Callable[[], float]
    ) -> None:
        self.source = source
        self.pool = pool
        self.connections = connections
        self.monotonic = monotonic
        self._watchdog = StallWatchdog(monotonic)

    def over(self, source: ReadableSource) -> "Engine":
        """An engine for another source, whose copies share the memory of this one's."""
        return Engine(source, self.pool, connections=self.connections, monotonic=self.monotonic)

    @contextmanager
    def open(self, location: Location) -> Iterator["OpenedChunk"]:
        """Begin to read, so that the chunk can be looked at before anything is stored.

        Raises:
            SourceNotReady: nothing is there yet, or it is empty.
            Transient: it cannot be read now.
            HostileLocation: nothing was sent.
        """
        with ExitStack() as stack:
            reader = stack.enter_context(RangeReader(self.source, self._watchdog, location))
            first = stack.enter_context(ExitStack())
            view = first.enter_context(self.pool.borrow())
            yield OpenedChunk(self, location, reader, view[: reader.open(view)], first.close)

    def read_small(self, location: Location, most: int) -> bytes:
        """The whole of a small content, such as a metadata file, of at most `most` bytes.

        Raises:
            TransferBroken: it is longer, or the reply breaks.
        """
        return read_small(RangeRequests(self.source, self._watchdog, location), most)

    def prove(self, to: Destination) -> Copied | None:
        """The copy of an earlier try at the destination, proven by its own metadata alone; None if it is none.

        It is read back whole. Enough only where the source has ended.
        """
        return prove_ours(to, self.pool)

    def compare(self, location: Location, to: Destination) -> Copied | None:
        """The blob at the destination, if it is the content of that location; None if not, or if there is none."""
        standing = to.archive.find(to.name)
        if standing is None:
            return None
        with self.open(location) as opened:
            return opened.compare(to, standing)

    def read_back(self, to: Destination, length: int, block_size: int) -> Digest:
        """The digest of what the archive returns for the blob at the destination, read from beginning to end."""
        return read_back(to.archive, to.name, length, block_size, self.pool)

    def match(
        self, location: Location, to: Destination, length: int, known: Matched | None, until: float
    ) -> Matched | None:
        """How far the content of that location is the blob at the destination; see `matching.match`.

        Until the monotonic time `until` blocks are begun. Whole is what matches for the `length` of the blob.
        """
        with RangeReader(self.source, self._watchdog, location) as reader:
            return match(reader, to, length, known, self.pool, lambda: self.monotonic() < until)

    def read_on(self, location: Location, known: bytes, until: float) -> ReadSoFar:
        """Read the content of that location from the blocks on that an earlier try has read; see `reading_on`.

        Until the monotonic time `until` blocks are begun.
        """
        with RangeReader(self.source, self._watchdog, location) as reader:
            return read_on(reader, known, self.pool, lambda: self.monotonic() < until)

    def hash_source(self, location: Location) -> Digest:
        """Read all of the source and store nothing: the digest to compare with what stands in the archive."""
        hasher = blocks.Hasher(self.pool.size)
        with RangeReader(self.source, self._watchdog, location) as reader, self.pool.borrow() as buffer:
            at = reader.open(buffer)
            reader.read_first_block()
            hasher.update(buffer[:at])
            total = reader.content.total
            while at < total:
                view = buffer[: min(len(buffer), total - at)]
                if reader.whole is None:
                    reader.read(at, view)
                else:
                    reader.whole.read_next(view, ends=at + len(view) == total)
                hasher.update(view)
                at += len(view)
        return hasher.digest()


class OpenedChunk:
    """A chunk whose beginning is read: look at its `facts`, `store` it, once, or `compare` it on conflict."""

    def __init__(
        self,
        engine: Engine,
        location: Location,
        reader: RangeReader,
        first: memoryview,
        release_first: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._announced = location
        self._reader = reader
        self._first = first
        self._release_first = release_first
        self.length = reader.content.total

    @property
    def location(self) -> Location:
        """Where the content is, after redirects."""
        return self._reader.content.location

    def facts(self) -> MediaFacts:
        """What the media is, as far as a few of its bytes show.

        Raises:
            SourceNotReady: it is an error page.
        """
        head = self._reader.peek()
        if is_error_page(head):
            raise SourceNotReady(_OPERATION, "an error page is where media should be", hint="it passes by itself")
        more: dict[int, bytes] = {}
        while isinstance(found := inspect(head, self.length, more), Need):
            more[found.offset] = self._read_needed(found)
        return found

    def _read_needed(self, need: Need) -> bytes:
        end = min(need.offset + need.length, self.length)
        if end <= len(self._first):
            self._reader.read_first_block()
            return bytes(self._first[need.offset : end])
        if self._reader.whole is not None:
            return b""  # without ranges, everything before it would have to be read
        found = bytearray(end - need.offset)
        self._reader.read(need.offset, memoryview(found))
        return bytes(found)

    def store(
        self, to: Destination, until: float, progress: Progress = unwatched, resumed: Progress = unwatched
    ) -> Copied | CutOff:
        """Copy the chunk to its destination, or as much of it as the time allows.

        Args:
            to: the blob to be.
            until: the monotonic time in seconds at which no further block is begun.
            progress: called with the length of each block that is safe, by several threads, one at a time.
            resumed: called once with the number of bytes that an earlier try has made safe.

        Raises:
            BlobExists: there is a blob already; `compare` tells whether it is this chunk's.
            StagedBlocksGone: a rival has committed meanwhile: the same.
            Transient: what is staged stays staged; call again later.
        """
        try:
            if self.length == len(self._first):
                return self._put(to, progress)
            return self._stage_and_commit(to, until, progress, resumed)
        except (BlobExists, StagedBlocksGone):
            self._reader.read_first_block()  # for `compare`, before its buffer is given back
            raise
        finally:
            # The next call may borrow a buffer, and this may be the only one.
            self._release_first()

    def compare(self, to: Destination, standing: ArchivedBlob) -> Copied | None:
        """The blob at the destination, if it is this chunk; else None.

        A copy of an earlier try must have the source's length and first block, and, read back, the digest that its
        metadata says. Any other blob is compared with all of the source.
        """
        if not self.resembles(to, standing):
            return None
        ours = self._engine.prove(to)
        if ours is not None:
            return ours
        digest = self._engine.hash_source(self._announced)
        found = self._engine.read_back(to, self.length, digest.block_size)
        return Copied(self.length, digest, standing.etag) if found == digest else None

    def resembles(self, to: Destination, standing: ArchivedBlob) -> bool:
        """Whether the blob at the destination has the length and the first block of this chunk."""
        if standing.length != self.length:
            return False
        first = self._reader.read_first_block()
        self._release_first()
        return first_block(to, self.length, self._engine.pool) == first

    def _put(self, to: Destination, progress: Progress) -> Copied:
        digest = blocks.composite({0: self._reader.read_first_block()}, self._engine.pool.size)
        etag = to.archive.put(to.name, self._first, to.blob_metadata(self.length, digest), to.content_type)
        progress(self.length)
        return Copied(self.length, digest, etag)

    def _stage_and_commit(
        self, to: Destination, until: float, progress: Progress, resumed: Progress
    ) -> Copied | CutOff:
        stager = BlockStager(
            self._reader,
            to,
            self._engine.pool,
            connections=self._engine.connections,
            monotonic=self._engine.monotonic,
            until=until,
            progress=progress,
            resumed=resumed,
        )
        staged = stager.stage_all(self._first, self._release_first)
        if isinstance(staged, CutOff):
            return staged
        digest = blocks.composite(staged.digests, self._engine.pool.size)
        etag = to.archive.commit(to.name, staged.block_ids, to.blob_metadata(self.length, digest), to.content_type)
        self._verify(to, staged.block_ids, etag)
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
