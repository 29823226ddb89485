"""A look at a wav file: RIFF, RF64 and BW64, chunk by chunk."""

from collections.abc import Generator
from dataclasses import dataclass, replace

from recording.core.media.facts import Look, MediaFacts, Need, seconds, unseen
from recording.core.model import Format

_FILE_HEADER = 12
_CHUNK_HEADER = 8
_FORMAT_LENGTH = 40  # `WAVE_FORMAT_EXTENSIBLE`; the plain one has 16
_SMALLEST_FORMAT = 16
_DS64_LENGTH = 28
_SMALLEST_DS64 = 16
_PCM = 1
_EXTENSIBLE = 0xFFFE
_IN_DS64 = 0xFFFF_FFFF  # the size stands in the ds64 chunk
# Sizes that recorders write before they know better, and some never go back to mend: nothing, or the most
# that a signed or unsigned size can hold, less a few headers.
_UNSIGNED_PLACEHOLDERS = range(0xFFFF_FF00, 0x1_0000_0000)
_SIGNED_PLACEHOLDERS = range(0x7FFF_F000, 0x8000_0001)


@dataclass(frozen=True, slots=True)
class _Header:
    """What the chunks before the sound say; `byte_rate` is the file's own claim, in bytes per second."""

    codec: int = 0
    channels: int = 0
    sample_rate: int = 0
    byte_rate: int = 0
    bits: int = 0
    long_data_size: int | None = None

    @property
    def sample_size(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * -(-self.bits // 8)

    @property
    def bytes_per_second(self) -> int:
        """Bytes of one second of sound: by its own numbers where it is PCM, else as it claims."""
        return self.sample_rate * self.sample_size if self.codec == _PCM else self.byte_rate


def look_at_wav(length: int) -> Look:
    """Walk the chunks of a wav file to its sound and on to its end."""
    header = _Header()
    has_format = False
    offset = _FILE_HEADER
    while offset + _CHUNK_HEADER <= length:
        name, size = _chunk((yield Need(offset, _CHUNK_HEADER)))
        if name is None:
            return _facts(length, notes=(unseen(offset),))
        body = offset + _CHUNK_HEADER
        if name == b"data":
            if not has_format:
                return _facts(length, problems=("its sound comes before its format",))
            return (yield from _look_at_sound(header, body, size, length))
        if name == b"fmt ":
            header = _with_format(header, (yield Need(body, min(size, _FORMAT_LENGTH))))
            if not header.bytes_per_second:
                return _facts(length, header, problems=("its format is impossible",))
            has_format = True
        elif name == b"ds64":
            header = _with_long_sizes(header, (yield Need(body, min(size, _DS64_LENGTH))))
        offset = body + size + size % 2
    return _facts(length, header, problems=("it holds no sound: there is no data chunk",))


def _look_at_sound(header: _Header, start: int, size: int, length: int) -> Look:
    there = length - start
    notes: list[str] = []
    problems: list[str] = []
    said = header.long_data_size if size == _IN_DS64 and header.long_data_size is not None else size
    if said == 0 or (said > there and (said in _UNSIGNED_PLACEHOLDERS or said in _SIGNED_PLACEHOLDERS)):
        notes.append(f"its header was never filled in: it gives {said} bytes of sound")
        sound = there
    elif said > there:
        problems.append(f"it is cut off: its header gives {said} bytes of sound, {there} are there")
        sound = there
    elif said + said % 2 >= there or (yield from _are_chunks(start + said + said % 2, length)):
        sound = said
    else:
        notes.append(f"its header is stale: it gives {said} bytes of sound, {there} are there")
        sound = there
    if sound == 0:
        problems.append("it holds no sound")
    if header.codec != _PCM:
        notes.append(f"its sound is not PCM but of type {header.codec:#06x}")
    else:
        if header.byte_rate != header.bytes_per_second:
            notes.append(f"its header claims {header.byte_rate} bytes a second, not {header.bytes_per_second}")
        if sound % header.sample_size:
            notes.append("its sound ends within a sample")
    return replace(
        _facts(length, header, tuple(notes), tuple(problems)),
        duration=seconds(sound, header.bytes_per_second),
    )


def _are_chunks(offset: int, length: int) -> Generator[Need, bytes, bool]:
    """Whether what follows the sound is a row of chunks that ends with the file."""
    while offset + _CHUNK_HEADER <= length:
        name, size = _chunk((yield Need(offset, _CHUNK_HEADER)))
        if name is None or not name.isascii() or not name.decode().isprintable():
            return False
        offset += _CHUNK_HEADER + size + size % 2
    return offset in {length, length + 1}  # the last pad byte is often left out


def _chunk(header: bytes) -> tuple[bytes | None, int]:
    if len(header) < _CHUNK_HEADER:
        return None, 0
    return header[:4], int.from_bytes(header[4:8], "little")


def _with_format(header: _Header, body: bytes) -> _Header:
    if len(body) < _SMALLEST_FORMAT:
        return _Header()
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
        notes=notes,
        problems=problems,
    )
