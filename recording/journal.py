"""Reads the events that the journal keeps."""

import logging
from collections.abc import Iterator
from dataclasses import replace

from recording import log
from recording.core.errors import MalformedEvent, Permanent
from recording.core.formats.api import MOST_BODY
from recording.core.formats.deliveries import Member, read_body
from recording.core.formats.events import parse_event
from recording.core.model import CallEvent, FileEvent
from recording.ports import Inventory, ListedBlob

_MOST_BYTES = 2 * MOST_BODY


def file_events(inventory: Inventory, blob: ListedBlob) -> Iterator[tuple[Member, FileEvent]]:
    """The file events of an entry of the journal; what cannot be read was reported when it came.

    Raises:
        Transient: it cannot be read now.
    """
    for member, event in events(inventory, blob):
        if isinstance(event, FileEvent):
            yield member, event


def events(inventory: Inventory, blob: ListedBlob) -> Iterator[tuple[Member, FileEvent | CallEvent]]:
    """The same, and the events of calls that can be recorded. One without a time is of when it came.

    Raises:
        Transient: it cannot be read now.
    """
    if blob.length > _MOST_BYTES:
        return
    try:
        members = read_body(inventory.read(blob))
    except MalformedEvent:
        return
    except Permanent as error:
        log.event("journal.not_read", {"journal": blob.name, "cause": error}, logging.ERROR)
        return
    for member in members:
        try:
            event = parse_event(member.raw)
        except MalformedEvent:
            continue
        if isinstance(event, FileEvent):
            yield member, event
        elif isinstance(event, CallEvent):
            yield member, replace(event, at=event.at or blob.modified_at)
