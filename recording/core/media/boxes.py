"""Parsers for the boxes of an mp4 file (ISO 14496-12): movie, index and fragment. They get bytes and read none."""

from collections.abc import Iterator
from dataclasses import dataclass

HEADER = 8
LONG_HEADER = 16
_TO_THE_END = 0
_LONG = 1
_REFERENCE = 12
# Flags of `tfhd` and `trun`: which optional fields are present.
_BASE_OFFSET, _DESCRIPTION, _DEFAULT_DURATION = 0x1, 0x2, 0x8
_DATA_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_SAMPLE_FIELDS = (0x100, 0x200, 0x400, 0x800)
_SAMPLE_DURATION = 0x100


@dataclass(frozen=True, slots=True)
class Box:
    """The header of a box: its four-byte name, and the lengths of the header and of the whole box in bytes."""

    name: bytes
    header: int
    length: int


@dataclass(frozen=True, slots=True)
class Movie:
    """The content of a `moov` box; durations in seconds, 0 if there is none.

    `promised` is the duration that `mehd` gives for all fragments together, `tracks` the time scale of each track by
    its id, `sample_durations` the default of each track in its time scale. `is_whole`: the whole box was given.
    """

    duration: float
    promised: float
    tracks: dict[int, int]
    sample_durations: dict[int, int]
    is_whole: bool

    @property
    def has_tracks(self) -> bool:
        """Whether it has a track, or may have one in the bytes that were not given."""
        return bool(self.tracks) or not self.is_whole


@dataclass(frozen=True, slots=True)
class Times:
    """When a fragment begins and ends, in seconds: the earliest begin and the latest end of its tracks."""

    start: float
    end: float


def read_box(header: bytes, left: int) -> Box | None:
    """Read the header of a box: `LONG_HEADER` bytes, or all there are; `left` bytes of the file begin there.

    Returns:
        The header; None if these bytes are not one.
    """
    name = header[4:8]
    size = int.from_bytes(header[:4])
    if len(header) < HEADER or not any(name):
        return None
    if size == _TO_THE_END:
        return Box(name, HEADER, left)
    if size == _LONG:
        size = int.from_bytes(header[8:LONG_HEADER])
        return Box(name, LONG_HEADER, size) if size >= LONG_HEADER else None
    return Box(name, HEADER, size) if size >= HEADER else None


def read_movie(body: bytes, length: int) -> Movie:
    """Read the body of a `moov` box, or the first part of it; `length` is that of the whole body in bytes."""
    duration, promised, scale = 0.0, 0, 0
    tracks: dict[int, int] = {}
    defaults: dict[int, int] = {}
    for name, inner in _children(body):
        if name == b"mvhd":
            scale, count = _scaled(inner)
            duration = max(duration, _seconds(count, scale))
        elif name == b"trak":
            number, track_scale, count = _track(inner)
            tracks[number] = track_scale
            duration = max(duration, _seconds(count, track_scale))
        elif name == b"mvex":
            for extension, fields in _children(inner):
                if extension == b"mehd":
                    promised = _number(fields, 4, 8 if fields[:1] == b"\1" else 4)
                elif extension == b"trex":
                    defaults[_number(fields, 4, 4)] = _number(fields, 12, 4)
    return Movie(duration, _seconds(promised, scale), tracks, defaults, len(body) >= length)


def read_index(body: bytes) -> float:
    """The end of the time that the body of a `sidx` box covers, in seconds; 0 if it does not say."""
    is_long = body[:1] == b"\1"
    scale = _number(body, 8, 4)
    start = _number(body, 12, 8 if is_long else 4)
    entries = body[32 if is_long else 24 :]
    count = min(_number(body, 30 if is_long else 22, 2), len(entries) // _REFERENCE)
    durations = sum(_number(entries, entry * _REFERENCE + 4, 4) for entry in range(count))
    return _seconds(start + durations, scale)


def read_fragment(body: bytes, movie: Movie) -> Times | None:
    """When the fragment with this `moof` body begins and ends; None if it does not say."""
    times: list[tuple[float, float]] = []
    for name, inner in _children(body):
        if name != b"traf":
            continue
        track, default, start, duration = 0, 0, None, 0
        for part, fields in _children(inner):
            if part == b"tfhd":
                track, default = _fragment_header(fields, movie)
            elif part == b"tfdt":
                start = _number(fields, 4, 8 if fields[:1] == b"\1" else 4)
            elif part == b"trun":
                duration += _run(fields, default)
        if start is not None and (scale := movie.tracks.get(track)):
            times.append((start / scale, (start + duration) / scale))
    return Times(min(start for start, _ in times), max(end for _, end in times)) if times else None


def find_last_fragment(tail: bytes) -> int | None:
    """The offset, in the last bytes of a file, of the last fragment in them; None if there is none."""
    at = tail.rfind(b"moof")
    while at >= 0:
        begin = at - 4
        if begin >= 0 and tail[begin + 12 : begin + 16] == b"mfhd":
            return begin
        at = tail.rfind(b"moof", 0, at)
    return None


def _children(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each box in a body; the last one may be truncated."""
    at = 0
    while (box := read_box(body[at : at + LONG_HEADER], len(body) - at)) is not None:
        yield box.name, body[at + box.header : at + box.length]
        at += box.length


def _track(body: bytes) -> tuple[int, int, int]:
    """Of a `trak` body: the track's id, its time scale, and its duration in that scale."""
    number, scale, count = 0, 0, 0
    for name, inner in _children(body):
        if name == b"tkhd":
            number = _number(inner, 20 if inner[:1] == b"\1" else 12, 4)
        elif name == b"mdia":
            for part, fields in _children(inner):
                if part == b"mdhd":
                    scale, count = _scaled(fields)
    return number, scale, count


def _scaled(body: bytes) -> tuple[int, int]:
    """Time scale and duration of an `mvhd` or `mdhd` body; all bits set means that the duration is not known: 0."""
    is_long = body[:1] == b"\1"
    raw = body[24:32] if is_long else body[16:20]
    return _number(body, 20 if is_long else 12, 4), 0 if set(raw) == {0xFF} else int.from_bytes(raw)


def _fragment_header(fields: bytes, movie: Movie) -> tuple[int, int]:
    """Of a `tfhd` body: the id of the track, and the default duration of a sample in the track's time scale."""
    flags, track = _number(fields, 1, 3), _number(fields, 4, 4)
    at = 8 + (8 if flags & _BASE_OFFSET else 0) + (4 if flags & _DESCRIPTION else 0)
    default = _number(fields, at, 4) if flags & _DEFAULT_DURATION else movie.sample_durations.get(track, 0)
    return track, default


def _run(fields: bytes, default: int) -> int:
    """The duration of a run of samples (`trun` body), in the track's time scale."""
    flags, count = _number(fields, 1, 3), _number(fields, 4, 4)
    if not flags & _SAMPLE_DURATION:
        return count * default
    at = 8 + (4 if flags & _DATA_OFFSET else 0) + (4 if flags & _FIRST_FLAGS else 0)
    width = 4 * sum(1 for field in _SAMPLE_FIELDS if flags & field)
    count = min(count, (len(fields) - at) // width)
    return sum(_number(fields, at + sample * width, 4) for sample in range(count))


def _number(body: bytes, at: int, width: int) -> int:
    return int.from_bytes(body[at : at + width])


def _seconds(count: int, scale: int) -> float:
    return count / scale if scale else 0.0
