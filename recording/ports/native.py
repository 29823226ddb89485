"""A container of the customer's into which the service itself writes recordings."""

from typing import Protocol

from recording.core.model import BlobName
from recording.ports.archive import ArchivedBlob
from recording.ports.source import ReadableSource


class NativeContainer(ReadableSource, Protocol):
    """One native container, read only: it has neither a write nor a delete, so that no use case can name one.

    The locations that `open` takes are those of `core.locations.of_blob`.
    """

    def find(self, name: BlobName) -> ArchivedBlob | None:
        """The blob of that name, or None.

        Raises:
            SourceRefused: 401, 403; or the container does not exist.
            SourceBusy: 408, 429, 5xx; with the seconds of Retry-After.
            SourceUnexpected: any other status.
            SourceUnreachable: no reply.
        """
