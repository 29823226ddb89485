"""The inspection of mp3 files."""

from datetime import timedelta

import pytest

from recording.core.media import Expectation, MediaFacts, Need, judge
from recording.core.model import Format
from tests.core.media_files import MP3_FRAME, look


def facts(file: bytes) -> MediaFacts:
    """Inspect a file, which must be an mp3."""
    found, _ = look(file)
    assert found.format is Format.MP3
    return found


def frame(header: str, length: int) -> bytes:
    """A frame of zeros under that header."""
    return bytes.fromhex(header) + bytes(length - 4)


def tag(length: int, flags: int = 0) -> bytes:
    """An ID3v2 tag with a body of that length."""
    size = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00" + bytes([flags]) + size + bytes(length)


def ape_tag(length: int) -> bytes:
    """An APEv2 tag with items of that length and a footer."""
    numbers = (2000).to_bytes(4, "little") + (length + 32).to_bytes(4, "little") + (1).to_bytes(4, "little")
    ends = [b"APETAGEX" + numbers + bytes([0, 0, 0, flag]) + bytes(8) for flag in (0xA0, 0x80)]
    return ends[0] + b"\1" * length + ends[1]


def counted(frames: int, length: int) -> bytes:
    """A first frame that counts the frames of a file and, if not 0, its bytes."""
    first = bytearray(MP3_FRAME)
    first[13:29] = b"Xing" + (3 if length else 1).to_bytes(4) + frames.to_bytes(4) + length.to_bytes(4)
    return bytes(first)


QUIET = frame("fff318c4", 36)
VARIED = MP3_FRAME + frame("fff368c4", 216)


@pytest.mark.parametrize(
    ("header", "length", "sample_rate", "channels", "microseconds"),
    [
        ("fff348c4", 144, 16_000, 1, 36_000),
        ("fff368c4", 216, 16_000, 1, 36_000),
        ("fffb9064", 417, 44_100, 2, 26_062),
        ("fffb94c4", 384, 48_000, 1, 24_000),
        ("ffe310c4", 52, 11_025, 1, 52_245),
    ],
    ids=["MPEG 2", "48 kbit/s", "MPEG 1", "MPEG 1 mono", "MPEG 2.5"],
)
def test_frames_of_every_version_are_read(
    header: str, length: int, sample_rate: int, channels: int, microseconds: int
) -> None:
    """Rates, channels and length follow from the tables of the format."""
    found = facts(frame(header, length) * 50)

    assert (sample_rate, channels) == (found.sample_rate, found.channels)
    assert found.duration is not None
    assert abs(found.duration - 50 * timedelta(microseconds=microseconds)) < timedelta(milliseconds=20)
    assert (found.notes, found.problems) == ((), ())


def test_one_whole_frame_is_enough_where_the_file_ends() -> None:
    """The file has one frame, or one and the beginning of the next."""
    assert facts(MP3_FRAME).problems == ()
    assert facts(MP3_FRAME + b"\xff\xf3").problems == ()


def test_a_frame_with_none_behind_it_is_not_enough() -> None:
    """Four bytes that look like a header occur by chance."""
    assert look(MP3_FRAME + bytes(1000))[0].format is None


def test_two_frames_of_different_kinds_are_no_run() -> None:
    """Version and sample rate do not change within a recording."""
    assert look(MP3_FRAME + frame("fffb9064", 417))[0].format is None


def test_bytes_before_the_first_frame_are_noted() -> None:
    """A recorder may start in the middle of a frame."""
    found = facts(b"\xff\x00\xff" + MP3_FRAME * 3)

    assert found.notes == ("3 bytes before its first frame are none",)


@pytest.mark.parametrize("flags", [0, 0x10], ids=["plain", "with footer"])
def test_tags_are_stepped_over(flags: int) -> None:
    """There may be several, of any size."""
    file = tag(100_000, flags) + (bytes(10) if flags else b"") + tag(5) + MP3_FRAME * 30
    found, needs = look(file)

    assert found.format is Format.MP3
    assert (found.notes, found.problems) == ((), ())
    assert [need.offset for need in needs] == [len(tag(100_000, flags)) + (10 if flags else 0), len(file) - 30 * 144]


@pytest.mark.parametrize("file", [tag(0), tag(500)[:100]], ids=["tag alone", "tag cut off"])
def test_a_tag_with_nothing_behind_it_holds_nothing(file: bytes) -> None:
    found = facts(file)

    assert (found.duration, found.notes) == (timedelta(), ("there is nothing after its tag",))
    assert judge(found, Expectation()).reasons


@pytest.mark.parametrize(
    "before",
    [
        bytes(8192),
        tag(10) + bytes(8192),
        b"TAG" + b"song".ljust(125),
        b"RIFF" + bytes(60),
        ape_tag(100_000),
        ape_tag(100) + tag(10),
        b"APETAGEX" + bytes(24),
    ],
    ids=["zeros", "zeros behind a tag", "ID3v1", "header", "APE", "APE and ID3", "APE footer"],
)
def test_what_stands_before_the_first_frame_is_noted(before: bytes) -> None:
    """Players skip it."""
    found = facts(before + MP3_FRAME * 2000)

    assert (timedelta(seconds=72), ()) == (found.duration, found.problems)
    assert "before its first frame" in "; ".join(found.notes)
    assert not judge(found, Expectation(None, timedelta(seconds=72))).reasons


def test_two_frames_far_in_are_no_run() -> None:
    """Two occur by chance in random bytes; four do not."""
    assert look(b"\1" * 5000 + MP3_FRAME * 3 + b"\1" * 500)[0].format is None
    assert look(b"\1" * 5000 + MP3_FRAME * 4 + b"\1" * 500)[0].format is Format.MP3


