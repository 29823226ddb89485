"""What is given of a recording beside its media: who took part, and its metadata files without other people."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from recording.core.formats.metadata import ChunkMetadata
from recording.core.model import CatalogEntry, DocumentId, RecordingId
from recording.core.participants import kind_of, one_spelling
from recording.core.records.exporting import Channels

_ABOUT_PEOPLE = "participants"
"""How a note of a metadata file begins that is about them."""
_WITHOUT_PEOPLE = frozenset(
    {
        "resourceid",
        "callid",
        "chunkdocumentid",
        "chunkindex",
        "chunkstarttime",
        "chunkduration",
        "pauseresumeintervals",
        "recordinginfo",
    }
)
"""The fields of a metadata file that are known, and name nobody; in what is not known there may be anybody."""


@dataclass(frozen=True, slots=True)
class Own:
    """Whose entries alone are given: a person's raw ids, each in one spelling; None: everybody's."""

    raw_ids: frozenset[str] | None = None

    def has(self, raw_id: str) -> bool:
        """Whether it is the person's, in whatever spelling."""
        return self.raw_ids is None or one_spelling(raw_id) in self.raw_ids


def channels_said(said: ChunkMetadata | None, is_own: Callable[[str], bool]) -> Channels:
    """Which channels a metadata file gives to the person, and to others."""
    if said is None:
        return Channels()
    return Channels(
        tuple((is_own(one.participant_id), one.channel) for one in said.participants if one.channel is not None),
        said.channels,
        tuple(note for note in said.notes if note.startswith(_ABOUT_PEOPLE)),
        any(one.channel is None for one in said.participants),
    )


def people_given(
    recording_id: RecordingId, chunks: Sequence[tuple[DocumentId, int, ChunkMetadata | None]], own: Own
) -> bytes:
    """Who took part, by the metadata file of each chunk, with its index; null: it has none that can be read."""
    fields = {
        "schema": "recording-export-people/1",
        "recordingId": recording_id,
        "onlyOwn": own.raw_ids is not None,
        "chunks": [
            {
                "documentId": document_id,
                "index": index,
                "participants": None if said is None else _participants(said, own),
                "doubts": [] if said is None else list(said.notes),
            }
            for document_id, index, said in chunks
        ],
    }
    return json.dumps(fields, indent=2).encode() + b"\n"


def _participants(said: ChunkMetadata, own: Own) -> list[dict[str, object]]:
    return [
        {"rawId": one.participant_id, "kind": kind_of(one.participant_id), "channel": one.channel}
        for one in said.participants
        if own.has(one.participant_id)
    ]


def without_others(raw: bytes, own: Own) -> bytes:
    """A metadata file that can be read, without the participants who are not the person, and without unknown fields."""
    found = json.loads(raw)
    fields = found if isinstance(found, Mapping) else {}
    kept: dict[str, object] = {name: value for name, value in fields.items() if name.lower() in _WITHOUT_PEOPLE}
    for name, value in fields.items():
        if name.lower() == "participants" and isinstance(value, list):
            kept[name] = [one for one in value if (raw_id := _raw_id(one)) and own.has(raw_id)]
    return json.dumps(kept, indent=2).encode() + b"\n"


def _raw_id(found: object) -> str:
    fields = found if isinstance(found, Mapping) else {}
    values = [value for name, value in fields.items() if str(name).lower() == "participantid"]
    return values[0] if values and isinstance(values[0], str) else ""


def why_no_manifest(raw: bytes, entry: CatalogEntry) -> str:
    """Why this is not a manifest of the recording as the catalog has it; empty if it is.

    A chunk that both know must have the same length and digest in both. An earlier manifest may know fewer.
    """
    try:
        found = json.loads(raw)
        chunks = {str(one["documentId"]): (one["length"], one["digest"]["value"]) for one in found["chunks"]}
        recording_id = found["recordingId"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return "it is no manifest"
    if recording_id != entry.recording.recording_id:
        return "it is another recording's"
    proofs = {chunk.document_id: chunk.proof for chunk in entry if chunk.proof is not None}
    other = [
        document_id
        for document_id, proof in proofs.items()
        if document_id in chunks and chunks[document_id] != (proof.length, proof.digest.sha256)
    ]
    return f"its digest of {', '.join(sorted(other))} is not the one that was proven" if other else ""
