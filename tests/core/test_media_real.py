"""Media from a real encoder passes, also with faults that players tolerate; truncated, it does not."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest

from recording.core.media import Expectation, Verdict, judge
from recording.core.model import Format
from recording.core.outputs import parse_output_name
from tests.core.media_files import look
from tests.core.real_media import RECIPES, make

OUTPUTS = {
    Format.MP4: parse_output_name("audioVideo-mixed-mp4"),
    Format.MP3: parse_output_name("audio-mixed-mp3"),
    Format.WAV: parse_output_name("audio-mixed-wav"),
}
MINUTE = timedelta(minutes=1)
LONG = [name for name, (_, length) in RECIPES.items() if length == "60"]
FRAGMENTED = ["fragmented.mp4", "few-fragments.mp4", "indexed.mp4"]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Makes a file of that name, once."""
    folder = tmp_path_factory.mktemp("media")
    return cache(lambda name: make(name, folder))


def verdict(file: bytes, name: str, said: timedelta | None, paused: timedelta = timedelta()) -> Verdict:
    """Inspect a file and judge it."""
    found, _ = look(file)
    return judge(found, Expectation(OUTPUTS[Format(name.rpartition(".")[2])], said, paused))


@pytest.mark.parametrize("name", RECIPES)
def test_genuine_media_looks_right_and_raises_no_doubt(media: Callable[[str], bytes], name: str) -> None:
    """One of the files is silence with a black picture."""
    said = timedelta(seconds=int(RECIPES[name][1]))

    for expected, paused in ((said, timedelta()), (None, timedelta()), (said + MINUTE, MINUTE), (said, MINUTE / 2)):
        assert verdict(media(name), name, expected, paused) == Verdict()


@pytest.mark.parametrize("name", LONG)
def test_genuine_media_is_far_shorter_than_an_hour(media: Callable[[str], bytes], name: str) -> None:
    assert verdict(media(name), name, timedelta(hours=1)).reasons


@pytest.mark.parametrize("share", [0.34, 0.5, 0.9])
@pytest.mark.parametrize("name", LONG)
def test_genuine_media_that_is_cut_off_does_not_look_right(
    media: Callable[[str], bytes], name: str, share: float
) -> None:
    file = media(name)

    assert verdict(file[: round(len(file) * (1 - share))], name, MINUTE).reasons


@pytest.mark.parametrize("name", FRAGMENTED)
def test_genuine_fragments_that_lost_their_last_third_do_not_look_right(
    media: Callable[[str], bytes], name: str
) -> None:
    """It was truncated at the end of a fragment, so no box is broken."""
    file = media(name)
    cut = file.rfind(b"moof", 0, len(file) * 2 // 3) - 4
    found, _ = look(file[:cut])

    assert found.problems == ()
    assert judge(found, Expectation(None, MINUTE)).reasons


@pytest.mark.parametrize("name", [name for name in LONG if name.endswith("mp4")])
@pytest.mark.parametrize("rest", [bytes(8), b"TAG" + b"song".ljust(125), b"APETAGEX" + bytes(24)])
def test_what_stands_behind_genuine_media_is_noted(media: Callable[[str], bytes], name: str, rest: bytes) -> None:
    """Players ignore it."""
    found = verdict(media(name) + rest, name, MINUTE)

    assert not found.reasons
    assert "are no box" in found.notes[0]


@pytest.mark.parametrize("before", [b"\0\0\0\x18uuid" + bytes(16), b"\0\0\0\x20sidx" + bytes(24)])
def test_another_first_box_of_genuine_media_is_noted(media: Callable[[str], bytes], before: bytes) -> None:
    """Its fragments are found without it."""
    found = verdict(before + media("fragmented.mp4"), "fragmented.mp4", MINUTE)

    assert not found.reasons
    assert "not with ftyp" in found.notes[0]


@pytest.mark.parametrize("name", [name for name in LONG if name.endswith("mp3")])
@pytest.mark.parametrize("before", [bytes(8192), b"TAG" + b"song".ljust(125), b"APETAGEX" + bytes(24)])
def test_what_stands_before_genuine_frames_is_noted(media: Callable[[str], bytes], name: str, before: bytes) -> None:
    file = media(name)
    found = verdict(before + file[file.index(b"\xff\xf3") :], name, MINUTE)

    assert not found.reasons
    assert "before its first frame" in found.notes[0]


@pytest.mark.parametrize("size", [60 * 32_000 + 44, 0x7FFF0000, 0, 0xFFFFFFFF])
def test_a_size_that_is_off_in_a_genuine_wav_is_noted(media: Callable[[str], bytes], size: int) -> None:
    """The sound is complete."""
    file = media("plain.wav")
    at = file.index(b"data") + 4
    found = verdict(file[:at] + size.to_bytes(4, "little") + file[at + 4 :], "plain.wav", MINUTE)

    assert ((), 1) == (found.reasons, len(found.notes))


def test_a_long_size_of_minus_one_in_a_genuine_rf64_is_noted(media: Callable[[str], bytes]) -> None:
    file = media("rf64.wav")
    at = file.index(b"ds64") + 16
    found = verdict(file[:at] + b"\xff" * 8 + file[at + 8 :], "rf64.wav", MINUTE)

    assert ((), 1) == (found.reasons, len(found.notes))


def test_a_header_of_a_genuine_wav_alone_is_right_where_all_was_paused(media: Callable[[str], bytes]) -> None:
    header = media("plain.wav")[:44]

    assert not verdict(header, "plain.wav", MINUTE, MINUTE).reasons
    assert verdict(header, "plain.wav", MINUTE).reasons
    assert verdict(header, "plain.wav", None).reasons


@pytest.mark.parametrize("said", [timedelta(), timedelta(milliseconds=60), timedelta(hours=10_000 / 60)])
@pytest.mark.parametrize("name", LONG)
def test_a_duration_of_zero_in_seconds_or_in_ticks_is_noted(
    media: Callable[[str], bytes], name: str, said: timedelta
) -> None:
    """The file shows which unit it is."""
    found = verdict(media(name), name, said)

    assert ((), 1) == (found.reasons, len(found.notes))
