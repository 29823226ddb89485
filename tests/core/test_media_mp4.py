"""The inspection of mp4 files."""

from datetime import timedelta

import pytest

from recording.core.media import Expectation, MediaFacts, Need, inspect, judge
from recording.core.model import Format
from tests.core.media_files import FTYP, Sparse, box, fragment, index, long_box, look, movie, track

MDAT = box(b"mdat", bytes(200))


def facts(file: bytes) -> MediaFacts:
    """Inspect a file, which must be an mp4."""
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
        FTYP + movie(count=0) + fragment(0, 20, 100) + fragment(2000, 30, 100) + box(b"mfra", bytes(7)),
        box(b"styp", bytes(8)) + movie(count=0) + index(1000, 0, [2500, 2500]) + fragment(0, 50, 100),
    ],
    ids=["fast start", "movie last", "64-bit size", "to the end", "fragments", "segment"],
)
def test_a_well_made_file_raises_no_doubt(file: bytes) -> None:
    found = facts(file)

    assert timedelta(seconds=5) == found.duration
    assert (found.notes, found.problems) == ((), ())


@pytest.mark.parametrize("first", [b"mdat", b"free", b"skip", b"wide", b"uuid", b"sidx"])
def test_a_file_that_does_not_start_with_ftyp_is_noted(first: bytes) -> None:
    """Old files and fragments can be played."""
    found = facts(box(first, bytes(8)) + movie() + MDAT)

    assert found.notes == (f"it starts with a {first.decode()} box and not with ftyp",)
    assert found.problems == ()


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (FTYP + MDAT, "there is no moov box"),
        (FTYP + fragment(0, 5, 100), "there is no moov box"),
        (FTYP, "there is no moov box"),
        (FTYP + movie(tracks=0), "its moov box has no track"),
        (FTYP + movie(tracks=0) + MDAT, "its moov box has no track"),
        (FTYP + box(b"moov") + MDAT, "its moov box has no track"),
        (FTYP + movie() + MDAT[:-1], f"its mdat box at byte {24 + len(movie())} ends 1 bytes past its end"),
        (FTYP + movie() + long_box(b"mdat", size=1 << 63), "past its end"),
        (FTYP + movie() + MDAT + box(b"moof", size=99), "its moof box"),
        (FTYP + movie() + bytes(8), f"at byte {24 + len(movie())} there is no box"),
        (FTYP + movie() + box(b"\xa9\x01\x02\x03", size=99), "its a9010203 box"),
        (FTYP + MDAT + bytes(8) + movie(), "at byte 232 there is no box"),
    ],
)
def test_boxes_that_do_not_fill_the_file_are_a_problem(file: bytes, problem: str) -> None:
    """A box is truncated, or one that a player needs is missing."""
    assert problem in "; ".join(facts(file).problems)


@pytest.mark.parametrize(
    "rest",
    [
        bytes(3),
        bytes(8),
        bytes(100_000),
        b"TAG" + b"song".ljust(125),
        b"APETAGEX" + bytes(24),
        box(b"free", size=7),
        box(b"free", size=99),
        long_box(b"free", size=15),
        b"\x00\x00\x00\x01free",
    ],
)
def test_what_stands_behind_its_last_box_is_noted(rest: bytes) -> None:
    """Players stop after the last box."""
    found = facts(FTYP + movie() + MDAT + rest)

    assert found.notes == (f"the {len(rest)} bytes from byte {24 + len(movie()) + 208} on are no box",)
    assert (timedelta(seconds=5), ()) == (found.duration, found.problems)


@pytest.mark.parametrize("rest", [b"", box(b"mdat"), box(b"mdat") * 2, box(b"free", bytes(99))])
def test_a_file_without_media_holds_nothing(rest: bytes) -> None:
    """A chunk that was paused all the time is such a file."""
    found = facts(FTYP + movie() + rest)

    assert (found.duration, found.notes) == (timedelta(), ("it holds no media: no mdat box has content",))
    assert judge(found, Expectation()).reasons


