"""Where a copy goes, what its blob says of itself, and what comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from recording.core.model import BlobName, Digest
from recording.ports import Archive

LENGTH_LABEL = "length"
DIGEST_LABEL = "sha256blocks"
BLOCK_SIZE_LABEL = "blocksize"

Progress = Callable[[int], None]
"""Told how many bytes more there are: that have come, or that have become safe."""


def unwatched(_length: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A blob to be: in which container, under which name, with which identity in its labels."""

    archive: Archive
    name: BlobName
    identity: Mapping[str, str]
    content_type: str

    def blob_metadata(self, length: int, digest: Digest) -> dict[str, str]:
        """The blob's metadata: whose chunk it is and what it holds, so that the catalog can be rebuilt from Blob."""
        return {
            **self.identity,
            LENGTH_LABEL: str(length),
            DIGEST_LABEL: digest.sha256,
            BLOCK_SIZE_LABEL: str(digest.block_size),
        }


@dataclass(frozen=True, slots=True)
class Copied:
    """A committed and verified blob: its length in bytes, digest and ETag."""

    length: int
    digest: Digest
    etag: str


@dataclass(frozen=True, slots=True)
class CutOff:
    """The time was up. So many bytes are staged, and the next try goes on from them."""

    staged: int
