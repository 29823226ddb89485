"""The people document: who was heard in each chunk of a recording, beside its manifest.

It is the one place, beside the metadata files themselves, where participants stand in clear.
"""

import json

from recording.core.errors import ArchiveDamaged
from recording.core.formats import reading
from recording.core.model import BlobName, DocumentId, ParticipantKind, RecordingId
from recording.core.records.people import ChunkPeople, Heard, PeopleDocument

SCHEMA = "recording-people/1"


def people_json(document: PeopleDocument) -> bytes:
    """The document as UTF-8; equal documents give equal bytes."""
    fields = {
        "schema": SCHEMA,
        "recordingId": document.recording_id,
        "manifest": document.manifest,
        "chunks": [
            {
                "documentId": chunk.document_id,
                "index": chunk.index,
                "participants": [
                    {"rawId": one.raw_id, "kind": one.kind, "channel": one.channel} for one in chunk.participants
                ],
                "doubts": list(chunk.doubts),
            }
            for chunk in document.chunks
        ],
    }
    return json.dumps(fields, indent=2).encode() + b"\n"


def read_people(body: bytes) -> PeopleDocument:
    """Read a people document.

    Raises:
        ArchiveDamaged: it is none; the cause names the place, never a value.
    """
    try:
        _, found = reading.json_body(body)
    except ValueError as error:
        raise _damaged("body", str(error)) from error
    fields = reading.StrictFields(found, _damaged)
    if fields.get("schema") != SCHEMA:
        raise _damaged("schema", f"not {SCHEMA}")
    return PeopleDocument(
        RecordingId(fields.need("recordingId", reading.text, "not a text")),
        BlobName(fields.need("manifest", reading.text, "not a text")),
        tuple(_chunk(chunk) for chunk in fields.each("chunks")),
    )


def _chunk(fields: reading.StrictFields) -> ChunkPeople:
    doubts = fields.need("doubts", reading.array, "no list")
    return ChunkPeople(
        DocumentId(fields.need("documentId", reading.text, "not a text")),
        fields.need("index", reading.whole, "not a whole number"),
        tuple(_heard(one) for one in fields.each("participants")),
        tuple(map(str, doubts)),
    )


def _heard(fields: reading.StrictFields) -> Heard:
    kind = fields.need("kind", _kind, "not a kind of participant")
    return Heard(fields.need("rawId", reading.text, "not a text"), kind, fields.read("channel", reading.whole))


def _kind(found: object) -> ParticipantKind | None:
    return ParticipantKind(found) if isinstance(found, str) and found in set(ParticipantKind) else None


def _damaged(field: str, cause: str) -> ArchiveDamaged:
    return ArchiveDamaged("read people", f"{field}: {cause}", hint="the blob was changed; see docs/privacy.md")
