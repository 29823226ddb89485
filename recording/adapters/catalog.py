"""The catalog in Table storage: one partition for each recording, one row for it and one for each chunk."""

import hashlib
from dataclasses import replace
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceExistsError
from azure.data.tables import TableClient, UpdateMode

from recording.adapters.replies import code_of, is_busy, message_of, retry_after_of, status_of
from recording.core.errors import ArchiveBusy, ArchiveRefused, CatalogConflict, Permanent, RecordingError
from recording.core.model import CatalogEntry, Chunk, Recording, RecordingId
from recording.core.naming import encode
from recording.ports import StartClaim

_RECORDING_ROW = "recording"
_CHUNK_ROWS = "chunk-"
_MOST_CHUNKS = 99
"""A table transaction takes 100 rows. At four hours a chunk this is a call of sixteen days."""
_FIRST_YEAR = 1601
"""Before it a table knows no date; an event of a wrong clock may."""
_CONFLICTS = frozenset({404, 409, 412})
# Made at import, by one thread: msgspec 0.22 dies of a segmentation fault where several threads at a time are the first
# to decode a dataclass, as the first steps of a cold worker are.
_RECORDING = msgspec.json.Decoder(Recording)
_CHUNK = msgspec.json.Decoder(Chunk)
_CLAIM = msgspec.json.Decoder(StartClaim)


class TableCatalog:
    """`Catalog` over one table, which must exist.

    A row holds its value as JSON in `body`, and beside it what people look for: `recordingId`, `state`, `deadline`.
    """

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def load(self, recording_id: RecordingId) -> CatalogEntry | None:
        """See `ports.Catalog.load`."""
        recording: Recording | None = None
        version = ""
        chunks: list[Chunk] = []
        try:
            for row in self._table.query_entities(
                "PartitionKey eq @recording", parameters={"recording": _partition(recording_id)}
            ):
                if row["RowKey"] == _RECORDING_ROW:
                    recording = _RECORDING.decode(row["body"])
                    version = str(row.metadata["etag"])
                else:
                    chunks.append(_CHUNK.decode(row["body"]))
        except AzureError as error:
            raise _error("load entry", error, recording_id) from error
        if recording is None:
            return None
        chunks.sort(key=lambda chunk: (chunk.index, chunk.document_id))
        return CatalogEntry(recording, tuple(chunks), version)

    def save(self, entry: CatalogEntry) -> CatalogEntry:
        """See `ports.Catalog.save`."""
        recording = entry.recording
        if len(entry.chunks) > _MOST_CHUNKS:
            raise Permanent(
                "save entry",
                f"{len(entry.chunks)} chunks, more than the {_MOST_CHUNKS} that one recording may have",
                hint="look at the events of this recording in the journal container",
                ids={"recording_id": recording.recording_id},
            )
        first = _row(recording.recording_id, _RECORDING_ROW, recording, recording.state)
        if recording.deadline is not None and recording.deadline.year >= _FIRST_YEAR:
            first["deadline"] = recording.deadline
        condition = {
            "mode": UpdateMode.REPLACE,
            "etag": entry.version,
            "match_condition": MatchConditions.IfNotModified,
        }
        operations: list[Any] = [("update", first, condition) if entry.version else ("create", first)]
        operations += [
            (
                "upsert",
                _row(recording.recording_id, _chunk_row(chunk), chunk, chunk.state),
                {"mode": UpdateMode.REPLACE},
            )
            for chunk in entry
        ]
        try:
            done = self._table.submit_transaction(operations)
        except AzureError as error:
            if status_of(error) in _CONFLICTS and code_of(error) != "TableNotFound":
                raise CatalogConflict(
                    "save entry", "it has changed meanwhile", ids={"recording_id": recording.recording_id}
                ) from error
            raise _error("save entry", error, recording.recording_id) from error
        return CatalogEntry(recording, entry.chunks, str(done[0]["etag"]))

    def claim(self, claim: StartClaim) -> StartClaim:
        """See `ports.Catalog.claim`."""
        try:
            done = self._table.create_entity(_claim_row(claim))
        except ResourceExistsError:
            return self._standing(claim.key)
        except AzureError as error:
            raise _error("claim start", error, claim.key) from error
        return replace(claim, version=str(done["etag"]))

    def find_claim(self, key: str) -> StartClaim | None:
        """See `ports.Catalog.find_claim`."""
        try:
            row = self._table.get_entity(_claim_partition(key), "claim")
        except AzureError as error:
            if status_of(error) == 404 and code_of(error) != "TableNotFound":
                return None
            raise _error("find start", error, key) from error
        return replace(_CLAIM.decode(row["body"]), version=str(row.metadata["etag"]))

    def settle(self, claim: StartClaim) -> StartClaim:
        """See `ports.Catalog.settle`."""
        try:
            done = self._table.update_entity(
                _claim_row(claim),
                UpdateMode.REPLACE,
                etag=claim.version,
                match_condition=MatchConditions.IfNotModified,
            )
        except AzureError as error:
            if status_of(error) in _CONFLICTS and code_of(error) != "TableNotFound":
                return self._standing(claim.key)
            raise _error("settle start", error, claim.key) from error
        return replace(claim, version=str(done["etag"]))

    def _standing(self, key: str) -> StartClaim:
        standing = self.find_claim(key)
        if standing is None:
            raise CatalogConflict("find start", "the claim has gone meanwhile", ids={"claim": key})
        return standing


def _row(recording_id: RecordingId, row_key: str, value: Recording | Chunk, state: str) -> dict[str, Any]:
    return {
        "PartitionKey": _partition(recording_id),
        "RowKey": row_key,
        "recordingId": recording_id,
        "state": str(state),
        "body": msgspec.json.encode(value),
    }


def _claim_row(claim: StartClaim) -> dict[str, Any]:
    return {"PartitionKey": _claim_partition(claim.key), "RowKey": "claim", "body": msgspec.json.encode(claim)}


def _claim_partition(key: str) -> str:
    return f"start~{hashlib.sha256(key.encode()).hexdigest()}"  # no recording id is encoded with a ~ at this place


def _partition(recording_id: RecordingId) -> str:
    return encode(recording_id)


def _chunk_row(chunk: Chunk) -> str:
    return f"{_CHUNK_ROWS}{chunk.index:04}-{hashlib.sha256(chunk.document_id.encode()).hexdigest()[:32]}"


def _error(operation: str, error: AzureError, subject: str) -> RecordingError:
    status = status_of(error)
    ids = {"entry": subject}
    if status is None:
        return ArchiveBusy(operation, message_of(error), hint="check ARCHIVE_STORAGE and the network", ids=ids)
    cause = f"{status} {code_of(error) or message_of(error)}"
    if is_busy(status):
        return ArchiveBusy(operation, cause, ids=ids, retry_after=retry_after_of(error))
    hint = "check that the table exists, and the identity's role on the storage account (it takes time to work)"
    return ArchiveRefused(operation, cause, hint=hint, ids=ids)
