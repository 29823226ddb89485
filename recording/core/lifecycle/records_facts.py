"""The facts of the records: what is done with a recording after it was archived."""

from dataclasses import dataclass

from recording.core.model import CatalogEntry


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The catalog had no entry of the recording; `entry` is what the blobs say, which are named in `sources`."""

    entry: CatalogEntry
    sources: str
