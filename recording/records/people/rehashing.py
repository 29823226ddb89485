"""Writes people's rows anew under the current key, and removes those under the old ones.

Meanwhile every key that the settings have is searched. Which recordings have rows under a key stands in the index, so
an old key may also be gone from the settings: then what is not written anew yet is not found by person until it is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import batched, islice

from recording import log
from recording.core.errors import ArchiveDamaged, NewerSchema, Permanent
from recording.core.model import APP, RecordingId
from recording.core.records.jobs import Job, JobKind, JobState
from recording.ports import Catalog
from recording.records.jobs import Jobs
from recording.records.late_writes import LateWrites
from recording.records.people.filing_people import FilingPeople
from recording.records.people.own_identities import OwnIdentities
from recording.records.people.people_index import PeopleIndex

_BATCH = 100
_LONGEST = 180.0
"""Seconds of one run of the job."""


@dataclass(frozen=True, slots=True)
class Rehashing:
    """Write people's rows anew: a job, which can be cut off and begun again anywhere."""

    catalog: Catalog
    people: PeopleIndex
    own: OwnIdentities
    filing: FilingPeople
    jobs: Jobs
    late: LateWrites
    monotonic: Callable[[], float]

    def is_owed(self) -> bool:
        """Whether there is a key, and rows under another; two requests for each key that there ever was."""
        old = self.people.key_ids() if self.people.keys else ()
        rows = ((*islice(self.people.filed_under(key_id), 1), *islice(self.own.under(key_id), 1)) for key_id in old)
        return any(rows)

    def run(self, job: Job) -> Job:
        """Go on for some minutes at most; see `jobs.Runner`.

        Raises:
            PeopleIndexOff: there is no key.
            Transient: rows cannot be read or written now.
        """
        self.people.current()
        end = self.monotonic() + _LONGEST
        progress = dict(job.progress)
        for batch in batched(self._steps(), _BATCH, strict=False):
            for name, step in batch:
                step()
                progress[name] = progress.get(name, 0) + 1
            job = self._saved(replace(job, progress=dict(progress)))
            if self.monotonic() > end or job.state is not JobState.RUNNING:
                return job
        return self._saved(replace(job, state=JobState.DONE))

    def _steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """What is to be done, with what each is counted as."""
        for key_id in self.people.key_ids():
            for row in self.own.under(key_id):
                yield "keys", partial(self.own.move, row)
            for recording_id in self.people.filed_under(key_id):
                yield "recordings", partial(self._file, recording_id, key_id)

    def _file(self, recording_id: RecordingId, key_id: str) -> None:
        try:
            entry = self.catalog.load(recording_id)
            if entry is not None:
                with self.late.of(entry):
                    self.filing.file(entry)
                self.people.leave(key_id, recording_id)
        except (Permanent, ArchiveDamaged, NewerSchema) as error:
            log.event("people.not_rehashed", {"recording_id": recording_id, "cause": error})

    def _saved(self, job: Job) -> Job:
        return self.jobs.save(job) or self.jobs.load(job.job_id)


@dataclass(frozen=True, slots=True)
class BeginningRehash:
    """The daily look at whether rows are to be written anew; two jobs at once do no harm."""

    rehashing: Rehashing

    def run(self) -> None:
        """Make the job, if it is owed."""
        if self.rehashing.is_owed():
            self.rehashing.jobs.make(JobKind.REHASH, "{}", by=APP)
