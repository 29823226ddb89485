"""Takes a person out of a recording that is kept: out of its metadata files, its people document, and the rows.

First the entry says that it has begun: nobody else is taken out of it meanwhile, so each starts from what the one
before has left. Then the metadata files are written anew under other names, read back, and noted in the entry as its
proofs; a manifest says so; and only then is removed whatever stands beside them and is not what entry and manifest
name. That needs nobody's name: cut off there, it is finished without knowing who it was. A row tells the daily pass of
it, which also looks again for some days, at what runs have written that had begun before.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from recording import log
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import ArchiveDamaged, CatalogConflict, RecordingOpen
from recording.core.lifecycle import (
    Completed,
    Rewritten,
    UnlinkBegun,
    Unlinked,
    UnlinkGivenUp,
    completion_at,
    why_not_unlinked,
)
from recording.core.model import APP, Actor, CatalogEntry, RecordingId, RecordingState, Unlinking
from recording.core.naming import encode
from recording.core.records.erasing import Deferral, Erase, Mode, Why
from recording.core.times import format_time
from recording.ports import Index, IndexRow
from recording.records.erasure.erased_of_late import LOOKS, OF_ONE, UNLINKED, Forget
from recording.records.erasure.removing_rest import RemovingRest
from recording.records.erasure.rewriting import Rewriting
from recording.records.index_rows import rows_in
from recording.records.people.filing_people import FilingPeople
from recording.records.proven_bytes import NotAsProven, NotReadable
from recording.writing_trail import WritingTrail

_OPERATION = "unlink person"


@dataclass(frozen=True, slots=True)
class _Noted:
    """A recording of the daily pass. What may be written of one that is erased, `removing` looks for."""

    recording_id: RecordingId


# Created at import: see `adapters.rows`.
_ROW = msgspec.json.Decoder(_Noted)


@dataclass(frozen=True, slots=True)
class UnlinkingPeople:
    """Take people out of recordings. Whoever asks for it has asked what defers it just before.

    Attributes:
        complete: writes the manifest that an entry owes: `chunks.completing`.
        forgets: remove what others have written of who took part: exports that contain it, what is kept of the call.
        forget_call: the last of these alone: of a call that may have gone on it is done once more.
        is_known: whether there is an erasure of that id: if it is lost, nobody knows who was to be taken out.
    """

    updates: CatalogUpdates
    writing_trail: WritingTrail
    complete: Callable[[CatalogEntry], Completed | None]
    filing_people: FilingPeople
    index: Index
    rewriting: Rewriting
    rest: RemovingRest
    forgets: Sequence[Forget]
    forget_call: Forget
    is_known: Callable[[str], bool]

    def unlink(
        self, entry: CatalogEntry, erasure_id: str, erase: Erase, is_over: Callable[[], bool], *, by: Actor
    ) -> tuple[Deferral, ...] | None:
        """Take the person out of the recording; idempotent. What defers it, if that is seen only now.

        None if the time was over: the next run goes on with it.

        Raises:
            RecordingOpen: it cannot be begun yet; nothing is changed.
            BlobProtected: it has begun, and a hold, or a time, keeps a blob: the daily pass tries it again.
            Transient: it is not finished; do it again.
        """
        known = _of(entry, erasure_id)
        if known is None or known.rewritten_at is None:
            what = self.rewriting.prepare(entry, erase)
            if isinstance(what, tuple):
                if any(one.why is Why.MODE for one in what):
                    self.give_up(entry, erasure_id, by=by)
                return what
            entry, attempt = self._begin(entry, erasure_id, erase, by)
            self._note(entry)  # after that: a look that does not know yet that it has begun removes the row
            try:
                proofs = self.rewriting.write(entry, what, attempt, is_over)
            except (ArchiveDamaged, NotAsProven, NotReadable) as error:
                self.give_up(entry, erasure_id, by=by)
                return (Deferral(Why.MODE, f"what was written anew cannot be proven: {error}"),)
            if proofs is None:
                return None
            self.rest.check_holds(entry)  # a hold that is placed now would be left on blobs that no entry names
            entry = self.updates.apply_once(entry, Rewritten(erasure_id, proofs), by=by).entry
        self._finish(entry, erasure_id, by)
        return ()

    def give_up(self, entry: CatalogEntry, erasure_id: str, *, by: Actor) -> None:
        """Let others be taken out of it: what has begun can never be done. Nothing was removed for it."""
        known = _of(entry, erasure_id)
        if known is not None and known.rewritten_at is None:
            self.updates.apply(entry.recording.recording_id, UnlinkGivenUp(erasure_id), known=entry, by=by)

    def finish(self, is_over: Callable[[], bool]) -> int:
        """Finish what was cut off, and look again at what was done of late; how many could not be finished.

        Raises:
            Transient: it is done another time.
        """
        return sum(is_over() or not self._settle(row.key) for row in rows_in(self.index, UNLINKED))

    def look_again(self, entry: CatalogEntry) -> bool:
        """Remove what was written beside what was written anew, and write the rows as the entry says; idempotent.

        False if something of it is being written: it is to be looked at after that.

        Raises:
            BlobProtected: a hold, or a time, keeps a blob.
            Transient: do it again.
        """
        if entry.recording.completed_at is None:
            return False
        self.filing_people.file(entry)
        self.rest.remove(entry)
        return True

    def note(self, entry: CatalogEntry) -> None:
        """Let the daily pass look at a recording whose entry was made again: what was not finished is finished."""
        self._note(entry)

    def _settle(self, key: str) -> bool:
        """One that cannot be finished keeps no other from it."""
        row = self.index.get(UNLINKED, key)  # those of a page have no version, by which they are removed
        if row is None:
            return True
        noted = _ROW.decode(row.body)
        recording_id = noted.recording_id
        try:
            entry = self.updates.load(recording_id)
            if entry is None:  # a rebuild goes on with it
                return True
            open_ = next((one for one in entry.recording.unlinked if one.finished_at is None), None)
            if entry.recording.state is RecordingState.ERASED:
                self._end_erased(entry, row)
            elif open_ is None:
                self._look_again_or_end(entry, row)
            elif open_.rewritten_at is not None:
                self._finish(entry, open_.erasure_id, APP)
            elif not self.is_known(open_.erasure_id):  # else its erasure goes on with it, which knows who it is
                self.give_up(entry, open_.erasure_id, by=APP)
        except OF_ONE as error:
            fields = {"recording_id": recording_id, "code": error.code, "cause": error}
            log.event("recording.unlinking_left", fields, logging.WARNING)
            return False
        return True

    def _look_again_or_end(self, entry: CatalogEntry, row: IndexRow) -> None:
        last = max((one.finished_at for one in entry.recording.unlinked if one.finished_at), default=None)
        is_looked_at = True
        if last is not None:
            is_looked_at = self.look_again(entry)
            self.forget_call(entry)
            entry = self.updates.load(entry.recording.recording_id) or entry
        if entry.recording.erasure is not None:  # what was written just now may be of one that is gone: see tomorrow
            return
        if is_looked_at and (last is None or self.updates.now() - last > LOOKS):
            self.index.remove(row)  # unless it was written again since it was read

    def _end_erased(self, entry: CatalogEntry, row: IndexRow) -> None:
        """What is written while it is erased is looked for by `removing`, which has seen that row, or the entry."""
        erasure = entry.recording.erasure
        if erasure is not None and erasure.finished_at is not None:
            self.index.remove(row)

    def _begin(self, entry: CatalogEntry, erasure_id: str, erase: Erase, by: Actor) -> tuple[CatalogEntry, str]:
        """Say in the entry that it begins, if it is still the one for which all was prepared; and which attempt it is.

        Raises:
            RecordingOpen: somebody else is being taken out of it.
            CatalogConflict: it has changed, as by another erasure: prepare for what it is now.
        """
        recording_id = entry.recording.recording_id
        begun = UnlinkBegun(erasure_id, erase.purpose, erase.mode is Mode.MUTE)
        entry = self.updates.apply_once(entry, begun, by=by).entry
        begun_now = _of(entry, erasure_id)
        if begun_now is None:
            cause = why_not_unlinked(entry, self.updates.now()) or "another erasure is taking somebody out of it"
            ids = {"recording_id": recording_id}
            raise RecordingOpen(_OPERATION, cause, hint="it can be done once that is over", ids=ids)
        return entry, f"{erasure_id} {begun_now.begun_at.isoformat()}"

    def _finish(self, entry: CatalogEntry, erasure_id: str, by: Actor) -> None:
        """Let a manifest say it, and remove what names them; who that was needs not be known."""
        recording_id = entry.recording.recording_id
        known = _of(entry, erasure_id)
        if known is None or known.finished_at is not None:
            self.writing_trail.write(entry)
            return
        entry = self._completed(entry)
        self._note(entry)
        self.look_again(entry)
        for forget in self.forgets:
            forget(entry)
        self.rewriting.muting.forget(entry)
        entry = self.updates.apply(recording_id, Unlinked(erasure_id), known=entry, by=by).entry
        log.event("recording.unlinked", {"recording_id": recording_id, "job_id": erasure_id})
        self.writing_trail.write(entry)

    def _completed(self, entry: CatalogEntry) -> CatalogEntry:
        """The entry with its manifest written.

        Raises:
            RecordingOpen: something of it is being archived, or may still come: it would be a manifest of a part.
            CatalogConflict: it has changed meanwhile, as one that was erased.
        """
        recording_id = entry.recording.recording_id
        if why := self._why_open(entry):
            ids = {"recording_id": recording_id}
            raise RecordingOpen(_OPERATION, why, hint="it goes on once that is over", ids=ids)
        if entry.recording.completed_at is None:
            completed = self.complete(entry)
            if completed is not None:
                entry = self.updates.apply(recording_id, completed, known=entry).entry
        if entry.recording.completed_at is None or entry.recording.state is RecordingState.ERASED:
            raise CatalogConflict(_OPERATION, "its manifest is still owed", ids={"recording_id": recording_id})
        return entry

    def _why_open(self, entry: CatalogEntry) -> str:
        """Why no manifest can be written of it now; empty if one can, or is."""
        if entry.recording.state is RecordingState.ERASED:
            return ""
        if not all(chunk.is_closed for chunk in entry):
            return "a chunk of it is being archived"
        if entry.recording.completed_at is not None:
            return ""
        now = self.updates.now()
        at = completion_at(entry, now)
        if at is None:
            return "nothing of it is proven"
        return "" if at <= now else f"its manifest waits until {format_time(at)} for what it lacks"

    def _note(self, entry: CatalogEntry) -> None:
        recording_id = entry.recording.recording_id
        self.index.put(IndexRow(UNLINKED, encode(recording_id), msgspec.json.encode(_Noted(recording_id))))


def _of(entry: CatalogEntry, erasure_id: str) -> Unlinking | None:
    return next((one for one in entry.recording.unlinked if one.erasure_id == erasure_id), None)
