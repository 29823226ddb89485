"""One run of an erasure: the recordings one by one, then the events, then the certificate.

A recording that is found to be deferred just before it would be erased is left, and the erasure waits for it. What was
done stands in rows of the job: cut off anywhere, the next run goes on, and a run repeated changes nothing.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import msgspec

from recording import log
from recording.core.errors import (
    ArchiveDamaged,
    BlobExists,
    BlobProtected,
    CatalogConflict,
    EntryUnreadable,
    NewerSchema,
    RecordingOpen,
)
from recording.core.formats.dead_letters import folders_of
from recording.core.formats.records.certificates import Certificate, Outcome
from recording.core.model import CatalogEntry, RecordingId, RecordingState, RemovalReason
from recording.core.naming import journal_folder
from recording.core.records.erasing import LOST, UNREADABLE, Deferral, Erase, Mode, Why
from recording.core.records.filters import calls_of
from recording.core.records.jobs import Job, JobState
from recording.core.records.people import IndexKey
from recording.core.records.traces import Traces
from recording.ports import Index, Trail
from recording.records.erasure.erasing_events import ErasingEvents
from recording.records.erasure.erasure_state import (
    Done,
    Work,
    done_of,
    erase_of,
    key_of,
    partition_of,
    read_work,
    row_of,
    without_person,
)
from recording.records.erasure.planning_erasure import PlanningErasure
from recording.records.erasure.removing import Removing
from recording.records.erasure.unlinking import UnlinkingPeople
from recording.records.index_rows import remove_rows

_SKEW = timedelta(hours=1)
"""How far our clock and that of the storage may differ."""
_LARGEST_JOB = 55_000
"""Bytes of a job in which the certificate is kept too, beside whom it is of; the blob has it in any case."""


@dataclass(frozen=True, slots=True)
class RunParts:
    """What a run needs; `events` by what their container is for, `key` gives the key that hashes people."""

    planning: PlanningErasure
    removing: Removing
    unlinking: UnlinkingPeople
    index: Index
    trail: Trail
    events: Mapping[str, ErasingEvents]
    forget: Callable[[str, Collection[str]], None]
    key: Callable[[], IndexKey | None]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Search:
    """A search through the events whose names begin so, written since that moment: None: all of them."""

    role: str
    folder: str
    since: datetime | None = None

    @property
    def name(self) -> str:
        return self.folder if self.since is None else f"since~{self.folder}"


@dataclass(slots=True)
class ErasureRun:
    """A run of a job. `job` is always as it was saved last."""

    parts: RunParts
    job: Job
    save: Callable[[Job], Job | None]
    is_over: Callable[[], bool]
    erase: Erase = field(init=False)
    work: Work = field(init=False)

    def __post_init__(self) -> None:
        """Read what is to be done, and how far it is."""
        self.erase = erase_of(self.job)
        self.work = read_work(self.job)

    def go_on(self) -> Job:
        """Go on until it is done, or the time is over; the job as saved last."""
        if not self.work.is_certified:
            if not self._erase_recordings():
                return self.job
            if self._is_news() and not self._erase_events():
                return self.job
            self._certify()
        return self._end()

    def _erase_recordings(self) -> bool:
        """Erase the recordings of the plan; whether all were looked at."""
        for done in self._done(self.work.after):
            if not done.is_erased and not self._erase(done):
                self._save()
                return False
            if self.is_over():
                self._save(after=key_of(done.recording_id))
                return False
        self._save(after=None)
        return True

    def _is_news(self) -> bool:
        """Whether anything was erased since the last certificate, or none was made."""
        return self.work.number == 1 or sum(one.is_erased for one in self._done()) > self.work.erased

    def _erase(self, done: Done) -> bool:
        """Erase a recording, unless something defers it: that is asked just before. Whether that is at its end."""
        deferred: tuple[Deferral, ...] | None = ()
        try:
            entry = self.parts.planning.load(done.recording_id)
            if entry is not None and entry.recording.state is not RecordingState.ERASED:  # else it is finished
                deferred = self.parts.planning.deferrals(entry, self.erase)
        except (EntryUnreadable, NewerSchema):
            return self._note(replace(done, deferred=(UNREADABLE,), ids=done.ids or (done.recording_id,)))
        if entry is None:
            if not self.parts.removing.is_gone(done.recording_id):
                return self._note(replace(done, deferred=(LOST,), ids=done.ids or (done.recording_id,)))
            return self._note(Done(done.recording_id, is_erased=True))
        if any(one.why is Why.MODE for one in deferred or ()):
            self.parts.unlinking.give_up(entry, self.job.job_id, by=self.work.by)
        if not deferred:
            deferred = self._tried(entry)
        if deferred is None:
            return False
        return self._note(Done(done.recording_id, not deferred, deferred, _ids_of(entry) if deferred else ()))

    def _tried(self, entry: CatalogEntry) -> tuple[Deferral, ...] | None:
        """As `_do`; what is about this recording alone defers it, and no other."""
        try:
            return self._do(entry)
        except RecordingOpen as error:
            return (Deferral(Why.OPEN, error.cause),)
        except BlobProtected:
            return (Deferral(Why.PROTECTED, "a hold, or a time, protects a blob of it"),)
        except (ArchiveDamaged, BlobExists) as error:
            return (Deferral(Why.OPEN, f"a blob of it is not as it should be: {error.cause}"),)

    def _do(self, entry: CatalogEntry) -> tuple[Deferral, ...] | None:
        """What the mode asks for; what defers it, if that is seen only now. One that is erased anyhow is finished.

        None if the time was over.
        """
        if self.erase.mode is not Mode.WHOLE and entry.recording.state is not RecordingState.ERASED:
            unlink = self.parts.unlinking.unlink
            return unlink(entry, self.job.job_id, self.erase, self.is_over, by=self.work.by)
        self.parts.removing.remove(entry, RemovalReason.ERASURE, by=self.work.by)
        return ()

    def _erase_events(self) -> bool:
        """Search the journal and the dead letters; events that name a recording that is deferred are left."""
        done = list(self._done())
        gone = [one.recording_id for one in done if one.is_erased] if self.erase.mode is Mode.WHOLE else []
        mine = Traces.of(gone, self.erase.raw_ids)
        spared = Traces(recordings=frozenset(RecordingId(one) for two in done if two.deferred for one in two.ids))
        if self.work.searched_at is None:
            self._save(searched_at=self.parts.now())
        searches = list(self._searches(self.work.searched_at or self.job.made_at))
        names = [one.name for one in searches]
        first = names.index(self.work.folder) if self.work.folder in names else 0
        for one in searches[first:]:
            marker = self.work.marker if one.name == self.work.folder else ""
            while True:
                try:
                    erase_page = self.parts.events[one.role].erase_page
                    removed, marker = erase_page(one.folder, marker, mine, spared, one.since)
                except CatalogConflict:  # what the other one writes may stand before this page
                    self._save(folder=one.name, marker="")
                    raise
                is_last = not marker
                if removed or not is_last:
                    self._save(folder=one.name, marker=marker, events=self.work.events + removed)
                if is_last:
                    break
                if self.is_over():
                    return False
            if self.is_over():
                self._save(folder=one.name, marker="")
                return False
        return True

    def _searches(self, searched_at: datetime) -> Iterator[_Search]:
        """The searches through all events since the first recording, and through those that were written meanwhile.

        Until now: what was spared for a deferred recording may have been written anew since, by another erasure; and
        what another one writes anew during the search may stand where this one has looked before.
        """
        begin = (self.work.since or self.work.begun_at or self.job.made_at) - timedelta(days=1)
        last = self.parts.now().date() + timedelta(days=1)
        days = list(_days(begin.date(), last))
        yield from (_Search("journal", journal_folder(_moment(day, begin))) for day in days)
        letters = self.parts.events["deadletters"]
        for subscription in letters.inventory.folders():
            for day in days:
                yield from (_Search("deadletters", folder) for folder in folders_of(subscription, day))
        since = searched_at - _SKEW
        for day in _days(since.date(), last):
            yield _Search("journal", journal_folder(_moment(day, begin)), since)

    def _certify(self) -> None:
        """Write the certificate of what was erased, if that is news."""
        if not self._is_news():
            return self._save(is_certified=True)
        if self.work.at is None:
            self._save(at=self.parts.now())
        done = sorted(self._done(), key=lambda one: one.recording_id)
        certificate, body = self._written(done)
        erased = sum(one.is_erased for one in done)
        result = {
            "certificate": certificate.name,
            "sha256": hashlib.sha256(body).hexdigest(),
            "erased": erased,
            "deferred": len(done) - erased,
            "eventBlobs": self.work.events,
        }
        with_text = _with_result(self.job, result, body.decode())
        is_small = len(msgspec.json.encode(with_text)) <= _LARGEST_JOB
        self.job = with_text if is_small else _with_result(self.job, result, "")
        return self._save(number=self.work.number + 1, erased=erased, is_certified=True)

    def _written(self, done: list[Done]) -> tuple[Certificate, bytes]:
        """The certificate, written. One that a run has written that was cut off stands, and another one follows it.

        Since then another event may have been removed, or the key have changed, by which the person is named.
        """
        while True:
            certificate = self._certificate(done)
            body = certificate.to_json()
            try:
                self.parts.trail.write(certificate.name, body)
            except ArchiveDamaged:
                self._save(number=self.work.number + 1, at=self.parts.now())
            else:
                return certificate, body

    def _end(self) -> Job:
        """The erasure is done, or waits for what is deferred."""
        if not all(one.is_erased for one in self._done()):
            nothing = {"folder": "", "marker": "", "searched_at": None, "at": None}
            self._save(JobState.WAITING, after="", is_certified=False, **nothing)
            return self.job
        if self.erase.key:
            self.parts.forget(self.erase.key, self.erase.raw_ids)
        remove_rows(self.parts.index, partition_of(self.job.job_id))
        self.job = without_person(self.job)
        self._save(JobState.DONE)
        log.event("erasure.done", {"job_id": self.job.job_id, "erased": self.work.erased})
        return self.job

    def _certificate(self, done: list[Done]) -> Certificate:
        key, work = self.parts.key(), self.work
        people = () if key is None else tuple(sorted(map(key.person, self.erase.raw_ids)))
        return Certificate(
            erasure_id=self.job.job_id,
            number=work.number,
            plan=work.plan,
            mode=self.erase.mode,
            purpose=self.erase.purpose,
            by=work.by,
            begun_at=work.begun_at or self.job.made_at,
            at=work.at or self.job.made_at,
            people=people,
            key_id="" if key is None else key.key_id,
            outcomes=tuple(Outcome(one.recording_id, () if one.is_erased else one.deferred) for one in done),
            events=work.events,
        )

    def _done(self, after: str | None = "") -> Iterator[Done]:
        return done_of(self.parts.index, self.job.job_id, after)

    def _note(self, done: Done) -> bool:
        """Note what became of a recording; True, for whoever has come to its end by that."""
        self.parts.index.put(row_of(self.job.job_id, done))
        return True

    def _save(self, state: JobState | None = None, **work: object) -> None:
        """Save the job, and how far it is.

        Raises:
            CatalogConflict: somebody else has changed it, or goes on with it.
        """
        self.work = replace(self.work, **work)  # type: ignore[arg-type]
        job = replace(
            self.job,
            state=state or self.job.state,
            cause="",
            work=msgspec.json.encode(self.work).decode(),
            progress={**self._counts(), "eventBlobs": self.work.events},
        )
        saved = self.save(job)
        if saved is None:
            raise CatalogConflict("save erasure", "another run has changed it", ids={"job_id": self.job.job_id})
        self.job = saved

    def _counts(self) -> dict[str, int]:
        done = list(self._done())
        erased = sum(one.is_erased for one in done)
        return {"erased": erased, "deferred": len(done) - erased} if done else dict(self.job.progress)


def _with_result(job: Job, result: Mapping[str, object], text: str) -> Job:
    return replace(job, result=msgspec.json.encode({**result, "text": text}).decode())


def _ids_of(entry: CatalogEntry) -> tuple[str, ...]:
    return (entry.recording.recording_id, *sorted(calls_of(entry.recording)))


def _days(first: date, last: date) -> Iterator[date]:
    for days in range((last - first).days + 1):
        yield first + timedelta(days=days)


def _moment(day: date, like: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=like.tzinfo)
