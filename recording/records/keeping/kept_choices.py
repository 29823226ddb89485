"""A copy in the archive of what people decide about ends: a table that is lost must not end what is to be kept."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from recording.core.errors import BlobExists, JobRefused
from recording.core.model import BlobName, RecordingId
from recording.core.naming import encode
from recording.core.retention import Chosen
from recording.ports import Archive, Inventory
from recording.records.standing_blobs import DECISIONS, listed


@dataclass(frozen=True, slots=True)
class _Kept:
    recording_id: RecordingId
    chosen: Chosen


# Created at import: see `adapters.rows`.
_KEPT = msgspec.json.Decoder(_Kept)


@dataclass(frozen=True, slots=True)
class KeptChoices:
    """The copies, one of each decision. An erasure removes those of its recording with all else of it.

    Attributes:
        archive: the archive's container; what is written by this is not kept against us.
        archived: the same, listed.
    """

    archive: Archive
    archived: Inventory

    def keep(self, recording_id: RecordingId, chosen: Chosen) -> None:
        """Keep a copy; idempotent.

        Raises:
            Transient: it may or may not be kept.
        """
        name = BlobName(f"{DECISIONS}{encode(recording_id)}.{chosen.at:%Y%m%dT%H%M%S%f}.json")
        try:
            self.archive.put(name, memoryview(msgspec.json.encode(_Kept(recording_id, chosen))), {}, "application/json")
        except BlobExists:
            return  # the reply to our own put was lost

    def all(self) -> Iterator[tuple[RecordingId, Chosen]]:
        """Every decision that is kept, of a recording also earlier ones.

        Raises:
            JobRefused: one cannot be read. Passed over, its recording might end too early, and nobody would know.
        """
        for blob in listed(self.archived, DECISIONS):
            try:
                kept = _KEPT.decode(self.archived.read(blob))
            except msgspec.MsgspecError as error:
                cause = f"{blob.name} is no copy of a decision"
                hint = "restore the blob; or remove it, and decide again"
                raise JobRefused("bring back decisions", cause, hint=hint) from error
            yield kept.recording_id, kept.chosen
