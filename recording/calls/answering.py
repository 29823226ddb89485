"""Whether a call event has its answer already: what must not be started anew, or told as lost."""

from dataclasses import dataclass

from recording.calls.claims import asked_by_event, claims_under, end_of, was_refused
from recording.catalog_updates import CatalogUpdates
from recording.core.errors import NewerSchema, Permanent
from recording.core.lifecycle import runs
from recording.core.model import CallEvent
from recording.ports import Calls


@dataclass(frozen=True, slots=True)
class Answering:
    """Find what answers events."""

    updates: CatalogUpdates
    calls: Calls

    def has_answer(self, event: CallEvent) -> bool:
        """Whether a call event has its answer: a refusal, or a recording that runs, or was over only after the event.

        Raises:
            Transient: the catalog, or the service that resolves a connection, is not available.
        """
        server, connection = event.server_call_id, event.call_connection_id
        if server is None and connection is not None:
            try:
                server = self.calls.resolve(connection)
            except Permanent:
                server = None  # the service does not know the connection any more; a claim may have its id
        for claim in claims_under(self.updates.catalog, server, connection):
            if claim.recording_id is None:
                if was_refused(claim) and (event.at is None or event.at <= claim.order.first_sent):
                    return True
                continue  # the service may never have been asked
            try:
                entry = self.updates.load(claim.recording_id)
            except (NewerSchema, Permanent):
                return True  # there is one, though this version cannot read it
            if claim.asked_by == asked_by_event(event) or entry is None or runs(entry):
                return True
            if entry.recording.withdrawn is not None or event.at is None or event.at <= end_of(entry, claim):
                return True
        return False
