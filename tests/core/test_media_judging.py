"""Whether a file is what was expected."""

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
    """A duration."""
    return timedelta(seconds=number)


@given(duration=st.integers(0, 14_400_000), paused=st.integers(0, 20_000_000), counted=st.booleans())
def test_a_wav_as_long_as_said_looks_right(duration: int, paused: int, *, counted: bool) -> None:
    """The service's duration may include the pauses or not."""
    said, pause = timedelta(milliseconds=duration), timedelta(milliseconds=paused)
    actual = max(timedelta(), said - pause) if counted else said

    verdict = judge(wav(actual), Expectation(WAV, said, pause))

    assert () == verdict.reasons
    assert bool(verdict.notes) == (not actual)


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
    """The tolerance is one second and half a per cent; between the two readings of the duration it is a note."""
    verdict = judge(wav(seconds(actual)), Expectation(WAV, MINUTE, seconds(paused)))

    assert (0 if looks_right else 1, doubts) == (len(verdict.reasons), len(verdict.notes))


def test_a_reason_says_what_is_there_and_what_was_said() -> None:
    """The person who decides needs both."""
    verdict = judge(wav(TEN), Expectation(WAV, MINUTE, seconds(5)))

    assert verdict.reasons == ("it lasts 10.0 s, the service says 60.0 s, paused for 5.0 s",)


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
    """A flawless file of another format than was requested is a doubt."""
    verdict = judge(facts, Expectation(output))

    assert verdict.reasons == (f"it is {facts.format}, and {output} was recorded",)


@pytest.mark.parametrize("output", [None, WAV])
def test_problems_of_the_file_are_reasons(output: Output | None) -> None:
    broken = MediaFacts(None, 5, notes=("odd",), problems=("it is empty",))

    verdict = judge(broken, Expectation(output))

    assert (("it is empty",), ("odd",)) == (verdict.reasons, verdict.notes)


@pytest.mark.parametrize("facts", [wav(MINUTE), MediaFacts(Format.MP3, 1), MediaFacts(Format.MP4, 1)])
def test_nothing_expected_is_nothing_to_doubt(facts: MediaFacts) -> None:
    """An event without output and duration is no doubt about the media."""
    assert judge(facts, Expectation()).notes == ()
    assert not judge(facts, Expectation()).reasons


def test_a_wav_that_tells_no_duration_is_not_judged_by_it() -> None:
    """What could not be read is no reason."""
    assert not judge(MediaFacts(Format.WAV, 1), Expectation(WAV, MINUTE)).reasons


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
    """Its bytes are still compared with its own rate and channels."""
    verdict = judge(facts, expected)

    assert not verdict.reasons
    assert note in "; ".join(verdict.notes)


@pytest.mark.parametrize(
    ("format_", "length", "duration", "note"),
    [
        (Format.MP4, 7_500_000, MINUTE, ""),
        (Format.MP4, 15_000_000 + 1024 * 1024, MINUTE, ""),
        (Format.MP4, 15_000_001 + 1024 * 1024, MINUTE, "at most 16048576 are likely"),
        (Format.MP4, 9_000, MINUTE, ""),
        (Format.MP4, 8_999, MINUTE, "for 60.0 s at least 9000 are likely"),
        (Format.MP4, 900, MINUTE, "at least 9000 are likely"),
        (Format.MP3, 720_001 + 1024 * 1024, MINUTE, "are likely"),
        (Format.MP3, 60_000, MINUTE, ""),
        (Format.MP3, 59_999, MINUTE, "at least 60000 are likely"),
        (Format.MP3, 6_000, MINUTE, "at least 60000 are likely"),
    ],
)
def test_a_lossy_file_of_unlikely_size_is_noted_not_refused(
    format_: Format, length: int, duration: timedelta, note: str
) -> None:
    """The documented rates are upper bounds."""
    verdict = judge(MediaFacts(format_, length), Expectation(None, duration))

    assert not verdict.reasons
    assert note in "; ".join(verdict.notes)
    assert bool(note) == bool(verdict.notes)


@pytest.mark.parametrize(("format_", "length"), [(Format.MP4, 899), (Format.MP4, 180), (Format.MP3, 5_999)])
def test_fewer_bytes_than_a_tenth_of_the_least_are_a_reason(format_: Format, length: int) -> None:
    """Even silence takes more."""
    verdict = judge(MediaFacts(format_, length), Expectation(None, MINUTE))

    assert verdict.reasons
    assert "are likely" in "; ".join(verdict.reasons)


@pytest.mark.parametrize(
    ("actual", "paused", "doubted"),
    [
        (60, 0, False),
        (65, 0, False),
        (66, 0, True),
        (3600, 0, True),
        (54, 0, True),
        (46, 0, True),
        (30, 30, False),
        (45, 30, True),
        (22, 30, True),
    ],
)
def test_a_lossy_file_that_lasts_otherwise_is_noted(actual: float, paused: float, *, doubted: bool) -> None:
    """The tolerance is two seconds and five per cent of either reading of the duration."""
    verdict = judge(MediaFacts(Format.MP4, 1_000_000, seconds(actual)), Expectation(MP4, MINUTE, seconds(paused)))

    assert not verdict.reasons
    assert doubted == bool(verdict.notes)


