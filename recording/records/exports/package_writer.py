"""Writes a package block by block, so that a run which is killed anywhere costs no more than the entry in hand."""

import hashlib
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

import msgspec

from recording.core import blocks
from recording.core.errors import ArchiveBusy, JobRefused
from recording.core.model import BlobName
from recording.core.records import zipping
from recording.core.records.packing import MOST_STEP, Absent, Block, Package, Packed, Step, Told, block_size
from recording.ports import Archive, Index, IndexRow
from recording.records.index_rows import rows_in
from recording.records.proven_bytes import NotAsProven

_STEP = msgspec.json.Decoder(Step)
_OPERATION = "write package"


class SliceOver(Exception):
    """The time of this run is over."""


@dataclass(slots=True)
class _Small:
    """Entries whose bytes are at hand, and what is told with them, before they are staged."""

    content: bytearray = field(default_factory=bytearray)
    packed: list[Packed] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)
    length: int = 0
    """Characters of the step, about."""


@dataclass(slots=True)
class PackageWriter:
    """Write the package of one export.

    Attributes:
        container: of the packages.
        index: keeps the steps.
        name: of the blob.
        partition, prefix: of the rows of the steps.
        at: the time that all entries have.
        is_over: whether the time of this run is over.
        package: what is written so far; `load` reads it.
    """

    container: Archive
    index: Index
    name: BlobName
    partition: str
    prefix: str
    at: datetime
    is_over: Callable[[], bool]
    package: Package = field(default_factory=Package)
    _small: _Small = field(default_factory=_Small)

    def load(self) -> None:
        """Read the steps of earlier runs."""
        for row in rows_in(self.index, self.partition, f"{self.prefix}~", f"{self.prefix}~~"):
            self.package.add(_STEP.decode(row.body))

    def has(self, path: str) -> bool:
        """Whether an entry is in the package, or about to be."""
        return path in self.package.entries or any(one.path == path for one in self._small.packed)

    def pack(self, path: str, content: bytes) -> None:
        """Pack an entry whose bytes are at hand; it is staged with others. Nothing happens if it is packed already."""
        if self.has(path):
            return
        head = zipping.header(path, len(content), crc := zlib.crc32(content), self.at)
        small = self._small
        small.packed.append(Packed(path, len(content), crc, hashlib.sha256(content).hexdigest()))
        small.content += head + content
        self._grow(len(path) + 200)

    def leave_out(self, absent: Absent) -> None:
        """Tell with the next step that something of this recording is left out; once, also after a kill."""
        if absent not in self.left_out():
            self._small.absent.append(absent)
            self._grow(len(absent.blob) + len(absent.reason) + 100)

    def left_out(self) -> list[Absent]:
        """What is left out of the recording in hand, so far."""
        number = len(self.package.told)
        last = takewhile(lambda found: found[0] == number, reversed(self.package.absent))
        return [*(one for _, one in last), *self._small.absent]

    def finish(self, told: Told | None = None) -> None:
        """Stage what was packed, and tell that a recording is finished."""
        small, self._small = self._small, _Small()
        staged = self._staged(small.content)
        self._save(Step(blocks=staged, packed=tuple(small.packed), absent=tuple(small.absent), told=told))

    def stream(self, path: str, length: int, pieces: Iterable[bytes | memoryview]) -> Packed:
        """Pack an entry whose bytes come in pieces, after what is told so far; the entry.

        Raises:
            NotAsProven: they are not as long; or what the pieces raise. What was staged of it is dropped.
            SliceOver: the next run goes on with it: it takes the same pieces again, and stages only the others.
        """
        if self._small.packed or self._small.absent:
            self.finish()
        entry, buffer = _Entry(path, length), bytearray()
        done = self.package.held_of(path)
        for piece in pieces:
            left = max(0, done - entry.taken)
            known, new = piece[:left], piece[left:]
            entry.add(known)
            entry.held(known)
            if known and entry.taken == done and entry.held_crc != self.package.held_crc:
                self._save(Step(path=path, is_dropped=True))
                cause = "an entry begins otherwise than in an earlier run"
                raise ArchiveBusy(_OPERATION, cause, ids={"blob": self.name})
            entry.add(new)
            buffer += new
            self._hold_full(entry, buffer)
        packed = entry.packed()
        self._close(packed, buffer)
        return packed

    def drop(self, path: str, absent: Absent) -> None:
        """Drop what is staged of an entry that proved to be not what it should be, and tell why."""
        self._save(Step(path=path, is_dropped=True, absent=(absent,)))

    def end(self) -> None:
        """Stage the directory: only the commit is left then."""
        directory = b"".join(zipping.directory(self.package.stored(), self.package.length, self.at))
        self._save(Step(blocks=self._staged(directory), is_last=True))

    def commit(self, blob_metadata: dict[str, str]) -> None:
        """Publish the package; it is created, and never replaces one.

        Raises:
            BlobExists: there is one, perhaps this one.
            StagedBlocksGone: its blocks have expired: it must be written anew.
        """
        self.container.commit(self.name, self.package.blocks, blob_metadata, "application/zip")

    def _grow(self, length: int) -> None:
        self._small.length += length
        if self._small.length > MOST_STEP or len(self._small.content) >= self._next_size():
            self.finish()

    def _hold_full(self, entry: "_Entry", buffer: bytearray) -> None:
        """Stage whole blocks of what is in the buffer, but not the last of the entry."""
        while len(buffer) >= (size := self._next_size()) and entry.taken < entry.length:
            block = bytes(buffer[:size])
            del buffer[:size]
            entry.held(block)
            self._save(Step(path=entry.path, held=self._stage(block), crc=entry.held_crc))
            if self.is_over():
                raise SliceOver

    def _close(self, packed: Packed, rest: bytearray) -> None:
        head = zipping.header(packed.path, packed.length, packed.crc, self.at)
        if not self.package.held_of(packed.path):
            whole = self._stage(head + rest)
            self._save(Step(path=packed.path, blocks=(whole,), packed=(packed,)))
            return
        held = self._stage(rest)  # it is never empty: `_hold_full` keeps the end of the entry back
        self._save(Step(path=packed.path, held=held, blocks=(self._stage(head, 1),), packed=(packed,)))

    def _staged(self, content: bytes | bytearray) -> tuple[Block, ...]:
        size = self._next_size()
        pieces = (content[at : at + size] for at in range(0, len(content), size))
        return tuple(self._stage(piece, more) for more, piece in enumerate(pieces))

    def _stage(self, content: bytes | bytearray, more: int = 0) -> Block:
        """Stage a block; `more` are staged in this step before it.

        Its id contains its digest, so that of two runs neither can exchange a block of the other.
        """
        if self.package.is_full:
            cause = f"it would have more than {self.package.next_block} blocks"
            raise JobRefused(_OPERATION, cause, hint="export fewer recordings at once", ids={"blob": self.name})
        block_id = blocks.block_id(self.package.next_block + more, hashlib.sha256(content).digest(), 0)
        self.container.stage(self.name, block_id, memoryview(content))
        return Block(block_id, len(content))

    def _save(self, step: Step) -> None:
        """Save the next step, unless another run was quicker; then that one goes on, and this one ends."""
        row = IndexRow(self.partition, f"{self.prefix}~{self.package.steps:08d}", msgspec.json.encode(step))
        if not self.index.insert(row):
            found = self.index.get(self.partition, row.key)
            if found is None or found.body != row.body:  # else it is this step: the reply to our own insert was lost
                raise ArchiveBusy(_OPERATION, "another run writes the same package", ids={"blob": self.name})
        self.package.add(step)

    def _next_size(self) -> int:
        return block_size(self.package.next_block)


class _Entry:
    """The digests of an entry whose bytes come in pieces; `held_crc` is that of what is staged of it."""

    def __init__(self, path: str, length: int) -> None:
        self.path, self.length = path, length
        self.taken = self.held_crc = 0
        self._crc, self._sha256, self._sha512 = 0, hashlib.sha256(), hashlib.sha512()

    def add(self, piece: bytes | memoryview) -> None:
        self._crc = zlib.crc32(piece, self._crc)
        self._sha256.update(piece)
        self._sha512.update(piece)
        self.taken += len(piece)

    def held(self, piece: bytes | memoryview) -> None:
        self.held_crc = zlib.crc32(piece, self.held_crc)

    def packed(self) -> Packed:
        if self.taken != self.length:
            raise NotAsProven(f"it has {self.taken} bytes in place of {self.length}")
        return Packed(self.path, self.taken, self._crc, self._sha256.hexdigest(), self._sha512.hexdigest())
