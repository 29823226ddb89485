"""Looking at mp4 files."""

from datetime import timedelta

import pytest

from recording.core.media import MediaFacts, Need
from recording.core.model import Format
from tests.core.media_files import FTYP, box, long_box, look, movie

MDAT = box(b"mdat", bytes(200))


def facts(file: bytes) -> MediaFacts:
    """Look at a file, and see that it is an mp4."""
    found, _ = look(file)
    assert found.format is Format.MP4
    return found


@pytest.mark.parametrize(
    "file",
    [
        FTYP + movie() + MDAT,
        FTYP + box(b"free") + MDAT + movie(),
        FTYP + movie() + long_box(b"mdat", bytes(200)),
        FTYP + movie() + box(b"mdat", bytes(200), size=0),
        FTYP + movie() + (box(b"moof", bytes(9)) + MDAT) * 3 + box(b"mfra", bytes(7)),
        box(b"styp", bytes(8)) + movie() + box(b"sidx", bytes(7)) + MDAT,
    ],
    ids=["fast start", "movie last", "64-bit size", "to the end", "fragments", "segment"],
)
def test_a_well_made_file_raises_no_doubt(file: bytes) -> None:
    """In whatever order its boxes come."""
    found = facts(file)

    assert timedelta(seconds=5) == found.duration
    assert (found.notes, found.problems) == ((), ())


@pytest.mark.parametrize("first", [b"moov", b"mdat", b"free", b"skip", b"wide", b"moof"])
def test_a_file_that_does_not_start_with_ftyp_is_noted(first: bytes) -> None:
    """Old files and fragments play all the same."""
    found = facts(box(first, bytes(8)) + movie() + MDAT)

    assert found.notes == (f"it starts with a {first.decode()} box and not with ftyp",)
    assert found.problems == ()


def test_fragments_need_no_movie_box() -> None:
    """It may stand in another file."""
    assert facts(FTYP + box(b"moof") + MDAT).problems == ()


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (FTYP + MDAT, "there is no moov box"),
        (FTYP + movie(), "there is no mdat box"),
        (FTYP, "there is no moov box"),
        (FTYP + movie() + MDAT[:-1], "its mdat box at byte 140 ends 1 bytes past its end"),
        (FTYP + movie() + long_box(b"mdat", size=1 << 63), "past its end"),
        (FTYP + movie() + MDAT + bytes(3), "at byte 348 there is no box"),
        (FTYP + movie() + MDAT + bytes(8), "at byte 348 there is no box"),
        (FTYP + movie() + MDAT + box(b"free", size=7), "there is no box"),
        (FTYP + movie() + MDAT + long_box(b"free", size=15), "there is no box"),
        (FTYP + movie() + MDAT + b"\x00\x00\x00\x01free", "there is no box"),
        (FTYP + movie() + MDAT + box(b"\xa9\x01\x02\x03", size=99), "its a9010203 box"),
    ],
)
def test_boxes_that_do_not_fill_the_file_are_a_problem(file: bytes, problem: str) -> None:
    """Cut off, overrun, or without what a player needs."""
    assert problem in "; ".join(facts(file).problems)


@pytest.mark.parametrize(
    ("moov", "expected"),
    [
        (movie(90_000, 900_000), timedelta(seconds=10)),
        (movie(90_000, 900_000, version=1), timedelta(seconds=10)),
        (movie(0, 900_000), None),
        (movie(1000, 0), None),
        (movie(1000, 0xFFFFFFFF), None),
        (movie(1000, (1 << 64) - 1, version=1), None),
        (movie(1, (1 << 64) - 2, version=1), None),
        (box(b"moov"), None),
        (box(b"moov", box(b"trak", bytes(100))), None),
    ],
)
def test_the_movie_says_how_long_it_is_or_nothing(moov: bytes, expected: timedelta | None) -> None:
    """Either version of its header; unknown, impossible or absent is None."""
    assert expected == facts(FTYP + moov + MDAT).duration


def test_a_movie_box_at_the_end_takes_two_needs() -> None:
    """One for its place, one for its duration."""
    file = FTYP + box(b"mdat", bytes(100_000)) + movie()
    found, needs = look(file)
    place = len(file) - len(movie())

    assert timedelta(seconds=5) == found.duration
    assert needs == [Need(place, 16), Need(place + 8, 40)]
