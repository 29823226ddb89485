"""Claims of starts: their keys, a call and an output each; what asked for them; and what became of them."""

from dataclasses import dataclass
from datetime import datetime

from recording.core.model import CallConnectionId, CallEvent, CatalogEntry, Output, ServerCallId
from recording.core.outputs import VALID
from recording.ports import Catalog, StartClaim


@dataclass(frozen=True, slots=True)
class Call:
    """A call: the key of its claims, and its server call id if known."""

    key: str
    server_call_id: ServerCallId | None = None

    def claim_key(self, output: Output) -> str:
        """The key of the claim of a recording in that output."""
        return f"{output} {self.key}"


def call_keys(
    server: ServerCallId | None,
    connection: CallConnectionId | None,
    group: str | None = None,
    room: str | None = None,
) -> tuple[str, ...]:
    """The keys of the claims that a call can have under these ids, one for each output."""
    ids = {"call": server, "connection": connection, "group": group, "room": room}
    names = [f"{kind}/{one}" for kind, one in ids.items() if one]
    return tuple(Call(name).claim_key(facts.output) for name in names for facts in VALID)


def claims_under(
    catalog: Catalog, server: ServerCallId | None, connection: CallConnectionId | None
) -> list[StartClaim]:
    """The claims that stand under these ids, in all outputs.

    Raises:
        Transient: the catalog is not available.
    """
    found = map(catalog.find_claim, call_keys(server, connection))
    return [claim for claim in found if claim is not None]


def asked_by_event(event: CallEvent) -> str:
    """What names an event in claims."""
    return f"event/{event.event_id}"


def asked_by_request_id(request_id: str) -> str:
    """What names a request in claims; also the key of the claim that says what the id stands for."""
    return f"request/{request_id}"


def noted_for(request_id: str) -> str:
    """The key of the claim that says what a request id stands for while the participants are asked."""
    return f"asking/{request_id}"


def instead_of(entry: CatalogEntry) -> str:
    """What names a recording in the claim of what is started in its place."""
    return f"instead of/{entry.recording.recording_id}"


def is_renewed(claim: StartClaim) -> bool:
    """Whether its order has a new request id, and a new moment, since it was claimed.

    The service has refused the old one, as for a call that nobody has answered, or it gave way.
    """
    return claim.order.first_sent != claim.made_at


def was_refused(claim: StartClaim) -> bool:
    """Whether the service has refused the order. One that only gave way may never be sent: that answers no event."""
    return is_renewed(claim) and not claim.gave_way


def is_idle(claim: StartClaim) -> bool:
    """Whether nobody is about to send its order, or waits for the answer: it was renewed, and not taken up again."""
    return is_renewed(claim) and claim.retried_at is None


def end_of(entry: CatalogEntry | None, claim: StartClaim) -> datetime:
    """When the claim's recording ended; while no end is known, when its order was first sent."""
    recording = entry.recording if entry is not None else None
    ended = (recording.stopped_at or recording.announced_at) if recording is not None else None
    return ended or claim.order.first_sent
