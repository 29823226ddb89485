"""The short-lived storage: chunks, the ids and hosts of their locations, their expiry."""

import json
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from local.acs.events import RESOURCE_ID
from local.acs.metadata import ChunkFacts, metadata_file
from local.acs.model import Recording, StoredObject
from local.acs.outputs import MAX_CHANNELS
from local.acs.timeline import PlannedChunk
from local.net.hosts import ENTRY_HOST, OTHER_ENTRY_HOST

MetadataContent = Mapping[str, Any] | bytes | None


@dataclass(frozen=True, slots=True)
class Placement:
    """How chunks are laid out.

    Attributes:
        host: host of all three locations; if `split`, only of content and metadata.
        content_name: last word of the content location; by default `video` or `audio`.
        split: metadata and delete locations have ids of their own, and delete has another host.
        variants: names from `metadata.VARIANTS`.
        channels: audio channels of the content; by default one, or if unmixed one per participant.
    """

    host: str = ENTRY_HOST
    content_name: str | None = None
    split: bool = False
    variants: Collection[str] = ()
    channels: int | None = None


class ObjectStore:
    """Stored objects by document id and by every id in their locations.

    Not thread-safe: the world's lock guards it.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """`clock` returns the service's time, in UTC."""
        self._clock = clock
        self._by_document: dict[str, StoredObject] = {}
        self._by_location: dict[str, StoredObject] = {}

    def objects(self) -> dict[str, StoredObject]:
        """All that was ever stored, by document id."""
        return dict(self._by_document)

    def find(self, location_id: str) -> StoredObject | None:
        """The object whose content, metadata or delete location has this id, deleted ones included."""
        return self._by_location.get(location_id)

    def put(
        self,
        recording: Recording,
        files: Sequence[tuple[PlannedChunk, Path]],
        placement: Placement,
        retention: timedelta,
        metadata: Sequence[MetadataContent] = (),
    ) -> list[StoredObject]:
        """Store the chunks of a recording; an element of `metadata` replaces the generated file of that chunk."""
        stored = []
        for number, (chunk, path) in enumerate(files):
            given = metadata[number] if number < len(metadata) else None
            last = number == len(files) - 1
            entry = self._object(recording, chunk, path, placement, given, last=last)
            entry.expires = entry.made + retention
            self._by_document[entry.document_id] = entry
            for location in (entry.content_location, entry.metadata_location, entry.delete_location):
                self._by_location[location.split("/objects/")[1].split("/")[0]] = entry
            recording.documents.append(entry.document_id)
            stored.append(entry)
        return stored

    def _object(
        self,
        recording: Recording,
        chunk: PlannedChunk,
        path: Path,
        placement: Placement,
        given: MetadataContent,
        *,
        last: bool,
    ) -> StoredObject:
        output = recording.output
        document = new_document_id()
        started = recording.media_started or recording.started
        channels = placement.channels
        if channels is None:
            channels = min(MAX_CHANNELS, len(recording.call.participants)) if output.channel == "unmixed" else 1
        if given is None:
            facts = ChunkFacts(document, recording.call, output, started, chunk, channels, recording.channels)
            content = metadata_file(facts, RESOURCE_ID, placement.variants)
        else:
            content = given if isinstance(given, bytes) else json.dumps(given).encode()
        name = placement.content_name or ("video" if output.format == "mp4" else "audio")
        metadata_id, delete_id = (new_document_id(), new_document_id()) if placement.split else (document, document)
        delete_host = OTHER_ENTRY_HOST if placement.split else placement.host
        now = self._clock()
        return StoredObject(
            document_id=document,
            recording_id=recording.recording_id,
            index=chunk.index,
            output=output,
            path=path,
            length=path.stat().st_size,
            metadata=content,
            made=now,
            expires=now,
            clock=self._clock,
            content_location=f"https://{placement.host}/v1/objects/{document}/content/{name}",
            metadata_location=f"https://{placement.host}/v1/objects/{metadata_id}/content/acsmetadata",
            delete_location=f"https://{delete_host}/v1/objects/{delete_id}",
            duration_ms=chunk.duration_ms,
            end_reason="SessionEnded" if last else "ChunkMaximumSizeExceeded",
        )


def new_document_id() -> str:
    """An id such as `0-weu-d5-801b3f3fc462fe8a01e6810cbff729b8`."""
    return f"0-weu-d{secrets.randbelow(20)}-{secrets.token_hex(16)}"
