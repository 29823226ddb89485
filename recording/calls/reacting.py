"""Finds out what a recording does, and reacts: tells a person, starts a new recording, resumes.

What brings it here - a callback of the service, or the sweep - is evidence that may be late, repeated or wrong. The
service is asked, and only its answer counts.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording import log
from recording.calls.asking import Answer, Asking
from recording.calls.claims import call_keys
from recording.calls.consenting import Consenting
from recording.calls.controlling import Controlling
from recording.catalog_updates import CatalogUpdates
from recording.core.consent import PauseChanged
from recording.core.errors import CallRefused, ConsentRefused, PolicyRefused, Transient
from recording.core.lifecycle import (
    SETTLES,
    ConsentWithdrawn,
    Continued,
    Fact,
    Interrupted,
    Joined,
    Ordered,
    ParticipantsSeen,
    StartFailed,
    Stopped,
    contradicts,
    is_unasked_end,
    paused_by,
    runs,
)
from recording.core.model import (
    APP,
    Actor,
    CatalogEntry,
    ParticipantsEvent,
    Reaction,
    RecordingId,
    RecordingState,
    StartFailedEvent,
    StateEvent,
)
from recording.core.reactions import Act, act_due, reaction_of
from recording.core.watching import never_active
from recording.ports import Calls


@dataclass(frozen=True, slots=True)
class Reacting:
    """Ask, tell, react as the rule of a recording says; `pause_limit` is that of a rule that has none.

    Everything here may be done twice: by a repeated callback, or by a callback and the sweep at once.
    """

    updates: CatalogUpdates
    calls: Calls
    asking: Asking
    controlling: Controlling
    consenting: Consenting
    pause_limit: timedelta | None

    def reaction_of(self, entry: CatalogEntry) -> Reaction:
        """What is done about this recording when it does not record although it should."""
        return reaction_of(entry, self.pause_limit)

    def state_changed(self, event: StateEvent, *, by: Actor) -> bool:
        """Ask about a recording of which a callback says something else than the catalog; whether it was asked.

        Raises:
            ServiceBusy, ServiceRefused: retry with the same event.
            CallRefused: the service says nothing; the sweep asks again.
        """
        entry = self.updates.load(event.recording_id)
        if entry is None:  # of others; or not saved yet, and then the sweep asks
            return False
        if not contradicts(entry, self.updates.now(), is_active=event.is_active):
            self._tell(entry)
            return False
        word = "active" if event.is_active else "inactive"
        self.check(entry, f"a callback said {word}", since=event.at, by=by)
        return True

    def start_failed(self, event: StartFailedEvent, *, by: Actor) -> tuple[RecordingId, ...]:
        """Ask about a recording whose start is said to have failed; those that indeed do not record.

        Raises:
            Transient: the service cannot be asked, or the failure came before the start was noted: retry.
            CallRefused: the service says nothing; the sweep asks again.
        """
        found = []
        for entry in self._entries_of(event):
            if not runs(entry) or entry.recording.active_at is not None:
                self._tell(entry)
                continue
            answer = self._ask(entry, "a callback said that its start failed")
            facts: tuple[Fact, ...] = (answer.fact,)
            # Of several recordings of a call an event without an id means one: not one that waits to be resumed.
            is_another = event.recording_id is None and not answer.is_denial and entry.recording.open_pause is not None
            if not answer.is_active and not is_another:
                facts = (answer.fact, StartFailed(event.cause))
                found.append(entry.recording.recording_id)
            self._settle(self._apply(entry, *facts, by=by))
        return tuple(found)

    def participants_updated(self, event: ParticipantsEvent, *, by: Actor) -> None:
        """Keep how many of each kind are in the call, for its recordings."""
        for entry in self._recordings_of(call_keys(event.server_call_id, event.call_connection_id)):
            if runs(entry):
                self._apply(entry, ParticipantsSeen(event.number, event.kinds), by=by)

    def check(self, entry: CatalogEntry, why: str, *, since: datetime | None = None, by: Actor) -> CatalogEntry:
        """Ask the service, note its answer, tell a person what is wrong, and react; the entry after that.

        Args:
            entry: as loaded.
            why: the occasion, in words.
            since: when the change happened, as a callback told.
            by: who brought it here.

        Raises:
            ServiceBusy, ServiceRefused: retry.
            CallRefused: the service says nothing.
        """
        answer = self._ask(entry, why, since)
        facts: list[Fact] = [answer.fact]
        if answer.is_denial and is_unasked_end(entry, self.updates.now()) and self._call_goes_on(entry):
            facts.append(Interrupted(since))
        elif not answer.is_denial and not answer.is_active:
            warning = never_active(entry, self.updates.now())
            facts += [] if warning is None else [warning]
        entry = self._apply(entry, *facts, by=by)
        return self._settle(self._pause_again(entry) if answer.is_active else entry)

    def react(self, entry: CatalogEntry) -> CatalogEntry:
        """Do what the policy wants now; the entry after that.

        Raises:
            Transient: retry; what was done is not done twice.
        """
        act = act_due(entry, self.reaction_of(entry), self.updates.now())
        if act is None:
            self._stop_later(entry)
            return entry
        if act is Act.RESUME:
            return self._resume(entry)
        if act is Act.STOP_AND_RESTART:
            entry = self._stop(entry)
        return self._restart(entry)

    def _settle(self, entry: CatalogEntry) -> CatalogEntry:
        """Tell, then react: what must be told is told even if the reaction fails."""
        return self.react(self._tell(entry))

    def _tell(self, entry: CatalogEntry) -> CatalogEntry:
        return self.updates.tell(entry) if entry.recording.untold else entry

    def _ask(self, entry: CatalogEntry, why: str, since: datetime | None = None) -> Answer:
        return self.asking.ask(entry.recording.recording_id, why, since)

    def _apply(self, entry: CatalogEntry, *facts: Fact, by: Actor = APP) -> CatalogEntry:
        return self.updates.apply(entry.recording.recording_id, *facts, known=entry, by=by).entry

    def _call_goes_on(self, entry: CatalogEntry) -> bool:
        """Whether the call is known to go on. Only a call connection can be asked about."""
        connection = entry.recording.call_connection_id
        return connection is not None and self.calls.goes_on(connection)

    def _resume(self, entry: CatalogEntry) -> CatalogEntry:
        try:
            return self.controlling.resume(entry.recording.recording_id, by=APP)
        except (CallRefused, ConsentRefused):  # it is over, and the sweep asks about it; or it has to wait for consent
            return entry

    def _pause_again(self, entry: CatalogEntry) -> CatalogEntry:
        """Pause what records though somebody is in the call whom its consent does not cover: others have resumed it.

        Raises:
            Transient: it still records; the sweep tries again.
        """
        if not self.controlling.must_pause(entry):
            return entry
        recording_id = entry.recording.recording_id
        try:
            return self.controlling.pause(recording_id, by=APP)
        except (CallRefused, Transient):  # or it is over by now; its consent is driven until it is one of the two
            self.consenting.note(entry.recording.call_connection_id, PauseChanged(is_paused=False))
        return self.updates.load(recording_id) or entry

    def _stop(self, entry: CatalogEntry) -> CatalogEntry:
        """Stop what never began: where the service allows one recording for each call, it is in the way."""
        recording_id = entry.recording.recording_id
        entry = self._apply(entry, Ordered(RecordingState.STOPPED))
        try:
            self.calls.stop(recording_id)
        except CallRefused as error:
            if not error.says_no_such:
                raise
        return entry

    def _restart(self, entry: CatalogEntry) -> CatalogEntry:
        """Start a recording in place of this one, and let each name the other."""
        recording = entry.recording
        try:
            is_paused = recording.open_pause is not None or self.controlling.waits_for_consent(recording)
            started = self.consenting.starting.start_again(entry, is_paused=is_paused)
        except (CallRefused, PolicyRefused) as error:  # it is over, or recorded by another; or consent was withdrawn
            fields = {"recording_id": recording.recording_id, "cause": error.cause}
            log.event("recording.not_restarted", fields, logging.WARNING)
            return entry
        later = started.entry.recording.recording_id
        if later == recording.recording_id:  # the service has it all the same: the sweep asks again
            return entry
        since = recording.interrupted_at or recording.requested_at or self.updates.now()
        joined = self._apply(started.entry, Joined(recording.recording_id, since, recording.attempt + 1))
        pausing = paused_by(recording)
        if pausing != APP and joined.recording.open_pause is not None:  # else the app would resume it for itself
            self._apply(joined, Ordered(RecordingState.PAUSED), by=pausing)
        log.event("recording.restarted", {"recording_id": recording.recording_id, "later": later})
        stopped = (Stopped(),) if recording.interrupted_at is None else ()
        entry = self._apply(entry, Continued(later), *stopped)
        withdrawn = entry.recording.withdrawn
        if withdrawn is not None:  # meanwhile: the sweep stops or pauses what has just been started
            self._apply(started.entry, ConsentWithdrawn(withdrawn.reason), by=withdrawn.by)
        self._stop_later(entry)
        if joined.recording.open_pause is None:  # somebody may have joined before this: then only the first is paused
            self._pause_again(self.updates.load(later) or joined)
        return entry

    def _stop_later(self, entry: CatalogEntry) -> None:
        """Stop what was started in place of a recording that somebody has stopped meanwhile."""
        recording = entry.recording
        ordered = recording.ordered
        is_stopped = ordered is not None and ordered.state is RecordingState.STOPPED and ordered.by != APP
        if ordered is None or not is_stopped or recording.withdrawn is not None:
            return
        if recording.interrupted_at is not None and recording.continued_by is None:
            later = self.consenting.starting.started_again(entry)  # by a worker that died before it could say so
            entry = entry if later is None else self._apply(entry, Continued(later))
        self.controlling.stop_later(entry, by=ordered.by)

    def _entries_of(self, event: StartFailedEvent) -> Iterator[CatalogEntry]:
        if event.recording_id is None:
            yield from self._recordings_of(call_keys(event.server_call_id, event.call_connection_id))
            return
        entry = self.updates.load(event.recording_id)
        if entry is not None:
            yield entry
        elif event.at is not None and abs(self.updates.now() - event.at) < SETTLES:
            hint = "if this app has started it, it is there in a moment; else this passes by itself"
            ids = {"recording_id": str(event.recording_id)}
            raise Transient("note failed start", "the catalog does not have the recording yet", hint=hint, ids=ids)

    def _recordings_of(self, keys: tuple[str, ...]) -> Iterator[CatalogEntry]:
        for key in keys:
            claim = self.updates.catalog.find_claim(key)
            entry = self.updates.load(claim.recording_id) if claim is not None and claim.recording_id else None
            if entry is not None:
                yield entry
