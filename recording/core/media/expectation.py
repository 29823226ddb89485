"""What the event and the metadata say of a chunk, and in which unit its duration can be meant."""

from dataclasses import dataclass, replace
from datetime import timedelta

from recording.core.media.facts import MediaFacts, show
from recording.core.model import Output

# Units that a duration may be in although milliseconds are documented, by how many of ours one of theirs is.
_UNITS = {"seconds": 1000.0, "microseconds": 1e-3, "100 nanoseconds": 1e-4, "nanoseconds": 1e-6}
# By chance a cut file may fit another unit: it must fit closely.
_CLOSE_SHARE = 0.005
_CLOSE = timedelta(milliseconds=50)
_ROUNDED = timedelta(seconds=1)
_ESTIMATE_SHARE = 0.25
# No chunk lasts that long, whatever its pauses: more is in another unit, or nonsense.
_LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the event and the metadata say of a chunk; `duration` may or may not count what was `paused`."""

    output: Output | None = None
    duration: timedelta | None = None
    paused: timedelta = timedelta()
    channels: int | None = None

    @property
    def shortest(self) -> timedelta:
        """The duration if it counts the pauses, which are not in the file."""
        return max(timedelta(), (self.duration or timedelta()) - self.paused)

    @property
    def may_be_empty(self) -> bool:
        """Whether a file without sound or pictures is what is said: no time, or all of it paused."""
        return self.duration is not None and self.shortest <= (_ROUNDED if self.paused else timedelta())

    def fits(self, duration: timedelta, tolerance: timedelta) -> bool:
        """Whether that is the duration, with the pauses or without."""
        return any(abs(duration - said) <= tolerance for said in (self.duration or timedelta(), self.shortest))

    def spans(self, duration: timedelta, tolerance: timedelta) -> bool:
        """Whether that lies between the duration with the pauses and without."""
        return self.shortest - tolerance <= duration <= (self.duration or timedelta()) + tolerance


def measurable(facts: MediaFacts, expected: Expectation, tolerance: timedelta) -> tuple[Expectation, list[str]]:
    """The expectation with a duration that a file can be held against, or none; and notes why it is another one."""
    said = expected.duration
    if said is None:
        return expected, []
    if not said:
        return replace(expected, duration=None), ["the service says that it lasts 0 s"] if facts.duration else []
    is_possible = said <= _LONGEST
    if facts.duration and not (is_possible and expected.spans(facts.duration, tolerance)):
        share = _ESTIMATE_SHARE if facts.is_estimate else _CLOSE_SHARE
        for unit, factor in _UNITS.items():
            close = (_ROUNDED if factor > 1 else _CLOSE) + facts.duration * share
            scaled = _scaled(expected, factor)
            if scaled is not None and scaled.fits(facts.duration, close):
                return scaled, [f"it lasts {show(facts.duration)}: what the service says fits in {unit} alone"]
    if not is_possible:
        return replace(expected, duration=None), [f"the service says {show(said)}, longer than a chunk can be"]
    return expected, []


def _scaled(expected: Expectation, factor: float) -> Expectation | None:
    try:
        return replace(expected, duration=(expected.duration or timedelta()) * factor, paused=expected.paused * factor)
    except OverflowError:
        return None
