"""What the app tells people: every event on its topic is true, and none of a loss comes before the catalog says so."""

from typing import TYPE_CHECKING

from recording.core.formats.notifications import EventName, OutgoingEvent
from recording.core.model import CallConnectionId, DocumentId, Door, RecordingId
from tests.simulation import people
from tests.simulation.consent_rules import BrokenRule

if TYPE_CHECKING:
    from tests.simulation.world import World


class Told:
    """The events that were published. `lost` are recordings and documents that the catalog has called lost.

    `unconsented`: the calls of which it was told that their people could not be asked.
    """

    def __init__(self, world: "World") -> None:
        self.world = world
        self.events: dict[RecordingId, list[OutgoingEvent]] = {}
        self.lost: set[tuple[str, str]] = set()
        self.unconsented: set[CallConnectionId] = set()

    def published(self, event: OutgoingEvent, _: object) -> None:
        """An event was published: what it says is in the catalog, and true."""
        if event.event_type is EventName.NOT_CONSENTED:
            self.unconsented.add(CallConnectionId(str(event.body["callConnectionId"])))
        recording_id = RecordingId(str(event.body.get("recordingId", "")))
        self.events.setdefault(recording_id, []).append(event)
        self.world.story.tell("topic", "gets {} of {}: {}", event.event_type, recording_id, event.body)
        if event.event_type is EventName.LOST:
            document_id = str(event.body.get("documentId", ""))
            if (recording_id, document_id) not in self.lost:
                raise BrokenRule(f"{recording_id} {document_id} is told as lost, and the catalog never said so")
        if event.event_type is EventName.QUARANTINED:
            people.hear_of_doubt(self.world, recording_id, DocumentId(str(event.body["documentId"])))
        if event.event_type is EventName.ARCHIVED:
            self._told_as_whole(recording_id, event)

    def _told_as_whole(self, recording_id: RecordingId, event: OutgoingEvent) -> None:
        truth = self.world.service.recordings.get(recording_id)
        if truth is None:
            raise BrokenRule(f"{recording_id} is told as archived, and does not exist")
        entry = self.world.rules.entries[recording_id]
        listed = event.body["chunks"]
        assert isinstance(listed, list)
        named, known = ({chunk["documentId"] for chunk in listed}, {one.document_id for one in truth.documents})
        if named - known or not any(one.door is Door.EVENT_GRID for chunk in entry for one in chunk.candidates):
            return  # the function key has added a chunk, or is all that has spoken; what Event Grid says corrects it
        if truth.ended_at is None:
            raise BrokenRule(f"{recording_id} is told as archived, and goes on")
        if known - named:
            raise BrokenRule(f"{recording_id} is told as whole with {sorted(named)}, and has {len(known)} chunks")
