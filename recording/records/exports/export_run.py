"""One run of an export: chooses recordings, packs them one by one, publishes the package, and says so in their trails.

Cut off anywhere, the next run goes on: with the rows of what was chosen, and with the steps of the package.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import msgspec

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import ArchiveBusy, BlobExists, EntryUnreadable, StagedBlocksGone
from recording.core.formats.records import contents
from recording.core.lifecycle import Exported
from recording.core.model import BlobName, RecordingId, RecordingState
from recording.core.records.exporting import Outcome, Person, Wanted, is_noted
from recording.core.records.jobs import Job, JobState
from recording.core.records.packing import Package, Told
from recording.ports import Archive, Index, IndexRow, Removal, Trail
from recording.records.exports.package_writer import PackageWriter, SliceOver
from recording.records.exports.packing_recording import PackingRecording
from recording.records.filing import about
from recording.records.finding.choosing import PREFIX as CHOSEN
from recording.records.finding.choosing import Choosing
from recording.records.index_rows import remove_rows
from recording.records.proven_bytes import ProvenBytes

EXPORT_ROW = "export"
"""A row about a recording whose key begins so names, after `~`, an export whose package has the recording, or will."""
_PACKED = "packed"
_NOTED_AT_ONCE = 50


def package_of(export_id: str) -> BlobName:
    """The name of the package of an export."""
    return BlobName(f"{export_id}.zip")


def partition_of(export_id: str) -> str:
    """The partition of its rows."""
    return f"job~{export_id}"


def wanted_of(job: Job) -> Wanted:
    """What an export is of."""
    return _WANTED.decode(job.spec)


def without_person(job: Job) -> Job:
    """An export that is over: whom it was of needs to be known no more."""
    wanted = wanted_of(job)
    known = replace(wanted, person=None if wanted.person is None else Person())
    return replace(job, spec=msgspec.json.encode(known).decode())


class Changed(Exception):
    """Somebody else has changed the job since this run loaded it: has cancelled it, or goes on with it."""


@dataclass(frozen=True, slots=True)
class Work:
    """How far an export is, beside its rows.

    Attributes:
        attempt: raised when the package must be written anew.
        is_published: whether the package is there.
        noted: of how many recordings the trail says that they were exported.
        hashes, length: of the package.
        outcomes: of how many recordings each is the outcome.
    """

    attempt: int = 0
    is_published: bool = False
    noted: int = 0
    hashes: str = ""
    length: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)


_WANTED = msgspec.json.Decoder(Wanted)
_WORK = msgspec.json.Decoder(Work)


@dataclass(frozen=True, slots=True)
class Parts:
    """What every run needs.

    Attributes:
        archive: what is exported.
        packages: the container of the packages; `removal` removes from it.
        program: the files of the program that checks a package, by name.
        save: saves a job, as `Jobs.save`.
    """

    updates: CatalogUpdates
    index: Index
    choosing: Choosing
    archive: Archive
    trail: Trail
    packages: Archive
    removal: Removal
    program: Callable[[], Mapping[str, bytes]]
    save: Callable[[Job], Job | None]


@dataclass(slots=True)
class ExportRun:
    """A run of a job. `job` is always as it was saved last."""

    parts: Parts
    job: Job
    is_over: Callable[[], bool]
    wanted: Wanted = field(init=False)
    work: Work = field(init=False)

    def __post_init__(self) -> None:
        """Read what is to be done, and how far it is."""
        self.wanted = wanted_of(self.job)
        self.work = _WORK.decode(self.job.work or "{}")

    def go_on(self) -> None:
        """Do it, as far as the time of the run suffices.

        Raises:
            Changed: see there.
            Permanent: the export has failed for good.
            Transient: the next run goes on.
        """
        chosen = self.parts.choosing.choose(partition_of(self.job.job_id), self.wanted, self.is_over)
        if chosen is None:
            self._save()  # a sign of life
            return
        writer = self._writer()
        writer.load()
        try:
            if not self.work.is_published:
                self._pack(writer, chosen)
                self._publish(writer)
            self._note(writer.package)
        except SliceOver:
            return
        except StagedBlocksGone as error:  # it was left for a week: the service has dropped what was staged
            self._begin_anew(f"{error.cause}")

    def _writer(self) -> PackageWriter:
        job, prefix = self.job, f"{_PACKED}~{self.work.attempt:03d}"
        name, partition = package_of(job.job_id), partition_of(job.job_id)
        return PackageWriter(self.parts.packages, self.parts.index, name, partition, prefix, job.made_at, self.is_over)

    def _pack(self, writer: PackageWriter, chosen: tuple[RecordingId, ...]) -> None:
        parts, job, wanted = self.parts, self.job, self.wanted
        packing = PackingRecording(
            catalog=parts.updates.catalog,
            archive=ProvenBytes(parts.archive),
            trail=parts.trail,
            writer=writer,
            export_id=job.job_id,
            made_at=job.made_at,
            wanted=wanted,
            own=None if wanted.person is None else parts.choosing.own(wanted.person),
        )
        for recording_id in chosen[len(writer.package.told) :]:
            parts.index.put(IndexRow(about(recording_id), f"{EXPORT_ROW}~{job.job_id}"))
            packing.pack(recording_id)
            self._save(progress=_progress(writer.package, len(chosen)))
            if self.is_over():
                raise SliceOver
        if not writer.package.is_staged:
            self._pack_rest(writer)

    def _pack_rest(self, writer: PackageWriter) -> None:
        """The program that checks the package, the page, the contents; last the list of hashes."""
        export = contents.Export(self.job.job_id, self.job.made_at, self.wanted)
        for name, content in sorted(self.parts.program().items()):
            writer.pack(f"{contents.PROGRAM}{name}", content)
        writer.pack(contents.CONTENTS, contents.contents_json(export, writer.package))
        writer.pack(contents.PAGE, contents.page(export, writer.package))
        writer.finish()
        entries = (one.entry for one in writer.package.entries.values())
        hashes = contents.hashes_json(one for one in entries if one.path not in {contents.HASHES, contents.SEAL})
        writer.pack(contents.HASHES, hashes)
        writer.pack(contents.SEAL, f"{hashlib.sha256(hashes).hexdigest()}  {contents.HASHES}\n".encode())
        writer.finish()
        writer.end()

    def _publish(self, writer: PackageWriter) -> None:
        hashes = writer.package.entries[contents.HASHES].entry.sha256
        self._save()  # nobody else has ended it
        labels = {"exportid": self.job.job_id, "hashes": hashes}
        with suppress(BlobExists):  # the reply to our own commit was lost, or another run was quicker
            writer.commit(labels)
        found = self.parts.packages.find(writer.name)
        if found is None or found.blob_metadata.get("hashes") != hashes:
            raise ArchiveBusy("publish package", "another run has published it", ids={"blob": writer.name})
        outcomes = {str(outcome): sum(told.outcome == outcome for told in writer.package.told) for outcome in Outcome}
        self.work = replace(self.work, is_published=True, hashes=hashes, length=found.length, outcomes=outcomes)
        self._save()

    def _note(self, package: Package) -> None:
        """Put into the trail of each recording that it was exported; then the export is done.

        A recording that was erased meanwhile must not be given away: the package is removed, and written anew.
        """
        for number, told in enumerate(package.told[self.work.noted :], self.work.noted + 1):
            if told.outcome != Outcome.ABSENT and not self._note_one(told):
                self._begin_anew(f"recording {told.recording_id} was erased meanwhile")
                return
            self.work = replace(self.work, noted=number)
            if number % _NOTED_AT_ONCE == 0:
                self._save()
                if self.is_over():
                    raise SliceOver
        self._finish()

    def _note_one(self, told: Told) -> bool:
        """Whether the recording is still there to be given away, and its trail says that it was."""
        fact = Exported(self.job.job_id, self.wanted.rule, told.outcome, self.wanted.purpose, self.work.hashes)
        try:
            entry = self.parts.updates.load(RecordingId(told.recording_id))
            if entry is None or entry.recording.state is RecordingState.ERASED:
                return False
            if is_noted(entry.recording.trail, self.job.job_id):
                return True  # a run before this one was cut off
            after = self.parts.updates.apply(RecordingId(told.recording_id), fact, known=entry, by=self.job.by)
        except EntryUnreadable:
            return True  # it is told in the package that its entry cannot be read
        return after.entry.recording.state is not RecordingState.ERASED

    def _begin_anew(self, why: str) -> None:
        fields = {"export_id": self.job.job_id, "cause": why}
        log.event("export.begun_anew", fields, logging.WARNING)
        self.parts.removal.remove(package_of(self.job.job_id))
        self.work = Work(attempt=self.work.attempt + 1)
        self._save(progress={})

    def _finish(self) -> None:
        """The job is done: it needs to know no more whom the export is of."""
        work = self.work
        result = {"hashes": work.hashes, "length": work.length, "outcomes": work.outcomes}
        self._save(
            state=JobState.DONE,
            spec=without_person(self.job).spec,
            result=msgspec.json.encode(result).decode(),
        )
        log.event("export.done", {"export_id": self.job.job_id, **work.outcomes})
        forget_steps(self.parts.index, self.job.job_id)

    def _save(self, **changes: object) -> None:
        job = replace(self.job, work=msgspec.json.encode(self.work).decode(), **changes)  # type: ignore[arg-type]
        saved = self.parts.save(job)
        if saved is None:
            raise Changed
        self.job = saved


def forget_steps(index: Index, export_id: str) -> None:
    """Remove what only the runs of an export need; what is left of them does no harm."""
    for prefix in (CHOSEN, _PACKED):
        remove_rows(index, partition_of(export_id), f"{prefix}~", f"{prefix}~~")


def _progress(package: Package, recordings: int) -> dict[str, int]:
    return {
        "recordings": recordings,
        "packed": len(package.told),
        "bytes": package.length,
        "leftOut": len(package.absent),
    }
