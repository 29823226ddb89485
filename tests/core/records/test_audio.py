"""The waveform and the levels of wav files, whatever the pieces in which their bytes come."""

import io
import math
import wave
from array import array
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.media import MediaFacts, Pcm
from recording.core.model import Format
from recording.core.records.audio import MOST_PEAKS, NOTHING, Meter, Sound, why_not_measured
from tests.core.media_files import chunk, look, wav, wav_format

RATE = 16_000


def tone(seconds: float, amplitude: float = 0.5, rate: int = RATE, hertz: float = 440) -> list[int]:
    return [round(32_767 * amplitude * math.sin(math.tau * hertz * at / rate)) for at in range(int(seconds * rate))]


def written(*channels: list[int], rate: int = RATE, width: int = 2) -> bytes:
    """A wav file by the standard library, of samples of 16 bits that are brought to that width."""
    frames = bytearray()
    for frame in zip(*channels, strict=True):
        for sample in frame:
            frames += (
                bytes([(sample >> 8) + 128])
                if width == 1
                else (sample << 8 * (width - 2)).to_bytes(width, "little", signed=True)
            )
    found = io.BytesIO()
    with wave.open(found, "wb") as writer:
        writer.setnchannels(len(channels))
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(bytes(frames))
    return found.getvalue()


def measured(file: bytes, piece: int = 100_000) -> Sound:
    facts, _ = look(file)
    assert ("", True) == (why_not_measured(facts), facts.sound is not None)
    assert facts.sound is not None
    meter = Meter(facts.sound)
    for offset in range(0, len(file), piece):
        meter.update(offset, memoryview(file)[offset : offset + piece])
    return meter.sound()


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_tone_of_half_the_scale_has_a_level_of_nine_decibels_below(width: int) -> None:
    sound = measured(written(tone(2), width=width))

    assert [[9, 9]] == [list(channel.levels) for channel in sound.channels]
    assert {127, 128} >= set(sound.channels[0].peaks)
    assert (RATE, 100, 20) == (sound.sample_rate, sound.peak_ms, len(sound.channels[0].peaks))


def test_channels_are_measured_apart() -> None:
    sound = measured(written(tone(1), [0] * RATE, tone(1, 0.001)))

    assert [9, NOTHING, 63] == [channel.levels[0] for channel in sound.channels]
    assert [1, 0, 0] == [channel.loud for channel in sound.channels]


def test_a_click_is_seen_in_the_waveform() -> None:
    """Of three samples: of a single one it depends on which it is."""
    samples = [0] * RATE
    samples[8000:8003] = [-32_768] * 3
    sound = measured(written(samples))

    assert [5] == [number for number, peak in enumerate(sound.channels[0].peaks) if peak]
    assert 255 == sound.channels[0].peaks[5]


@given(
    piece=st.integers(1, 900),
    channels=st.integers(1, 3),
    rate=st.sampled_from([1000, 1111]),
    width=st.sampled_from([1, 2, 3, 4]),
    length=st.integers(1, 700),
)
def test_the_pieces_make_no_difference(piece: int, channels: int, rate: int, width: int, length: int) -> None:
    several = [tone(1, 0.1 * (number + 1), rate)[:length] for number in range(channels)]
    file = written(*several, rate=rate, width=width)

    assert measured(file, len(file)) == measured(file, piece)


@given(rate=st.sampled_from([1000, 1111, 2205]), frames=st.integers(1, 9000))
def test_there_is_a_level_for_each_second_and_a_peak_for_each_tenth(rate: int, frames: int) -> None:
    sound = measured(written([1000] * frames, rate=rate))

    assert -(-frames // rate) == sound.seconds
    assert math.ceil(frames * 10 / rate) in {len(sound.channels[0].peaks) - 1, len(sound.channels[0].peaks)}
    assert {30} == set(sound.channels[0].levels)


def test_a_long_file_has_no_more_peaks_than_a_screen_shows() -> None:
    samples = array("h", [500] * 1000 * 901)
    file = wav(chunk(b"fmt ", wav_format(sample_rate=1000)), chunk(b"data", samples.tobytes()))
    sound = measured(file)

    assert (901, 300) == (sound.seconds, sound.peak_ms)
    assert len(sound.channels[0].peaks) == 3004 <= MOST_PEAKS


def test_what_stands_before_and_after_the_samples_is_no_sound() -> None:
    odd = chunk(b"LIST", b"\x7f" * 5001)
    body = chunk(b"data", bytes(2 * RATE))
    sound = measured(wav(odd, chunk(b"fmt ", wav_format()), body, odd), 999)

    assert [NOTHING] == list(sound.channels[0].levels)


def sized(**fields: int) -> MediaFacts:
    known = {"offset": 44, "length": 32_000, "channels": 1, "sample_rate": RATE, "width": 2}
    return MediaFacts(Format.WAV, 1, timedelta(seconds=1), sound=Pcm(**(known | fields)))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (MediaFacts(Format.MP3, 1), "it is mp3"),
        (MediaFacts(Format.MP4, 1), "it is mp4"),
        (MediaFacts(None, 1), "it is no known format"),
        (MediaFacts(Format.WAV, 1), "no plain numbers"),
        (sized(length=0), "no sound"),
        (sized(channels=17), "17 channels of 2 bytes"),
        (sized(width=8), "1 channels of 8 bytes at 16000 Hz"),
        (sized(sample_rate=999), "999 Hz"),
        (sized(sample_rate=192_001), "192001 Hz"),
        (sized(length=2 * RATE * 40_001), "longer than the 40000 s"),
    ],
)
def test_what_is_not_measured_says_why(facts: MediaFacts, why: str) -> None:
    assert why in why_not_measured(facts)


def test_sound_that_is_not_pcm_is_not_measured() -> None:
    facts, _ = look(wav(chunk(b"fmt ", wav_format(codec=3, bits=32)), chunk(b"data", bytes(64_000))))

    assert "PCM" in why_not_measured(facts)
