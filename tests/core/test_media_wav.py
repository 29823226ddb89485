"""The inspection of wav files."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.media import Expectation, MediaFacts, Need, judge
from recording.core.model import Format
from tests.core.media_files import Sparse, chunk, look, wav, wav_format

FORMAT = chunk(b"fmt ", wav_format())
SOUND = bytes(32_000)
SECOND = timedelta(seconds=1)
EXTENSIBLE = wav_format(codec=0xFFFE) + (22).to_bytes(2, "little") + bytes(6) + b"\x01\x00" + bytes(14)

LONG_SIZES = chunk(b"ds64", bytes(8) + (32_000).to_bytes(8, "little") + bytes(12))


def facts(file: bytes | Sparse) -> MediaFacts:
    """Inspect a file, which must be a wav."""
    found, _ = look(file)
    assert found.format is Format.WAV
    return found


@given(channels=st.integers(1, 5), samples=st.integers(1, 4000), bits=st.sampled_from([8, 16, 24]))
def test_duration_follows_from_bytes_rate_and_channels(channels: int, samples: int, bits: int) -> None:
    sound = bytes(samples * channels * bits // 8)
    found = facts(wav(chunk(b"fmt ", wav_format(channels=channels, bits=bits)), chunk(b"data", sound)))

    assert timedelta(microseconds=samples * 1_000_000 // 16_000) == found.duration
    assert (channels, 16_000) == (found.channels, found.sample_rate)
    assert (found.notes, found.problems) == ((), ())


@pytest.mark.parametrize(
    "file",
    [
        wav(FORMAT, chunk(b"data", SOUND)),
        wav(chunk(b"fmt ", wav_format() + bytes(2)), chunk(b"data", SOUND)),
        wav(chunk(b"fmt ", EXTENSIBLE), chunk(b"data", SOUND)),
        wav(chunk(b"JUNK", b"odd"), FORMAT, chunk(b"LIST", bytes(26)), chunk(b"data", SOUND)),
        wav(FORMAT, chunk(b"data", SOUND), chunk(b"LIST", bytes(26)), chunk(b"id3 ", b"odd")),
        wav(FORMAT, chunk(b"data", SOUND), chunk(b"id3 ", b"odd"))[:-1],
        wav(LONG_SIZES, FORMAT, chunk(b"data", SOUND, size=0xFFFFFFFF), form=b"RF64"),
        wav(chunk(b"ds64", bytes(28)), FORMAT, chunk(b"data", SOUND), form=b"BW64"),
    ],
    ids=["plain", "18 bytes", "extensible", "before", "after", "unpadded", "RF64", "BW64"],
)
def test_a_well_made_file_raises_no_doubt(file: bytes) -> None:
    """Other chunks may come before and after; sizes may have 64 bits, formats may be extensible."""
    found = facts(file)

    assert SECOND == found.duration
    assert (found.notes, found.problems) == ((), ())


@given(channels=st.integers(1, 5), samples=st.integers(1, 400), bits=st.sampled_from([8, 12, 16, 24]))
def test_the_samples_are_where_they_are(channels: int, samples: int, bits: int) -> None:
    """Whole ones: the file may end within the last."""
    width = -(-bits // 8)
    sound = bytes(range(1, channels * width + 1)) * samples
    file = wav(chunk(b"JUNK", b"odd"), chunk(b"fmt ", wav_format(channels=channels, bits=bits)))
    pcm = facts(file + b"data" + len(sound).to_bytes(4, "little") + sound[: len(sound) - channels * width // 2]).sound

    assert pcm is not None
    whole = samples if channels * width == 1 else samples - 1
    assert (channels, 16_000, width, channels * width) == (pcm.channels, pcm.sample_rate, pcm.width, pcm.frame)
    assert (len(file) + 8, whole * pcm.frame, whole) == (pcm.offset, pcm.length, pcm.frames)


def test_sound_of_another_kind_has_no_samples() -> None:
    assert facts(wav(chunk(b"fmt ", wav_format(codec=6)), chunk(b"data", SOUND))).sound is None


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0xFFFFFFFF - 44, 0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0x7FFF0000])
def test_a_header_never_filled_in_is_noted(size: int) -> None:
    """Some recorders never correct it; the bytes in the file count."""
    found = facts(wav(FORMAT, chunk(b"data", SOUND, size=size)))

    assert found.notes == (f"its header was never filled in: it gives {size} bytes of sound",)
    assert (SECOND, ()) == (found.duration, found.problems)


@pytest.mark.parametrize(
    "sizes",
    [b"", bytes(28), bytes(10), b"\xff" * 28, b"\xff" * 15 + b"\x7f" + bytes(12)],
    ids=["absent", "zero", "short", "minus one", "the most of a signed one"],
)
def test_rf64_without_its_long_size_is_noted(sizes: bytes) -> None:
    found = facts(wav(chunk(b"ds64", sizes), FORMAT, chunk(b"data", SOUND, size=0xFFFFFFFF), form=b"RF64"))

    assert "never filled in" in found.notes[0]
    assert (SECOND, ()) == (found.duration, found.problems)


def test_a_stale_header_is_noted_and_what_is_there_counts() -> None:
    """The recorder went on after it wrote the size."""
    found = facts(wav(FORMAT, chunk(b"data", b"\x01\xff" * 16_000, size=1000)))

    assert found.notes == ("its header is stale: it gives 1000 bytes of sound, 32000 are there",)
    assert (SECOND, ()) == (found.duration, found.problems)


def test_what_follows_the_sound_and_does_not_end_with_the_file_is_taken_for_sound() -> None:
    """It looks like chunks, but they exceed the file."""
    found = facts(wav(FORMAT, chunk(b"data", bytes(1000) + b"LIST\xff\xff\x00\x00" + bytes(92), size=1000)))

    assert "stale" in found.notes[0]


def test_what_follows_the_sound_and_cannot_be_read_is_taken_for_sound() -> None:
    """There are more chunks after the sound than ranges that may be asked for."""
    found, _ = look(wav(FORMAT, chunk(b"data", SOUND), chunk(b"LIST", b"") * 40), head=200)

    assert "stale" in found.notes[0]


@pytest.mark.parametrize("size", [32_002, 32_044, 0xF0000000])
def test_a_file_shorter_than_its_header_says_is_noted_with_what_is_claimed(size: int) -> None:
    """The expected duration decides whether it is truncated."""
    found = facts(wav(FORMAT, chunk(b"data", SOUND, size=size)))

    assert found.notes == (f"its header gives {size} bytes of sound, 32000 are there",)
    assert (SECOND, timedelta(microseconds=size * 1_000_000 // 32_000)) == (found.duration, found.claimed)
    assert found.problems == ()


@pytest.mark.parametrize(("size", "looks_right"), [(32_044, True), (65_000, False), (0xF0000000, False)])
def test_a_header_alone_sets_aside_what_lacks_more_than_a_second(size: int, *, looks_right: bool) -> None:
    """The service gives no duration here."""
    found = facts(wav(FORMAT, chunk(b"data", SOUND, size=size)))

    assert looks_right == (not judge(found, Expectation()).reasons)


@pytest.mark.parametrize("size", [0, 2, 0x7FFF0000, 0xFFFFFFFF])
def test_a_header_without_sound_holds_nothing(size: int) -> None:
    """A chunk that was paused all the time is such a file."""
    found = facts(wav(FORMAT, chunk(b"data", b"", size=size)))

    assert (timedelta(), ()) == (found.duration, found.problems)


@pytest.mark.parametrize(
    "file",
    [
        wav(chunk(b"LIST", b"odd")[:-1], FORMAT, chunk(b"data", SOUND)),
        wav(FORMAT, chunk(b"LIST", b"odd")[:-1], chunk(b"data", SOUND)),
        wav(FORMAT, chunk(b"LIST", b"odd")[:-1], chunk(b"fact", b"o")[:-1], chunk(b"data", SOUND)),
    ],
    ids=["before the format", "before the sound", "twice"],
)
def test_a_chunk_of_odd_length_without_its_pad_byte_is_noted(file: bytes) -> None:
    """The next chunk is found one byte early."""
    found = facts(file)

    assert "its LIST chunk of 3 bytes has no pad byte" in found.notes
    assert (SECOND, ()) == (found.duration, found.problems)


def test_sound_of_odd_length_without_its_pad_byte_ends_where_it_says() -> None:
    """The chunk after it is not part of the sound."""
    sound = chunk(b"data", bytes(32_001))[:-1] + chunk(b"LIST", bytes(26))

    assert facts(wav(FORMAT, sound)).notes == ("its sound ends within a sample",)


@pytest.mark.parametrize("rest", [b"\0data\0\0\0", b"\0data\0\0\0\0", b"data\0\0\0\0", b"\0LIST\0\0\0", b"\0"])
def test_a_chunk_of_odd_length_at_the_very_end_is_followed_by_nothing(rest: bytes) -> None:
    """The bytes left are too few for a header, or a header without content."""
    assert judge(facts(wav(FORMAT, chunk(b"LIST", b"odd")[:-1] + rest)), Expectation()).reasons


def test_a_tag_behind_the_sound_leaves_the_header_right() -> None:
    """Bytes that are no chunk may be sound or not; the expected duration decides."""
    found = facts(wav(FORMAT, chunk(b"data", SOUND)) + b"\xffTAG" * 40_000)

    assert (timedelta(seconds=6), SECOND) == (found.duration, found.claimed)
    assert not judge(found, Expectation(None, SECOND)).reasons
    assert not judge(found, Expectation(None, timedelta(seconds=6))).reasons
    assert judge(found, Expectation(None, timedelta(seconds=9))).reasons


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (wav(), "no data chunk"),
        (wav(FORMAT), "no data chunk"),
        (wav(FORMAT) + b"data", "no data chunk"),
        (wav(chunk(b"data", SOUND), FORMAT), "sound comes before its format"),
        (wav(chunk(b"fmt ", wav_format()[:14]), chunk(b"data", SOUND)), "format is impossible"),
        (wav(chunk(b"fmt ", b"")), "format is impossible"),
        (wav(chunk(b"fmt ", wav_format(channels=0))), "format is impossible"),
        (wav(chunk(b"fmt ", wav_format(sample_rate=0))), "format is impossible"),
        (wav(chunk(b"fmt ", wav_format(bits=0))), "format is impossible"),
        (wav(chunk(b"fmt ", wav_format(codec=7, byte_rate=0))), "format is impossible"),
        (wav(chunk(b"LIST", b"", size=1 << 31), FORMAT), "no data chunk"),
    ],
)
def test_a_file_that_cannot_be_played_is_a_problem(file: bytes, problem: str) -> None:
    """It has no sound, no format, or an impossible format."""
    assert problem in "".join(facts(file).problems)


def test_sound_that_is_not_pcm_is_noted_and_measured_by_its_own_rate() -> None:
    """The service documents PCM; another codec is noted."""
    found = facts(wav(chunk(b"fmt ", wav_format(codec=7, bits=8)), chunk(b"data", SOUND)))

    assert found.notes == ("its sound is not PCM but of type 0x0007",)
    assert timedelta(seconds=2) == found.duration


def test_an_extensible_format_may_be_anything() -> None:
    """Its codec is in a field of its own, which may be missing."""
    found = facts(wav(chunk(b"fmt ", EXTENSIBLE[:30]), chunk(b"data", SOUND)))

    assert found.notes == ("its sound is not PCM but of type 0xfffe",)


def test_a_rate_that_contradicts_itself_is_noted() -> None:
    """Rate, channels and bits are used, as players do."""
    found = facts(wav(chunk(b"fmt ", wav_format(byte_rate=5)), chunk(b"data", SOUND)))

    assert found.notes == ("its header claims 5 bytes a second, not 32000",)
    assert SECOND == found.duration


def test_half_a_sample_at_the_end_is_noted() -> None:
    """A sample of 16 bits has two bytes."""
    assert facts(wav(FORMAT, chunk(b"data", bytes(32_001)))).notes == ("its sound ends within a sample",)


def test_a_recording_of_gigabytes_needs_one_range() -> None:
    """The sound is skipped to read what follows."""
    size = 2_304_000_000
    header = wav(chunk(b"fmt ", wav_format(channels=5)), chunk(b"data", b"", size=size))
    end = len(header) + size
    found, needs = look(Sparse(end + 34, {0: header, end: chunk(b"LIST", bytes(26))}))

    assert (timedelta(hours=4), ()) == (found.duration, found.problems)
    assert needs == [Need(end, 8)]


def test_a_first_chunk_longer_than_the_head_is_stepped_over() -> None:
    """Broadcast wav may have much before its format."""
    file = wav(chunk(b"bext", bytes(100_000)), FORMAT, chunk(b"data", SOUND))
    found, needs = look(file)

    assert (SECOND, ()) == (found.duration, found.problems)
    assert [need.length for need in needs] == [8, 16, 8]


def test_a_chunk_that_cannot_be_read_is_noted() -> None:
    """The inspection ends there."""
    found, needs = look(wav(chunk(b"LIST", b"") * 100, FORMAT, chunk(b"data", SOUND)), head=64)

    assert found.notes == (f"it was not looked at from byte {needs[-1].offset + 8} on",)
