"""The structures of a zip file whose entries are stored as they are: nothing is compressed, as media does not shrink.

A header names the CRC-32 of the entry that follows it. Whoever writes an entry before it is known writes the header
later, as a block of its own before those of the entry. So there are no data descriptors, and every reader can read it.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL = struct.Struct("<4sHHHHHHLLLHHHHHLL")
_END_64 = struct.Struct("<4sQHHLLQQQQ")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4sHHHHLLH")
_PLAIN, _ZIP_64 = 20, 45
"""The versions that are needed to read an entry: 2.0, and 4.5 for sizes beyond 4 GiB."""
_MADE_BY = 3 << 8 | _ZIP_64
"""By Unix: the permissions of an entry are in its external attributes."""
_UTF_8 = 1 << 11
_REGULAR_FILE = 0o100644 << 16
_LONG_SIZES = 20
_MOST_32 = 0xFFFF_FFFF
_MOST_16 = 0xFFFF
_FIRST_YEAR, _LAST_YEAR = 1980, 2107


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as the directory at the end of the file lists it: `offset` is that of its header."""

    path: str
    length: int
    crc: int
    offset: int


def header(path: str, length: int, crc: int, at: datetime) -> bytes:
    """The header of an entry, after which its bytes follow."""
    name, extra = path.encode(), b""
    size = length
    if length >= _MOST_32:
        size, extra = _MOST_32, struct.pack("<HHQQ", 1, 16, length, length)
    version = _ZIP_64 if extra else _PLAIN
    time, date = _moment(at)
    fixed = _LOCAL.pack(b"PK\3\4", version, _UTF_8, 0, time, date, crc, size, size, len(name), len(extra))
    return fixed + name + extra


def header_length(path: str, length: int) -> int:
    """Bytes of the header of an entry."""
    return _LOCAL.size + len(path.encode()) + (_LONG_SIZES if length >= _MOST_32 else 0)


def directory(entries: Iterable[Stored], offset: int, at: datetime) -> Iterator[bytes]:
    """The directory and the end of the file, in pieces; `offset` is where it begins."""
    count = length = 0
    for entry in entries:
        piece = _listed(entry, at)
        count, length = count + 1, length + len(piece)
        yield piece
    end = offset + length
    if count >= _MOST_16 or end >= _MOST_32:
        yield _END_64.pack(b"PK\6\6", _END_64.size - 12, _MADE_BY, _ZIP_64, 0, 0, count, count, length, offset)
        yield _LOCATOR.pack(b"PK\6\7", 0, end, 1)
    counted = min(count, _MOST_16)
    yield _END.pack(b"PK\5\6", 0, 0, counted, counted, min(length, _MOST_32), min(offset, _MOST_32), 0)


def _listed(entry: Stored, at: datetime) -> bytes:
    name = entry.path.encode()
    long = [number for number in (entry.length, entry.length, entry.offset) if number >= _MOST_32]
    extra = struct.pack(f"<HH{len(long)}Q", 1, 8 * len(long), *long) if long else b""
    size = min(entry.length, _MOST_32)
    version = _ZIP_64 if extra else _PLAIN
    time, date = _moment(at)
    fixed = _CENTRAL.pack(
        b"PK\1\2",
        _MADE_BY,
        version,
        _UTF_8,
        0,
        time,
        date,
        entry.crc,
        size,
        size,
        len(name),
        len(extra),
        0,
        0,
        0,
        _REGULAR_FILE,
        min(entry.offset, _MOST_32),
    )
    return fixed + name + extra


def _moment(at: datetime) -> tuple[int, int]:
    """Time and date as zip has them, to two seconds."""
    year = min(max(at.year, _FIRST_YEAR), _LAST_YEAR) - _FIRST_YEAR
    return at.hour << 11 | at.minute << 5 | at.second // 2, year << 9 | at.month << 5 | at.day
