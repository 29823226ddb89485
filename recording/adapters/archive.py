"""One container of Blob storage: staged blocks, atomic commits, nothing overwritten.

The requests that every chunk takes are made directly, through an azure-core pipeline. Block lists, which are needed
seldom, are read by the SDK's client.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote_plus

from awscrt.checksums import crc64nvme
from azure.core.exceptions import AzureError
from azure.core.pipeline import Pipeline
from azure.core.rest import HttpRequest
from azure.storage.blob import BlobBlock, BlobClient, BlobServiceClient

from recording.adapters.container_requests import ContainerRequests, bare
from recording.adapters.http_transport import Reply, Take
from recording.adapters.sdk_errors import code_of, message_of, status_of
from recording.adapters.storage_errors import storage_error
from recording.core.blocks import StagedBlock
from recording.core.errors import ArchiveDamaged, BlobExists, ForeignBlocks, RecordingError, StagedBlocksGone
from recording.core.model import BlobName
from recording.ports import ArchivedBlob, BlockList

_BY_CODE: Mapping[str, tuple[type[StagedBlocksGone | ForeignBlocks | ArchiveDamaged], str]] = {
    "InvalidBlockList": (StagedBlocksGone, "another worker has committed, or the blocks have expired after a week"),
    "InvalidBlobOrBlock": (
        ForeignBlocks,
        "there are blocks under this name that are not ours; they expire after a week",
    ),
    "Md5Mismatch": (ArchiveDamaged, "bytes were damaged on their way; it passes by itself"),
    "Crc64Mismatch": (ArchiveDamaged, "bytes were damaged on their way; it passes by itself"),
}
_METADATA = "x-ms-meta-"
_CONFLICTS = frozenset({409, 412})
_NOT_OF_THE_BLOB = ("Container", "Account")
"""Prefixes of codes of conflicts that are not about the blob, such as ContainerBeingDeleted."""


@dataclass(frozen=True, slots=True)
class BlobRetention:
    """Access tier, days of immutability, and legal hold of a blob, set by its commit.

    `tier` is Hot, Cool, Cold, or empty for the default. A `locked` policy cannot be shortened by anybody. The days are
    counted from `now`.
    """

    now: Callable[[], datetime]
    tier: str = ""
    immutable_days: int = 0
    locked: bool = False
    legal_hold: bool = False

    def headers(self) -> dict[str, str]:
        """The headers of a commit that is sent now."""
        headers: dict[str, str] = {}
        if self.tier:
            headers["x-ms-access-tier"] = self.tier
        if self.immutable_days:
            until = self.now() + timedelta(days=self.immutable_days)
            headers["x-ms-immutability-policy-until-date"] = format_datetime(until, usegmt=True)
            headers["x-ms-immutability-policy-mode"] = "Locked" if self.locked else "Unlocked"
        if self.legal_hold:
            headers["x-ms-legal-hold"] = "true"
        return headers


class BlobArchive:
    """`Archive` and `Journal` over one container, which must exist: the deployment creates it.

    Args:
        service: reads block lists; its URL is that of the account.
        requests: signs and sends all other requests (`clients.blob_requests`).
        container: its name.
        retention: of blobs, set by their commit.
    """

    def __init__(
        self,
        service: BlobServiceClient,
        requests: Pipeline[HttpRequest, Reply],
        container: str,
        retention: BlobRetention | None = None,
    ) -> None:
        self.container = container
        self._send = ContainerRequests(service.url, requests, container).send
        self._retention = retention.headers if retention else dict[str, str]
        # Cached: to create a blob client takes as much CPU as a request.
        self._blob = lru_cache(maxsize=256)(partial(service.get_blob_client, container))

    def find(self, name: BlobName) -> ArchivedBlob | None:
        """See `ports.Archive.find`."""
        try:
            headers = self._send("HEAD", name, take=Take.STATUS).headers
        except AzureError as error:
            if _is_no_such_blob(error):
                return None
            raise self._error("look for blob", name, error) from error
        lower = {key.lower(): value for key, value in headers.items()}
        metadata = {key.removeprefix(_METADATA): value for key, value in lower.items() if key.startswith(_METADATA)}
        return ArchivedBlob(
            int(headers["Content-Length"]), bare(headers["ETag"]), metadata, lower.get("x-ms-access-tier", "")
        )

    def staged(self, name: BlobName) -> tuple[StagedBlock, ...]:
        """See `ports.Archive.staged`."""
        listed = self._listed("list staged blocks", name, "uncommitted")
        if listed is None:
            return ()
        found, headers = listed
        if _is_committed(headers):
            raise BlobExists("list staged blocks", "it is committed", ids={"container": self.container, "blob": name})
        return _blocks(found[1])

    def stage(self, name: BlobName, block_id: str, content: memoryview) -> None:
        """See `ports.Archive.stage`."""
        headers = {"x-ms-content-crc64": checksum(content)}
        self._write("stage block", name, f"comp=block&blockid={quote_plus(_encoded(block_id))}", content, headers)

    def commit(
        self, name: BlobName, block_ids: Sequence[str], blob_metadata: Mapping[str, str], content_type: str
    ) -> str:
        """See `ports.Archive.commit`."""
        latest = "".join(f"<Latest>{_encoded(block_id)}</Latest>" for block_id in block_ids)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{latest}</BlockList>'.encode()
        return self._write("commit blob", name, "comp=blocklist", body, self._publishing(blob_metadata, content_type))

    def put(self, name: BlobName, content: memoryview, blob_metadata: Mapping[str, str], content_type: str) -> str:
        """See `ports.Archive.put`."""
        headers = {
            "x-ms-blob-type": "BlockBlob",
            "x-ms-content-crc64": checksum(content),
            **self._publishing(blob_metadata, content_type),
        }
        return self._write("put blob", name, "", content, headers)

    def _publishing(self, blob_metadata: Mapping[str, str], content_type: str) -> dict[str, str]:
        return {
            "If-None-Match": "*",
            "x-ms-blob-content-type": content_type,
            **{f"{_METADATA}{key}": value for key, value in blob_metadata.items()},
            **self._retention(),
        }

    def _write(
        self, operation: str, name: BlobName, query: str, body: bytes | memoryview, headers: Mapping[str, str]
    ) -> str:
        """Send the body; the ETag of the blob, if one was published."""
        sent = {"Content-Length": str(len(body)), **headers}
        try:
            reply = self._send("PUT", name, query, sent, body=body, take=Take.STATUS)
        except AzureError as error:
            raise self._error(operation, name, error) from error
        return bare(reply.headers.get("ETag", ""))

    def committed(self, name: BlobName) -> BlockList | None:
        """See `ports.Archive.committed`."""
        listed = self._listed("list blocks", name, "committed")
        if listed is None or not _is_committed(listed[1]):
            return None
        found, headers = listed
        return BlockList(_blocks(found[0]), int(headers["x-ms-blob-content-length"]), bare(headers["etag"]))

    def _listed(self, operation: str, name: BlobName, which: str) -> tuple[Any, dict[str, str]] | None:
        """The SDK's two block lists, and the reply's headers in lower case; None if there is no such blob."""
        headers: dict[str, str] = {}

        def request(blob: BlobClient) -> Any:
            return blob.get_block_list(
                which,
                raw_response_hook=lambda reply: headers.update(
                    {key.lower(): value for key, value in reply.http_response.headers.items()}
                ),
            )

        lists = self._call(operation, name, request)
        return None if lists is None else (lists, headers)

    def read(self, name: BlobName, offset: int, view: memoryview) -> int:
        """See `ports.Archive.read`."""
        wanted = {"x-ms-range": f"bytes={offset}-{offset + len(view) - 1}"}
        try:
            reply = self._send("GET", name, "", wanted, into=view)
        except AzureError as error:
            if code_of(error) == "InvalidRange":
                return 0  # the blob ends before the offset
            raise self._error("read blob", name, error) from error
        return reply.filled

    def write(self, name: BlobName, body: bytes) -> None:
        """See `ports.Journal.write`."""
        try:
            self.put(name, memoryview(body), {}, "application/json")
        except BlobExists:
            return  # the name contains the digest of the body: this event is in the journal already

    def _call(self, operation: str, name: BlobName, call: Callable[[BlobClient], Any]) -> Any:
        """The result of the call; None if there is no such blob."""
        try:
            return call(self._blob(name))
        except AzureError as error:
            if _is_no_such_blob(error):
                return None
            raise self._error(operation, name, error) from error

    def _error(self, operation: str, name: BlobName, error: AzureError) -> RecordingError:
        status, code = status_of(error), code_of(error)
        ids = {"container": self.container, "blob": str(name)}
        cause = f"{status} {code or message_of(error)}"
        if status in _CONFLICTS and not code.startswith(_NOT_OF_THE_BLOB):
            return BlobExists(operation, cause, ids=ids)
        if code in _BY_CODE:
            kind, hint = _BY_CODE[code]
            return kind(operation, cause, hint=hint, ids=ids)
        return storage_error(operation, "container", error, ids)


def _is_no_such_blob(error: AzureError) -> bool:
    return status_of(error) == 404 and code_of(error) != "ContainerNotFound"


def _encoded(block_id: str) -> str:
    """A block id in base64, as Blob storage requires it."""
    return base64.b64encode(block_id.encode()).decode()


def crc64(content: memoryview, before: int = 0) -> int:
    """The CRC-64/NVME of the content, after bytes of which it is `before`."""
    return int(crc64nvme(content, before))


def checksum(content: memoryview) -> str:
    """The same as Blob storage requires it: base64 of eight bytes, little-endian."""
    return base64.b64encode(crc64(content).to_bytes(8, "little")).decode()


def _is_committed(headers: Mapping[str, str]) -> bool:
    """Whether the block list is that of a committed blob; a blob that is only staged has no length."""
    return int(headers.get("x-ms-blob-content-length", "0")) > 0


def _blocks(found: Sequence[BlobBlock]) -> tuple[StagedBlock, ...]:
    return tuple(StagedBlock(str(block.id), int(block.size)) for block in found)