FRAGMENTS = [fragment(start, 20, 100) for start in range(0, 60_000, 2000)]
DEFAULTS = box(b"mvex", box(b"trex", bytes(4) + (1).to_bytes(4) + bytes(4) + (100).to_bytes(4) + bytes(8)))
PROMISE = box(b"mvex", box(b"mehd", bytes(4) + (60_000).to_bytes(4)))
LONG_PROMISE = box(b"mvex", box(b"mehd", b"\1\0\0\0" + (60_000).to_bytes(8)))
PART = timedelta(seconds=40)


@pytest.mark.parametrize("padding", [0, 3_000_000], ids=["near", "far"])
def test_fragments_last_until_the_end_of_the_last(padding: int) -> None:
    found, needs = look(FTYP + movie(count=0) + box(b"free", bytes(padding)) + b"".join(FRAGMENTS))

    assert found.duration == timedelta(seconds=60)
    assert (found.notes, found.problems, found.claimed) == ((), (), None)
    assert len(needs) < 32


@pytest.mark.parametrize(
    ("head", "claimed"),
    [
        (movie(count=0), None),
        (movie(1000, 60_000), 60),
        (movie(1000, 0, PROMISE), 60),
        (movie(1000, 0, LONG_PROMISE), 60),
        (movie(count=0) + index(1000, 0, [2000] * 30), 60),
        (movie(count=0) + index(1000, 0, [2000] * 30, version=1), 60),
        (movie(count=0) + index(0, 0, [2000] * 30), None),
    ],
    ids=["no claim", "movie", "extends", "extends, 64 bits", "index", "index, 64 bits", "index without scale"],
)
def test_a_fragmented_file_that_lost_its_last_third_is_seen(head: bytes, claimed: float | None) -> None:
    """It was truncated between two fragments, so no box is broken."""
    found = facts(FTYP + head + b"".join(FRAGMENTS[:20]))
    seconds = None if claimed is None else timedelta(seconds=claimed)

    assert (PART, seconds, ()) == (found.duration, found.claimed, found.problems)
    assert judge(found, Expectation(None, timedelta(seconds=60))).reasons
    assert not judge(found, Expectation(None, PART)).reasons
    assert (claimed is None) == (not judge(found, Expectation()).reasons)


def test_a_fragmented_file_that_is_cut_within_a_fragment_is_a_problem() -> None:
    """The cut is far behind the fragments that are inspected one by one."""
    for length in (100, 250):
        assert "cut off" in facts((FTYP + movie(count=0) + b"".join(FRAGMENTS))[:-length]).problems[0]


def test_time_may_count_from_the_start_of_another_chunk() -> None:
    """The duration is that of the fragments in the file."""
    later = b"".join(fragment(14_400_000 + start, 20, 100) for start in range(0, 60_000, 2000))

    assert facts(FTYP + movie(count=0) + later).duration == timedelta(seconds=60)


def test_fragments_may_follow_a_movie_of_its_own() -> None:
    """The duration of the movie is then the time before the fragments."""
    assert facts(FTYP + movie(1000, 4000) + MDAT + fragment(4000, 20, 100)).duration == timedelta(seconds=6)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([(0, 20, b"")], 2),
        ([(0, 20, b""), (0, 10, b"")], 3),
        ([(0x100, 3, (500).to_bytes(4) * 3)], 1.5),
        ([(0x100, 3, (500).to_bytes(4) * 2)], 1),
        ([(0x305, 2, bytes(8) + ((500).to_bytes(4) + bytes(4)) * 2)], 1),
    ],
    ids=["default", "two runs", "each its own", "too few", "with offset, flags and sizes"],
)
def test_runs_of_samples_say_how_long_they_last(runs: list[tuple[int, int, bytes]], expected: float) -> None:
    """The duration of a sample is the movie's default, or given for each."""
    samples = b"".join(box(b"trun", flags.to_bytes(4) + count.to_bytes(4) + rest) for flags, count, rest in runs)
    header = box(b"tfhd", (0x3).to_bytes(4) + (1).to_bytes(4) + bytes(12)) + box(b"tfdt", bytes(8))
    file = FTYP + movie(1000, 0, DEFAULTS) + box(b"moof", box(b"traf", header + samples)) + MDAT

    assert facts(file).duration == timedelta(seconds=expected)


