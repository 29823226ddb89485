"""A recording as a vCon, the JSON container of a conversation that the IETF is working on.

The draft is draft-ietf-vcon-vcon-core-04 of September 2026, in its unsigned form. Media is not inside: `filename` is
its path in the package and `content_hash` its SHA-512. The draft wants an HTTPS URL besides; there is none that the
receiver of a package could use.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording.core.model import Channel, Output, ParticipantKind, RecordingId
from recording.core.outputs import facts_of
from recording.core.participants import participant_of
from recording.core.times import format_time

DRAFT = "draft-ietf-vcon-vcon-core-04"
SYNTAX = "0.4.0"
_PROGRAMS = frozenset({ParticipantKind.BOT, ParticipantKind.TEAMS_APP})
_MEDIA_TYPES = {"audio/wav": "audio/x-wav", "audio/mpeg": "audio/x-mp3", "video/mp4": "video/x-mp4"}
"""As the draft spells them."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A chunk for a vCon.

    Attributes:
        started_at, duration: as its metadata file says.
        people: raw id and channel of its participants, by that file; None: it has no channel of its own.
        channels: the number of the first channel and how many there are; None for audio that is mixed, or if it is not
            certain which channel is whose.
        path: of its media in the package; empty if it is not there.
        sha512: of that, in hex.
    """

    started_at: datetime | None
    duration: timedelta | None
    people: tuple[tuple[str, int | None], ...]
    channels: range | None = None
    path: str = ""
    sha512: str = ""


def vcon_json(
    recording_id: RecordingId,
    output: Output | None,
    chunks: Sequence[Spoken],
    *,
    export_id: str,
    at: datetime,
    redacted: str = "",
) -> bytes:
    """The vCon of a recording.

    Args:
        recording_id: which.
        output: of its media, if that is known.
        chunks: in order.
        export_id: of the export; with the recording's id it gives the vCon its own id.
        at: when the export was asked for.
        redacted: what was left out of it, in a word; empty if nothing was.
    """
    raw_ids = list(dict.fromkeys(raw_id for chunk in chunks for raw_id, _ in chunk.people))
    places = {raw_id: place for place, raw_id in enumerate(raw_ids)}
    is_unmixed = output is not None and output.channel is Channel.UNMIXED
    empty = sorted({number for chunk in chunks for number in _channels_of_nobody(chunk)}) if is_unmixed else []
    unknown = {number: len(raw_ids) + place for place, number in enumerate(empty)}
    fields: dict[str, object] = {
        "vcon": SYNTAX,
        "uuid": str(_own_id(export_id, recording_id, at)),
        "created_at": format_time(at),
        "subject": f"Recording {recording_id}",
        **({"redacted": {"type": redacted}} if redacted else {}),
        "parties": [*map(_party, raw_ids), *({} for _ in unknown)],
        "dialog": [_dialog(chunk, places, unknown, output) for chunk in chunks],
        "attachments": [],
        "analysis": [],
    }
    return json.dumps(fields, indent=2).encode() + b"\n"


def _party(raw_id: str) -> dict[str, object]:
    found = participant_of(raw_id)
    kind = "bot" if found.kind in _PROGRAMS else "person"
    return {**({"tel": found.number} if found.number else {}), "uuid": raw_id, "type": kind}


def _dialog(chunk: Spoken, places: dict[str, int], unknown: dict[int, int], output: Output | None) -> dict[str, object]:
    media: dict[str, object] = {}
    if chunk.path:
        media = {"filename": chunk.path, "content_hash": f"sha512-{_base64url(bytes.fromhex(chunk.sha512))}"}
    if output is not None:  # also of media that is not in the package: readers ask for it
        media["mediatype"] = _MEDIA_TYPES.get(facts_of(output).content_type, facts_of(output).content_type)
    return {
        "type": "recording",
        **({"start": format_time(chunk.started_at)} if chunk.started_at else {}),
        **({"duration": chunk.duration.total_seconds()} if chunk.duration is not None else {}),
        "parties": _parties(
            chunk, places, unknown, is_unmixed=output is not None and output.channel is Channel.UNMIXED
        ),
        "application": "Azure Communication Services",
        **media,
    }


def _parties(chunk: Spoken, places: dict[str, int], unknown: dict[int, int], *, is_unmixed: bool) -> Sequence[object]:
    """Who is on which channel; of audio that is mixed, or where that is not certain, who is in it."""
    if not is_unmixed or chunk.channels is None:
        return sorted({places[raw_id] for raw_id, _ in chunk.people})
    on = [[places[raw_id] for raw_id in _on(chunk, number)] or [unknown[number]] for number in chunk.channels]
    return [found[0] if len(found) == 1 else found for found in on]


def _channels_of_nobody(chunk: Spoken) -> list[int]:
    """The channels of which it is not known who is on them: each gets an empty party, as the draft asks."""
    return [number for number in chunk.channels or () if not _on(chunk, number)]


def _on(chunk: Spoken, number: int) -> list[str]:
    return [raw_id for raw_id, channel in chunk.people if channel == number]


def _own_id(export_id: str, recording_id: RecordingId, at: datetime) -> uuid.UUID:
    """A UUID of version 8: the moment in its first 48 bits, as in the draft, and a digest of both ids."""
    digest = hashlib.sha256(f"{export_id}\n{recording_id}".encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(int(at.timestamp() * 1000).to_bytes(6) + digest[:10])
    return uuid.UUID(int=number & ~(0xF << 76) & ~(0x3 << 62) | 8 << 76 | 2 << 62)


def _base64url(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
