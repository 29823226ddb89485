"""Entries of the journal, and passes over them."""

import json
from math import inf
from typing import Any

from recording.core.model import (
    BlobName,
)
from recording.core.naming import journal_name
from recording.watch.replayed import Replayed
from tests.use_cases.world import World, file_event_of

MINUTE = 60.0
DAY = 24 * 3600.0


def event_of(world: World, recording: str, document: str = "") -> dict[str, Any]:
    """An event of a recording with one chunk, which the source has."""
    chunk = world.add(document or f"document-of-{recording}")
    return file_event_of(chunk, recording_id=recording, event_id=f"event-of-{recording}")


def journal(world: World, *events: object) -> BlobName:
    """Write events to the journal, as the app does before it takes them; then it is killed."""
    body = json.dumps(events[0] if len(events) == 1 else events).encode()
    first = events[0]
    name = journal_name(world.clock.now(), str(first.get("id")) if isinstance(first, dict) else "unidentified", body)
    world.journal.write(name, body)
    return name


def check(world: World, seconds: float = inf) -> Replayed:
    """One pass; then the app takes the events."""
    found = world.app.replaying.replay(seconds)
    world.take_events()
    return found


def reads(world: World) -> int:
    """How many entries have been read so far."""
    return sum(operation == "read" for operation, _ in world.journal.calls)
