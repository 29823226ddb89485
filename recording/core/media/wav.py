"""Inspects a wav file: RIFF, RF64 or BW64, chunk by chunk. A *chunk* in this module is one of RIFF's."""

from collections.abc import Generator
from dataclasses import dataclass, replace

from recording.core.media.facts import Look, MediaFacts, Need, Pcm, seconds, spell, unseen
from recording.core.model import Format

_FILE_HEADER = 12
_CHUNK_HEADER = 8
_FORMAT_LENGTH = 40  # `WAVE_FORMAT_EXTENSIBLE`; the plain one has 16
_SMALLEST_FORMAT = 16
_DS64_LENGTH = 28
_SMALLEST_DS64 = 16
_PCM = 1
_EXTENSIBLE = 0xFFFE
_IN_DS64 = 0xFFFF_FFFF  # the size is in the ds64 chunk
# Known names of chunks, to recognise one that is one byte early because the pad byte before it was left out.
_NAMES = frozenset(
    {
        *(b"fmt ", b"data", b"LIST", b"fact", b"bext", b"iXML", b"cue ", b"ds64"),
        *(b"JUNK", b"junk", b"PAD ", b"FLLR", b"id3 ", b"ID3 "),
    }
)
# Placeholder sizes that recorders write first, and some never correct: 0, the greatest signed or unsigned number (less
# up to 64 KiB for headers), or more than any file has.
_UNSIGNED_PLACEHOLDERS = range(0xFFFF_0000, 0x1_0000_0000)
_SIGNED_PLACEHOLDERS = range(0x7FFF_0000, 0x8000_0001)
_IMPOSSIBLE = 1 << 48


