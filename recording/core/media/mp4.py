"""Inspects an mp4 file: its top-level boxes from the first to the last, and its duration."""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import timedelta

from recording.core.media.boxes import (
    LONG_HEADER,
    Box,
    Movie,
    Times,
    find_last_fragment,
    read_box,
    read_fragment,
    read_index,
    read_movie,
)
from recording.core.media.facts import Look, MediaFacts, Need, seconds, spell, unseen
from recording.core.model import Format

_USUAL_STARTS = (b"ftyp", b"styp")
_NEEDED = (b"moov", b"moof", b"mdat")
# The tables of a long movie have megabytes; what is needed comes before them.
_MOST_OF_A_MOVIE = 64 * 1024
_MOST_OF_AN_INDEX = 64 * 1024
_MOST_OF_A_FRAGMENT = 1024 * 1024
# A recording may have thousands of fragments: after this many, the last one is searched for from the end.
_MOST_FRAGMENTS = 8
_TAIL = 2 * 1024 * 1024


@dataclass(slots=True)
class _Seen:
    """What has been read so far.

    `first` is the name of the first box, `media` the bytes of media, `indexed` the end of the time that an index covers
    (seconds), `fragments` the ranges of the bodies of fragments. `is_in_part` is set if a range could not be read.
    """

    first: bytes = b""
    media: int = 0
    movie: Movie | None = None
    indexed: float = 0.0
    fragments: list[Need] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_in_part: bool = False

    @property
    def can_be_played(self) -> bool:
        """Whether movie and media have been read: then bytes behind them that are no boxes do no harm."""
        return self.movie is not None and self.movie.has_tracks and self.media > 0


def look_at_mp4(length: int) -> Look:
    """Walk through the top-level boxes of an mp4 file of `length` bytes."""
    seen = _Seen()
    at = 0
    while at < length:
        left = length - at
        header = yield Need(at, LONG_HEADER)
        if len(header) < min(left, LONG_HEADER):
            _skip(seen, at)
            break
        box = read_box(header, left)
        if box is None or box.length > left:
            _end(seen, at, left, box)
            break
        seen.first = seen.first or box.name
        yield from _look_into(seen, at, box)
        at += box.length
        if box.name == b"mdat" and len(seen.fragments) == _MOST_FRAGMENTS:
            tail = yield Need(max(at, length - _TAIL), _TAIL)
            last = find_last_fragment(tail)
            at = at if last is None else length - len(tail) + last
    duration, claimed = yield from _durations(seen)
    return _facts(seen, length, duration, claimed)


def _skip(seen: _Seen, at: int) -> None:
    seen.notes.append(unseen(at))
    seen.is_in_part = True


def _end(seen: _Seen, at: int, left: int, box: Box | None) -> None:
    """Note why the walk ends before the end of the file: no box begins there, or one that is truncated."""
    if seen.can_be_played and (box is None or box.name not in _NEEDED):
        seen.notes.append(f"the {left} bytes from byte {at} on are no box")
    elif box is None:
        seen.problems.append(f"at byte {at} there is no box")
    else:
        excess = f"its {spell(box.name)} box at byte {at} ends {box.length - left} bytes past its end"
        seen.problems.append(f"it is cut off: {excess}")


def _look_into(seen: _Seen, at: int, box: Box) -> Generator[Need, bytes]:
    body, size = at + box.header, box.length - box.header
    if box.name == b"mdat":
        seen.media += size
    elif box.name == b"moof":
        seen.fragments.append(Need(body, min(size, _MOST_OF_A_FRAGMENT)))
    elif box.name == b"moov":
        wanted = min(size, _MOST_OF_A_MOVIE)
        movie = yield Need(body, wanted)
        if len(movie) < wanted:
            _skip(seen, body)
        else:
            seen.movie = read_movie(movie, size)
    elif box.name == b"sidx":
        index = yield Need(body, min(size, _MOST_OF_AN_INDEX))
        seen.indexed = max(seen.indexed, read_index(index))


def _durations(seen: _Seen) -> Generator[Need, bytes, tuple[timedelta | None, timedelta | None]]:
    """The duration of the media in the file, and the duration by a header if that is longer."""
    if seen.movie is None:
        return None, None
    if not seen.fragments:
        return _timedelta(seen.movie.duration), None
    found: list[Times] = []
    for need in dict.fromkeys((seen.fragments[0], seen.fragments[-1])):
        times = read_fragment((yield need), seen.movie)
        if times is not None:
            found.append(times)
    if not found or seen.is_in_part:
        seen.notes.append("it was not seen when its last fragment ends")
        return None, None
    # A later chunk of a recording may count its time from the start of the first.
    start = 0.0 if seen.movie.duration else found[0].start
    duration = max(times.end for times in found) - start
    claimed = max(seen.movie.duration, seen.movie.promised, seen.indexed - start)
    return _timedelta(duration), _timedelta(claimed) if claimed > duration else None


def _timedelta(duration: float) -> timedelta | None:
    return seconds(round(duration * 1_000_000), 1_000_000) if duration > 0 else None


def _facts(seen: _Seen, length: int, duration: timedelta | None, claimed: timedelta | None) -> MediaFacts:
    notes, problems = seen.notes, seen.problems
    if seen.first and seen.first not in _USUAL_STARTS:
        notes.append(f"it starts with a {spell(seen.first)} box and not with ftyp")
    if not problems and not seen.is_in_part:
        if seen.movie is None:
            problems.append("it cannot be played: there is no moov box")
        elif not seen.movie.has_tracks:
            problems.append("it cannot be played: its moov box has no track")
        elif not seen.media:
            notes.append("it holds no media: no mdat box has content")
            duration, claimed = timedelta(), None
    return MediaFacts(
        format=Format.MP4,
        length=length,
        duration=duration,
        claimed=claimed,
        notes=tuple(notes),
        problems=tuple(problems),
    )
