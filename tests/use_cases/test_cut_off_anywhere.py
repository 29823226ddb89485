"""The way of a recording, disturbed once, at each single call of a port: before it, and after it took effect."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from recording.core.errors import ArchiveBusy
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import lacks
from recording.core.model import Authority, ChunkState, DocumentId, Location
from tests.use_cases.kills import KilledError
from tests.use_cases.world import RECORDING, World, elsewhere, file_event_of

PARTS = {
    "catalog": ("load", "save", "own"),
    "open_work": ("put", "remove", "touch"),
    "directory": ("add",),
    "topic": ("publish",),
    "source": ("delete",),
    "queue": ("put",),
}
ELSEWHERE = "https://us-api.asm.skype.com/v1/objects/document-0/content/audio"


class Disturbed:
    """A world in which `disturb` is called at the call with the number `at`; calls are counted from 0."""

    def __init__(self, disturb: Callable[["Disturbed", str], None], at: int, authority: Authority, chunks: int) -> None:
        self.world = World(authority=authority)
        self.disturb, self.at = disturb, at
        self.calls, self.is_dead, self.is_within = 0, False, False
        self.deleted: list[Location] = []
        self.truth: dict[Location, bytes] = {}
        self.chunks = [self.add(index) for index in range(chunks)]
        self.world.announce(*self.chunks)
        self._watch()

    def add(self, index: int) -> Any:  # noqa: ANN401 - as the world has it
        chunk = self.world.add(f"document-{index}", index, seconds=0.1 + index / 10)
        self.truth |= self.world.source.contents
        return chunk

    def _watch(self) -> None:
        world = self.world
        world.archive.before = lambda operation, _: self._call(f"{operation}, before")
        world.archive.after = lambda operation, _: self._call(f"{operation}, after")
        world.source.on_open = lambda: self._call("open")
        for part, names in PARTS.items():
            for name in names:
                setattr(getattr(world, part), name, self._wrapped(getattr(getattr(world, part), name), name))

    def _wrapped(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def wrapped(*args: object, **named: object) -> object:
            self._call(f"{name}, before")
            done = call(*args, **named)
            if name == "delete" and done:
                self.deleted.append(args[0])  # type: ignore[arg-type]
            if (
                getattr(call, "__self__", None) is not self.world.queue
            ):  # else the world gives the message back a second time
                self._call(f"{name}, after")
            return done

        return wrapped

    def _call(self, what: str) -> None:
        if self.is_dead:
            raise KilledError
        if self.is_within:
            return
        number, self.calls = self.calls, self.calls + 1
        if number == self.at:
            self.is_within = True
            mine = self.world.archiving
            self.rival = self.world.worker()  # whose locks nobody holds
            self.world.archiving = mine
            try:
                self.disturb(self, what)
            finally:
                self.is_within = False

    def run(self) -> None:
        world = self.world
        for _ in range(200):
            message = world.queue.take()
            if message is None:
                return
            world.clock.at = max(world.clock.at, message[0])
            try:
                world.hand_out(message[1])
            except KilledError:
                self.is_dead = False
                world.give_back(message[1])
                world.archiving = world.worker()
        raise AssertionError("it does not come to an end")

    def wrong(self) -> Iterator[str]:  # noqa: C901, PLR0912 - one for each claim
        self.is_within = True
        world, entry = self.world, self.world.entry()
        yield from world.missing_rows()
        archived = {blob.content for blob in world.archive.blobs.values()}
        for location, content in self.truth.items():
            if content not in archived:
                yield f"the archive lacks {location}"
        for chunk in entry:
            if not chunk.is_closed:
                yield f"{chunk.document_id} is open"
            if chunk.state not in {ChunkState.RELEASED, ChunkState.KEPT}:
                yield f"{chunk.document_id} is {chunk.state}"
            is_there = chunk.announced.content_location in world.source.contents
            if is_there != (chunk.state is ChunkState.KEPT):
                yield f"{chunk.document_id} is {chunk.state}, and its source is there: {is_there}"
        if len(set(self.deleted)) != len(self.deleted):
            yield f"deleted twice: {self.deleted}"
        recording = entry.recording
        if recording.completed_at is None or recording.untold or lacks(entry):
            yield f"it is not complete: {recording}"
            return
        chunks = world.manifest()["chunks"]
        assert isinstance(chunks, list)
        if {one["documentId"] for one in chunks} != {chunk.document_id for chunk in entry}:
            yield f"the manifest lists {json.dumps(chunks)}"
        for one, chunk in zip(chunks, entry, strict=False):
            if (one["keptReason"] == "") != (chunk.state is ChunkState.RELEASED):
                yield f"the manifest says {one}, and the chunk is {chunk.state}"
        told = [event for event in world.topic.received if event.event_type == "RecordingArchived"]
        last = sorted(told, key=lambda event: int(str(event.body["revision"])))[-1:]  # they may come in any order
        if not last or str(recording.manifest_name) not in json.dumps(last[0].body):
            yield f"told: {world.told()}, {last}"
        if not {"RecordingArchived", "ConflictingEvents"} >= set(world.told()):
            yield f"told: {world.told()}"


def nothing(_: Disturbed, __: str) -> None:
    """The undisturbed way."""


def kill(one: Disturbed, _: str) -> None:
    """The process dies."""
    one.is_dead = True
    raise KilledError


def fail(_: Disturbed, what: str) -> None:
    """The call fails, or its reply is lost."""
    raise ArchiveBusy(what, "503")


def add_chunk(one: Disturbed, _: str) -> None:
    """Another chunk of the recording is announced."""
    one.world.deliver(file_event_of(one.add(len(one.chunks)), event_id="event-2"))


def add_candidate(one: Disturbed, _: str) -> None:
    """The chunk is announced once more, at another location."""
    one.world.deliver(file_event_of(elsewhere(one.chunks[0], content=ELSEWHERE), event_id="event-2"))


def repeat_event(one: Disturbed, _: str) -> None:
    """The same event comes again."""
    one.world.deliver(file_event_of(*one.chunks))


def let_rival_go(one: Disturbed, _: str) -> None:
    """Another worker drives all chunks, as far as it can."""
    mine = one.world.archiving
    one.world.archiving = mine
    for chunk in one.chunks:
        if one.world.entry().chunk(chunk.document_id) is not None:
            one.world.archiving = one.rival
            one.world.hand_out(ChunkMessage(RECORDING, DocumentId(chunk.document_id)))
            one.world.archiving = mine


def add_chunk_by_rival(one: Disturbed, what: str) -> None:
    """Another chunk is announced, and another worker drives it to its end."""
    one.chunks.append(one.add(len(one.chunks)))
    one.world.deliver(file_event_of(one.chunks[-1], event_id="event-2"))
    let_rival_go(one, what)


def let_rival_die(one: Disturbed, _: str) -> None:
    """Another worker drives all chunks, and dies before it has saved that they are released."""
    save = one.world.catalog.save

    def dying(entry: Any) -> Any:  # noqa: ANN401
        if any(chunk.state in {ChunkState.RELEASED, ChunkState.KEPT} for chunk in entry):
            raise KilledError
        return save(entry)

    one.world.catalog.save = dying  # type: ignore[method-assign]
    mine = one.world.archiving
    try:
        one.world.archiving = one.rival
        for chunk in one.chunks:
            with suppress(KilledError):
                one.world.hand_out(ChunkMessage(RECORDING, DocumentId(chunk.document_id)))
    finally:
        one.world.catalog.save = save  # type: ignore[method-assign]
        one.world.archiving = mine


DISTURBANCES = [kill, fail, add_chunk, add_candidate, repeat_event, let_rival_go, let_rival_die, add_chunk_by_rival]


@pytest.mark.parametrize(("authority", "chunks"), [(Authority.PROVEN, 1), (Authority.PROVEN, 2), (Authority.NEVER, 1)])
@pytest.mark.parametrize("disturb", DISTURBANCES)
def test_a_recording_ends_whole_wherever_it_is_disturbed(
    disturb: Callable[[Disturbed, str], None], authority: Authority, chunks: int
) -> None:
    calm = Disturbed(nothing, -1, authority, chunks)
    calm.run()
    assert [] == list(calm.wrong())

    wrong: list[tuple[int, str, str]] = []
    for at in range(calm.calls):
        names: list[str] = []

        def noted(one: Disturbed, what: str, names: list[str] = names) -> None:
            names.append(what)
            disturb(one, what)

        one = Disturbed(noted, at, authority, chunks)
        one.run()
        wrong += [(at, names[0] if names else "?", what) for what in one.wrong()]

    assert [] == wrong
