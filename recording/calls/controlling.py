"""State, pause, resume and stop of a recording, also of one that the catalog does not know."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from recording import log
from recording.calls.asking import Asking
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import ArchiveOnly, CallRefused, ConsentRefused, Transient, UnknownRecording
from recording.core.lifecycle import Denied, Ordered, Paused, Resumed, Stopped, contradicts, may_record, runs
from recording.core.model import APP, Actor, CatalogEntry, Recording, RecordingId, RecordingState
from recording.ports import Calls, Consents

_MALFORMED = 400
"""How the service answers to an id that cannot be one of its recordings."""


@dataclass(frozen=True, slots=True)
class Controlling:
    """Control running recordings.

    Only the service knows whether a recording still runs, so every operation asks it. A recording without an entry in
    the catalog was not started by this app: the answer is built from the service's reply and not saved.
    """

    updates: CatalogUpdates
    calls: Calls
    asking: Asking
    consents: Consents

    def state(self, recording_id: RecordingId, *, by: Actor) -> tuple[CatalogEntry, str | None]:
        """The catalog's entry, and the service's state: `active`, `inactive`, or None if the recording is over.

        While the service is unavailable the state is `unknown`, and the entry is shown all the same.

        Raises:
            UnknownRecording: neither the catalog nor the service knows it.
        """
        entry = self.updates.load(recording_id)
        if entry is not None and not runs(entry) and entry.recording.denied_at is None:
            return entry, None
        try:
            answer = self.asking.ask(recording_id, "asked for its state")
        except CallRefused as error:
            if entry is None and error.status == _MALFORMED:
                raise _unknown(recording_id) from error
            raise
        except Transient as error:
            return _only_known(entry, recording_id, error), "unknown"
        if entry is None:
            if answer.is_denial:
                raise _unknown(recording_id)
            return _entry_of_foreign(recording_id, RecordingState.STARTED), answer.state
        is_over = not runs(entry)
        now = self.updates.now()
        if not answer.is_denial and (is_over or contradicts(entry, now, is_active=answer.is_active)):
            entry = self.updates.apply(recording_id, answer.fact, known=entry, by=by).entry
        with suppress(CallRefused, Transient):  # the next who asks does it, or the sweep
            if answer.is_active and self.must_pause(entry):  # others have resumed it; a callback tells nothing new now
                return self.pause(recording_id, by=APP), "inactive"
        return entry, answer.state

    def pause(self, recording_id: RecordingId, *, by: Actor) -> CatalogEntry:
        """Pause until `resume`; idempotent.

        Raises:
            CallRefused: with status 409 if it is over.
            UnknownRecording: neither the catalog nor the service knows it.
        """
        return self._pause_or_resume(
            "pause recording", self.calls.pause, recording_id, Paused(), RecordingState.PAUSED, by
        )

    def resume(self, recording_id: RecordingId, *, by: Actor) -> CatalogEntry:
        """Resume after `pause`; idempotent.

        Raises:
            ConsentRefused: its consent was withdrawn, or does not cover everyone who is in the call.
            CallRefused: with status 409 if it is over.
            UnknownRecording: neither the catalog nor the service knows it.
        """
        return self._pause_or_resume(
            "resume recording", self.calls.resume, recording_id, Resumed(), RecordingState.STARTED, by
        )

    def stop(self, recording_id: RecordingId, *, by: Actor) -> CatalogEntry:
        """End the recording, and what was started in its place; idempotent. Its file event arrives minutes later.

        Raises:
            UnknownRecording: neither the catalog nor the service knows it.
        """
        entry = self.stop_alone(recording_id, by=by)
        self.stop_later(entry, by=by)
        return entry

    def stop_later(self, entry: CatalogEntry, *, by: Actor) -> None:
        """End what was started in place of a recording: whoever stops that one may not know that it goes on in another.

        Raises:
            ServiceBusy, ServiceRefused: it may still record; stop it again.
        """
        for later in self.later_than(entry):
            if may_record(later):
                self.stop_alone(later.recording.recording_id, by=by)

    def later_than(self, entry: CatalogEntry) -> Iterator[CatalogEntry]:
        """What was started in place of a recording, and of that, each once: a stored entry may name itself."""
        later, seen = entry.recording.continued_by, {entry.recording.recording_id}
        while later is not None and later not in seen and (known := self.updates.load(later)) is not None:
            yield known
            seen.add(later)
            later = known.recording.continued_by

    def stop_alone(self, recording_id: RecordingId, *, by: Actor) -> CatalogEntry:
        """End this recording only, as `stop`."""
        entry = self.updates.load(recording_id)
        if entry is not None and entry.recording.state is RecordingState.STOPPED and entry.recording.denied_at is None:
            return entry
        facts: tuple[Stopped | Denied, ...] = (Stopped(),)
        entry = self._order(entry, RecordingState.STOPPED, by)
        try:
            self.calls.stop(recording_id)
        except CallRefused as error:
            _raise_unless_over(error, entry, recording_id)
            # Its call has ended, or the reply to an earlier stop was lost. The sweep asks again.
            facts = (Stopped(), Denied("told to stop it"))
        log.event("recording.stopped", {"recording_id": recording_id})
        if entry is None:
            return _entry_of_foreign(recording_id, RecordingState.STOPPED)
        return self.updates.apply(recording_id, *facts, known=entry, by=by).entry

    def _order(self, entry: CatalogEntry | None, state: RecordingState, by: Actor) -> CatalogEntry | None:
        """Note what is about to be asked of the service, which may tell of the change before it answers."""
        if entry is None or not runs(entry):
            return entry
        if entry.recording.has_recorded_nothing and state is RecordingState.STOPPED:
            entry = self._sure_of_nothing(entry)
        return self.updates.apply(entry.recording.recording_id, Ordered(state), known=entry, by=by).entry

    def _sure_of_nothing(self, entry: CatalogEntry) -> CatalogEntry:
        """The entry once the service was asked: if somebody else has resumed it, it has a file."""
        recording_id = entry.recording.recording_id
        try:
            answer = self.asking.ask(recording_id, "asked before it is stopped")
        except (CallRefused, Transient):  # the stop matters more; a file event is archived in any case
            return entry
        return self.updates.apply(recording_id, answer.fact, known=entry).entry if answer.is_active else entry

    def _pause_or_resume(
        self,
        operation: str,
        send: Callable[[RecordingId], None],
        recording_id: RecordingId,
        fact: Paused | Resumed,
        state: RecordingState,
        by: Actor,
    ) -> CatalogEntry:
        entry = self.updates.load(recording_id)
        if isinstance(fact, Resumed) and entry is not None:
            self._check_consent(operation, entry.recording)
        entry = self._order(entry, state, by)
        try:
            send(recording_id)
        except CallRefused as error:
            known = _raise_unless_over(error, entry, recording_id)
            cause = f"the recording is over: its state is {known.recording.state}"
            raise CallRefused(operation, cause, status=409, ids={"recording_id": recording_id}) from error
        log.event(f"recording.{type(fact).__name__.lower()}", {"recording_id": recording_id})
        if entry is None:
            return _entry_of_foreign(recording_id, state)
        return self.updates.apply(recording_id, fact, known=entry, by=by).entry

    def must_pause(self, entry: CatalogEntry) -> bool:
        """Whether what records now must not: somebody is in the call whom its consent does not cover."""
        return runs(entry) and self.waits_for_consent(entry.recording)

    def waits_for_consent(self, recording: Recording) -> bool:
        """Whether somebody is in the call whom the recording's consent does not cover, so that it must be paused."""
        connection, evidence = recording.call_connection_id, recording.consent
        if connection is None or evidence is None or not evidence.key:
            return False  # nobody was asked
        consent = self.consents.load(connection)
        return consent is not None and consent.key == evidence.key and consent.keeps_paused

    def _check_consent(self, operation: str, recording: Recording) -> None:
        """Whether it may go on; whoever has paused it.

        Raises:
            ConsentRefused: it may not.
        """
        ids = {"recording_id": str(recording.recording_id)}
        if recording.withdrawn is not None:
            hint = "only another recording, on a consent of its own, can go on"
            raise ConsentRefused(operation, "its consent was withdrawn", hint=hint, ids=ids)
        if self.waits_for_consent(recording):
            cause = "somebody is in the call whom its consent does not cover"
            raise ConsentRefused(operation, cause, hint="it goes on when that is attested, or they have left", ids=ids)


def _entry_of_foreign(recording_id: RecordingId, state: RecordingState) -> CatalogEntry:
    return CatalogEntry(Recording(recording_id, state))


def _only_known(entry: CatalogEntry | None, recording_id: RecordingId, error: Transient) -> CatalogEntry:
    """The entry, while the service cannot be asked; where there is none to ask, what is not here is not known."""
    if entry is not None:
        return entry
    if isinstance(error, ArchiveOnly):
        raise _unknown(recording_id) from error
    raise error


def _raise_unless_over(error: CallRefused, entry: CatalogEntry | None, recording_id: RecordingId) -> CatalogEntry:
    """The entry, if the service answers of a recording that the catalog has that there is no such."""
    if entry is None and (error.says_no_such or error.status == _MALFORMED):
        raise _unknown(recording_id) from error
    if entry is None or not error.says_no_such:
        raise error
    return entry


def _unknown(recording_id: RecordingId) -> UnknownRecording:
    cause = "neither the catalog nor the service knows it"
    return UnknownRecording("find recording", cause, ids={"recording_id": recording_id})
