"""Compares the length of a file, in time and in bytes, with what its own header and the service say."""

from datetime import timedelta

from recording.core.media.expectation import Expectation, measurable
from recording.core.media.facts import MediaFacts, show
from recording.core.model import Format
from recording.core.outputs import OutputFacts

# The service measures a duration by its clock, the file by its samples. The two start and stop less than 1 s apart, and
# drift: crystals by 0.01 %, a capture that drops or doubles packets by some 0.1 %.
_TOLERANCE = timedelta(seconds=1)
_TOLERANCE_SHARE = 0.005
# Encoders add silence, start late, and drop frames; but not a fifth of the duration. An estimate may be wrong by more.
_LOSSY_TOLERANCE = timedelta(seconds=2)
_LOSSY_TOLERANCE_SHARE = 0.05
_FAR_SHARE = 0.2
_ESTIMATE_SHARE = 0.4
# The documented rates of lossy outputs are maxima. Allowed is twice that, and 1 MiB for what is not media.
_HEADROOM = 2
_OVERHEAD = 1024 * 1024
# The fewest bytes of one second: the lowest rate of mp3; measured for mp4, one black picture and silence.
_LEAST = {Format.MP3: 1000, Format.MP4: 150}
_FAR_LESS = 10

type Doubts = tuple[list[str], list[str]]
"""Reasons to quarantine a file, and notes."""


def doubts_about_length(facts: MediaFacts, expected: Expectation, documented: OutputFacts | None) -> Doubts:
    """Compare the length of a file with what its header and the service say.

    The bytes of a wav follow exactly from its duration, so any wrong duration is a reason. mp3 and mp4 are lossy and
    have a variable rate: only one far too short is a reason. `documented` is None if the output is not known, which is
    possible for wav only.
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
    # The file may have more than the header says: an outdated header, or a tag behind the sound. Either can be right.
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
    """A header that claims more than the file has is a reason, unless the service says the duration that it has."""
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
