"""What is silent where somebody should be heard."""

import pytest

from recording.core.records.audio import NOTHING, ChannelSound, Sound
from recording.core.records.silence import Group, Heard, Silence, groups_of, shown, silence_of


def sound(*loud: int, seconds: int = 60) -> Sound:
    """A file whose channels have so many loud seconds each."""
    levels = (bytes([20] * many + [NOTHING] * (seconds - many)) for many in loud)
    return Sound(16_000, 100, tuple(ChannelSound(b"", level) for level in levels))


def groups(*channels: int) -> frozenset[Group]:
    return frozenset(frozenset({channel}) for channel in channels)


@pytest.mark.parametrize(
    ("numbers", "channels", "expected"),
    [
        ([0, 1], 2, [{0}, {1}]),
        ([1, 2], 2, [{0}, {1}]),
        ([1], 2, [{0, 1}]),
        ([2], 5, [{1, 2}]),
        ([5, 1], 5, [{4}, {0}]),
        ([0, 7], 5, [{0}]),
        ([5, 9], 5, [{4}]),
        ([7], 2, [{0}, {1}]),
        ([], 3, [{0}, {1}, {2}]),
        ([0, 0], 1, [{0}]),
    ],
)
def test_channels_are_counted_from_0_or_from_1(numbers: list[int], channels: int, expected: list[set[int]]) -> None:
    assert {frozenset(group) for group in expected} == groups_of(numbers, channels)


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ([Heard(sound(30, 0), groups(0, 1))], Silence(groups=((1,),))),
        ([Heard(sound(30, 0), groups(0))], Silence()),
        ([Heard(sound(0, 0), groups(0, 1))], Silence(is_all=True)),
        ([Heard(sound(30, 30), groups(0, 1))], Silence()),
        ([Heard(sound(30, 0), groups(1)), Heard(sound(30, 5), groups(1))], Silence()),
        ([Heard(sound(30, 0), groups(1)), Heard(sound(30), groups(0))], Silence(groups=((1,),))),
        ([Heard(sound(0, 30, 0), frozenset({frozenset({0, 1}), frozenset({0, 2})}))], Silence(groups=((0, 2),))),
        ([Heard(sound(0, seconds=9), groups(0))], Silence()),
        ([Heard(sound(0, seconds=5), groups(0)), Heard(sound(0, seconds=5), groups(0))], Silence(is_all=True)),
        ([Heard(sound(1, seconds=499), groups(0))], Silence()),
        ([Heard(sound(1, seconds=500), groups(0))], Silence(is_all=True)),
        ([], Silence()),
    ],
)
def test_silent_is_what_is_silent_in_all_chunks(heard: list[Heard], expected: Silence) -> None:
    assert expected == silence_of(heard)


@pytest.mark.parametrize(
    ("silence", "reason", "keys"),
    [
        (Silence(is_all=True), "all of it is silent", ("all",)),
        (Silence(groups=((1,), (2, 3))), "channel 1, 2 or 3, counted from 0", ("1", "2|3")),
        (Silence(), "", ()),
    ],
)
def test_it_is_told_in_words(silence: Silence, reason: str, keys: tuple[str, ...]) -> None:
    assert reason in shown(silence)
    assert keys == silence.keys
    assert bool(shown(silence)) == bool(silence.keys)
