"""What the event and the metadata file say of a chunk, and the unit in which its duration must be meant."""

from dataclasses import dataclass, replace
from datetime import timedelta

from recording.core.media.facts import MediaFacts, show
from recording.core.model import Output

# Units other than the documented milliseconds in which a duration may be; the factor converts it.
_UNITS = {"seconds": 1000.0, "microseconds": 1e-3, "100 nanoseconds": 1e-4, "nanoseconds": 1e-6}
# A truncated file may fit another unit by chance, so the tolerance is small.
_CLOSE_SHARE = 0.005
_CLOSE = timedelta(milliseconds=50)
_ROUNDED = timedelta(seconds=1)
_ESTIMATE_SHARE = 0.25
# No chunk lasts that long, pauses included: a longer duration is in another unit, or wrong.
_LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the event and the metadata file say of a chunk.

    Whether `duration` includes the pauses (`paused` is their sum) is not documented: both readings are accepted.
    """

    output: Output | None = None
    duration: timedelta | None = None
    paused: timedelta = timedelta()
    channels: int | None = None

    @property
    def shortest(self) -> timedelta:
        """The duration of the media if `duration` includes the pauses."""
        return max(timedelta(), (self.duration or timedelta()) - self.paused)

    @property
    def may_be_empty(self) -> bool:
        """Whether a file without sound or pictures is to be expected: the duration is 0, or all of it was paused."""
        return self.duration is not None and self.shortest <= (_ROUNDED if self.paused else timedelta())

    def fits(self, duration: timedelta, tolerance: timedelta) -> bool:
        """Whether that is the duration of the media, if `duration` includes the pauses or if it does not."""
        return any(abs(duration - said) <= tolerance for said in (self.duration or timedelta(), self.shortest))

    def spans(self, duration: timedelta, tolerance: timedelta) -> bool:
        """Whether that is between the two readings of the duration, or equal to one."""
        return self.shortest - tolerance <= duration <= (self.duration or timedelta()) + tolerance


def measurable(facts: MediaFacts, expected: Expectation, tolerance: timedelta) -> tuple[Expectation, list[str]]:
    """The expectation with a duration that can be compared with the file's, or with none; and notes on the reason.

    A duration of 0, or of more than a chunk can last, is left out. One that fits the file only in another unit than
    milliseconds is converted.
    """
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
