"""The metadata file of a chunk: read tolerantly, with notes on what is wrong, and compared with its chunk.

Real files have lacked every field but the document id, and have had numbers as text, durations with fractions, and
content and channel type swapped. None of that is a reason to refuse the media.
"""

from recording.core.formats.metadata.doubts import doubts_about_identity, names
from recording.core.formats.metadata.meaning import ChunkMetadata, Participant, PausedInterval
from recording.core.formats.metadata.pauses import notes_on_pauses
from recording.core.formats.metadata.reading import (
    MAX_LENGTH,
    MAX_PARTICIPANTS,
    parse_metadata,
)
from recording.core.formats.metadata.redacting import is_without_names, redacted, with_nobody

__all__ = [
    "MAX_LENGTH",
    "MAX_PARTICIPANTS",
    "ChunkMetadata",
    "Participant",
    "PausedInterval",
    "doubts_about_identity",
    "is_without_names",
    "names",
    "notes_on_pauses",
    "parse_metadata",
    "redacted",
    "with_nobody",
]
