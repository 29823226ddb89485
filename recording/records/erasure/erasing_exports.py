"""Removes the exports that contain a recording, which its rows name; one that is being made is cancelled."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from recording.core.errors import UnknownJob
from recording.core.model import BlobName, CatalogEntry
from recording.core.records.jobs import JobState
from recording.ports import Index, Removal
from recording.records.exports.export_run import without_person
from recording.records.filing import about
from recording.records.index_rows import remove_rows, rows_in
from recording.records.jobs import Jobs

_EXPORT = "export~"
"""The keys of the rows about a recording that name, after this, an export whose package has it, or will."""
_AFTER_EXPORT = "export~~"
_TRIES = 20


@dataclass(frozen=True, slots=True)
class ErasingExports:
    """Erase exports; `removal` is that of their container."""

    jobs: Jobs
    index: Index
    removal: Removal

    def erase(self, entry: CatalogEntry) -> None:
        """Remove the package of each export that has the recording, and what is kept of how it was made; idempotent.

        Raises:
            Transient: not all are removed; do it again.
        """
        for export_id in list(self._of(entry)):
            self._cancel(export_id)
            self.removal.remove(BlobName(f"{export_id}.zip"))
            remove_rows(self.index, f"job~{export_id}")

    def _of(self, entry: CatalogEntry) -> Iterator[str]:
        rows = rows_in(self.index, about(entry.recording.recording_id), _EXPORT, _AFTER_EXPORT)
        yield from (row.key.removeprefix(_EXPORT) for row in rows)

    def _cancel(self, export_id: str) -> None:
        for _ in range(_TRIES):
            try:
                job = self.jobs.load(export_id)
            except UnknownJob:
                return
            if job.is_over or self.jobs.save(without_person(replace(job, state=JobState.CANCELLED))) is not None:
                return
