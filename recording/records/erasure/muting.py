"""Mutes the person's own channel of archived media: a new blob beside the old, which stays until all is noted.

Each chunk is read once and written in blocks as it is read, so that the memory of one block is enough. Then old and new
are read side by side: the new is the old with that channel silent, byte for byte, and has the digest that is noted. A
chunk whose new blob is proven is noted in a row, so that a long recording goes on with its next chunk.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from recording.copying.destination import BLOCK_SIZE_KEY, DIGEST_KEY, LENGTH_KEY
from recording.core.blocks import Hasher, block_id, composite, fingerprint, plan
from recording.core.errors import BlobExists, SourceNotReady
from recording.core.formats.metadata import ChunkMetadata, is_without_names, parse_metadata
from recording.core.formats.records.given import channels_said
from recording.core.model import BlobName, CatalogEntry, Channel, Chunk, Digest, DocumentId, Proof
from recording.core.naming import muted_name
from recording.core.records.muting import Muted, is_nobodys, muted, why_never_muted
from recording.ports import Archive, Index, IndexRow
from recording.records.filing import about
from recording.records.proven_bytes import PIECE, NotAsProven, NotReadable, ProvenBytes
from recording.records.seals.reading_chunks import facts_of

_NOTED = "muted~"
_CONTENT = "audio/wav"
# Created at import: see `adapters.rows`.
_PROOF = msgspec.json.Decoder(Proof)

type Names = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Muting:
    """Mute channels. `index` keeps the proofs of what is muted until the entry has them."""

    archive: Archive
    index: Index
    now: Callable[[], datetime]

    def found(self, entry: CatalogEntry, names: Names) -> Mapping[DocumentId, Muted] | str:
        """What is to be silent, by chunk; or why it is not certain: then nothing of the recording is muted.

        Raises:
            Transient: it cannot be read now.
        """
        if why := why_never_muted(entry):
            return why
        found: dict[DocumentId, Muted] = {}
        for chunk in entry:
            if chunk.proof is None:
                if chunk.apart is not None or chunk.overflow is not None:  # such as one that was given up
                    return f"chunk {chunk.index}: a copy of it stands apart, which cannot be muted"
                continue
            one = self._of(chunk.proof, names)
            if isinstance(one, str):
                return f"chunk {chunk.index}: {one}"
            if one is not None:
                found[chunk.document_id] = one
        return found

    def _of(self, proof: Proof, names: Names) -> Muted | str | None:
        """What is to be silent of a chunk; None if the person is certainly not heard in it."""
        if proof.metadata is None:
            return "it has no metadata file: whose channel is which is not known"
        reading = ProvenBytes(self.archive)
        try:
            raw = reading.metadata(proof.metadata)
            said = parse_metadata(raw)
            given = channels_said(said, names)
            if why := _why_unsure(raw, said):
                return why
            if is_nobodys(given, [names(one.participant_id) for one in said.participants]):
                return None
            reading.beginning(proof, 1)  # whether it can be read, and is as long as was proven
            return muted(facts_of(self.archive, proof), given)
        except (NotAsProven, NotReadable) as error:
            return str(error)
        except SourceNotReady as error:
            return error.cause

    def name(self, chunk: Chunk, of: Muted, attempt: str) -> BlobName:
        """The name of the new blob: a blob that another attempt has left may be being removed."""
        digest = "" if chunk.proof is None else chunk.proof.digest.sha256
        return muted_name(chunk.name, f"{attempt} {digest}", of.channels)

    def known(self, entry: CatalogEntry, chunk: Chunk, name: BlobName) -> Proof | None:
        """The proof of what an earlier run has muted under that name."""
        row = self.index.get(about(entry.recording.recording_id), _key(chunk))
        noted = None if row is None else _PROOF.decode(row.body)
        if noted is None or noted.name != name:
            return None
        found = self.archive.find(noted.name)
        return noted if found is not None and (found.length, found.etag) == (noted.length, noted.etag) else None

    def forget(self, entry: CatalogEntry) -> None:
        """Forget what was kept of the chunks."""
        for chunk in entry:
            self.index.delete(about(entry.recording.recording_id), _key(chunk))

    def mute(self, entry: CatalogEntry, chunk: Chunk, name: BlobName, of: Muted) -> Proof:
        """Write the new blob of a proven chunk under that name, and prove it; idempotent.

        Raises:
            NotAsProven: the old one is not what was proven, or the new one not what was written.
            NotReadable: one of them cannot be read now.
            Transient: do it again; what is staged stays staged.
        """
        proof = chunk.proof
        if proof is None:
            raise AssertionError("only what is proven is muted")
        if self.archive.find(name) is None:
            with suppress(BlobExists):  # our own commit, whose reply was lost: it is read below
                self._write(name, proof, of)
        etag, digest = self._prove(name, proof, of)
        made = replace(proof, name=name, digest=digest, etag=etag, verified_at=self.now(), by_its_own_word=True)
        row = IndexRow(about(entry.recording.recording_id), _key(chunk), msgspec.json.encode(made))
        self.index.put(row)
        return made

    def _write(self, name: BlobName, proof: Proof, of: Muted) -> None:
        size = proof.digest.block_size
        source = fingerprint(proof.length, proof.etag, size, name.encode())
        staged = {block.block_id for block in self.archive.staged(name)}
        digests, ids, hasher = dict[int, bytes](), list[str](), Hasher(size)
        buffer = bytearray(min(size, proof.length))
        for block in plan(proof.length, size):
            del buffer[block.length :]
            self._read(proof.name, block.offset, buffer)
            with memoryview(buffer) as view:
                hasher.update(view)
            of.silence(block.offset, buffer)
            digests[block.index] = hashlib.sha256(buffer).digest()
            ids.append(block_id(block.index, digests[block.index], source))
            if ids[-1] not in staged:
                with memoryview(buffer) as view:
                    self.archive.stage(name, ids[-1], view)
        if hasher.digest() != proof.digest:
            raise NotAsProven("its digest is another one")
        known = self.archive.find(proof.name)
        digest = composite(digests, size)
        said = {LENGTH_KEY: str(proof.length), DIGEST_KEY: digest.sha256, BLOCK_SIZE_KEY: str(size)}
        self.archive.commit(name, ids, {**(known.blob_metadata if known else {}), **said}, _CONTENT)

    def _prove(self, name: BlobName, proof: Proof, of: Muted) -> tuple[str, Digest]:
        """Read old and new side by side; the ETag and the digest of the new one."""
        found = self.archive.find(name)
        if found is None or found.length != proof.length:
            raise NotAsProven(f"what was written as {name} has another length")
        hasher = Hasher(proof.digest.block_size)
        for offset, old, new in self._both(proof, name):
            of.silence(offset, old)
            if old != new or not of.is_silent(offset, new):
                raise NotAsProven(f"what was written as {name} is not the same but for that channel")
            hasher.update(memoryview(new))
        return found.etag, hasher.digest()

    def _both(self, proof: Proof, name: BlobName) -> Iterator[tuple[int, bytearray, bytearray]]:
        for offset in range(0, proof.length, PIECE):
            length = min(PIECE, proof.length - offset)
            old, new = bytearray(length), bytearray(length)
            self._read(proof.name, offset, old)
            self._read(name, offset, new)
            yield offset, old, new

    def _read(self, name: BlobName, offset: int, into: bytearray) -> None:
        """Fill it from the blob.

        Raises:
            NotAsProven: it is too short.
            NotReadable: it cannot be read now.
        """
        done = 0
        while done < len(into):
            try:
                with memoryview(into) as view, view[done:] as rest:
                    count = self.archive.read(name, offset + done, rest)
            except BlobExists as error:  # a conflict: the blob is there, and its content is not at hand
                raise NotReadable(error.cause) from error
            if not count:
                raise NotAsProven(f"{name} ends after {offset + done} bytes")
            done += count


def _why_unsure(raw: bytes, said: ChunkMetadata) -> str:
    """Why a metadata file does not say whose channel is which; empty if it may."""
    if is_without_names(raw):
        return "it came after somebody was taken out: nobody knows any more who is in it"
    is_mixed = said.output is not None and said.output.channel is not Channel.UNMIXED
    return "its metadata file says that its audio is mixed" if is_mixed else ""


def _key(chunk: Chunk) -> str:
    return f"{_NOTED}{hashlib.sha256(chunk.document_id.encode('utf-8', 'surrogatepass')).hexdigest()}"
