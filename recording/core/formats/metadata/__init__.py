"""The metadata file of a chunk: read as far as it makes sense, doubts kept as notes, held against its chunk.

Real files have lacked every field but the document id, and have had numbers as text, durations with fractions
and content and channel type swapped. None of that is a reason to refuse the media.
"""

from recording.core.formats.metadata.identity import doubts_about_identity, names
from recording.core.formats.metadata.meaning import ChunkMetadata, Participant, Pause
from recording.core.formats.metadata.reading import (
    MAX_CHUNK_DURATION,
    MAX_LENGTH,
    MAX_PARTICIPANTS,
    MAX_PAUSES,
    parse_metadata,
)

__all__ = [
    "MAX_CHUNK_DURATION",
    "MAX_LENGTH",
    "MAX_PARTICIPANTS",
    "MAX_PAUSES",
    "ChunkMetadata",
    "Participant",
    "Pause",
    "doubts_about_identity",
    "names",
    "parse_metadata",
]
