"""The audit trail: what the blobs of a recording's acts contain, how each names the one before, and what breaks that.

One blob for each act, under `trail/RECORDING/NUMBER-HASH.json`. HASH is the SHA-256 of the blob's bytes, and the bytes
contain NUMBER and the HASH of the blob before. So a byte that is changed contradicts the blob's own name, and a blob
that is renamed, removed, exchanged or added contradicts the next one. The catalog knows number and hash of the last.
"""

from recording.core.trail.chain import (
    FOLDER,
    LATE,
    MOST_ACT,
    MOST_UNWRITTEN,
    Link,
    added,
    folder_of,
    is_full,
    is_repeated,
    links,
    parse_name,
    written,
)
from recording.core.trail.reading import read_act
from recording.core.trail.verifying import Break, Fault, Verified, Verifying, anchors_of

__all__ = [
    "FOLDER",
    "LATE",
    "MOST_ACT",
    "MOST_UNWRITTEN",
    "Break",
    "Fault",
    "Link",
    "Verified",
    "Verifying",
    "added",
    "anchors_of",
    "folder_of",
    "is_full",
    "is_repeated",
    "links",
    "parse_name",
    "read_act",
    "written",
]
