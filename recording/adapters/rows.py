"""Converts entries of the catalog to rows of a table and back. One row contains a recording with all its chunks."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from recording.core.errors import CatalogRefused, EntryTooLarge, EntryUnreadable, NewerSchema
from recording.core.model import CatalogEntry, Chunk, Recording, RecordingId
from recording.core.naming import encode

SCHEMA = 1
"""Of the row and of the JSON in it. After the first deployment it is raised with every change of the stored dataclasses
and enums: a version of the app that does not know a field would drop it when it saves."""

ENTRY_ROW = "recording"
PIECE = 64 << 10
_MOST_PIECES = 14
"""The limit of a property is 64 KiB, that of a row 1 MiB; the rest is for keys and names."""
_MOST_JSON = 16 << 20
"""The most bytes that are decompressed; about 12,000 chunks."""
_LEVEL = 1
"""Locations are repetitive: the JSON of one chunk is compressed to a third, that of hundreds to a seventh. By
measurement this takes less CPU than the base64 of the bytes it saves, and higher levels save little more."""
_MESSAGE = re.compile(r"(?s)(?P<what>.*?)(?: - at `(?P<path>\$[^`]*)`)?")
_WITHOUT_VALUES = ("Expected `", "Object missing required field `")


@dataclass(frozen=True, slots=True)
class _Body:
    recording: Recording
    chunks: tuple[Chunk, ...]


# Created at import, by one thread: msgspec 0.22 crashes (segmentation fault) if several threads at once are the first
# to decode a dataclass, as in a worker that has just started.
_BODY = msgspec.json.Decoder(_Body)


def pack(entry: CatalogEntry) -> dict[str, Any]:
    """The row of an entry, without its version, which is the row's ETag.

    Raises:
        EntryTooLarge: it exceeds the limits of a row.
        CatalogRefused: it contains a text that cannot be encoded as UTF-8, or a number out of range.
    """
    recording = entry.recording
    ids = {"recording_id": str(recording.recording_id)}
    try:
        text = msgspec.json.encode(_Body(recording, entry.chunks))
    except (ValueError, OverflowError) as error:
        raise CatalogRefused(
            "save entry", f"it cannot be written as JSON: {type(error).__name__}", hint="see the journal", ids=ids
        ) from error
    hint = "look at the events of this recording in the journal container"
    pieces = packed(text, "save entry", f"{len(entry.chunks)} chunks", hint, ids)
    return {
        "PartitionKey": encode(recording.recording_id),
        "RowKey": ENTRY_ROW,
        "schema": SCHEMA,
        "recordingId": recording.recording_id,
        "state": str(recording.state),
        **pieces,
    }


def packed(text: bytes, operation: str, what: str, hint: str, ids: Mapping[str, str]) -> dict[str, bytes]:
    """JSON of any length as properties of a row; `what` is in it, in words.

    Raises:
        EntryTooLarge: it exceeds the limits of a row.
    """
    body = zlib.compress(text, _LEVEL)
    if len(text) > _MOST_JSON or len(body) > _MOST_PIECES * PIECE:
        cause = (
            f"{what} take {len(text)} bytes of JSON, {len(body)} compressed;"
            f" an entry takes {_MOST_JSON} and {_MOST_PIECES * PIECE}"
        )
        raise EntryTooLarge(operation, cause, hint=hint, ids=ids)
    pieces = (body[at : at + PIECE] for at in range(0, len(body), PIECE))
    return {f"body{number:02}": piece for number, piece in enumerate(pieces)}


def unpack(row: Mapping[str, Any], recording_id: RecordingId, version: str) -> CatalogEntry:
    """The entry of a row.

    Raises:
        NewerSchema: a newer version of the app has written it.
        EntryUnreadable: it is not a row of this recording as `pack` makes it.
    """
    ids = {"recording_id": str(recording_id)}
    schema = row.get("schema")
    if not isinstance(schema, int) or schema < SCHEMA:
        raise _unreadable("load entry", "its schema has never existed", ids)
    if schema > SCHEMA:
        raise NewerSchema(
            "load entry",
            f"its schema is {schema}, and this version of the app knows {SCHEMA}",
            hint="a newer version of the app will do it; nothing is changed",
            ids=ids,
        )
    body = decoded(_BODY, unpacked(row, "load entry", ids), "load entry", ids)
    if body.recording.recording_id != recording_id:
        raise _unreadable("load entry", "it is the entry of another recording", ids)
    return CatalogEntry(body.recording, body.chunks, version)


def decoded[T](decoder: msgspec.json.Decoder[T], text: Any, operation: str, ids: Mapping[str, str]) -> T:
    """The value of the JSON in a row.

    Raises:
        EntryUnreadable: it is missing, not JSON, or not of the decoder's type.
    """
    if not isinstance(text, bytes):
        raise _unreadable(operation, "its body is missing", ids)
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        found = _MESSAGE.fullmatch(str(error))
        what, path = (found["what"], found["path"] or "$") if found else ("", "$")
        cause = what if what.startswith(_WITHOUT_VALUES) else "a value that this version does not allow"
        raise _unreadable(operation, f"{cause}, at {path}", ids) from error
    except (msgspec.DecodeError, ValueError) as error:
        raise _unreadable(operation, "its body is not JSON", ids) from error


def unpacked(row: Mapping[str, Any], operation: str, ids: Mapping[str, str]) -> bytes:
    """The JSON that `packed` has made the properties of a row of.

    Raises:
        EntryUnreadable: it is not there, or not whole.
    """
    pieces = [row.get(f"body{number:02}") for number in range(_MOST_PIECES)]
    body = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    if not body:
        raise _unreadable(operation, "its body is missing", ids)
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(body, _MOST_JSON)
    except zlib.error as error:
        raise _unreadable(operation, "its body cannot be decompressed", ids) from error
    if not unpacking.eof or unpacking.unused_data:
        raise _unreadable(operation, "its body is truncated, or continues after its end", ids)
    return text


def _unreadable(operation: str, cause: str, ids: Mapping[str, str]) -> EntryUnreadable:
    return EntryUnreadable(
        operation,
        cause,
        hint="nothing is changed: look at the row in the catalog's table; the journal container has the events",
        ids=ids,
    )
