"""The boxes of an mp4 file, read from bytes at hand: what a movie, an index and a fragment say."""

from collections.abc import Iterator
from dataclasses import dataclass

HEADER = 8
LONG_HEADER = 16
_TO_THE_END = 0
_LONG = 1
_REFERENCE = 12
# Flags of `tfhd` and `trun`: which fields are there.
_BASE_OFFSET, _DESCRIPTION, _DEFAULT_DURATION = 0x1, 0x2, 0x8
_DATA_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_SAMPLE_FIELDS = (0x100, 0x200, 0x400, 0x800)
_SAMPLE_DURATION = 0x100


@dataclass(frozen=True, slots=True)
class Box:
    """A box by its header: its name, the length of the header and of the whole."""

    name: bytes
    header: int
    length: int


@dataclass(frozen=True, slots=True)
class Movie:
    """What a `moov` box says: durations as seconds, 0 where it does not say.

    `tracks` has the time scale of each track by its id; `promised` is what it says of the fragments to come;
    `is_whole` that all of the box was at hand.
    """

    duration: float
    promised: float
    tracks: dict[int, int]
    sample_durations: dict[int, int]
    is_whole: bool

    @property
    def has_tracks(self) -> bool:
        """Whether it has a track, or may have one further on."""
        return bool(self.tracks) or not self.is_whole


@dataclass(frozen=True, slots=True)
class Times:
    """When a fragment begins and ends, in seconds; of its tracks the earliest and the latest."""

    start: float
    end: float


def read_box(header: bytes, left: int) -> Box | None:
    """Read a box's header, `LONG_HEADER` bytes or all; `left` bytes are in the file from there. None if it is none."""
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
    """Read as much of the body of a `moov` box as is at hand; `length` is all of it."""
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
    """Until when the body of a `sidx` box reaches, in seconds; 0 if it does not say."""
    is_long = body[:1] == b"\1"
    scale = _number(body, 8, 4)
    start = _number(body, 12, 8 if is_long else 4)
    entries = body[32 if is_long else 24 :]
    count = min(_number(body, 30 if is_long else 22, 2), len(entries) // _REFERENCE)
    durations = sum(_number(entries, entry * _REFERENCE + 4, 4) for entry in range(count))
    return _seconds(start + durations, scale)


def read_fragment(body: bytes, movie: Movie) -> Times | None:
    """When the fragment of this `moof` body begins and ends; None if it does not say."""
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
    """Where in the last bytes of a file its last fragment begins, if any does."""
    at = tail.rfind(b"moof")
    while at >= 0:
        begin = at - 4
        if begin >= 0 and tail[begin + 12 : begin + 16] == b"mfhd":
            return begin
        at = tail.rfind(b"moof", 0, at)
    return None


def _children(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Walk the boxes in a box, the last one perhaps not whole."""
    at = 0
    while (box := read_box(body[at : at + LONG_HEADER], len(body) - at)) is not None:
        yield box.name, body[at + box.header : at + box.length]
        at += box.length


def _track(body: bytes) -> tuple[int, int, int]:
    """A track's id, its time scale and its duration in it."""
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
    """Time scale and duration of an `mvhd` or `mdhd`; a duration of nothing but ones is none."""
    is_long = body[:1] == b"\1"
    raw = body[24:32] if is_long else body[16:20]
    return _number(body, 20 if is_long else 12, 4), 0 if set(raw) == {0xFF} else int.from_bytes(raw)


def _fragment_header(fields: bytes, movie: Movie) -> tuple[int, int]:
    """The track of a fragment and how long its samples last where they do not say."""
    flags, track = _number(fields, 1, 3), _number(fields, 4, 4)
    at = 8 + (8 if flags & _BASE_OFFSET else 0) + (4 if flags & _DESCRIPTION else 0)
    default = _number(fields, at, 4) if flags & _DEFAULT_DURATION else movie.sample_durations.get(track, 0)
    return track, default


def _run(fields: bytes, default: int) -> int:
    """How long a run of samples lasts."""
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
