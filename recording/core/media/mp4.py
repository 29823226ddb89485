"""A look at an mp4 file: its boxes from the first to the last, and how long its movie is."""

from dataclasses import dataclass
from datetime import timedelta

from recording.core.media.facts import Look, MediaFacts, Need, seconds, spell, unseen
from recording.core.model import Format

_HEADER = 8
_LONG_HEADER = 16
_MOVIE_HEADER = 40  # as much of `mvhd` as tells time scale and duration, in either version
_TO_THE_END = 0
_LONG = 1
_USUAL_STARTS = (b"ftyp", b"styp")


@dataclass(frozen=True, slots=True)
class _Box:
    name: bytes
    header: int
    length: int


def look_at_mp4(length: int) -> Look:
    """Walk the top-level boxes of an mp4 file."""
    names: list[bytes] = []
    duration: timedelta | None = None
    offset = 0
    while offset < length:
        left = length - offset
        header = yield Need(offset, _LONG_HEADER)
        if len(header) < min(left, _LONG_HEADER):
            return _facts(length, duration, names, unseen_from=offset)
        box = _box(header, left)
        if box is None:
            return _facts(length, duration, names, broken=f"at byte {offset} there is no box")
        names.append(box.name)
        if box.length > left:
            excess = f"its {spell(box.name)} box at byte {offset} ends {box.length - left} bytes past its end"
            return _facts(length, duration, names, broken=f"it is cut off: {excess}")
        if box.name == b"moov":
            duration = _duration((yield Need(offset + box.header, _MOVIE_HEADER)))
        offset += box.length
    return _facts(length, duration, names)


def _box(header: bytes, left: int) -> _Box | None:
    name = header[4:8]
    size = int.from_bytes(header[:4])
    if len(header) < _HEADER or not any(name):
        return None
    if size == _TO_THE_END:
        return _Box(name, _HEADER, left)
    if size == _LONG:
        size = int.from_bytes(header[8:])
        return _Box(name, _LONG_HEADER, size) if size >= _LONG_HEADER else None
    return _Box(name, _HEADER, size) if size >= _HEADER else None


def _duration(movie: bytes) -> timedelta | None:
    """How long the movie is by its header, which nearly always stands first; None if it does not say."""
    if len(movie) < _MOVIE_HEADER or movie[4:8] != b"mvhd":
        return None
    is_long = movie[8] == 1
    scale = int.from_bytes(movie[28:32] if is_long else movie[20:24])
    raw = movie[32:40] if is_long else movie[24:28]
    count = int.from_bytes(raw)
    return None if count == 0 or set(raw) == {0xFF} else seconds(count, scale)


def _facts(
    length: int,
    duration: timedelta | None,
    names: list[bytes],
    *,
    broken: str = "",
    unseen_from: int | None = None,
) -> MediaFacts:
    notes: list[str] = []
    problems = [broken] if broken else []
    if names and names[0] not in _USUAL_STARTS:
        notes.append(f"it starts with a {spell(names[0])} box and not with ftyp")
    if unseen_from is not None:
        notes.append(unseen(unseen_from))
    elif not broken:
        if b"moov" not in names and b"moof" not in names:
            problems.append("it cannot be played: there is no moov box")
        if b"mdat" not in names:
            problems.append("it holds no media: there is no mdat box")
    return MediaFacts(format=Format.MP4, length=length, duration=duration, notes=tuple(notes), problems=tuple(problems))
