r"""Blob names: one for every chunk, and a different one for each recording id, index and document id.

`encode` makes any id safe for a name: letters, digits, `_` and `-` are kept, every other byte of its UTF-8 becomes
`=XX`. So an id adds no `.` and no `/`: a `.` only starts a suffix, and a `/` only separates segments of the template.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from recording.core.errors import InvalidRequest
from recording.core.model import BlobName, CallId, DocumentId, Door, Format, RecordingId

DEFAULT_TEMPLATE = "{year}/{month}/{day}/{recording_id}/{index}-{document_id}"
TEMPLATE_FIELD = "ARCHIVE_PATH_TEMPLATE"
MAX_INDEX = 9999
MAX_LENGTH = 900
"""Characters of the longest name, suffixes included; Blob storage allows 1,024."""

_MAX_ENCODED = 200
_KEPT_ENCODED = 120
# The length of each field in characters: exact, and maximum.
_FIXED = {"year": 4, "month": 2, "day": 2, "hour": 2, "index": 4}
_VARIABLE = {"recording_id": _MAX_ENCODED, "document_id": _MAX_ENCODED, "call_id": _MAX_ENCODED, "format": 7}
_LENGTHS = _FIXED | _VARIABLE
_REQUIRED = ("recording_id", "index", "document_id")
_ABSENT = "unknown"
# Reserved for suffixes: the longest is that of a manifest, which is in a chunk's folder under the recording's id.
_ROOM = _MAX_ENCODED + len(f".manifest-{MAX_INDEX}.json")
_TOKEN = re.compile(r"\{(?P<field>[^{}]*)\}|(?P<literal>[^{}]+)|(?P<stray>[{}])")
_LITERAL = re.compile(r"[A-Za-z0-9_/-]+")
_ENCODED = re.compile(r"(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+")
_ESCAPE = re.compile(rb"=([0-9A-F]{2})")
_MUTED = ".muted-"
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def encode(value: str) -> str:
    """Encode any text in `[A-Za-z0-9_=~-]`, injectively: 1 to 200 characters.

    If the encoded text would be longer, its first 120 characters are kept, followed by `~` and the SHA-256 of the
    text; `~` occurs nowhere else. The empty text becomes `=`.
    """
    raw = value.encode("utf-8", "surrogatepass")
    encoded = "".join(chr(byte) if byte in _PLAIN else f"={byte:02X}" for byte in raw) or "="
    if len(encoded) <= _MAX_ENCODED:
        return encoded
    return f"{encoded[:_KEPT_ENCODED]}~{hashlib.sha256(raw).hexdigest()}"


def decode(encoded: str) -> str | None:
    """The text that `encode` has made this of; None if it was shortened, or if it is no such text."""
    if encoded == "=":
        return ""
    if not _ENCODED.fullmatch(encoded):
        return None
    raw = _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), encoded.encode())
    try:
        text = raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return text if encode(text) == encoded else None


@dataclass(frozen=True, slots=True)
class Template:
    """A valid template of chunk names, made by `parse_template`."""

    text: str

    def render(
        self,
        *,
        recording_id: RecordingId,
        document_id: DocumentId,
        index: int,
        at: datetime,
        format_: Format | None,
        call_id: CallId | None,
    ) -> BlobName:
        """Name a chunk.

        Args:
            recording_id: of the recording.
            document_id: of the chunk.
            index: of the chunk in its recording, 0 to 9999.
            at: an aware moment, from which year, month, day and hour are taken in UTC.
            format_: of the media; if known, it is appended as the extension.
            call_id: of the call, if known.

        Raises:
            InvalidRequest: the index is out of range; `field` is `index`.
        """
        if not 0 <= index <= MAX_INDEX:
            raise InvalidRequest("index", f"{index} is not from 0 to {MAX_INDEX}")
        values = _moment(at) | {
            "index": f"{index:04d}",
            "recording_id": encode(recording_id),
            "document_id": encode(document_id),
            "call_id": _ABSENT if call_id is None else encode(call_id),
            "format": _ABSENT if format_ is None else format_.value,
        }
        extension = "" if format_ is None else f".{format_}"
        return BlobName(_fill(self.text, values) + extension)


def parse_template(text: str) -> Template:
    """Check a template of chunk names.

    Literals are letters, digits, `_` and `-`, with `/` between segments. Fields are `{year}`, `{month}`, `{day}`,
    `{hour}`, `{index}`, `{recording_id}`, `{document_id}`, `{call_id}` and `{format}`. So that no two chunks have the
    same name, recording id, index and document id are required, and a segment may contain at most one field of
    variable length.

    Raises:
        InvalidRequest: naming what is wrong; `field` is `ARCHIVE_PATH_TEMPLATE`.
    """
    for token in _TOKEN.finditer(text):
        _check_token(token)
    for required in _REQUIRED:
        if f"{{{required}}}" not in text:
            raise _wrong(f"{{{required}}} must be in it, or chunks could share a name")
    for segment in text.split("/"):
        if not segment:
            raise _wrong("a segment is empty: a slash stands at either end, or two in a row")
        if sum(segment.count(f"{{{field}}}") for field in _VARIABLE) > 1:
            raise _wrong(f"{segment!r} holds more than one field whose length varies")
    longest = _ROOM + len(_fill(text, {field: "x" * length for field, length in _LENGTHS.items()}))
    if longest > MAX_LENGTH:
        raise _wrong(f"names could have {longest} characters, over {MAX_LENGTH}")
    return Template(text)


def manifest_name(recording_id: RecordingId, chunk_name: BlobName, revision: int) -> BlobName:
    """Name a recording's manifest, in the folder of one of its chunks; revisions after the first have a number.

    No chunk and no metadata file has the suffix `.manifest.json` or `.manifest-N.json`.
    """
    if not 1 <= revision <= MAX_INDEX:
        raise ValueError(f"revision {revision} is not from 1 to {MAX_INDEX}")
    folder, slash, _ = chunk_name.rpartition("/")
    number = "" if revision == 1 else f"-{revision}"
    return BlobName(f"{folder}{slash}{encode(recording_id)}.manifest{number}.json")


def sibling_name(manifest: BlobName, kind: str) -> BlobName:
    """Name what belongs to a manifest, beside it: `.manifest-2.json` gives `.KIND-2.json`."""
    folder, _, rest = manifest.rpartition(".manifest")
    return BlobName(f"{folder}.{kind}{rest}")


def muted_name(chunk_name: BlobName, digest: str, channels: Collection[int]) -> BlobName:
    """Name the media of a chunk with these channels silent, beside the chunk; by the attempt, and what is muted."""
    of = hashlib.sha256(f"{digest} {sorted(channels)}".encode()).hexdigest()
    return BlobName(f"{chunk_name}{_MUTED}{of[:32]}.wav")


def is_muted(name: BlobName) -> bool:
    """Whether it is the name of media of which a channel was muted: no template and no id contains that."""
    return _MUTED in name


def journal_name(received: datetime, event_id: str, body: bytes, door: Door | None = None) -> BlobName:
    """Name the journal's copy of an event by the day it came (UTC), its id, a digest of its body, and its door.

    The same id with another body, or by another door, gives another name.
    """
    digest = hashlib.sha256(body).hexdigest()[:16]
    came_by = "" if door is None else f".{door}"
    return BlobName(f"{journal_folder(received)}{encode(event_id)}-{digest}{came_by}.json")


def door_in(journal: BlobName) -> Door:
    """The door in the name of a journal's copy; the function key, which has no authority, where it says none."""
    return Door.EVENT_GRID if journal.endswith(f".{Door.EVENT_GRID}.json") else Door.FUNCTION_KEY


def journal_folder(received: datetime) -> str:
    """The prefix of the journal's names of a day (UTC)."""
    moment = _moment(received)
    return f"{moment['year']}/{moment['month']}/{moment['day']}/"


def _check_token(token: re.Match[str]) -> None:
    if token["stray"]:
        raise _wrong(f"a lone {token['stray']} stands at character {token.start() + 1}")
    if token["literal"] and not _LITERAL.fullmatch(token["literal"]):
        raise _wrong(f"{token['literal']!r} holds more than letters, digits, _, - and /")
    if token["literal"] is None and token["field"] not in _LENGTHS:
        raise _wrong(f"there is no field {{{token['field']}}}; there are {', '.join(_LENGTHS)}")


def _wrong(cause: str) -> InvalidRequest:
    return InvalidRequest(TEMPLATE_FIELD, cause)


def _moment(at: datetime) -> dict[str, str]:
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone is ambiguous")
    utc = at.astimezone(UTC)
    return {
        "year": f"{utc.year:04d}",
        "month": f"{utc.month:02d}",
        "day": f"{utc.day:02d}",
        "hour": f"{utc.hour:02d}",
    }


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _TOKEN.sub(lambda match: match["literal"] or values[match["field"]], text)
