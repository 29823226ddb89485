"""Receiving over fakes, and its three doors."""

import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from recording.bootstrap import compose
from recording.core.callers import KEY
from recording.core.errors import ArchiveBusy, Permanent
from recording.core.formats.events import CALL_STARTED
from recording.core.model import CatalogEntry
from recording.events.taking import Reception
from tests.core.entries_of import NOW
from tests.core.formats.file_events import file_event
from tests.environments import settings_of
from tests.fakes import (
    FakeArchive,
    FakeCalls,
    FakeCatalog,
    FakeConsents,
    FakeDirectory,
    FakeOpenWork,
    FakePrompts,
    FakeTickQueue,
    FakeTombstones,
    FakeTopic,
)

SUBJECT = "/recording/call/c/recordingId/"
OTHER = "Microsoft.Communication.IncomingCall"
INCOMING_CALL = {"id": "incoming", "eventType": OTHER, "data": {"from": "+4912345", "incomingCallContext": "t0ken"}}


@dataclass
class PickyCatalog(FakeCatalog):
    """A catalog that rejects some recordings, and fails transiently or with a bug for others."""

    too_large: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    def save(self, entry: CatalogEntry) -> CatalogEntry:
        recording_id = entry.recording.recording_id
        if recording_id in self.too_large:
            raise Permanent("save entry", "it is too large")
        if recording_id in self.busy:
            raise ArchiveBusy("save entry", "503")
        if recording_id in self.broken:
            raise ZeroDivisionError
        return super().save(entry)


class World:
    """The use case over fakes."""

    def __init__(self, **settings: str) -> None:
        self.catalog, self.journal, self.topic, self.calls = PickyCatalog(), FakeArchive(), FakeTopic(), FakeCalls()
        self.seconds = 0.0
        open_work = FakeOpenWork()
        self.receiving = compose(
            settings_of(**settings),
            catalog=self.catalog,
            open_work=open_work,
            sweep_states=open_work,
            tick_queue=FakeTickQueue(lambda: NOW),
            directory=FakeDirectory(),
            journal=self.journal,
            topic=self.topic,
            tombstones=FakeTombstones(),
            calls=self.calls,
            prompts=FakePrompts(),
            consents=FakeConsents(),
            now=lambda: NOW,
            monotonic=lambda: self.seconds,
            sleep=lambda _: None,
        ).receiving

    @property
    def kept(self) -> list[bytes]:
        """The bodies in the journal."""
        return [blob.content for blob in self.journal.blobs.values()]

    @property
    def told(self) -> list[str]:
        """The types of the published events."""
        return [str(event.event_type) for event in self.topic.received]

    def call_event(self, kind: str = CALL_STARTED) -> dict[str, Any]:
        """An event of a new, established call."""
        call = self.calls.add_call()
        return {"id": f"e{uuid.uuid4()}", "eventType": kind, "data": {"serverCallId": call.locators[0].server_call_id}}


def posted(world: World, body: object, *, from_event_grid: bool = True) -> Reception:
    """Deliver by the HTTP endpoint."""
    return world.receiving.receive_request(json.dumps(body).encode(), from_event_grid=from_event_grid, by=KEY)


def triggered(world: World, body: object) -> Reception:
    """Deliver by the Event Grid trigger."""
    return world.receiving.receive_event(json.dumps(body).encode())


def queued(world: World, body: object) -> Reception:
    """Deliver by the queue of events."""
    return world.receiving.receive_message(base64.b64encode(json.dumps(body).encode()))


DOORS = pytest.mark.parametrize("deliver", [posted, triggered, queued])
type Deliver = Callable[[World, object], Reception]


def of(recording: str) -> dict[str, Any]:
    """A file event of a recording."""
    return file_event(id=f"event-of-{recording}", subject=f"{SUBJECT}{recording}")


def lines(caplog: pytest.LogCaptureFixture, name: str) -> list[str]:
    """Log lines with that name."""
    return [record.getMessage() for record in caplog.records if record.getMessage().startswith(name)]
