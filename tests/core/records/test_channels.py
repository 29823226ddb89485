"""A person's channels of an unmixed wav file, without a sample of anybody else."""

import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.records.channels import Sound, Taking, find_sound, header_of, length_of, why_not
from tests.core.media_files import chunk, wav, wav_format


def unmixed(channels: int, frames: int) -> bytes:
    """A file whose every sample says its channel and frame."""
    samples = b"".join(
        struct.pack("<H", (frame % 4096) << 4 | channel) for frame in range(frames) for channel in range(channels)
    )
    return wav(chunk(b"fmt ", wav_format(channels=channels)), chunk(b"LIST", b"abc"), chunk(b"data", samples))


def taken(content: bytes, wanted: tuple[int, ...], sizes: list[int]) -> bytes:
    """The channels of a file that comes in pieces of these sizes, again and again."""
    sound = find_sound(content[:4096], len(content))
    assert isinstance(sound, Sound)
    taking, out, at, turn = Taking(sound, wanted), header_of(sound, wanted), 0, 0
    while at < len(content):
        piece = content[at : at + sizes[turn % len(sizes)]]
        out += taking.take(memoryview(piece))
        at, turn = at + len(piece), turn + 1
    assert length_of(sound, wanted) == len(out)
    return out


@given(
    st.integers(1, 5),
    st.integers(0, 60),
    st.lists(st.integers(1, 50), min_size=1, max_size=5),
    st.data(),
)
def test_of_each_frame_only_the_wanted_samples_are_left(
    channels: int, frames: int, sizes: list[int], data: st.DataObject
) -> None:
    """In whatever pieces the file comes."""
    wanted = tuple(sorted(data.draw(st.sets(st.integers(0, channels - 1), min_size=1))))
    with wave.open(io.BytesIO(taken(unmixed(channels, frames), wanted, sizes))) as found:
        assert (len(wanted), 2, 16_000, frames) == (
            found.getnchannels(),
            found.getsampwidth(),
            found.getframerate(),
            found.getnframes(),
        )
        samples = struct.unpack(f"<{frames * len(wanted)}H", found.readframes(frames))
    assert [(frame << 4 | channel) for frame in range(frames) for channel in wanted] == list(samples)


def test_what_follows_the_sound_and_half_a_frame_are_left_out() -> None:
    content = wav(chunk(b"fmt ", wav_format(channels=2)), chunk(b"data", b"ababcdcdx"), chunk(b"LIST", b"zzzz"))
    with wave.open(io.BytesIO(taken(content, (1,), [7]))) as found:
        assert b"abcd" == found.readframes(99)


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 1_000_000])
def test_a_size_that_was_never_filled_in_stands_for_the_rest(size: int) -> None:
    content = wav(chunk(b"fmt ", wav_format(channels=2)), b"data" + struct.pack("<L", size) + b"ababcdcd")
    sound = find_sound(content, len(content))
    assert isinstance(sound, Sound)
    assert (2, len(content)) == (sound.frames, sound.end)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no wav"),
        (b"RIFFxxxxAVI ", "no wav"),
        (wav(chunk(b"fmt ", wav_format(bits=8)), chunk(b"data", b"abab")), "16 bits"),
        (wav(chunk(b"fmt ", wav_format(codec=6)), chunk(b"data", b"abab")), "16 bits"),
        (wav(chunk(b"fmt ", wav_format(channels=0)), chunk(b"data", b"abab")), "16 bits"),
        (wav(chunk(b"data", b"abab")), "before its format"),
        (wav(chunk(b"fmt ", wav_format())), "does not begin"),
        (wav(chunk(b"fmt ", wav_format()[:8])), "does not begin"),
    ],
)
def test_a_file_whose_channels_cannot_be_told_apart(content: bytes, why: str) -> None:
    found = find_sound(content, len(content))
    assert isinstance(found, str)
    assert why in found


def test_why_channels_cannot_be_taken_out() -> None:
    sound = Sound(44, 44 + 400, 2, 16_000)
    assert "" == why_not(sound, (0, 1))
    assert "not the person's" in why_not(sound, (2,))
    assert "not the person's" in why_not(sound, ())
    assert "too long" in why_not(Sound(44, 1 << 34, 2, 16_000), (0,))
