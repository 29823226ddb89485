"""Links to blobs that lead nowhere."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.model import BlobName


@dataclass
class FakeLinks:
    """`Links`: each names the blob and the end."""

    def link(self, name: BlobName, until: datetime) -> str:
        return f"https://archive/exports/{name}?until={until.isoformat()}&sig=secret"
