"""Whether a file is as long as its own header and the service say, in time and in bytes."""

from datetime import timedelta

from recording.core.media.expectation import Expectation, measurable
from recording.core.media.facts import MediaFacts, show
from recording.core.model import Format
from recording.core.outputs import OutputFacts

# The service measures a duration by its clock, the file by its samples: two clocks that start and stop a
# moment apart (under 1 s) and drift (crystals by 0.01 %, capture that drops or doubles packets by tenths of
# a percent).
_TOLERANCE = timedelta(seconds=1)
_TOLERANCE_SHARE = 0.005
# Encoders add silence, join late, and drop frames; a fifth is no matter of clocks any more. What is estimated
# may be wrong by much more.
_LOSSY_TOLERANCE = timedelta(seconds=2)
_LOSSY_TOLERANCE_SHARE = 0.05
_FAR_SHARE = 0.2
_ESTIMATE_SHARE = 0.4
# The documented rates of lossy outputs are "theoretical maxima": twice that, and a mebibyte for what is no
# media.
_HEADROOM = 2
_OVERHEAD = 1024 * 1024
# The least bytes that a second takes: the lowest rate of mp3; one black picture and silence in mp4, measured.
_LEAST = {Format.MP3: 1000, Format.MP4: 150}
_FAR_LESS = 10

type Doubts = tuple[list[str], list[str]]
"""Reasons to set a file aside, and notes."""


def doubts_about_length(facts: MediaFacts, expected: Expectation, documented: OutputFacts | None) -> Doubts:
    """Hold the length of a file against what its header and the service say.

    A wav's bytes follow exactly from its duration, so a wrong duration is a reason. mp3 and mp4 are lossy and at
    a variable rate: they must be far too short. `documented` is None where no output is told, which can be wav alone.
    """
    if facts.duration == timedelta():
        return _doubts_of_empty(expected)
    is_exact = facts.format is Format.WAV or documented is None
    expected, notes = measurable(facts, expected, _tolerance(expected.duration, facts, is_exact=is_exact))
    reasons: list[str] = []
    for wrong, doubtful in (
        _against_the_service(facts, expected, is_exact=is_exact),
        _against_the_header(facts, expected, is_exact=is_exact),
        ([], []) if documented is None or is_exact else _bytes(facts, expected, documented),
    ):
        reasons += wrong
        notes += doubtful
    return reasons, notes


def _doubts_of_empty(expected: Expectation) -> Doubts:
    if expected.may_be_empty:
        return [], ["it holds nothing, and nothing was to be recorded"]
    said = "" if expected.duration is None else f", and the service says {show(expected.duration)}"
    return [f"it holds nothing to be heard or seen{said}"], []


def _tolerance(said: timedelta | None, facts: MediaFacts, *, is_exact: bool) -> timedelta:
    least = _TOLERANCE if is_exact else _LOSSY_TOLERANCE
    share = _TOLERANCE_SHARE if is_exact else _LOSSY_TOLERANCE_SHARE
    return least + (said or timedelta()) * (_ESTIMATE_SHARE if facts.is_estimate else share)


def _against_the_service(facts: MediaFacts, expected: Expectation, *, is_exact: bool) -> Doubts:
    if facts.duration is None or expected.duration is None:
        return [], []
    tolerance = _tolerance(expected.duration, facts, is_exact=is_exact)
    # More may be there than the header says, as a recorder left it or as a tag behind the sound: either is right.
    is_right = any(
        expected.fits(duration, tolerance)
        for duration in (facts.duration, facts.claimed)
        if duration is not None and duration <= facts.duration
    )
    if is_right:
        return [], []
    doubt = f"it lasts {show(facts.duration)}, the service says {show(expected.duration)}"
    if expected.paused:
        doubt += f", paused for {show(expected.paused)}"
    if is_exact:
        is_wrong = not expected.spans(facts.duration, tolerance)
    else:
        far = _LOSSY_TOLERANCE + expected.shortest * _FAR_SHARE
        is_wrong = not facts.is_estimate and facts.duration < expected.shortest - far
    return ([doubt], []) if is_wrong else ([], [doubt])


def _against_the_header(facts: MediaFacts, expected: Expectation, *, is_exact: bool) -> Doubts:
    """A header that claims more than is there is wrong only where the service does not say the lesser."""
    if facts.duration is None or facts.claimed is None:
        return [], []
    lack = facts.claimed - facts.duration
    if lack <= _TOLERANCE + facts.claimed * _TOLERANCE_SHARE:
        return [], []
    if expected.duration is not None and expected.fits(
        facts.duration, _tolerance(expected.duration, facts, is_exact=is_exact)
    ):
        return [], []
    return [f"it is cut off: its header says {show(facts.claimed)}, {show(facts.duration)} are there"], []


def _bytes(facts: MediaFacts, expected: Expectation, documented: OutputFacts) -> Doubts:
    if expected.duration is None:
        return [], []
    most = documented.size(expected.duration) * _HEADROOM + _OVERHEAD
    if facts.length > most:
        return [], [f"it has {facts.length} bytes, for {show(expected.duration)} at most {most} are likely"]
    least = round(expected.shortest.total_seconds() * _LEAST[documented.output.format])
    if facts.length >= least:
        return [], []
    doubt = f"it has {facts.length} bytes, for {show(expected.shortest)} at least {least} are likely"
    return ([doubt], []) if facts.length * _FAR_LESS < least else ([], [doubt])
