"""Compares what a file is with what was expected."""

from dataclasses import dataclass

from recording.core.media.expectation import Expectation
from recording.core.media.facts import MediaFacts
from recording.core.media.lengths import doubts_about_length
from recording.core.model import Format
from recording.core.outputs import OutputFacts, facts_of, infer_output


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a file: `reasons` to quarantine it, empty if there are none; `notes` that change nothing."""

    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judge(facts: MediaFacts, expected: Expectation) -> Verdict:
    """Compare what a file is with what was expected of it.

    A doubt is a reason if media may be missing. If a header or the metadata file is wrong, and all else agrees, players
    can play the file, and the doubt is a note.
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
        wrong, doubtful = doubts_about_length(facts, expected, documented)
        reasons += wrong
        notes += doubtful
    return Verdict(tuple(reasons), tuple(notes))


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
