"""Takes what comes to the door for calls: callbacks, webhook deliveries, handshakes; each event by its own kind."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from recording import log
from recording.announcing import Announcing
from recording.core.errors import CallRefused, MalformedEvent
from recording.core.events import CallEvent, FileEvent, ValidationEvent, event_id_of, parse_event, parse_events
from recording.core.steps import Step
from recording.starting import Starting


@dataclass(slots=True)
class Reception:
    """What came of a delivery: a line for each event, the steps to queue, and the answer to a handshake."""

    outcomes: list[dict[str, str]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    validation_code: str | None = None
    malformed: list[MalformedEvent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Receiving:
    """Receive deliveries of call events."""

    starting: Starting
    announcing: Announcing

    def receive(self, raw: object) -> Reception:
        """Take every event of a delivery; may be repeated at will.

        Raises:
            MalformedEvent: this is no delivery of events at all.
            Transient: an event could not be dealt with now; the whole delivery must come again.
        """
        reception = Reception()
        for single in parse_events(raw):
            self._receive_one(cast("Mapping[str, object]", single), reception)
        return reception

    def _receive_one(self, raw: Mapping[str, object], reception: Reception) -> None:
        event_id = event_id_of(raw)
        outcome = {"id": event_id}
        try:
            event = parse_event(raw)
            match event:
                case CallEvent():
                    outcome |= {"outcome": "recording", "recordingId": self.starting.start_for_call(event)}
                case ValidationEvent():
                    reception.validation_code = event.code
                    outcome |= {"outcome": "validated"}
                case FileEvent():  # subscribed to the wrong door; it is not lost for that
                    reception.steps += self.announcing.announce(raw)
                    outcome |= {"outcome": "announced"}
                case _:
                    outcome |= {"outcome": "ignored", "reason": f"{event.event_type} concerns no recording"[:200]}
        except MalformedEvent as error:
            reception.malformed.append(error)
            outcome |= {"outcome": "refused", "field": error.field, "reason": error.cause}
            log.event("event.refused", {"event_id": event_id, "cause": error.cause}, logging.ERROR)
        except CallRefused as error:
            outcome |= {"outcome": "refused", "reason": error.cause}
            log.event("call.not_recorded", {"event_id": event_id, "cause": error.cause}, logging.ERROR)
        reception.outcomes.append(outcome)
