"""Rebuilds the whole catalog, in slices, as a job: what is owed first, then what is archived.

The passes go through the blobs that can name a recording: the events of the last days, whose sources may end soon; the
manifests; the trails, which also have what no event has named; and all other events. A later pass finds what an earlier
one has made, and leaves it. At last the certificates say which erasures waited for something, and are lost: nobody
knows whose they were. Each page is noted when it is done, so a run that is killed repeats one page.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from recording import log
from recording.core.errors import Permanent
from recording.core.formats.records.certificates import FOLDER as CERTIFICATES
from recording.core.formats.records.certificates import MOST_CERTIFICATE, deferred_in, erasure_in
from recording.core.formats.records.manifests import read_manifest
from recording.core.model import BlobName, RecordingId
from recording.core.naming import decode, door_in, encode, journal_folder
from recording.core.records.jobs import Job, JobState
from recording.core.trail import FOLDER, MOST_ACT, read_act
from recording.journal import file_events
from recording.ports import BlobPage, Inventory, ListedBlob
from recording.records.jobs import Jobs
from recording.records.keeping.duties import Duties
from recording.records.keeping.holding import Holding
from recording.records.rebuild.gathering import Came, revision_of
from recording.records.rebuild.rebuilding import Rebuilding
from recording.records.standing_blobs import listed

_SLICE = 240.0
"""Seconds after which a run ends, and its job is queued again."""
_PAGE = 1000
_AT_ONCE = 16
_RECENT, _MANIFESTS, _TRAILS, _EVENTS = "recent", "manifests", "trails", "events"
_CERTIFICATES = "certificates"
_FOLLOWING = {_RECENT: _MANIFESTS, _MANIFESTS: _TRAILS, _TRAILS: _EVENTS, _EVENTS: _CERTIFICATES, _CERTIFICATES: ""}
_LOST = "erasures_lost"
_FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rebuild goes on: the pass, of the recent events how many days ago, and the marker of the page."""

    stage: str = _RECENT
    days_ago: int = 0
    marker: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """A recording that a page names."""

    recording_id: RecordingId
    came: tuple[Came, ...] = ()
    manifest: BlobName | None = None


# Created at import: see `adapters.rows`.
_PLACE = msgspec.json.Decoder(Place)


