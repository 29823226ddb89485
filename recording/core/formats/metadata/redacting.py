"""Takes people out of a metadata file: each is replaced by a mark that keeps their channel, and names nobody.

So it stays known that somebody is heard there, on which channel, and that others on it are not alone.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from recording.core.errors import SourceNotReady
from recording.core.formats.metadata.meaning import ChunkMetadata
from recording.core.formats.metadata.reading import parse_metadata
from recording.core.participants import TAKEN_OUT, one_spelling
from recording.core.times import format_known, format_time, in_milliseconds

_PARTICIPANTS, _ID, _CHANNEL = "participants", "participantId", "channel"
_MARK = re.compile(rf"{TAKEN_OUT}([0-9]{{1,4}})")

_NOBODY = "nobodyIsNamed"

type Names = Callable[[str], bool]


def redacted(raw: bytes, names: Names) -> bytes | str:
    """The file without whom a text names, also where it names them outside of the list; the same bytes if nowhere.

    A text if it names them and cannot be written anew: why.

    Args:
        raw: the file.
        names: whether a text names the person.
    """
    try:
        found, hidden = _read(raw)
        if not any(map(names, (*_texts(found), *_texts(hidden)))):
            return raw
        after = None if isinstance(found, str) else _without(found, names, f"{TAKEN_OUT}{_next(found)}")
        return json.dumps(after).encode()
    except (ValueError, RecursionError):
        texts = (raw.decode(encoding, "replace") for encoding in ("utf-8", "utf-16"))
        return "it names them, and is no JSON that can be read" if any(map(names, texts)) else raw


def _read(raw: bytes) -> tuple[Any, list[Any]]:
    """The JSON value, and what in it is hidden by a later field of the same name: that is in the bytes all the same."""
    hidden: list[Any] = []

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            hidden.extend(value for _, value in pairs)
        return found

    return json.loads(raw, object_pairs_hook=made), hidden


def with_nobody(raw: bytes) -> bytes:
    """What a file says without its participants: of each there is a mark. Nothing of it is taken over as it came."""
    try:
        said = parse_metadata(raw)
    except SourceNotReady:
        return b"{}"
    return json.dumps(_bare(said)).encode() if said.makes_sense else b"{}"


def is_without_names(raw: bytes) -> bool:
    """Whether the file was written by `with_nobody`: whoever is in it may be anybody."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get(_NOBODY) is True


def _bare(said: ChunkMetadata) -> dict[str, object]:
    spelt = [one_spelling(one.participant_id) for one in said.participants]
    marks = {spelling: f"{TAKEN_OUT}{number}" for number, spelling in enumerate(dict.fromkeys(spelt), 1)}
    output = said.output
    info: dict[str, object] = {"audioConfiguration": {"channels": said.channels}}
    if output is not None:
        info |= {"contentType": output.content, "channelType": output.channel, "format": output.format}
    return {
        "chunkDocumentId": said.document_id,
        "chunkIndex": said.index,
        "chunkStartTime": format_known(said.started_at),
        "chunkDuration": None if said.duration is None else in_milliseconds(said.duration),
        "pauseResumeIntervals": [
            {"startTime": format_time(pause.since), "duration": in_milliseconds(pause.length)} for pause in said.pauses
        ],
        "recordingInfo": info,
        _NOBODY: True,
        _PARTICIPANTS: [
            {_ID: marks[spelling], _CHANNEL: one.channel}
            for spelling, one in zip(spelt, said.participants, strict=True)
        ],
    }


def _without(found: Any, names: Names, mark: str, under: str = "") -> Any:  # noqa: ANN401 - any JSON
    """A JSON value without the fields, and the members of arrays, that name the person."""
    if isinstance(found, list):
        return [one for given in found if (one := _member(given, names, mark, under)) is not None]
    if isinstance(found, dict):
        return {
            name: _without(value, names, mark, name)
            for name, value in found.items()
            if not any(map(names, (name, *_own_texts(value))))
        }
    return found


def _member(given: Any, names: Names, mark: str, under: str) -> Any:  # noqa: ANN401 - any JSON
    if not any(map(names, _own_texts(given))):
        return _without(given, names, mark)
    if under.lower() != _PARTICIPANTS:
        return None
    channels = [value for name, value in _fields(given).items() if name.lower() == _CHANNEL and isinstance(value, int)]
    return {_ID: mark, **({_CHANNEL: channels[0]} if channels else {})}


def _fields(given: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON
    return given if isinstance(given, dict) else {}


def _own_texts(found: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """The texts in a value, but not those in arrays in it: their members are looked at one by one."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for name, value in found.items():
            yield name
            yield from _own_texts(value)


def _texts(found: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(found, list):
        for one in found:
            yield from _texts(one)
    elif isinstance(found, dict):
        for name, value in found.items():
            yield name
            yield from _texts(value)
    elif isinstance(found, str):
        yield found


def _next(found: Any) -> int:  # noqa: ANN401 - any JSON
    """The number of the next mark."""
    marks = (_MARK.fullmatch(text) for text in _texts(found))
    return 1 + max((int(mark[1]) for mark in marks if mark), default=0)
