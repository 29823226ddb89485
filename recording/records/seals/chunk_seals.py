"""What was found of the chunks of a recording, kept in the index until all of them are read."""

import hashlib
from dataclasses import dataclass, replace

import msgspec

from recording.core.model import Chunk, Proof, RecordingId
from recording.core.records.audio import ChannelSound
from recording.core.records.seals import ChunkSeal, Sealed
from recording.ports import Index, IndexRow
from recording.records.filing import about
from recording.records.index_rows import remove_rows

_SEALED = "sealed"
_CHUNKS = "seal~"


@dataclass(frozen=True, slots=True)
class _Row:
    """A chunk, without its channels: each has a row of its own, as all of them do not fit into one."""

    seal: ChunkSeal
    channels: int


# Created at import: see `adapters.rows`.
_ROWS = msgspec.json.Decoder(_Row)
_CHANNELS = msgspec.json.Decoder(ChannelSound)
_SEALS = msgspec.json.Decoder(Sealed)


@dataclass(frozen=True, slots=True)
class ChunkSeals:
    """The rows about sealing in the partition of a recording. One that cannot be read counts as missing."""

    index: Index

    def sealed(self, recording_id: RecordingId) -> Sealed | None:
        """How it was sealed last; None if it was not."""
        row = self.index.get(about(recording_id), _SEALED)
        return None if row is None else _decoded(_SEALS, row)

    def save_sealed(self, recording_id: RecordingId, sealed: Sealed) -> None:
        """Note that it is sealed."""
        self.index.put(IndexRow(about(recording_id), _SEALED, msgspec.json.encode(sealed)))

    def load(self, recording_id: RecordingId, chunk: Chunk, proof: Proof) -> ChunkSeal | None:
        """What was found of a chunk, if that was held against this proof."""
        partition, key = about(recording_id), _key(chunk)
        row = self.index.get(partition, key)
        found = None if row is None else _decoded(_ROWS, row)
        if found is None or not found.seal.is_of(proof):
            return None
        read = found.seal.read
        if read is None or read.sound is None:
            return found.seal
        rows = (self.index.get(partition, _key_of_channel(key, number)) for number in range(found.channels))
        channels = tuple(_decoded(_CHANNELS, row) for row in rows if row is not None)
        whole = tuple(channel for channel in channels if channel is not None)
        if len(whole) != found.channels:
            return None
        return replace(found.seal, read=replace(read, sound=replace(read.sound, channels=whole)))

    def save(self, recording_id: RecordingId, chunk: Chunk, seal: ChunkSeal) -> None:
        """Keep what was found of a chunk: its own row last, so that none of its channels is missing then."""
        partition, key, read, channels = about(recording_id), _key(chunk), seal.read, tuple[ChannelSound, ...]()
        if read is not None and read.sound is not None:
            channels = read.sound.channels
            seal = replace(seal, read=replace(read, sound=replace(read.sound, channels=())))
        for number, channel in enumerate(channels):
            self.index.put(IndexRow(partition, _key_of_channel(key, number), msgspec.json.encode(channel)))
        self.index.put(IndexRow(partition, key, msgspec.json.encode(_Row(seal, len(channels)))))

    def forget(self, recording_id: RecordingId) -> None:
        """Delete what was kept of the chunks."""
        remove_rows(self.index, about(recording_id), _CHUNKS, f"{_CHUNKS}~")


def _key(chunk: Chunk) -> str:
    document = hashlib.sha256(chunk.document_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_CHUNKS}{chunk.index:04d}-{document[:16]}"


def _key_of_channel(key: str, number: int) -> str:
    return f"{key}~{number:02d}"


def _decoded[T](decoder: msgspec.json.Decoder[T], row: IndexRow) -> T | None:
    try:
        return decoder.decode(row.body)
    except msgspec.MsgspecError:
        return None
