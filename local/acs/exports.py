"""Native storage: the service writes recordings into a container of the customer's instead of its own storage."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from azure.storage.blob import BlobServiceClient

from local.acs.model import Recording, StoredObject


@dataclass(frozen=True, slots=True)
class Export:
    """The two blobs of a chunk: to be written, or written."""

    service: BlobServiceClient
    container: str
    media: str
    metadata: str
    path: Path
    metadata_content: bytes

    def write(self) -> None:
        """Write both, the media first."""
        container = self.service.get_container_client(self.container)
        with self.path.open("rb") as stream:
            container.upload_blob(self.media, stream, overwrite=True)
        container.upload_blob(self.metadata, self.metadata_content, overwrite=True)


def folder_of(recording: Recording) -> str:
    """The folder of a recording: its day, its call, and the beginning of its id."""
    day = (recording.media_started or recording.started).strftime("%Y%m%d")
    return f"{day}/{recording.call.correlation_id}/{recording.recording_id[:20]}-{uuid.uuid4()}"


def export_of(connection_string: str, recording: Recording, stored: StoredObject, folder: str) -> tuple[Export, str]:
    """The export of a chunk, and the URL of its container; the customer's account is the one of this connection.

    Raises:
        ValueError: the container is of another account.
    """
    service = BlobServiceClient.from_connection_string(connection_string)
    url = (recording.external_container or "").rstrip("/")
    account, _, container = url.rpartition("/")
    if account != service.url.rstrip("/"):
        raise ValueError(f"the local service has no access to the container {url}")
    output = stored.output
    media = f"{folder}/{stored.index}-{output.content[:5]}{output.format}.{stored.document_id}.{output.format}"
    metadata = f"{folder}/{stored.index}-acsmetadata.{stored.document_id}.json"
    return Export(service, container, media, metadata, stored.path, stored.metadata), url
