"""Withdraws consent: says so in the recording's entry, then stops or pauses the recording.

It is noted first: if the service cannot be reached, the sweep does what is owed.
"""

from dataclasses import dataclass

from recording import log
from recording.calls.consenting import Consenting
from recording.calls.controlling import Controlling
from recording.catalog_updates import CatalogUpdates
from recording.core.consent import Withdrawn
from recording.core.errors import CallRefused
from recording.core.lifecycle import ConsentWithdrawn, withdrawal_owed
from recording.core.model import Actor, CatalogEntry, RecordingId, Withdrawal


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """Withdraw the consent of a recording; idempotent."""

    updates: CatalogUpdates
    controlling: Controlling
    consenting: Consenting

    def withdraw(self, recording_id: RecordingId, reason: str, *, by: Actor) -> CatalogEntry:
        """Note it, and stop or pause the recording as its consent says; it is stopped if that says nothing.

        A recording that others started is stopped; the catalog has no entry in which that could be noted.

        Raises:
            UnknownRecording: neither the catalog nor the service knows it.
            ServiceBusy, ServiceRefused: it is noted, and the recording still runs; the sweep goes on with it.
        """
        entry = self.updates.load(recording_id)
        if entry is None:
            return self.controlling.stop(recording_id, by=by)
        entry = self.updates.apply(recording_id, ConsentWithdrawn(reason), known=entry, by=by).entry
        log.event("consent.withdrawn", {"recording_id": recording_id})
        try:
            return self._withdraw_later(self.carry_out(entry, by=by), reason, by)
        finally:  # also if the service cannot be reached: the call's consent starts and resumes nothing any more
            self.consenting.note(entry.recording.call_connection_id, Withdrawn(reason))

    def _withdraw_later(self, entry: CatalogEntry, reason: str, by: Actor) -> CatalogEntry:
        """Withdraw it also for the recording that was started in place of this one; the entry of this one."""
        later = entry.recording.continued_by or self.consenting.starting.started_again(entry)
        if later not in {None, entry.recording.recording_id}:
            self.withdraw(later, reason, by=by)
        return entry

    def carry_out(self, entry: CatalogEntry, *, by: Actor) -> CatalogEntry:
        """Stop or pause the recording if its consent was withdrawn; the entry after that.

        Raises:
            ServiceBusy, ServiceRefused: retry.
        """
        recording_id, owed = entry.recording.recording_id, withdrawal_owed(entry)
        if owed is None:
            return entry
        if owed is Withdrawal.PAUSE:
            try:
                return self.controlling.pause(recording_id, by=by)
            except CallRefused:  # over, as far as the service knows: told to stop, that is noted
                return self.controlling.stop_alone(recording_id, by=by)
        return self.controlling.stop_alone(recording_id, by=by)