def test_boxes_of_no_interest_are_stepped_over() -> None:
    odd = box(b"free", b"odd")
    media = box(b"mdia", odd + box(b"mdhd", bytes(12) + (1000).to_bytes(4) + bytes(8)))
    moov = box(b"moov", odd + box(b"trak", odd + box(b"tkhd", bytes(12) + (1).to_bytes(4)) + media) + box(b"mvex", odd))
    traf = box(b"tfhd", bytes(4) + (1).to_bytes(4)) + odd + box(b"tfdt", bytes(4) + (5000).to_bytes(4))
    first = box(b"moof", odd + box(b"traf", box(b"tfhd", bytes(4) + (1).to_bytes(4)) + box(b"tfdt", bytes(8))))

    assert facts(FTYP + moov + first + MDAT + box(b"moof", box(b"traf", traf)) + MDAT).duration == timedelta(seconds=5)


@pytest.mark.parametrize(
    "unclear",
    [box(b"moof"), box(b"moof", box(b"traf", box(b"tfdt", bytes(8)))), fragment(0, 5, 100, number=7)],
    ids=["nothing", "no track", "unknown track"],
)
def test_fragments_that_do_not_say_when_they_are_tell_no_duration(unclear: bytes) -> None:
    """The duration is then None, with a note."""
    found = facts(FTYP + movie(count=0) + unclear + MDAT)

    assert (found.duration, found.notes) == (None, ("it was not seen when its last fragment ends",))


def test_fragments_longer_than_the_end_that_is_looked_at_are_walked_as_far_as_may_be() -> None:
    """The name of a fragment within media is not a fragment."""
    length, step = 30 * 3_000_000, 3_000_000
    head = FTYP + movie(count=0)
    pieces = {0: head, len(head) + length - 1000: b"xxxxmoofxxxxmfxx", len(head) + length - 500: b"moof"}
    for place in range(30):
        one = fragment(place * 2000, 20, 100, media=0)[:-8]
        pieces[len(head) + place * step] = one + (step - len(one)).to_bytes(4) + b"mdat"
    found, needs = look(Sparse(len(head) + length, pieces))

    assert (found.duration, found.problems) == (None, ())
    assert len(needs) == 32


@pytest.mark.parametrize(
    ("moov", "expected"),
    [
        (movie(90_000, 900_000), timedelta(seconds=10)),
        (movie(90_000, 900_000, version=1), timedelta(seconds=10)),
        (movie(0, 900_000), None),
        (movie(1000, 0), None),
        (box(b"moov", track(1, 1000, 7000)), timedelta(seconds=7)),
        (box(b"moov", track(1, 1000, 7000, version=1)), timedelta(seconds=7)),
        (movie(1000, 0xFFFFFFFF), None),
        (movie(1000, (1 << 64) - 1, version=1), None),
        (movie(1, (1 << 64) - 2, version=1), None),
        (box(b"moov", box(b"trak", bytes(100))), None),
    ],
)
def test_the_movie_says_how_long_it_is_or_nothing(moov: bytes, expected: timedelta | None) -> None:
    """Both versions of its header are read; an unknown, impossible or absent duration is None."""
    assert expected == facts(FTYP + moov + MDAT).duration


def test_a_movie_box_at_the_end_takes_two_needs() -> None:
    """One is for its header, one for its body."""
    file = FTYP + box(b"mdat", bytes(100_000)) + movie()
    found, needs = look(file)
    place = len(file) - len(movie())

    assert timedelta(seconds=5) == found.duration
    assert needs == [Need(place, 16), Need(place + 8, len(movie()) - 8)]


def test_a_movie_box_of_megabytes_is_looked_at_in_part() -> None:
    """A track may come after the part that was read."""
    big = box(b"moov", box(b"udta", bytes(1_000_000)))
    found, needs = look(FTYP + MDAT + big)

    assert found.problems == ()
    assert sum(need.length for need in needs) <= 65_536


def test_a_movie_box_that_cannot_be_read_is_noted() -> None:
    """Without ranges only the beginning of the file is known."""
    file = FTYP + box(b"mdat", bytes(100_000)) + movie()
    place = len(file) - len(movie())
    found = inspect(file[:65_536], len(file), {place: file[place : place + 16], place + 8: b""})

    assert isinstance(found, MediaFacts)
    assert (found.notes, found.problems) == ((f"it was not looked at from byte {place + 8} on",), ())