@dataclass(frozen=True, slots=True)
class _Header:
    """The content of the chunks before the sound; `byte_rate` is the bytes per second by the file's own header."""

    codec: int = 0
    channels: int = 0
    sample_rate: int = 0
    byte_rate: int = 0
    bits: int = 0
    long_data_size: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def sample_size(self) -> int:
        """Bytes of one sample, all channels together."""
        return self.channels * self.width

    @property
    def width(self) -> int:
        """Bytes of one sample of one channel."""
        return -(-self.bits // 8)

    @property
    def bytes_per_second(self) -> int:
        """Bytes of one second of sound: computed for PCM, else `byte_rate`."""
        return self.sample_rate * self.sample_size if self.codec == _PCM else self.byte_rate


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A chunk: `size` of its content, which begins at offset `body`; `is_early` if the one before has no pad byte."""

    name: bytes
    size: int
    body: int
    is_early: bool = False

    @property
    def end(self) -> int:
        """The offset of the end of its content, before a pad byte."""
        return self.body + self.size

    @property
    def padded_end(self) -> int:
        """The offset of the end of its content, after a pad byte."""
        return self.end + self.size % 2


def look_at_wav(length: int) -> Look:
    """Walk through the chunks of a wav file of `length` bytes to its sound, and from there to its end."""
    header = _Header()
    has_format = False
    before: _Chunk | None = None
    at = _FILE_HEADER
    while at + _CHUNK_HEADER <= length:
        chunk = yield from _chunk(at, before)
        if chunk is None:
            return _facts(length, header, notes=(unseen(at),))
        if chunk.is_early and before is not None:
            odd = f"its {spell(before.name)} chunk of {before.size} bytes has no pad byte"
            header = replace(header, notes=(*header.notes, odd))
        if chunk.name == b"data":
            if not has_format:
                return _facts(length, problems=("its sound comes before its format",))
            return (yield from _look_at_sound(header, chunk, length))
        if chunk.name == b"fmt ":
            header = _with_format(header, (yield Need(chunk.body, min(chunk.size, _FORMAT_LENGTH))))
            if not header.bytes_per_second:
                return _facts(length, header, problems=("its format is impossible",))
            has_format = True
        elif chunk.name == b"ds64":
            header = _with_long_sizes(header, (yield Need(chunk.body, min(chunk.size, _DS64_LENGTH))))
        before, at = chunk, chunk.end
    return _facts(length, header, problems=("it holds no sound: there is no data chunk",))


def _look_at_sound(header: _Header, chunk: _Chunk, length: int) -> Look:
    there = max(0, length - chunk.body)
    said = chunk.size
    if said == _IN_DS64 and header.long_data_size is not None:
        said = header.long_data_size
    is_placeholder = said in _UNSIGNED_PLACEHOLDERS or said in _SIGNED_PLACEHOLDERS or said >= _IMPOSSIBLE
    notes: list[str] = []
    claimed = None
    sound = there
    if there and (said == 0 or (said > there and is_placeholder)):
        notes.append(f"its header was never filled in: it gives {said} bytes of sound")
    elif said > there:
        notes.append(f"its header gives {said} bytes of sound, {there} are there")
        claimed = seconds(said, header.bytes_per_second)
    elif said + said % 2 >= there or (yield from _are_chunks(replace(chunk, size=said), length)):
        sound = said
    else:
        notes.append(f"its header is stale: it gives {said} bytes of sound, {there} are there")
        claimed = seconds(said, header.bytes_per_second)
    if header.codec != _PCM:
        notes.append(f"its sound is not PCM but of type {header.codec:#06x}")
    else:
        if header.byte_rate != header.bytes_per_second:
            notes.append(f"its header claims {header.byte_rate} bytes a second, not {header.bytes_per_second}")
        if sound % header.sample_size:
            notes.append("its sound ends within a sample")
    return replace(
        _facts(length, header, notes=tuple(notes)),
        duration=seconds(sound, header.bytes_per_second),
        claimed=claimed,
        sound=_samples(header, chunk.body, sound),
    )


def _samples(header: _Header, offset: int, length: int) -> Pcm | None:
    """Where the samples are, without the rest of one that the sound may end in."""
    if header.codec != _PCM:
        return None
    return Pcm(offset, length - length % header.sample_size, header.channels, header.sample_rate, header.width)


def _are_chunks(before: _Chunk, length: int) -> Generator[Need, bytes, bool]:
    """Whether only complete chunks follow the sound, up to the end of the file."""
    while before.padded_end + _CHUNK_HEADER <= length:
        chunk = yield from _chunk(before.end, before)
        if chunk is None or not chunk.name.isascii() or not chunk.name.decode().isprintable():
            return False
        before = chunk
    return length in {before.end, before.padded_end}  # the last pad byte is often left out


def _chunk(at: int, before: _Chunk | None) -> Generator[Need, bytes, _Chunk | None]:
    """Read the header of the chunk after `before`, whose pad byte may be missing; None if it cannot be read."""
    odd = 0 if before is None else before.size % 2
    header = yield Need(at, _CHUNK_HEADER + odd)
    if len(header) < _CHUNK_HEADER:
        return None
    if odd and header[:4] not in _NAMES:
        header, at, odd = header[1:], at + 1, 0
    return _Chunk(header[:4], int.from_bytes(header[4:8], "little"), at + _CHUNK_HEADER, is_early=bool(odd))


def _with_format(header: _Header, body: bytes) -> _Header:
    if len(body) < _SMALLEST_FORMAT:
        return _Header(notes=header.notes)
    codec = int.from_bytes(body[0:2], "little")
    if codec == _EXTENSIBLE and len(body) == _FORMAT_LENGTH:
        codec = int.from_bytes(body[24:26], "little")
    return replace(
        header,
        codec=codec,
        channels=int.from_bytes(body[2:4], "little"),
        sample_rate=int.from_bytes(body[4:8], "little"),
        byte_rate=int.from_bytes(body[8:12], "little"),
        bits=int.from_bytes(body[14:16], "little"),
    )


def _with_long_sizes(header: _Header, body: bytes) -> _Header:
    if len(body) < _SMALLEST_DS64:
        return header
    return replace(header, long_data_size=int.from_bytes(body[8:16], "little"))


def _facts(
    length: int, header: _Header | None = None, notes: tuple[str, ...] = (), problems: tuple[str, ...] = ()
) -> MediaFacts:
    return MediaFacts(
        format=Format.WAV,
        length=length,
        sample_rate=header.sample_rate if header else None,
        channels=header.channels if header else None,
        notes=(*(header.notes if header else ()), *notes),
        problems=problems,
    )