@pytest.mark.parametrize("format_", [Format.MP3, Format.MP4])
@pytest.mark.parametrize(
    ("actual", "said", "paused"),
    [(20, 3600, 0), (1800, 3600, 0), (45.9, 60, 0), (21.9, 60, 30), (8, 14, 0), (2, 10, 0)],
)
def test_a_lossy_file_far_shorter_than_said_is_a_reason(
    format_: Format, actual: float, said: float, paused: float
) -> None:
    """The limit is a fifth and two seconds less than the duration without the pauses."""
    facts = MediaFacts(format_, 5_000_000, seconds(actual))
    verdict = judge(facts, Expectation(None, seconds(said), seconds(paused)))

    assert verdict.reasons
    assert verdict.reasons[0].startswith(f"it lasts {actual:.1f} s, the service says {said:.1f} s")


def test_an_estimate_alone_sets_nothing_aside() -> None:
    """The rates at a few places say little: silence takes few bytes and much time."""
    verdict = judge(MediaFacts(Format.MP3, 5_000_000, seconds(600), is_estimate=True), Expectation(None, MINUTE * 60))

    assert not verdict.reasons
    assert verdict.notes == ("it lasts 600.0 s, the service says 3600.0 s",)


@pytest.mark.parametrize("format_", list(Format))
@pytest.mark.parametrize(("said", "paused"), [(60, 60), (60, 59.5), (60, 300), (0, 0)])
def test_a_file_that_holds_nothing_looks_right_where_nothing_was_to_be_recorded(
    format_: Format, said: float, paused: float
) -> None:
    verdict = judge(MediaFacts(format_, 44, timedelta()), Expectation(None, seconds(said), seconds(paused)))

    assert ((), 1) == (verdict.reasons, len(verdict.notes))


@pytest.mark.parametrize("format_", list(Format))
@pytest.mark.parametrize(("said", "paused"), [(None, 0), (60, 0), (60, 30), (0.5, 0)])
def test_a_file_that_holds_nothing_does_not_look_right(format_: Format, said: float | None, paused: float) -> None:
    duration = None if said is None else seconds(said)
    verdict = judge(MediaFacts(format_, 44, timedelta()), Expectation(None, duration, seconds(paused)))

    assert "it holds nothing to be heard or seen" in verdict.reasons[0]


MEDIA = [wav(MINUTE), MediaFacts(Format.MP3, 360_000, MINUTE), MediaFacts(Format.MP4, 7_000_000, MINUTE)]


@pytest.mark.parametrize("facts", MEDIA)
@pytest.mark.parametrize(
    ("factor", "unit"),
    [(1e-3, "seconds"), (1e3, "microseconds"), (1e4, "100 nanoseconds"), (1e6, "nanoseconds")],
)
@pytest.mark.parametrize("paused", [0, 5])
def test_a_duration_in_another_unit_is_a_note(facts: MediaFacts, factor: float, unit: str, paused: float) -> None:
    """The pauses are in that unit too, and the duration may include them or not."""
    for said in (MINUTE, MINUTE + seconds(paused)):
        verdict = judge(facts, Expectation(None, said * factor, seconds(paused) * factor))

        assert not verdict.reasons
        assert verdict.notes == (f"it lasts 60.0 s: what the service says fits in {unit} alone",)


def test_an_estimate_may_fit_another_unit_roughly() -> None:
    """Otherwise its bytes would be compared with a thousand times its duration."""
    facts = MediaFacts(Format.MP3, 240_000, seconds(70), is_estimate=True)

    assert not judge(facts, Expectation(None, MINUTE * 1000)).reasons


@pytest.mark.parametrize("actual", [3.4, 0.2, 1800])
def test_a_cut_file_does_not_pass_in_another_unit(actual: float) -> None:
    assert judge(wav(seconds(actual)), Expectation(WAV, MINUTE * 60)).reasons


@pytest.mark.parametrize("facts", MEDIA)
def test_no_duration_at_all_is_a_note(facts: MediaFacts) -> None:
    verdict = judge(facts, Expectation(None, timedelta()))

    assert ((), ("the service says that it lasts 0 s",)) == (verdict.reasons, verdict.notes)


@pytest.mark.parametrize("said", [timedelta(days=9), timedelta.max])
@pytest.mark.parametrize("facts", [*MEDIA, MediaFacts(Format.MP4, 9)])
def test_a_duration_longer_than_any_chunk_is_no_measure(facts: MediaFacts, said: timedelta) -> None:
    verdict = judge(facts, Expectation(None, said))

    assert not verdict.reasons
    assert "longer than a chunk can be" in verdict.notes[0]


@pytest.mark.parametrize(
    ("there", "claimed", "said", "paused", "looks_right"),
    [
        (60, 60.5, None, 0, True),
        (60, 60.5, 60, 0, True),
        (60, 3600, 60, 0, True),
        (60, 3600, None, 0, False),
        (60, 3600, 0, 0, False),
        (60, 3600, 3600, 0, False),
        (45, 60, 60, 15, True),
        (45, 60, 60, 30, False),
        (90, 60, 60, 0, True),
        (90, 60, 90, 0, True),
        (90, 60, None, 0, True),
        (90, 60, 30, 0, False),
    ],
)
def test_a_header_that_is_off_is_wrong_only_where_the_file_is_too(
    there: float, claimed: float, said: float | None, paused: float, *, looks_right: bool
) -> None:
    """It is a reason only if the service does not give the duration of the media that is in the file."""
    facts = MediaFacts(Format.WAV, 1, seconds(there), 16_000, 1, claimed=seconds(claimed))
    expected = Expectation(WAV, None if said is None else seconds(said), seconds(paused))

    assert looks_right == (not judge(facts, expected).reasons)
