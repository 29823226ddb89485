"""Reads an archived chunk once more, to its end: its digests, and what it sounds like.

In small ranges, and slowly while this worker copies: a copy has an end by which it must be done, this has none. A hash
of the whole file cannot be kept half done, so what is cut off within a chunk reads that chunk from its beginning.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from recording.core.blocks import Hasher
from recording.core.errors import ArchiveBusy, RecordingError
from recording.core.formats.metadata import parse_metadata
from recording.core.locations import of_blob
from recording.core.media import HEAD_LENGTH, MediaFacts, Need, inspect
from recording.core.model import BlobName, MetadataProof, Proof
from recording.core.records.audio import Meter, why_not_measured
from recording.core.records.seals import NotRead, Read, damage_of
from recording.ports import Archive, ArchivedBlob, NativeContainer

_RANGE = 1 << 20
"""Bytes that are read at once: there is one such buffer for a worker."""
_LONGEST = 20 * 60.0
"""Seconds for one chunk. At 2 MB/s that is the longest that the service writes; the host ends a function later."""
_SHARE = 4
"""While a chunk is copied, it rests so many times as long as it has worked."""
_MOST_METADATA = 4 << 20


class _Container(Protocol):
    """What holds archived chunks."""

    def find(self, name: BlobName) -> ArchivedBlob | None:
        """The blob of that name, or None."""

    def read(self, name: BlobName, offset: int, view: memoryview) -> int:
        """Fill `view` from `offset`; the number of bytes read."""


@dataclass(slots=True)
class _Native:
    """A native container, read like the archive: one blob, as it is when it is looked for."""

    container: NativeContainer
    etag: str = ""

    def find(self, name: BlobName) -> ArchivedBlob | None:
        """See `_Container.find`."""
        found = self.container.find(name)
        self.etag = found.etag if found is not None else ""
        return found

    def read(self, name: BlobName, offset: int, view: memoryview) -> int:
        """See `_Container.read`."""
        filled = 0
        with self.container.open(of_blob(name, self.etag), offset, len(view)) as transfer:
            while filled < len(view) and (more := transfer.readinto(view[filled:])):
                filled += more
        return filled


@dataclass(frozen=True, slots=True)
class ReadingChunks:
    """Read chunks where their proofs say that they are.

    Attributes:
        natives: the native containers by URL.
        crc64: the CRC-64/NVME of bytes that follow those of which it is the second argument.
        is_copying: whether this worker copies a chunk now.
    """

    archive: Archive
    natives: Mapping[str, NativeContainer]
    crc64: Callable[[memoryview, int], int]
    is_copying: Callable[[], bool]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]

    def read(self, proof: Proof) -> Read | NotRead:
        """What the blob holds; or that it cannot be read, is gone, or has another length than was proven.

        Raises:
            Transient: read it again.
        """
        container = self._container(proof)
        if container is None:
            return NotRead(unread="its native container is not among the settings")
        found = container.find(proof.name)
        if found is None:
            return NotRead(damage=f"the proven blob {proof.name} is gone: something deletes archived blobs")
        if damage := damage_of(proof, found.length):
            return NotRead(damage=damage)
        if found.is_offline:
            return NotRead(unread="it is in the archive tier")
        facts = facts_of(container, proof)
        why = why_not_measured(facts)
        meter = Meter(facts.sound) if facts.sound is not None and not why else None
        whole, blocks, crc = hashlib.sha256(), Hasher(proof.digest.block_size), 0
        buffer = memoryview(bytearray(min(_RANGE, proof.length)))
        length, until = 0, self.monotonic() + _LONGEST
        while length < proof.length:
            began = self.monotonic()
            if began >= until:
                hint, ids = "find out what makes the storage account so slow", {"blob": str(proof.name)}
                raise ArchiveBusy("seal chunk", f"{length} bytes came in {_LONGEST:.0f} s", hint=hint, ids=ids)
            count = container.read(proof.name, length, buffer[: proof.length - length])
            if not count:
                break
            piece = buffer[:count]
            whole.update(piece)
            blocks.update(piece)
            crc = self.crc64(piece, crc)
            if meter is not None:
                meter.update(length, piece)
            length += count
            if self.is_copying():
                self.sleep(_SHARE * (self.monotonic() - began))
        sound = meter.sound() if meter is not None and length == proof.length else None
        return Read(length, whole.hexdigest(), blocks.digest(), f"{crc:016x}", sound, why)

    def read_metadata(self, proof: Proof) -> tuple[tuple[int, ...], str]:
        """The numbers of the channels that participants have; and what is not as it was proven, empty if nothing.

        Raises:
            Transient: read it again.
        """
        metadata = proof.metadata
        container = None if metadata is None else self._container(metadata)
        if metadata is None or container is None:
            return (), ""
        found = container.find(metadata.name)
        if found is None:
            return (), f"the proven metadata file {metadata.name} is gone: something deletes archived blobs"
        if found.is_offline:
            return (), ""
        raw = bytearray(min(found.length, _MOST_METADATA))
        count = container.read(metadata.name, 0, memoryview(raw)) if raw else 0
        if hashlib.sha256(raw[:count]).hexdigest() != metadata.sha256:
            return (), f"the proven metadata file {metadata.name} holds other bytes than were proven"
        try:
            participants = parse_metadata(bytes(raw)).participants
        except RecordingError:  # it says nothing, and did so when it was proven
            participants = ()
        return tuple(sorted({one.channel for one in participants if one.channel is not None})), ""

    def _container(self, proof: Proof | MetadataProof) -> _Container | None:
        """Where it is; None for a native container that the settings do not name any more."""
        if not proof.container:
            return self.archive
        native = self.natives.get(proof.container)
        return None if native is None else _Native(native)


def facts_of(container: _Container, proof: Proof) -> MediaFacts:
    """What kind of file a chunk is; of most, its beginning says so."""
    more: dict[int, bytes] = {}
    head = _range(container, proof, Need(0, min(HEAD_LENGTH, proof.length)))
    while isinstance(found := inspect(head, proof.length, more), Need):
        more[found.offset] = _range(container, proof, found)
    return found


def _range(container: _Container, proof: Proof, need: Need) -> bytes:
    content = bytearray(need.length)
    return bytes(content[: container.read(proof.name, need.offset, memoryview(content))])
