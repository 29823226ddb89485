"""Checks a file of the user's before anything starts, as the app will check it."""

from datetime import timedelta
from pathlib import Path

from local.acs.media import duration_ms
from recording.core.media import HEAD_LENGTH, Expectation, MediaFacts, Need, inspect, judge
from recording.core.model import Format


class UnusableMediaError(Exception):
    """The app would not archive this file; the message says why, in one line."""


def usable_media(path: Path) -> tuple[str, Path]:
    """The format of a file, and where it is.

    Raises:
        UnusableMediaError: it cannot be read, is not the media that its name says, or is not whole.
    """
    path = path.expanduser()
    try:
        facts = _facts(path)
    except FileNotFoundError:
        raise UnusableMediaError(f"{path} does not exist") from None
    except OSError as error:
        raise UnusableMediaError(f"{path} cannot be read: {error.strerror}") from None
    ending = path.suffix[1:].lower()
    if not facts.length:
        raise UnusableMediaError(f"{path} is empty")
    if ending not in set(Format):
        raise UnusableMediaError(f"{path} does not end in .wav, .mp3 or .mp4, as what the service records does")
    if facts.format is not None and facts.format != ending:
        raise UnusableMediaError(f"{path} is {facts.format}, and not the {ending} that its name says")
    reasons = facts.problems or _doubts(path, facts)
    if reasons:
        raise UnusableMediaError(f"{path} would be kept apart as doubtful: {'; '.join(reasons)}")
    return ending, path.resolve()


def _facts(path: Path) -> MediaFacts:
    with path.open("rb") as file:
        length = path.stat().st_size
        head = file.read(HEAD_LENGTH)
        more: dict[int, bytes] = {}
        while isinstance(found := inspect(head, length, more), Need):
            file.seek(found.offset)
            more[found.offset] = file.read(found.length)
        return found


def _doubts(path: Path, facts: MediaFacts) -> tuple[str, ...]:
    try:
        said = timedelta(milliseconds=duration_ms(path))  # what the local service will say of it
    except ValueError:
        return ("ffmpeg finds no media in it",)
    return judge(facts, Expectation(duration=said)).reasons
