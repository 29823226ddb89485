"""A container in memory, as a source."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from recording.core.errors import SourceChanged, SourceGone, SourceNotReady, SourceRefused
from recording.core.locations import blob_at
from recording.core.model import BlobName, Location
from recording.ports import ArchivedBlob
from tests.fakes.archive import FakeArchive
from tests.fakes.source import FakeTransfer


@dataclass
class FakeBlobSource:
    """`NativeContainer`, and so `ReadableSource`, over the blobs of `container`."""

    container: FakeArchive

    def find(self, name: BlobName) -> ArchivedBlob | None:
        if not self.container.exists:
            raise SourceRefused("read blob", "404 ContainerNotFound", hint="check that the container exists")
        return self.container.find(name)

    @contextmanager
    def open(self, location: Location, offset: int = 0, length: int | None = None) -> Iterator[FakeTransfer]:
        name, etag = blob_at(location)
        if not self.container.exists:
            raise SourceRefused("read blob", "404 ContainerNotFound", hint="check that the container exists")
        blob = self.container.blobs.get(name)
        if blob is None:
            raise SourceGone("read blob", "404 BlobNotFound")
        if blob.etag != etag:
            raise SourceChanged("read blob", "412 ConditionNotMet")
        total = len(blob.content)
        if offset >= total:
            raise SourceNotReady("read blob", "416 InvalidRange")
        body = blob.content[offset : total if length is None else offset + length]
        yield FakeTransfer(location, offset, len(body), total, body, f"{blob.etag}\n", blob.content_type)
