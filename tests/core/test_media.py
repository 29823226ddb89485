"""The inspection of any file: its result, the ranges it needs, and that no bytes raise an exception."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.core.media import MAX_NEEDS, MediaFacts, Need, identify, inspect, is_error_page, is_page, may_be_media
from recording.core.model import Format
from tests.core.media_files import (
    FTYP,
    MP3_FRAME,
    Sparse,
    box,
    chunk,
    fragment,
    index,
    long_box,
    look,
    movie,
    wav,
    wav_format,
)

WAV = wav(chunk(b"fmt ", wav_format()), chunk(b"data", bytes(3200)))
MP3 = MP3_FRAME * 20
MP4 = FTYP + movie() + box(b"mdat", bytes(300))
pieces = st.sampled_from(
    [
        WAV[:12],
        WAV[:44],
        b"RF64\xff\xff\xff\xffWAVE",
        chunk(b"ds64", bytes(28)),
        chunk(b"fmt ", wav_format()),
        chunk(b"fmt ", wav_format(bits=0)),
        chunk(b"fmt ", b"", size=1 << 31),
        chunk(b"LIST", b"x"),
        chunk(b"data", b"", size=0xFFFFFFFF),
        chunk(b"data", b"abc"),
        MP3_FRAME,
        MP3_FRAME[:4],
        b"ID3\x04\x00\x00\x00\x00\x00\x05",
        b"ID3\x04\x00\x10\x7f\x7f\x7f\x7f",
        FTYP,
        movie(),
        movie(0, 0),
        movie(tracks=0),
        index(1000, 0, [1000] * 3),
        index(1000, 0, [1000] * 3)[:30],
        fragment(0, 3, 100),
        fragment(1 << 60, 1 << 31, 1 << 31)[:90],
        box(b"moof", box(b"traf", box(b"trun", b"\0\0\x0f\xff\xff\xff\xff\xff") + box(b"tfhd", b"\0\0\0\x0b"))),
        box(b"moof"),
        box(b"mdat", size=0),
        box(b"free", size=3),
        long_box(b"mdat", b"xyz"),
        long_box(b"mdat", size=1 << 63),
        b"\xff",
        b"\x00" * 8,
        b"<html>",
    ]
)
files = st.one_of(
    st.lists(st.one_of(pieces, st.binary(max_size=24)), max_size=6).map(b"".join),
    st.binary(max_size=200),
    st.sampled_from([WAV, MP3, MP4]),
)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (WAV, Format.WAV),
        (wav(form=b"RF64"), Format.WAV),
        (wav(form=b"BW64"), Format.WAV),
        (b"RIFF\x24\x00\x00\x00AVI LIST", None),
        (MP3, Format.MP3),
        (MP3_FRAME, Format.MP3),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", Format.MP3),
        (b"\xff\xf1\x50\x80" + bytes(300), None),
        (MP4, Format.MP4),
        (box(b"moov", bytes(9)), Format.MP4),
        (box(b"mdat", size=0), Format.MP4),
        (long_box(b"mdat"), Format.MP4),
        (box(b"uuid", bytes(16)), Format.MP4),
        (box(b"sidx", bytes(24)), Format.MP4),
        (box(b"ftyp", size=7), None),
        (b"APETAGEX" + bytes(24), Format.MP3),
        (bytes(8192) + MP3, Format.MP3),
        (b"", None),
        (b"<!DOCTYPE html>", None),
        (bytes(5000), None),
        ("\ufeff<html>".encode("utf-16"), None),
    ],
)
def test_a_kind_is_told_by_its_first_bytes(file: bytes, expected: Format | None) -> None:
    assert expected == identify(file)
    assert expected == look(file)[0].format


@pytest.mark.parametrize(
    ("file", "start"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n<!doctype html>", "starts like HTML"),
        (b'{"error": {}}', "starts like JSON"),
        (b"\x1f\x8b\x08\x00secret", "starts with the bytes 1f 8b 08 00"),
    ],
)
def test_what_is_no_media_is_a_problem_that_says_how_it_starts(file: bytes, start: str) -> None:
    """The text is for the person who examines the quarantine; it shows at most four bytes of the content."""
    found, needs = look(file)

    assert found == MediaFacts(None, len(file), problems=(f"it is not wav, mp3 or mp4: it {start}",))
    assert needs == []


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"<!DOCTYPE html><html>", True),
        (b"<HTML><body>", True),
        (b" \r\n\t<html", True),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Error>", True),
        (b"<!-- sorry -->", True),
        (b'{"error":{"code":"8522"}}', True),
        (b'\xef\xbb\xbf{\r\n  "title": "Not Found"', True),
        (b"{}", True),
        (b"{ ", True),
        (b"", False),
        (b"{\x00\x01", False),
        (b"<\x00", False),
        (b"Service Unavailable", False),
        (WAV, False),
        (MP3, False),
        (MP4, False),
    ],
)
def test_an_error_page_is_told_from_media(head: bytes, *, expected: bool) -> None:
    """It is HTML, XML or a JSON object, perhaps after white space and a byte order mark."""
    assert expected == is_error_page(head)


@settings(max_examples=500)
@given(file=files, head=st.sampled_from([0, 3, 12, 50, 200, 65536]))
def test_any_file_is_looked_at_in_few_needs_and_none_twice(file: bytes, head: int) -> None:
    """No bytes raise an exception; each need is within the file, and no offset is asked for twice."""
    found, needs = look(file, head)

    assert len(needs) <= MAX_NEEDS
    assert len({need.offset for need in needs}) == len(needs)
    assert all(0 < need.length and need.offset + need.length <= len(file) for need in needs)
    assert found.length == len(file)


@settings(max_examples=300)
@given(file=files, head=st.integers(0, 300))
def test_facts_do_not_depend_on_how_much_came_at_first(file: bytes, head: int) -> None:
    """It makes no difference whether bytes come with the head or on demand."""
    whole, _ = look(file)
    found, needs = look(file, head)

    assert len(needs) == MAX_NEEDS or whole == found


@given(file=files, claimed=st.integers(0, 400), more=st.dictionaries(st.integers(0, 400), st.binary(max_size=50)))
def test_no_contradiction_breaks_the_look(file: bytes, claimed: int, more: dict[int, bytes]) -> None:
    """The length may contradict the head; ranges may be short, or not asked for."""
    assert isinstance(inspect(file, claimed, more), MediaFacts | Need)


@pytest.mark.parametrize("file", [WAV, MP3, MP4], ids=["wav", "mp3", "mp4"])
def test_the_head_of_a_small_file_is_all_it_takes(file: bytes) -> None:
    found, needs = look(file)

    assert (found.notes, found.problems, needs) == ((), (), [])


def test_a_range_that_cannot_be_read_ends_the_look_with_a_note() -> None:
    """A short answer is not a fault of the file."""
    file = FTYP + box(b"free", bytes(90_000)) + movie() + box(b"mdat")
    need = inspect(file[:50_000], len(file))
    assert isinstance(need, Need)

    found = inspect(file[:50_000], len(file), {need.offset: b"\0"})

    assert isinstance(found, MediaFacts)
    assert found.problems == ()
    assert found.notes == (f"it was not looked at from byte {need.offset} on",)


def test_a_file_of_countless_pieces_is_looked_at_in_part() -> None:
    """Thousands of fragments need no more ranges than the limit."""
    rest = box(b"free", bytes(40))
    file = FTYP + movie() + rest * 5000

    found, needs = look(file, head=200)

    assert len(needs) == MAX_NEEDS
    assert found.problems == ()
    assert any("was not looked at" in note for note in found.notes)


def test_a_file_larger_than_memory_is_looked_at_by_a_few_ranges() -> None:
    """Gigabytes of media are skipped, not read."""
    length = 3 << 30
    file = Sparse(
        length + 40 + len(movie()),
        {
            0: FTYP,
            len(FTYP): long_box(b"mdat", size=length + 40 - len(FTYP)),
            length + 40: movie(90_000, 450_000),
        },
    )

    found, needs = look(file)

    assert found.problems == ()
    assert found.duration is not None
    assert found.duration.total_seconds() == 5
    assert needs == [Need(length + 40, 16), Need(length + 48, len(movie()) - 8)]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/octet-stream",
        "Application/Octet-Stream; charset=binary",
        "audio/wav",
        "video/mp4",
        "application/mp4",
        "application/ogg",
        "application/jsonish",
        "binary/octet-stream",
        "unknown",
    ],
)
def test_a_type_that_is_not_known_to_be_none_may_be_media(content_type: str) -> None:
    """The service sends octet-stream; another type, or none, may be media too."""
    assert may_be_media(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        " TEXT/HTML; charset=utf-8",
        "text/plain",
        "application/json",
        "application/json;charset=utf-8",
        "application/problem+json",
        "application/xml",
        "application/xhtml+xml",
        "multipart/byteranges; boundary=x",
    ],
)
def test_what_is_sent_as_text_is_no_media(content_type: str) -> None:
    assert not may_be_media(content_type)


@pytest.mark.parametrize("head", [b"<!DOCTYPE html>", b"\n <!doctype HTML>", b"<html>", b"<HTML lang=en>", b"<html\n>"])
def test_a_page_is_told_wherever_it_stands(head: bytes) -> None:
    assert is_page(head)


@pytest.mark.parametrize("head", [b"", b"<?xpacket begin", b"{}", b"<htmlish>", b"x<html>", b"<a>", WAV, MP3, MP4])
def test_what_may_stand_inside_media_is_no_page(head: bytes) -> None:
    """A box of an mp4 may contain XML or JSON."""
    assert not is_page(head)