def test_a_tag_with_something_else_behind_it_is_a_problem() -> None:
    assert facts(tag(10) + b"<html>" * 50).problems == ("there is no mp3 frame at byte 20",)


def test_a_header_too_short_for_a_tag_is_no_frame_either() -> None:
    assert facts(b"ID3\x04").problems == ("there is no mp3 frame at byte 0",)


def test_what_cannot_be_read_behind_the_tags_is_noted() -> None:
    """There are more tags than ranges that may be asked for."""
    found, needs = look(tag(70_000) * 40 + MP3_FRAME * 5)

    assert found.notes == (f"it was not looked at from byte {needs[-1].offset + 70_010} on",)
    assert found.problems == ()


@pytest.mark.parametrize("mark", [b"Xing", b"Info"])
@pytest.mark.parametrize(
    ("header", "length", "offset", "microseconds"),
    [
        ("fff348c4", 144, 13, 36_000),
        ("fff34804", 144, 21, 36_000),
        ("fffb94c4", 384, 21, 24_000),
        ("fffb9464", 384, 36, 24_000),
    ],
)
def test_a_count_in_the_first_frame_is_believed_where_its_bytes_are_there(
    mark: bytes, header: str, length: int, offset: int, microseconds: int
) -> None:
    """The count is after the side information, whose length depends on MPEG version and channels."""
    first = bytearray(frame(header, length))
    first[offset : offset + 16] = mark + (3).to_bytes(4) + (1000).to_bytes(4) + (6 * length).to_bytes(4)
    found = facts(bytes(first) + frame(header, length) * 5)

    assert timedelta(microseconds=1000 * microseconds) == found.duration
    assert (found.claimed, found.is_estimate) == (None, False)


def test_a_file_with_fewer_bytes_than_its_first_frame_counts_lasts_less() -> None:
    """It is a truncated recording."""
    found = facts(counted(1000, 144_000) + VARIED * 100)

    assert found.claimed == timedelta(seconds=36)
    assert found.duration is not None
    assert abs(found.duration - found.claimed * found.length / 144_000) < timedelta(milliseconds=1)
    assert judge(found, Expectation()).reasons
    assert not judge(found, Expectation(None, found.duration)).reasons


@pytest.mark.parametrize("length", [0, 14_400])
def test_a_count_that_the_bytes_do_not_bear_out_is_not_believed_alone(length: int) -> None:
    """There is no count of bytes, or the file has far more: the header was never corrected."""
    found = facts(counted(100, length) + MP3_FRAME * 1999)

    assert (timedelta(seconds=72), False) == (found.duration, found.is_estimate)
    assert found.claimed == timedelta(seconds=3.6)
    assert not judge(found, Expectation(None, timedelta(seconds=72))).reasons


def test_a_count_and_varying_rates_are_an_estimate() -> None:
    found = facts(counted(100_000, 0) + VARIED * 1000)

    assert (timedelta(seconds=3600), True) == (found.duration, found.is_estimate)


@pytest.mark.parametrize("flags", [0, 2])
def test_a_mark_without_a_count_is_passed_over(flags: int) -> None:
    """The duration then follows from the bit rate."""
    first = bytearray(MP3_FRAME)
    first[13:21] = b"Info" + flags.to_bytes(4)

    assert facts(bytes(first) + MP3_FRAME).duration == timedelta(milliseconds=72)
    assert facts(counted(0, 0) + MP3_FRAME).duration == timedelta(milliseconds=72)


def test_a_changing_rate_without_a_count_is_an_estimate() -> None:
    """The change may be at the start or anywhere else."""
    for file in (VARIED * 2000, MP3_FRAME * 3000 + QUIET * 3000):
        found = facts(file)

        assert found.is_estimate
        assert found.duration is not None
        assert not judge(found, Expectation(None, timedelta(hours=1))).reasons


def test_places_without_frames_make_it_an_estimate() -> None:
    """There are zeros in place of sound."""
    found = facts(MP3_FRAME * 1000 + bytes(144_000) + MP3_FRAME * 1000)

    assert (timedelta(seconds=108), True) == (found.duration, found.is_estimate)


def test_one_rate_all_over_a_long_file_tells_how_long_it_is() -> None:
    found, needs = look(MP3_FRAME * 50_000)

    assert (timedelta(minutes=30), False) == (found.duration, found.is_estimate)
    assert [need.length for need in needs] == [4096] * 11
    assert judge(found, Expectation(None, timedelta(minutes=30))).notes == ()
    assert judge(found, Expectation(None, timedelta(minutes=60))).reasons


def test_silence_at_the_lowest_rate_is_as_good_as_speech() -> None:
    """Long calls contain much silence."""
    found = facts(MP3_FRAME * 1000 + QUIET * 100_000)

    assert not judge(found, Expectation(None, timedelta(seconds=3636))).reasons


def test_a_missing_head_is_asked_for() -> None:
    """The start of the file may be fetched as a range too."""
    assert look(MP3_FRAME * 100, head=0)[1][0] == Need(0, 4096)


@pytest.mark.parametrize("header", ["fff308c4", "fff3f8c4", "fff34cc4", "ffeb48c4", "fff548c4", "fff148c4", "fed348c4"])
def test_headers_that_mean_nothing_are_no_frames(header: str) -> None:
    """They have free, forbidden or reserved values, another layer, or no sync."""
    assert look(frame(header, 144) * 5)[0].format is None
