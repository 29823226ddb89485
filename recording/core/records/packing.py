"""How far a package is written, as steps that are only ever added: whoever comes after a kill reads them and goes on.

A package is a zip of many blocks, staged one by one under ids that contain their digests. A step is saved after its
blocks are staged, under the next number, which nobody else can take then. So two runs at once cannot mix: the one that
comes second at a number stops. What was staged and is in no step is not committed.

The blocks of an entry that is read from the archive are only held until all of it is read and was found to be what its
proof says. Then the entry is closed: its header goes before them. If it is not, they are dropped.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from recording.core.records.zipping import Stored, header_length

BLOCK = 8 << 20
"""Bytes of the first blocks: as much is in memory."""
MOST_BLOCK = 64 << 20
_DOUBLED_AFTER = 10_000
MOST_STEP = 30_000
"""Characters of the paths and reasons in a step, after which the next begins: a row has at most 60 KiB."""
MOST_BLOCKS = 49_000
"""Blob storage allows 50,000 in a blob; the others are left for the directory."""


def block_size(number: int) -> int:
    """Bytes of the block of that number: larger after many, so that a package can have more than a terabyte."""
    return min(BLOCK << number // _DOUBLED_AFTER, MOST_BLOCK)


@dataclass(frozen=True, slots=True)
class Block:
    """A staged block of the package: its id, and its length in bytes."""

    block_id: str
    length: int


@dataclass(frozen=True, slots=True)
class Packed:
    """An entry of the package; digests in hex, `sha512` only of media."""

    path: str
    length: int
    crc: int
    sha256: str
    sha512: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """What is not in the package of what its recording has: what it is, its blob if it has one, and why."""

    what: str
    blob: str
    reason: str
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A recording as the package tells of it: its state in the catalog, and what became of it here."""

    recording_id: str
    state: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one save adds.

    Attributes:
        path: of the entry that is being read from the archive, if the step is about one.
        held: a block of it; `crc` is the CRC-32 of all that is held of it with this.
        is_dropped: it is not what it should be: what is held of it is not packed.
        blocks: what goes into the package now; if `path` is closed by this step, its header, before what is held.
        packed: the entries that are whole now, in the order of their bytes.
        absent: what is left out.
        told: the recording is finished.
        is_last: the whole package is staged.
    """

    path: str = ""
    held: Block | None = None
    crc: int = 0
    is_dropped: bool = False
    blocks: tuple[Block, ...] = ()
    packed: tuple[Packed, ...] = ()
    absent: tuple[Absent, ...] = ()
    told: Told | None = None
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class InPackage:
    """An entry and where its header begins; the number of its recording, which for the package's own is one more."""

    entry: Packed
    offset: int
    recording: int


@dataclass(slots=True)
class Package:
    """All steps so far, added up in place: there may be thousands.

    Attributes:
        steps: how many.
        blocks: the ids to commit, in order.
        length: bytes of all entries, with their headers.
        path: of the entry that is held.
        held: its blocks; `held_crc` is the CRC-32 of their bytes.
        entries: what is packed, by path and in the order of their bytes.
        absent: with the number of the recording.
        told: the recordings that are finished, in order.
        is_staged: whether only the commit is left.
    """

    steps: int = 0
    blocks: list[str] = field(default_factory=list)
    length: int = 0
    path: str = ""
    held: list[Block] = field(default_factory=list)
    held_crc: int = 0
    entries: dict[str, InPackage] = field(default_factory=dict)
    absent: list[tuple[int, Absent]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    is_staged: bool = False

    @property
    def next_block(self) -> int:
        """The number of the next block, over all that were staged, those that were dropped too."""
        return len(self.blocks) + len(self.held)

    @property
    def is_full(self) -> bool:
        """Whether it has as many blocks as a blob can have."""
        return self.next_block >= MOST_BLOCKS

    def held_of(self, path: str) -> int:
        """How many bytes are staged already of the entry that is about to be read."""
        return sum(block.length for block in self.held) if path == self.path else 0

    def add(self, step: Step) -> None:
        """Add the next step as it was saved."""
        self.steps += 1
        if step.held is not None:
            if step.path != self.path:
                self.path, self.held = step.path, []
            self.held.append(step.held)
            self.held_crc = step.crc
        self.blocks += [block.block_id for block in step.blocks]
        if step.path and step.packed:
            self.blocks += [block.block_id for block in self.held]
        if step.path and (step.packed or step.is_dropped):
            self.path, self.held = "", []
        for entry in step.packed:
            self.entries[entry.path] = InPackage(entry, self.length, len(self.told))
            self.length += header_length(entry.path, entry.length) + entry.length
        self.absent += [(len(self.told), one) for one in step.absent]
        if step.told is not None:
            self.told.append(step.told)
        self.is_staged = self.is_staged or step.is_last

    def stored(self) -> Iterator[Stored]:
        """The entries for the directory of the zip."""
        for one in self.entries.values():
            yield Stored(one.entry.path, one.entry.length, one.entry.crc, one.offset)
