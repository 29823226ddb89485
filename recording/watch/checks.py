"""What a health check does at each service: what a copy does there, in a container of its own, and no more."""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from recording.core import blocks
from recording.core.errors import ArchiveDamaged, BlobExists, CallRefused, RecordingError
from recording.core.model import BlobName, RecordingId
from recording.ports import Archive, Calls, Catalog, Index, NativeContainer, OpenWork, ProbeContainer, ProbeQueue

type Check = Callable[[], object]
"""Returns if all is well.

Raises:
    RecordingError: what is wrong, and what an operator can do.
"""

_OPERATION = "check archive"
_UNKNOWN = RecordingId("health-probe")
_CONTENT = b"This blob was written by a health check, which removes it.\n"
_CONTENT_TYPE = "text/plain"
_NOT_KNOWN = frozenset({400, 404})
"""Statuses with which the service answers a request about an unknown recording once it has accepted our credential."""


@dataclass(frozen=True, slots=True)
class Checks:
    """Makes the checks.

    Attributes:
        probe: the container of probes, with the tier of the archive's blobs.
        probed: the same container.
        tier: which that is; empty for the account's default.
        containers: the others that the app needs, by name; native ones by URL, without its scheme.
        queues: those of the app, by name.
        calls: None where there is no service to ask.
    """

    probe: Archive
    probed: ProbeContainer
    tier: str
    containers: Mapping[str, Archive | NativeContainer]
    queues: Mapping[str, ProbeQueue]
    catalog: Catalog
    open_work: OpenWork
    index: Index
    calls: Calls | None
    new_id: Callable[[], uuid.UUID]

    def all(self) -> Mapping[str, Check]:
        """Every check, by the name that people see."""
        return dict(self._named())

    def _named(self) -> Iterator[tuple[str, Check]]:
        yield "archive", self._copy
        for name, container in self.containers.items():
            yield f"container {name}", partial(container.find, BlobName(_UNKNOWN))
        for name, queue in self.queues.items():
            yield f"queue {name}", queue.peek
        yield "catalog", partial(self.catalog.load, _UNKNOWN)
        yield "open work", partial(self.open_work.page, 1)
        yield "index", partial(self.index.get, str(_UNKNOWN), "probe")
        if self.calls is not None:
            yield "communication", partial(_ask, self.calls)

    def _copy(self) -> None:
        """What a copy does: stage, commit if there is no such blob, look at it, read it back. Then it is removed."""
        name = BlobName(f"probe-{self.new_id()}")
        content = memoryview(bytearray(_CONTENT))
        block_id = blocks.block_id(0, hashlib.sha256(content).digest(), 0)
        blob_metadata = {"acsrecordingid": str(_UNKNOWN)}
        try:
            self.probe.stage(name, block_id, content)
            etag = self.probe.commit(name, [block_id], blob_metadata, _CONTENT_TYPE)
            self._check_create_only(name, content)
            self._check_standing(name, etag, blob_metadata)
        except RecordingError:
            with suppress(RecordingError):  # the first error says more
                self.probed.remove(name)
            raise
        self.probed.remove(name)

    def _check_create_only(self, name: BlobName, content: memoryview) -> None:
        try:
            self.probe.put(name, content, {}, _CONTENT_TYPE)
        except BlobExists:
            return
        raise _wrong("a blob was written over another", name)

    def _check_standing(self, name: BlobName, etag: str, blob_metadata: Mapping[str, str]) -> None:
        found = self.probe.find(name)
        if found is None or (found.length, found.etag) != (len(_CONTENT), etag):
            raise _wrong("the blob that was committed is not there as it was", name)
        if found.blob_metadata != blob_metadata:
            raise _wrong("the blob's metadata is not what was written", name)
        tier = self.probed.tier(name)
        if self.tier and tier != self.tier:
            raise _wrong(f"the blob is in the tier {tier or 'of none'}, and not in {self.tier}", name)
        view = memoryview(bytearray(len(_CONTENT)))
        if self.probe.read(name, 0, view) != len(view) or view != _CONTENT:
            raise _wrong("the archive returns other bytes than were written", name)


def _ask(calls: Calls) -> None:
    """Ask the service for a recording that does not exist."""
    try:
        calls.state(_UNKNOWN)
    except CallRefused as error:
        if error.status not in _NOT_KNOWN:
            raise


def _wrong(cause: str, name: BlobName) -> ArchiveDamaged:
    hint = "find out what stands between the app and the storage account, or rewrites its blobs"
    return ArchiveDamaged(_OPERATION, cause, hint=hint, ids={"blob": name})
