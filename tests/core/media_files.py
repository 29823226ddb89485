"""Media files as bytes: well made, and broken in the ways that are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recording.core.media import HEAD_LENGTH, MediaFacts, Need, inspect

MP3_FRAME = bytes.fromhex("fff3 48c4".replace(" ", "")) + bytes(140)
"""MPEG 2 layer III, 32 kbit/s, 16 kHz, mono: 144 bytes, 36 ms."""


@dataclass
class Sparse:
    """A file of any length with a few pieces of content, and zeros between them."""

    length: int
    pieces: Mapping[int, bytes] = field(default_factory=dict)

    def read(self, offset: int, length: int) -> bytes:
        """Read a range, shorter where the file ends."""
        found = bytearray(max(0, min(length, self.length - offset)))
        for start, piece in self.pieces.items():
            lo, hi = max(offset, start), min(offset + len(found), start + len(piece))
            if lo < hi:
                found[lo - offset : hi - offset] = piece[lo - start : hi - start]
        return bytes(found)


def look(file: bytes | Sparse, head: int = HEAD_LENGTH) -> tuple[MediaFacts, list[Need]]:
    """Inspect a file as the app does: its head, then each range that is needed."""
    source = file if isinstance(file, Sparse) else Sparse(len(file), {0: file})
    more: dict[int, bytes] = {}
    needs: list[Need] = []
    start = source.read(0, head)
    while isinstance(found := inspect(start, source.length, more), Need):
        needs.append(found)
        more[found.offset] = source.read(found.offset, found.length)
    return found, needs


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    """A chunk of a wav file, padded; `size` is what its header claims."""
    claimed = len(body) if size is None else size
    return name + claimed.to_bytes(4, "little") + body + bytes(len(body) % 2)


def wav_format(
    codec: int = 1, channels: int = 1, sample_rate: int = 16_000, bits: int = 16, byte_rate: int | None = None
) -> bytes:
    """The body of a `fmt ` chunk."""
    align = channels * bits // 8
    rate = sample_rate * align if byte_rate is None else byte_rate
    numbers = ((codec, 2), (channels, 2), (sample_rate, 4), (rate, 4), (align % 65536, 2), (bits, 2))
    return b"".join(number.to_bytes(size, "little") for number, size in numbers)


def wav(*chunks: bytes, form: bytes = b"RIFF") -> bytes:
    """A wav file of these chunks."""
    body = b"WAVE" + b"".join(chunks)
    return form + len(body).to_bytes(4, "little") + body


def box(name: bytes, body: bytes = b"", size: int | None = None) -> bytes:
    """A box of an mp4 file; `size` is what its header claims."""
    return (len(body) + 8 if size is None else size).to_bytes(4) + name + body


def long_box(name: bytes, body: bytes = b"", size: int | None = None) -> bytes:
    """A box with a 64-bit size."""
    return (1).to_bytes(4) + name + (len(body) + 16 if size is None else size).to_bytes(8) + body


def movie(scale: int = 1000, count: int = 5000, *more: bytes, version: int = 0, tracks: int = 1) -> bytes:
    """A `moov` box that says how long the movie is, with tracks of its time scale and `more` boxes behind them."""
    width = 8 if version else 4
    times = bytes(2 * width) + scale.to_bytes(4) + count.to_bytes(width)
    header = box(b"mvhd", bytes([version, 0, 0, 0]) + times + bytes(80))
    return box(b"moov", header + b"".join(track(number + 1, scale) for number in range(tracks)) + b"".join(more))


def track(number: int, scale: int, count: int = 0, *, version: int = 0) -> bytes:
    """A `trak` box with its id, time scale and duration."""
    width = 8 if version else 4
    head = bytes([version, 0, 0, 0])
    header = box(b"tkhd", head + bytes(2 * width) + number.to_bytes(4) + bytes(60))
    media = box(b"mdhd", head + bytes(2 * width) + scale.to_bytes(4) + count.to_bytes(width) + bytes(4))
    return box(b"trak", header + box(b"mdia", media))


def fragment(start: int, count: int, each: int | None = None, *, number: int = 1, media: int = 200) -> bytes:
    """A `moof` of one track whose `count` samples begin at `start` and last `each`, and its `mdat`."""
    header = box(b"tfhd", (0x20000 if each is None else 0x20008).to_bytes(4) + number.to_bytes(4) + each_of(each))
    times = box(b"tfdt", b"\1\0\0\0" + start.to_bytes(8)) + box(b"trun", bytes(4) + count.to_bytes(4))
    return box(b"moof", box(b"mfhd", bytes(8)) + box(b"traf", header + times)) + box(b"mdat", bytes(media))


def each_of(each: int | None) -> bytes:
    """A default duration, if there is one."""
    return b"" if each is None else each.to_bytes(4)


def index(scale: int, start: int, durations: list[int], *, version: int = 0) -> bytes:
    """A `sidx` box over subsegments of these durations."""
    width = 8 if version else 4
    times = start.to_bytes(width) + bytes(width)
    entries = b"".join(bytes(4) + duration.to_bytes(4) + bytes(4) for duration in durations)
    numbers = bytes(4) + scale.to_bytes(4) + times + bytes(2) + len(durations).to_bytes(2)
    return box(b"sidx", bytes([version, 0, 0, 0]) + numbers + entries)


FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2")
