"""Whether a file is what was to be expected of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.media import Expectation, MediaFacts, judge
from recording.core.model import Format, Output
from recording.core.outputs import parse_output_name

WAV = parse_output_name("audio-mixed-wav")
UNMIXED = parse_output_name("audio-unmixed-wav")
MP3 = parse_output_name("audio-mixed-mp3")
MP4 = parse_output_name("audioVideo-mixed-mp4")
MINUTE = timedelta(minutes=1)
TEN = timedelta(seconds=10)


def wav(duration: timedelta, channels: int = 1, sample_rate: int = 16_000) -> MediaFacts:
    """The facts of a wav of that duration."""
    return MediaFacts(Format.WAV, 1, duration, sample_rate, channels)


def seconds(number: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=number)


@given(duration=st.integers(0, 14_400_000), paused=st.integers(0, 20_000_000), counted=st.booleans())
def test_a_wav_as_long_as_said_looks_right(duration: int, paused: int, *, counted: bool) -> None:
    """Whether or not the service's duration counts the pauses."""
    said, pause = timedelta(milliseconds=duration), timedelta(milliseconds=paused)
    actual = max(timedelta(), said - pause) if counted else said

    verdict = judge(wav(actual), Expectation(WAV, said, pause))

    assert (True, (), ()) == (verdict.looks_right, verdict.reasons, verdict.notes)


@pytest.mark.parametrize(
    ("actual", "paused", "looks_right", "doubts"),
    [
        (60, 0, True, 0),
        (61.2, 0, True, 0),
        (58.8, 0, True, 0),
        (61.4, 0, False, 0),
        (58.6, 0, False, 0),
        (50, 10, True, 0),
        (55, 10, True, 1),
        (48.6, 10, False, 0),
        (61.4, 10, False, 0),
        (0.5, 300, True, 0),
        (120, 0, False, 0),
        (0, 0, False, 0),
    ],
)
def test_a_wav_of_another_length_does_not_look_right(
    actual: float, paused: float, doubts: int, *, looks_right: bool
) -> None:
    """One second and half a per cent either way; between the two readings of the duration it is a note."""
    verdict = judge(wav(seconds(actual)), Expectation(WAV, MINUTE, seconds(paused)))

    assert looks_right == verdict.looks_right
    assert (0 if looks_right else 1, doubts) == (len(verdict.reasons), len(verdict.notes))


def test_a_reason_says_what_is_there_and_what_was_said() -> None:
    """For the person who decides."""
    verdict = judge(wav(TEN), Expectation(WAV, MINUTE, seconds(5)))

    assert verdict.reasons == ("it holds 10.0 s of sound, the service says 60.0 s, paused for 5.0 s",)


@pytest.mark.parametrize(
    ("facts", "output"),
    [
        (wav(MINUTE), MP3),
        (wav(MINUTE), MP4),
        (MediaFacts(Format.MP3, 1), WAV),
        (MediaFacts(Format.MP4, 1), UNMIXED),
    ],
)
def test_another_kind_than_recorded_does_not_look_right(facts: MediaFacts, output: Output) -> None:
    """Sound itself, but not what was asked for."""
    verdict = judge(facts, Expectation(output))

    assert verdict.reasons == (f"it is {facts.format}, and {output} was recorded",)


@pytest.mark.parametrize("output", [None, WAV])
def test_problems_of_the_file_are_reasons(output: Output | None) -> None:
    """Whatever was expected."""
    broken = MediaFacts(None, 5, notes=("odd",), problems=("it is empty",))

    verdict = judge(broken, Expectation(output))

    assert (False, ("it is empty",), ("odd",)) == (verdict.looks_right, verdict.reasons, verdict.notes)


@pytest.mark.parametrize("facts", [wav(MINUTE), MediaFacts(Format.MP3, 1), MediaFacts(Format.MP4, 1)])
def test_nothing_expected_is_nothing_to_doubt(facts: MediaFacts) -> None:
    """An event without output and duration does not make the media wrong."""
    assert judge(facts, Expectation()).notes == ()
    assert judge(facts, Expectation()).looks_right


def test_a_wav_that_tells_no_duration_is_not_judged_by_it() -> None:
    """What was not seen is no reason."""
    assert judge(MediaFacts(Format.WAV, 1), Expectation(WAV, MINUTE)).looks_right


@pytest.mark.parametrize(
    ("facts", "expected", "note"),
    [
        (wav(MINUTE, channels=3), Expectation(UNMIXED, channels=5), "3 channels, the metadata file says 5"),
        (wav(MINUTE, channels=6), Expectation(UNMIXED), "6 channels, 5 are documented"),
        (wav(MINUTE, channels=2), Expectation(WAV), "2 channels, 1 are documented"),
        (wav(MINUTE, sample_rate=8_000), Expectation(WAV), "8000 samples a second, 16000 are documented"),
        (MediaFacts(Format.MP3, 1, None, 44_100, 1), Expectation(), "44100 samples a second, 16000"),
    ],
)
def test_sound_unlike_the_documented_is_noted(facts: MediaFacts, expected: Expectation, note: str) -> None:
    """Its bytes are held against its own rate and channels all the same."""
    verdict = judge(facts, expected)

    assert verdict.looks_right
    assert note in "; ".join(verdict.notes)


@pytest.mark.parametrize(
    ("format_", "length", "duration", "note"),
    [
        (Format.MP4, 7_500_000, MINUTE, ""),
        (Format.MP4, 15_000_000 + 1024 * 1024, MINUTE, ""),
        (Format.MP4, 15_000_001 + 1024 * 1024, MINUTE, "at most 16048576 are likely"),
        (Format.MP4, 75_000, MINUTE, ""),
        (Format.MP4, 74_999, MINUTE, "very few for 60.0 s"),
        (Format.MP4, 1, seconds(59), ""),
        (Format.MP3, 720_001 + 1024 * 1024, MINUTE, "are likely"),
        (Format.MP3, 3_599, MINUTE, "very few"),
    ],
)
def test_a_lossy_file_of_unlikely_size_is_noted_not_refused(
    format_: Format, length: int, duration: timedelta, note: str
) -> None:
    """The documented rates are upper bounds, and generous."""
    verdict = judge(MediaFacts(format_, length), Expectation(None, duration))

    assert verdict.looks_right
    assert note in "; ".join(verdict.notes)
    assert bool(note) == bool(verdict.notes)


@pytest.mark.parametrize(
    ("actual", "paused", "doubted"),
    [
        (60, 0, False),
        (67, 0, False),
        (69, 0, True),
        (51, 0, True),
        (30, 30, False),
        (45, 30, False),
        (20, 30, True),
    ],
)
def test_a_lossy_file_that_lasts_otherwise_is_noted(actual: float, paused: float, *, doubted: bool) -> None:
    """Five seconds and five per cent: what an mp3 says of itself is a guess."""
    verdict = judge(MediaFacts(Format.MP4, 1_000_000, seconds(actual)), Expectation(MP4, MINUTE, seconds(paused)))

    assert verdict.looks_right
    assert doubted == bool(verdict.notes)
