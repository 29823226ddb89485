"""Event Grid: the events of the service, and all that can become of them on the way to the app."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from recording.core.formats.events import RECORDING_STATE_CHANGED
from recording.core.model import Door
from recording.core.times import format_time
from tests.simulation.clockwork import START
from tests.simulation.locations import HOST, NOTHING
from tests.simulation.truth import Document, TrueRecording

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.world import World

_LATE = 20 * 3600.0
_HALF = 0.5
_GOOD_DOORS = (Door.EVENT_GRID,) * 7 + ("queue",) * 2 + (Door.FUNCTION_KEY,)
_CALLBACK_FAULTS = ("callback lost", "callback twice", "callback late")
_EVENT_FAULTS = (
    "event lost",
    "event given up",
    "event twice",
    "event late",
    "event wrong at first",
    "event forged",
    "event with an odd member",
)


class Grid:
    """Publishes events."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self._numbers: dict[str, int] = {}

    def tell(self, recording: TrueRecording, documents: list[Document]) -> None:
        """Publish the file event of these chunks, with what goes wrong with it."""
        world, whom = self.world, recording.whom
        chance = world.chance
        event = self.file_event(recording, [one.member() for one in documents])
        door = chance.one_of(_GOOD_DOORS, "door", whom)
        fault = chance.which(_EVENT_FAULTS, "event", whom)
        detail = chance.detail
        if fault is not None:
            world.story.tell("event grid", "{}: {}", fault, event["id"])
        wait: float | None = 0.0
        match fault:
            case "event lost":
                world.rules.lost_events.add(recording.recording_id)
                return
            case "event given up":
                world.host.bury(event, Door.EVENT_GRID, 0)
                return
            case "event twice":
                for seconds in (1.0, 3600 * detail, _LATE * detail):
                    self._send(event, door, whom, seconds)
            case "event late":
                wait = _LATE * detail
            case "event wrong at first" | "event with an odd member":
                wait = self._not_right_at_first(fault, recording, documents, door, detail)
            case "event forged":
                self._forge(recording, documents, detail)
                wait = chance.one_of((0.0, 0.1, 0.3, 900.0), "forged before", whom)
        if wait is None:
            world.rules.lost_events.add(recording.recording_id)
        else:
            self._send(event, door, whom, wait)

    def _not_right_at_first(
        self, fault: str, recording: TrueRecording, documents: list[Document], door: object, detail: float
    ) -> float | None:
        """Send an event that is not right; after how many seconds the right one comes, if ever."""
        corrected = _LATE / 4 * self.world.chance.between(0, 1, "corrected", recording.whom) ** 3
        if fault == "event wrong at first":
            self._wrong_at_first(recording, documents, door, detail)
            return 30 + corrected
        last = documents[-1]
        odd = [*(one.member() for one in documents[:-1]), last.member(contentLocation=None)]
        if len(documents) == 1:
            odd = [last.member(), last.member(documentId=f"{last.document_id}x", index=1, contentLocation=None)]
        self._send(self.file_event(recording, odd), door, recording.whom, 0)
        return corrected if detail < _HALF else None

    def file_event(self, recording: TrueRecording, members: list[dict[str, object]]) -> dict[str, object]:
        """The JSON of a file event."""
        began, ended = recording.began_at, recording.ended_at or recording.began_at
        return {
            "id": self._event_id(recording.whom),
            "eventType": "Microsoft.Communication.RecordingFileStatusUpdated",
            "subject": f"/recording/call/{recording.whom}/recordingId/{recording.recording_id}",
            "eventTime": _time(self.world.clockwork.now),
            "data": {
                "recordingStorageInfo": {"recordingChunks": members},
                "recordingStartTime": _time(began),
                "recordingDurationMs": int((ended - began) * 1000),
                "sessionEndReason": "CallEnded",
            },
        }

    def call_event(self, whom: str, kind: str, *, by_connection: bool, **more: object) -> dict[str, object]:
        """The JSON of a call event."""
        call = {"callConnectionId": f"connection-{whom}"} if by_connection else {"serverCallId": f"server-{whom}"}
        return {
            "id": self._event_id(whom),
            "eventType": f"Microsoft.Communication.{kind}",
            "subject": f"/calling/{whom}",
            "eventTime": _time(self.world.clockwork.now),
            "data": {**call, **more},
        }

    def call_back(self, recording: TrueRecording, *, is_active: bool) -> None:
        """Send the state of a recording to the app, as Call Automation does, with what goes wrong with it."""
        said = {"recordingId": recording.recording_id, "state": "active" if is_active else "inactive"}
        self.send_callback(recording.whom, RECORDING_STATE_CHANGED, said, "callback")

    def send_callback(self, whom: str, kind: str, data: Mapping[str, object], what: str) -> None:
        """Send a callback of Call Automation; `what` it is, is part of the keys of its faults."""
        world = self.world
        event: dict[str, object] = {
            "id": self._event_id(whom),
            "type": kind,
            "specversion": "1.0",
            "time": _time(world.clockwork.now),
            "data": data,
        }
        fault = world.chance.which(_CALLBACK_FAULTS, what, whom)
        if fault is not None:
            world.story.tell("service", "{}: {}", fault, event["id"])
        waits = {"callback lost": (), "callback twice": (0.5, 5.0), "callback late": (_LATE * world.chance.detail,)}
        for seconds in waits.get(fault or "", (0.5,)):
            world.clockwork.later(seconds, partial(world.host.deliver, event, Door.FUNCTION_KEY, whom))

    def _wrong_at_first(self, recording: TrueRecording, documents: list[Document], door: object, detail: float) -> None:
        document = documents[0]
        other = self._other(document)
        # Where Event Grid's word is enough, by a setting, nothing protects from such a lie.
        owner = other if self.world.plan.release != "event" else None
        ways: tuple[Callable[[], dict[str, object]], ...] = (
            lambda: document.member(contentLocation=f"{HOST}/{NOTHING}{document.document_id}/content/audio"),
            lambda: document.member(contentLocation="https://elsewhere.example.org/v1/objects/x/content/audio"),
            lambda: document.member(deleteLocation=None),
            lambda: document.member(deleteLocation=owner.base if owner else None),
            lambda: other.member(documentId=document.document_id, deleteLocation=document.base) if other else {},
            lambda: document.member(metadataLocation=None),
            lambda: document.member(deleteLocation=f"{HOST}/{NOTHING}{document.document_id}"),
        )
        members = [ways[int(detail * len(ways))](), *(one.member() for one in documents[1:])]
        self._send(self.file_event(recording, members), door, recording.whom, 0)

    def _forge(self, recording: TrueRecording, documents: list[Document], detail: float) -> None:
        """An event of somebody who has the function key only."""
        document = documents[0]
        other = self._other(document)
        ways: tuple[Callable[[], dict[str, object]], ...] = (
            lambda: document.member(contentLocation=other.content_location, deleteLocation=other.base) if other else {},
            lambda: document.member(deleteLocation=other.base) if other else {},
            lambda: other.member(index=document.index) if other else {},
            lambda: document.member(index=7),
            lambda: document.member(documentId=f"{document.document_id}-forged", index=document.index + 1),
            document.member,
        )
        event = self.file_event(recording, [ways[int(detail * len(ways))]()])
        wait = self.world.chance.one_of((0.0, 0.0, 0.0, 1.0, 60.0, 7200.0, 40_000.0), "forged when", recording.whom)
        self._send(event, Door.FUNCTION_KEY, recording.whom, wait)

    def _other(self, document: Document) -> Document | None:
        """A chunk of another recording, to confuse this one with."""
        service, contents = self.world.service, self.world.source.contents
        others = [one for one in service.documents.values() if one is not document]
        found = [one for one in others if one.content_location in contents] or others
        return self.world.chance.one_of(found, "other", document.document_id) if found else None

    def _send(self, event: dict[str, object], door: object, whom: str, seconds: float) -> None:
        def send() -> None:
            if isinstance(door, Door):
                self.world.host.deliver(event, door, whom)
            else:
                self.world.host.queue_event(event, whom)

        self.world.clockwork.later(seconds, send)

    def _event_id(self, whom: str) -> str:
        self._numbers[whom] = number = self._numbers.get(whom, 0) + 1
        return f"{whom}/{number}"


def _time(seconds: float) -> str:
    return format_time(START + timedelta(seconds=seconds))
