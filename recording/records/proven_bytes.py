"""Reads from the archive what the catalog has a proof of, and holds every byte against it on the way."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from recording.core.blocks import Hasher
from recording.core.errors import BlobExists
from recording.core.model import BlobName, MetadataProof, Proof
from recording.ports import ArchivedBlob

PIECE = 1 << 20
"""Bytes that are read in one request."""


class Readable(Protocol):
    """The two operations of `ports.Archive` that change nothing."""

    def find(self, name: BlobName) -> ArchivedBlob | None:
        """See `ports.Archive.find`."""

    def read(self, name: BlobName, offset: int, view: memoryview) -> int:
        """See `ports.Archive.read`."""


class NotAsProven(Exception):
    """What stands in the archive is not what was proven; the message says how."""


class NotReadable(Exception):
    """It is there, and cannot be read now, such as in the archive tier."""


@dataclass(frozen=True, slots=True)
class ProvenBytes:
    """Read blobs of a container."""

    container: Readable

    def media(self, proof: Proof) -> Iterator[memoryview]:
        """The bytes of a chunk in order; each view is overwritten by the next.

        Raises:
            NotAsProven: after the last byte, if they are not those of the proof; or before, if that can be seen.
            NotReadable: see there.
            Transient: it cannot be read now.
        """
        self._check_length(proof.name, proof.length)
        hasher, view = Hasher(proof.digest.block_size), memoryview(bytearray(min(PIECE, proof.length)))
        offset = 0
        while offset < proof.length:
            piece = self._piece(proof.name, offset, view[: proof.length - offset])
            hasher.update(piece)
            offset += len(piece)
            yield piece
        if hasher.digest() != proof.digest:
            raise NotAsProven("its digest is another one")

    def metadata(self, proof: MetadataProof) -> bytes:
        """The bytes of a metadata file.

        Raises:
            NotAsProven, NotReadable, Transient: as for `media`.
        """
        content = self.document(proof.name, proof.length)
        if content is None:
            raise NotAsProven("it is not there any more")
        if len(content) != proof.length or hashlib.sha256(content).hexdigest() != proof.sha256:
            raise NotAsProven("its digest is another one")
        return content

    def document(self, name: BlobName, most: int) -> bytes | None:
        """The bytes of a blob of at most that length, of which there is no proof; None if there is no such blob.

        Raises:
            NotAsProven: it is longer.
            NotReadable, Transient: as for `media`.
        """
        found = self.container.find(name)
        if found is None:
            return None
        if found.length > most:
            raise NotAsProven(f"it has {found.length} bytes, more than {most}")
        view, offset = memoryview(bytearray(found.length)), 0
        while offset < found.length:
            offset += len(self._piece(name, offset, view[offset:]))
        return view.tobytes()

    def beginning(self, proof: Proof, most: int) -> bytes:
        """The first bytes of a chunk, which are held against the proof only when all of it is read.

        Raises:
            NotAsProven, NotReadable, Transient: as for `media`.
        """
        self._check_length(proof.name, proof.length)
        view = memoryview(bytearray(min(most, proof.length)))
        return self._piece(proof.name, 0, view).tobytes()

    def _check_length(self, name: BlobName, length: int) -> None:
        found = self.container.find(name)
        if found is None:
            raise NotAsProven("it is not there any more")
        if found.length != length:
            raise NotAsProven(f"it has {found.length} bytes in place of {length}")

    def _piece(self, name: BlobName, offset: int, view: memoryview) -> memoryview:
        try:
            count = self.container.read(name, offset, view)
        except BlobExists as error:  # a conflict: the blob is there, and its content is not at hand
            raise NotReadable(error.cause) from error
        if not count:
            raise NotAsProven(f"it ends after {offset} bytes")
        return view[:count]
