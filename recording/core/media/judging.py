"""Whether what a file is seen to be is what was to be expected."""

from dataclasses import dataclass
from datetime import timedelta

from recording.core.media.facts import MediaFacts
from recording.core.model import Format, Output
from recording.core.outputs import OutputFacts, facts_of, infer_output

# The service measures a duration by its clock, the file by its samples: two clocks that start and stop a
# moment apart (under 1 s) and drift (crystals by 0.01 %, capture that drops or doubles packets by tenths of
# a percent).
_TOLERANCE = timedelta(seconds=1)
_TOLERANCE_PER_MILLE = 5
# A lossy file says only roughly how long it is, and a doubt about it is a note.
_LOSSY_TOLERANCE = timedelta(seconds=5)
_LOSSY_TOLERANCE_PER_MILLE = 50
# The documented rates of lossy outputs are "theoretical maxima": twice that, and a mebibyte for what is no
# media.
_HEADROOM = 2
_OVERHEAD = 1024 * 1024
# Silence compresses well, but not to a hundredth; in under a minute it may be all there is.
_LEAST_SHARE = 100
_LEAST_DURATION = timedelta(seconds=60)


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a file looks right; if not, `reasons` say why. `notes` are doubts that change nothing."""

    looks_right: bool
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judge(facts: MediaFacts, expected: Expectation) -> Verdict:
    """Hold what a file is seen to be against what was expected of it.

    A wav's bytes follow exactly from its duration, so a wrong length is a reason. mp3 and mp4 have a
    variable rate: their length gives rise to notes alone.
    """
    reasons = list(facts.problems)
    notes = list(facts.notes)
    if facts.format is None:
        pass
    elif expected.output is not None and facts.format is not expected.output.format:
        reasons.append(f"it is {facts.format}, and {expected.output} was recorded")
    else:
        documented = _documented(facts.format, expected)
        notes += _sound_doubts(facts, expected, documented)
        if facts.format is Format.WAV or documented is None:  # an output that nothing tells can be wav alone
            wrong, doubtful = _length_of_wav(facts.duration, expected)
            reasons += wrong
            notes += doubtful
        else:
            notes += _doubts_of_lossy(facts, expected, documented)
    return Verdict(not reasons, tuple(reasons), tuple(notes))


def _documented(format_: Format, expected: Expectation) -> OutputFacts | None:
    output = expected.output or infer_output([format_])
    return None if output is None else facts_of(output)


def _sound_doubts(facts: MediaFacts, expected: Expectation, documented: OutputFacts | None) -> list[str]:
    notes: list[str] = []
    if facts.channels is not None:
        if expected.channels is not None and facts.channels != expected.channels:
            notes.append(f"it has {facts.channels} channels, the metadata file says {expected.channels}")
        elif documented is not None and facts.channels > documented.max_channels:
            notes.append(f"it has {facts.channels} channels, {documented.max_channels} are documented")
    if facts.sample_rate is not None and documented is not None and facts.sample_rate != documented.sample_rate:
        notes.append(f"it has {facts.sample_rate} samples a second, {documented.sample_rate} are documented")
    return notes


def _length_of_wav(duration: timedelta | None, expected: Expectation) -> tuple[list[str], list[str]]:
    """Reasons and notes: the sound must be as long as the service says, with the pauses or without."""
    if duration is None or expected.duration is None:
        return [], []
    said = f"it holds {_show(duration)} of sound, the service says {_show(expected.duration)}"
    if expected.paused:
        said += f", paused for {_show(expected.paused)}"
    tolerance = _TOLERANCE + expected.duration * _TOLERANCE_PER_MILLE / 1000
    if not expected.shortest - tolerance <= duration <= expected.duration + tolerance:
        return [said], []
    if min(abs(duration - expected.shortest), abs(duration - expected.duration)) > tolerance:
        return [], [said]
    return [], []


def _doubts_of_lossy(facts: MediaFacts, expected: Expectation, documented: OutputFacts) -> list[str]:
    if expected.duration is None:
        return []
    notes: list[str] = []
    most = documented.size(expected.duration) * _HEADROOM + _OVERHEAD
    usual = documented.size(expected.shortest)
    if facts.length > most:
        notes.append(f"it has {facts.length} bytes, for {_show(expected.duration)} at most {most} are likely")
    elif expected.shortest >= _LEAST_DURATION and facts.length * _LEAST_SHARE < usual:
        notes.append(f"it has {facts.length} bytes, very few for {_show(expected.shortest)}")
    tolerance = _LOSSY_TOLERANCE + expected.duration * _LOSSY_TOLERANCE_PER_MILLE / 1000
    if facts.duration is not None and not (
        expected.shortest - tolerance <= facts.duration <= expected.duration + tolerance
    ):
        notes.append(f"it lasts {_show(facts.duration)}, the service says {_show(expected.duration)}")
    return notes


def _show(duration: timedelta) -> str:
    return f"{duration.total_seconds():.1f} s"
