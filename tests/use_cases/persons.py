"""Recordings filed under people, over the fakes."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass

from recording.core.errors import (
    ArchiveBusy,
)
from recording.core.formats.api import PageRequest, PersonSearch
from recording.core.model import Actor, BlobName, RecordingId
from recording.ports import IndexPage, IndexRow
from recording.records.finding.searching import Listed, Unlisted
from tests.fakes import FakeIndex
from tests.use_cases.world import RECORDING, World, metadata_of

ADA, EVE, BOB = "8:acs:ada_1", "4:+49301234567", "8:orgid:bob"
KEY, NEXT = (base64.b64encode(letter * 32).decode() for letter in (b"k", b"n"))
BY = Actor("entra:1")
SEARCH = PersonSearch(PageRequest(50), "request 7")


@dataclass
class Failing(FakeIndex):
    """An index of which one request fails, the first of which is number 1."""

    fails_at: int = 0
    seen: int = 0

    def _fail(self) -> None:
        self.seen += 1
        if self.seen == self.fails_at:
            raise ArchiveBusy("ask index", "503")

    def get(self, partition: str, key: str) -> IndexRow | None:
        self._fail()
        return super().get(partition, key)

    def put(self, row: IndexRow) -> None:
        self._fail()
        super().put(row)

    def delete(self, partition: str, key: str) -> None:
        self._fail()
        super().delete(partition, key)

    def page(self, partition: str, limit: int, after: str = "", since: str = "", until: str = "") -> IndexPage:
        self._fail()
        return super().page(partition, limit, after, since, until)


def world_of(keys: str = KEY, **fields: object) -> World:
    return World(settings={"PEOPLE_INDEX_KEY": keys}, **fields)  # type: ignore[arg-type]


def heard(*people: str | tuple[str, int]) -> list[dict[str, object]]:
    """Participants of a metadata file, with their channels if given."""
    found = ((one, None) if isinstance(one, str) else one for one in people)
    return [{"participantId": raw_id} | ({} if at is None else {"channel": at}) for raw_id, at in found]


def record(world: World, name: str = RECORDING, *chunks: Iterable[str | tuple[str, int]], filed: bool = True) -> None:
    """Archive a recording in whose chunks these are heard, and file it."""
    found = [
        world.add(
            f"{name}-{index}",
            index,
            metadata=metadata_of(f"{name}-{index}", index, participants=heard(*people)),
            end_reason="SessionEnded" if index == len(chunks) - 1 else "Split",
        )
        for index, people in enumerate(chunks or ([ADA],))
    ]
    world.announce(*found, recording_id=RecordingId(name), event_id=f"event-{name}")
    world.run()
    if filed:
        world.app.records.filing.file(RecordingId(name))


def ids(listed: Listed) -> list[str]:
    return [one.recording_id if isinstance(one, Unlisted) else one.recording.recording_id for one in listed.found]


def of(world: World, *raw_ids: str, asked: PersonSearch = SEARCH) -> Listed:
    return world.app.records.searching.of_person(raw_ids, asked, by=BY)


def document(world: World, name: str = RECORDING) -> dict[str, object]:
    """The people document of a recording."""
    manifest = world.entry(RecordingId(name)).recording.manifest_name
    assert manifest is not None
    found: dict[str, object] = json.loads(world.archive.blobs[BlobName(manifest.replace("manifest", "people"))].content)
    return found


def acts(world: World) -> list[dict[str, object]]:
    """The looks on record, in order."""
    blobs = world.trail.archive.blobs
    return [json.loads(blobs[name].content) for name in blobs if name.startswith("acts/")]


def in_clear(world: World, *texts: str) -> list[str]:
    """Which keys and names show one of these."""
    shown = [*("/".join(key) for key in world.index.rows), *world.archive.blobs, *world.trail.archive.blobs]
    return [one for one in shown if any(text in one for text in texts)]