@dataclass(frozen=True, slots=True)
class RebuildJob:
    """Runs jobs that rebuild the catalog. `retention` is how long a source keeps a recording."""

    rebuilding: Rebuilding
    jobs: Jobs
    holding: Holding
    duties: Duties
    journal: Inventory
    retention: timedelta
    monotonic: Callable[[], float]

    def run(self, job: Job) -> Job:
        """Go on for some minutes; the job as saved last.

        Raises:
            Transient: something is not available; the next run repeats the page.
        """
        until = self.monotonic() + _SLICE
        place = _PLACE.decode(job.work) if job.work else Place()
        if not job.work:  # before there is anything that could be removed
            restored = {"holds": self.holding.restore(), "decisions": self.duties.restore()}
            job = replace(job, progress={name: count for name, count in restored.items() if count})
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rebuild") as pool:
            while place.stage:
                counts, place = self._page(place, job, pool)
                progress = _added(job.progress, counts)
                state = job.state if place.stage else JobState.DONE
                saved = self.jobs.save(
                    replace(job, state=state, progress=progress, work=msgspec.json.encode(place).decode())
                )
                if saved is None:  # somebody has changed it: it was cancelled, or another run goes on with it
                    return self.jobs.load(job.job_id)
                job = saved
                if self.monotonic() >= until:
                    break
        return job

    def _page(self, place: Place, job: Job, pool: ThreadPoolExecutor) -> tuple[Mapping[str, int], Place]:
        """What became of the recordings of a page, by outcome; and where the next page is."""
        page = self._listed(place, job)
        counts = {f"blobs_{place.stage}": len(page.blobs)}
        if place.stage == _CERTIFICATES:
            counts |= {_LOST: lost} if (lost := self._lost(page.blobs)) else {}
            return counts, replace(place, marker=page.marker) if page.marker else Place("")
        for outcome in pool.map(lambda found: self._rebuild(found, job), self._found(place, page.blobs, pool)):
            counts[outcome] = counts.get(outcome, 0) + 1
        if page.marker:
            return counts, replace(place, marker=page.marker)
        if place.stage == _RECENT and place.days_ago * timedelta(days=1) <= self.retention + timedelta(days=1):
            return counts, Place(_RECENT, place.days_ago + 1)
        return counts, Place(_FOLLOWING[place.stage])

    def _listed(self, place: Place, job: Job) -> BlobPage:
        if place.stage == _RECENT:
            day = job.made_at - place.days_ago * timedelta(days=1)
            return self.journal.page(journal_folder(day), place.marker, _PAGE)
        if place.stage == _EVENTS:
            return self.journal.page("", place.marker, _PAGE)
        if place.stage == _MANIFESTS:
            return self.rebuilding.gathering.archived.page("", place.marker, _PAGE)
        folder = CERTIFICATES if place.stage == _CERTIFICATES else FOLDER
        return self.rebuilding.gathering.trails.page(folder, place.marker, _PAGE)

    def _lost(self, blobs: Iterable[ListedBlob]) -> int:
        """How many erasures waited for something, by their last certificates, and are lost; each is logged."""
        trails, lost = self.rebuilding.gathering.trails, 0
        for blob in blobs:
            of = erasure_in(blob.name)
            if of is None or blob.length > MOST_CERTIFICATE or self.jobs.is_known(of[0]):
                continue
            deferred = deferred_in(trails.read(blob))
            numbers = (erasure_in(one.name) for one in listed(trails, f"{CERTIFICATES}{of[0]}-")) if deferred else ()
            if deferred and all(one is None or one <= of for one in numbers):
                fields = {"job_id": of[0], "deferred": deferred, "certificate": blob.name}
                log.event("erasure.lost", fields, logging.ERROR)
                lost += 1
        return lost

    def _found(self, place: Place, blobs: Iterable[ListedBlob], pool: ThreadPoolExecutor) -> Iterable[_Found]:
        if place.stage in {_RECENT, _EVENTS}:
            return _by_recording(pool.map(lambda blob: list(self._events(blob)), blobs))
        return (self._by_manifest if place.stage == _MANIFESTS else self._by_trail)(blobs)

    def _events(self, blob: ListedBlob) -> Iterator[Came]:
        for _, event in file_events(self.journal, blob):
            yield Came(event, door_in(blob.name), blob.modified_at)

    def _by_manifest(self, blobs: Iterable[ListedBlob]) -> list[_Found]:
        """The recordings of the manifests among these blobs."""
        found = dict[RecordingId, _Found]()
        for blob in blobs:
            folder, slash, name = blob.name.rpartition("/")
            encoded = name.partition(".")[0]
            of = self._of_manifest(encoded, blob) if revision_of(blob.name) else None
            if of is not None:
                found[of] = _Found(of, manifest=BlobName(f"{folder}{slash}{encoded}.manifest.json"))
        return list(found.values())

    def _of_manifest(self, encoded: str, blob: ListedBlob) -> RecordingId | None:
        """Whose manifest it is: its name says it, or, of a long id, the manifest itself."""
        decoded = decode(encoded)
        if decoded is not None:
            return RecordingId(decoded)
        try:
            body = self.rebuilding.gathering.archived.read(blob)
            recording_id = read_manifest(body, blob.name, blob.modified_at).recording.recording_id
        except Permanent as error:
            log.event("recording.rebuild_failed", {"manifest": blob.name, "cause": error}, logging.ERROR)
            return None
        return recording_id if encode(recording_id) == encoded else None

    def _by_trail(self, blobs: Iterable[ListedBlob]) -> list[_Found]:
        found = dict[str, _Found]()
        for blob in blobs:
            folder = blob.name.rpartition("/")[0]
            if folder not in found:
                recording_id = self._recording_of(folder.rpartition("/")[2], blob)
                if recording_id is not None:
                    found[folder] = _Found(recording_id)
        return list(found.values())

    def _recording_of(self, encoded: str, blob: ListedBlob) -> RecordingId | None:
        """Whose trail it is: its folder says it, or, of a long id, its acts."""
        decoded = decode(encoded)
        if decoded is not None:
            return RecordingId(decoded)
        act = read_act(self.rebuilding.gathering.trails.read(blob)) if blob.length <= MOST_ACT else None
        return act[0] if act is not None and encode(act[0]) == encoded else None

    def _rebuild(self, found: _Found, job: Job) -> str:
        one = found.recording_id, found.came, found.manifest
        try:
            return self.rebuilding.rebuild(*one, since=job.made_at, by=job.by)
        except Permanent as error:  # one recording must not keep the others from being rebuilt
            fields = {"recording_id": found.recording_id, "code": error.code, "cause": error}
            log.event("recording.rebuild_failed", fields, logging.ERROR)
            return _FAILED


def _by_recording(pages: Iterable[Iterable[Came]]) -> list[_Found]:
    found = dict[RecordingId, list[Came]]()
    for one in (one for page in pages for one in page):
        found.setdefault(one.event.recording_id, []).append(one)
    return [_Found(recording_id, tuple(came)) for recording_id, came in found.items()]


def _added(known: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: known.get(name, 0) + more.get(name, 0) for name in (*known, *more)}
