"""Whether a recording is silent where somebody should be heard.

A channel belongs to a participant as the metadata file says; without such a file, each channel of the wav counts. A
participant who only listens is silent too, and is told all the same: nothing here tells that from a dead microphone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recording.core.records.audio import SILENT_BELOW, Sound

SHARE = 500
"""One second in so many may be louder, so that a click when a device is plugged in does not hide a silent channel."""
SHORTEST = 10
"""Seconds: what is shorter holds no conversation, and its silence is no news."""

type Group = frozenset[int]
"""The channels of one participant: one, or two where it is not known from which number the channels are counted."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What is measured of one chunk: its sound, and the groups of channels in which somebody should be heard."""

    sound: Sound
    groups: frozenset[Group]


@dataclass(frozen=True, slots=True)
class Silence:
    """What is silent for the whole recording: all of it, or these groups of channels, counted from 0."""

    is_all: bool = False
    groups: tuple[tuple[int, ...], ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """What to remember of each that was told: it is told once."""
        return ("all",) if self.is_all else tuple("|".join(map(str, group)) for group in self.groups)


NOTHING_SILENT = Silence()


def groups_of(numbers: Iterable[int], channels: int) -> frozenset[Group]:
    """The channels, from 0, that the numbers of the participants' channels mean in a file with so many.

    Whether the service counts from 0 or from 1 is not documented. If the numbers do not say, either is taken: such a
    participant is silent only if both channels are.
    """
    there = range(channels)
    given = set(numbers)
    if 0 in given:
        found = [frozenset({number}) for number in given if number in there]
    elif channels in given:
        found = [frozenset({number - 1}) for number in given if number - 1 in there]
    else:
        found = [frozenset({number - 1, number}) for number in given if number in there]
    return frozenset(found) or frozenset(frozenset({number}) for number in there)


def silence_of(heard: Sequence[Heard]) -> Silence:
    """What is silent in all chunks of a recording; nothing if it is shorter than `SHORTEST`."""
    if sum(chunk.sound.seconds for chunk in heard) < SHORTEST:
        return NOTHING_SILENT
    if all(_is_silent(heard, frozenset({number})) for number in range(max(len(one.sound.channels) for one in heard))):
        return Silence(is_all=True)
    groups = {group for chunk in heard for group in chunk.groups}
    return Silence(groups=tuple(sorted(tuple(sorted(group)) for group in groups if _is_silent(heard, group))))


def shown(silence: Silence) -> str:
    """The reason of the alert: what is silent; empty if nothing is."""
    if silence.is_all:
        return f"all of it is silent, {SILENT_BELOW} dB and more below full scale"
    channels = ", ".join(" or ".join(map(str, group)) for group in silence.groups)
    return f"silent for the whole recording: channel {channels}, counted from 0" if channels else ""


def _is_silent(heard: Sequence[Heard], group: Group) -> bool:
    loud = seconds = 0
    for chunk in heard:
        channels = chunk.sound.channels
        there = [channels[number].loud for number in group if number < len(channels)]
        loud += sum(there)
        seconds += chunk.sound.seconds if there else 0
    return loud * SHARE <= seconds
