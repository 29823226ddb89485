"""The facts about a recording that is archived: what is done with it as a record."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exported:
    """A package with it was written, or with what may be given of it; the package is named by the export's id.

    `purpose`: in the words of whoever asked. `hashes`: the SHA-256 of the package's list of hashes.
    """

    export_id: str
    rule: str
    outcome: str
    purpose: str
    hashes: str
