"""Where a copy goes, the metadata of its blob, and its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from recording.core.model import BlobName, Digest
from recording.ports import Archive

LENGTH_KEY = "length"
DIGEST_KEY = "sha256blocks"
BLOCK_SIZE_KEY = "blocksize"

Progress = Callable[[int], None]
"""Called with the number of bytes that have come, or are safe, since the last call."""


def unwatched(_length: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A blob to be: its container, its name, and which chunk it is (`identity`, the first part of its metadata)."""

    archive: Archive
    name: BlobName
    identity: Mapping[str, str]
    content_type: str

    def blob_metadata(self, length: int, digest: Digest) -> dict[str, str]:
        """The blob's metadata: which chunk it is and what it holds, so that the catalog can be rebuilt from Blob."""
        return {
            **self.identity,
            LENGTH_KEY: str(length),
            DIGEST_KEY: digest.sha256,
            BLOCK_SIZE_KEY: str(digest.block_size),
        }


@dataclass(frozen=True, slots=True)
class Copied:
    """A committed and verified blob: its length in bytes, digest and ETag."""

    length: int
    digest: Digest
    etag: str


@dataclass(frozen=True, slots=True)
class CutOff:
    """The time was up. So many bytes are staged, and the next try continues from them."""

    staged: int
