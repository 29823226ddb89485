"""The zip that packages are written as, read by Python's own reader and by Info-ZIP."""

import io
import shutil
import struct
import subprocess
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.records.zipping import Stored, directory, header, header_length

AT = datetime(2026, 3, 1, 12, 30, 44, tzinfo=UTC)
FOUR_GIB = 1 << 32
paths = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20), min_size=1, max_size=5)


def written(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    out, entries = bytearray(), []
    for path, content in files.items():
        crc = zlib.crc32(content)
        entries.append(Stored(path, len(content), crc, len(out)))
        head = header(path, len(content), crc, AT)
        assert header_length(path, len(content)) == len(head)
        out += head + content
    return bytes(out) + b"".join(directory(entries, len(out), AT))


@given(st.dictionaries(paths.map("/".join), st.binary(max_size=200), max_size=8))
def test_a_zip_is_read_back(files: dict[str, bytes]) -> None:
    """Names of any language, also empty files, also no file at all."""
    with zipfile.ZipFile(io.BytesIO(written(files))) as found:
        assert files == {one.filename: found.read(one) for one in found.infolist()}
        assert found.testzip() is None
        assert {AT.timetuple()[:6]} >= {one.date_time for one in found.infolist()}


@pytest.mark.skipif(shutil.which("unzip") is None, reason="Info-ZIP is not on this machine")
def test_another_reader_takes_it(tmp_path: Path) -> None:
    """Which reads the local headers too."""
    (tmp_path / "package.zip").write_bytes(written({"a/b.txt": b"hello", "c.bin": bytes(range(256)) * 50}))
    done = subprocess.run(["unzip", "-t", "package.zip"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (0, True) == (done.returncode, "No errors detected" in done.stdout), done.stdout


def test_more_entries_than_sixteen_bits_can_count() -> None:
    files = {f"{number:x}": b"" for number in range(70_000)}
    with zipfile.ZipFile(io.BytesIO(written(files))) as found:
        assert len(found.namelist()) == 70_000


def test_an_entry_beyond_four_gibibytes_has_its_sizes_in_an_extra_field() -> None:
    head = header("a", FOUR_GIB + 5, 7, AT)
    assert header_length("a", FOUR_GIB + 5) == len(head)
    assert (1, 16, FOUR_GIB + 5, FOUR_GIB + 5) == struct.unpack("<HHQQ", head[-20:])


def test_offsets_beyond_four_gibibytes_are_read() -> None:
    """The directory alone: whatever stands before it is not read for a listing."""
    entries = [Stored("a", FOUR_GIB + 5, 7, 0), Stored("b", 3, 9, FOUR_GIB + 100)]
    begin = FOUR_GIB + 200
    listing = b"".join(directory(entries, begin, AT))
    assert [(FOUR_GIB + 5, 0), (3, FOUR_GIB + 100)] == listed(listing, begin)


def listed(listing: bytes, begin: int) -> list[tuple[int, int]]:
    """Size and offset of each entry, by Python's reader over a file that is mostly not there."""

    class Sparse(io.RawIOBase):
        def __init__(self) -> None:
            self.at = 0

        def seekable(self) -> bool:
            return True

        def readable(self) -> bool:
            return True

        def tell(self) -> int:
            return self.at

        def seek(self, offset: int, whence: int = 0) -> int:
            self.at = offset + {0: 0, 1: self.at, 2: begin + len(listing)}[whence]
            return self.at

        def read(self, size: int = -1) -> bytes:
            found = listing[self.at - begin :] if size < 0 else listing[self.at - begin : self.at - begin + size]
            self.at += len(found)
            return found

    with zipfile.ZipFile(Sparse()) as found:
        return [(one.file_size, one.header_offset) for one in found.infolist()]


@pytest.mark.parametrize(
    ("at", "year"), [(datetime(1970, 1, 1, tzinfo=UTC), 1980), (datetime(2200, 1, 1, tzinfo=UTC), 2107)]
)
def test_a_year_that_a_zip_cannot_have(at: datetime, year: int) -> None:
    out = header("a", 0, 0, at) + b"".join(directory([Stored("a", 0, 0, 0)], 31, at))
    with zipfile.ZipFile(io.BytesIO(out)) as found:
        assert found.infolist()[0].date_time[0] == year
