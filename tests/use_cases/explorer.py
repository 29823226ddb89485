"""Random fault injection from a seed: events, source, archive, catalog, queue, topic, kills and concurrent workers.

For 16 hours anything may fail. Then all faults end, Event Grid delivers the true event once more, and a day after the
start the source is gone. `Explorer.run` returns every violated invariant as text; an empty list means success.
"""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from recording.core.errors import ArchiveBusy, RecordingError
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import lacks
from recording.core.locations import object_id
from recording.core.model import (
    AnnouncedChunk,
    Authority,
    BlobName,
    CatalogEntry,
    ChunkState,
    DocumentId,
    Door,
    Location,
    Proof,
    RecordingId,
)
from tests.use_cases.kills import KilledError
from tests.use_cases.test_evidence import blob_metadata
from tests.use_cases.world import RECORDING, START, World, elsewhere, file_event_of, metadata_of, sound

OTHER = RecordingId("recording-2")
TROUBLE = timedelta(hours=16)
END = timedelta(hours=25)
FAULTS = [
    "zero_bytes", "html_for_media", "not_ready_404", "gone_410", "forbidden", "busy_503", "server_error_500",
    "reset_mid_body", "truncated_right_length", "extra_bytes", "range_ignored", "range_shifted", "length_changes",
    "short_206", "no_total", "no_length_200", "redirect_elsewhere", "redirect_loop", "slow_head", "delete_404",
    "delete_401", "delete_503", "delete_response_lost", "untyped_html", "untyped_html_for_middle_range",
]  # fmt: skip


class Explorer:
    """One world, and the random numbers that drive it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world = World(authority=self.chance.choice(list(Authority)))
        self.wrong: list[str] = []
        self.truth: dict[DocumentId, tuple[RecordingId, AnnouncedChunk, dict[Location, bytes]]] = {}
        self.stranger: dict[BlobName, bytes] = {}
        self.by_event_grid: set[Location | None] = set()
        self.gone: set[str | None] = set()
        self.is_dead = self.is_nested = self.is_calm = False
        self.rival = self.world.archiving
        self.world.archiving = self.world.worker()
        self._make_truth()
        self._watch()

    def _make_truth(self) -> None:
        counts = self.chance.choice([(1, 0), (2, 0), (3, 0), (1, 1), (2, 1)])
        for recording_id, count in zip((RECORDING, OTHER), counts, strict=True):
            for index in range(count):
                document = f"{recording_id[-1]}-{index}"
                seconds = 1.0 + 3.0 * len(self.truth)
                full = "ChunkMaximumSizeExceeded" if index < count - 1 else "SessionEnded"
                before = set(self.world.source.contents)
                chunk = self.world.add(document, index, seconds=seconds, end_reason=full)
                contents = {place: body for place, body in self.world.source.contents.items() if place not in before}
                self.truth[chunk.document_id] = (recording_id, chunk, contents)

    # Faults at the ports

    def _watch(self) -> None:
        world = self.world
        world.archive.before = world.quarantine.before = lambda *_: self._at("archive")
        world.archive.after = lambda *_: self._at("archive")
        world.source.on_open = lambda: self._at("source")
        for part, names in (
            (world.catalog, ("load", "save", "own")),
            (world.open_work, ("put", "remove", "touch")),
            (world.directory, ("add",)),
            (world.queue, ("put",)),
            (world.topic, ("publish",)),
        ):
            for name in names:
                setattr(part, name, self._wrapped(getattr(part, name), type(part).__name__))
        delete = world.source.delete

        def watched(location: Location, proof: Proof) -> bool:
            self._at("source")
            self._check_delete(location)
            before = set(world.source.contents)
            try:
                done = delete(location, proof)
            finally:
                if before - set(world.source.contents):
                    self.gone.add(object_id(location))
            self._at("source")
            return done

        world.source.delete = watched  # type: ignore[method-assign]

    def _wrapped(self, call: Callable[..., Any], part: str) -> Callable[..., Any]:
        def wrapped(*args: object, **named: object) -> object:
            self._at(part)
            done = call(*args, **named)
            if not (
                self.is_calm or part == "FakeQueue"
            ):  # the message is queued already: the test must not put it a second time
                self._at(part)
            return done

        return wrapped

    def _at(self, part: str) -> None:
        if self.is_dead:
            raise KilledError
        if self.is_calm or self.is_nested:
            return
        dice = self.chance.random()
        if dice < 0.004:
            self.is_dead = True
            raise KilledError
        if dice < 0.008 and part != "source":
            raise ArchiveBusy(part, "503")
        if dice < 0.02 and threading.current_thread() is threading.main_thread():
            self._let_rival_go()

    def _let_rival_go(self) -> None:
        """While a message is being handled, let another worker handle another message, or the same one."""
        self.is_nested = True
        mine, self.world.archiving = self.world.archiving, self.rival
        try:
            messages = [ChunkMessage(recording, document) for document, (recording, *_) in self.truth.items()]
            message = self.chance.choice(messages)
            entry = self.world.catalog.entries.get(message.recording_id)
            if entry is not None and entry.chunk(message.document_id) is not None:
                self._hand_out(message)
        finally:
            self.world.archiving = mine
            self.is_nested = False

    def _hand_out(self, message: ChunkMessage) -> None:
        try:
            self.world.hand_out(message)
        except KilledError:
            self.world.give_back(message)
            self.world.archiving = self.world.worker()
        except Exception as error:  # noqa: BLE001 - any other exception is a bug
            self.wrong.append(f"{type(error).__name__} {error} left the use case")
        finally:
            if not self.is_nested:
                self.is_dead = False

    def _check_delete(self, location: Location) -> None:
        document = DocumentId(str(object_id(location)))
        if location not in self.by_event_grid:
            self.wrong.append(f"{location} was never announced for deletion by Event Grid")
        if document not in self.truth:
            return
        archived = {blob.content for blob in self.world.archive.blobs.values()}
        for place, body in self.truth[document][2].items():
            if body not in archived:
                self.wrong.append(f"{place} is deleted, and the archive lacks it")

    # Random events

    def _something(self) -> None:
        self.chance.choice(
            [self._true_event, self._true_event, self._forged_event, self._odd_event, self._fault, self._fault,
             self._content_changes, self._content_heals, self._stranger_writes, self._topic_fails, self._new_worker,
             self._by_hand]
        )()  # fmt: skip

    def _some(self) -> tuple[RecordingId, AnnouncedChunk]:
        recording_id, chunk, _ = self.chance.choice(list(self.truth.values()))
        return recording_id, chunk

    def _deliver(self, recording_id: RecordingId, *chunks: AnnouncedChunk, door: Door, **fields: object) -> None:
        raw = file_event_of(*chunks, recording_id=recording_id, event_id=f"e{self.chance.randrange(10**9)}", **fields)
        if door is Door.EVENT_GRID:
            self.by_event_grid |= {chunk.delete_location for chunk in chunks}
        for _ in range(20):  # the sender retries until the event is taken
            try:
                if self.world.deliver(raw, door).failure is None:
                    return
            except KilledError:
                self.is_dead = False
            except RecordingError:  # of the queue output, which is the host's part
                continue
            except Exception as error:  # noqa: BLE001 - any other exception is a bug
                self.wrong.append(f"{type(error).__name__} {error} left the reception")
                return

    def _true_event(self) -> None:
        recording_id, chunk = self._some()
        self._deliver(recording_id, chunk, door=Door.EVENT_GRID)

    def _forged_event(self) -> None:
        recording_id, chunk = self._some()
        self._deliver(
            self.chance.choice([recording_id, RECORDING, OTHER]),
            self._bent(chunk),
            door=Door.FUNCTION_KEY,
            recordingFormatType=self.chance.choice(["Mp4", "Wav", None]),
        )

    def _odd_event(self) -> None:
        """Event Grid sends a wrong event, but never one that authorizes the deletion of another recording's object."""
        recording_id, chunk = self._some()
        if self.chance.random() < 0.3:
            chunk = elsewhere(chunk, delete=None)
        if self.chance.random() < 0.3:
            chunk = elsewhere(chunk, content=self._place(chunk))
        # With the setting `event` this would be enough authority if nothing is found there.
        if self.chance.random() < 0.2 and self.world.authority is not Authority.EVENT:
            chunk = elsewhere(chunk, delete=self._some()[1].delete_location)
        self._deliver(recording_id, chunk, door=Door.EVENT_GRID)

    def _bent(self, chunk: AnnouncedChunk) -> AnnouncedChunk:
        other = self._some()[1]
        for _ in range(self.chance.randrange(3)):
            chunk = self.chance.choice(
                [
                    replace(chunk, index=self.chance.randrange(5)),
                    replace(chunk, document_id=DocumentId(f"junk-{self.chance.randrange(4)}")),
                    replace(chunk, end_reason="ChunkMaximumSizeExceeded"),
                    elsewhere(chunk, delete=other.delete_location),
                    elsewhere(chunk, metadata=other.metadata_location),
                    elsewhere(chunk, metadata=None),
                    elsewhere(chunk, content=self._place(chunk)),
                ]
            )
        return chunk

    def _place(self, chunk: AnnouncedChunk) -> str:
        return self.chance.choice(
            [
                self._some()[1].content_location,
                "https://evil.example/v1/objects/x/content/audio",
                f"{chunk.content_location}/nothing",
                str(chunk.metadata_location),
            ]
        )

    def _fault(self) -> None:
        self.world.source.arm(self.chance.choice(FAULTS), times=self.chance.randrange(1, 12))

    def _content_changes(self) -> None:
        """The source serves other content for a while, but never other media of the length that the metadata states."""
        _, chunk = self._some()
        place = self.chance.choice([chunk.content_location, chunk.metadata_location])
        held = self.world.source.contents
        if place not in held or place is None:
            return
        choices: list[bytes | None] = [None, b"", b"limit exceeded!", b"{}", held[place][:40]]
        if place == chunk.content_location:
            choices.append(self.world.source.contents.get(self._some()[1].content_location))
        else:
            choices += [metadata_of("another"), metadata_of(chunk.document_id, 7, 900.0)]
        content = self.chance.choice(choices)
        if content is None:
            del held[place]
        else:
            held[place] = content

    def _content_heals(self) -> None:
        for _, chunk, contents in self.truth.values():
            if chunk.document_id not in self.gone:
                self.world.source.contents.update(contents)

    def _stranger_writes(self) -> None:
        recording_id, chunk, contents = self.chance.choice(list(self.truth.values()))
        entry = self.world.catalog.entries.get(recording_id)
        known = entry.chunk(chunk.document_id) if entry else None
        if known is None:
            return
        content = self.chance.choice([b"", b"junk", sound(1.0, 77), contents[chunk.content_location]])
        own = {"acsrecordingid": recording_id, "acsdocumentid": chunk.document_id, "acschunkindex": str(chunk.index)}
        claims = self.chance.choice([{}, blob_metadata(content) | own])
        container = self.chance.choice([self.world.archive, self.world.quarantine])
        suffix = self.chance.choice(["", "", ".metadata.json", ".metadata-2.json"])
        name = BlobName(f"{known.name}{suffix}")
        if name not in container.blobs:
            container.put_as_stranger(name, content, claims)
            if container is self.world.archive:
                self.stranger[name] = content

    def _topic_fails(self) -> None:
        self.world.topic.fail(self.chance.choice([403, 503]), self.chance.randrange(1, 6))

    def _new_worker(self) -> None:
        self.rival, self.world.archiving = self.world.archiving, self.world.worker()

    def _by_hand(self) -> None:
        """A person puts a message into the queue."""
        recording_id, chunk = self._some()
        entry = self.world.catalog.entries.get(recording_id)
        if entry is not None and entry.chunk(chunk.document_id) is not None:
            self.world.queue.messages.append((self.world.clock.now(), ChunkMessage(recording_id, chunk.document_id)))

    # The whole run

    def run(self) -> list[str]:
        """Run all phases; the violated invariants."""
        world = self.world
        while world.clock.now() < START + TROUBLE:
            for _ in range(self.chance.randrange(1, 4)):
                self._something()
            self._run_for(timedelta(minutes=self.chance.choice([1, 10, 60, 240])))
        self._heal()
        self._run_for(timedelta(hours=6))
        world.clock.at = max(world.clock.now(), START + END)
        for _, chunk, _ in self.truth.values():
            world.remove(chunk)
        self._run_for(timedelta(days=4))
        self.wrong += list(self._not_so())
        return self.wrong

    def _heal(self) -> None:
        self.is_calm = True
        self.world.topic.failures.clear()
        self.world.source._faults.clear()  # noqa: SLF001 - end all faults
        self._content_heals()
        for recording_id in (RECORDING, OTHER):
            chunks = [chunk for owner, chunk, _ in self.truth.values() if owner == recording_id]
            if chunks:
                self._deliver(recording_id, *chunks, door=Door.EVENT_GRID)

    def _run_for(self, time: timedelta) -> None:
        world, end = self.world, self.world.clock.now() + time
        for _ in range(6000):
            message = world.queue.take()
            if message is None:
                break
            if message[0] > end:
                world.queue.messages.append(message)
                break
            world.clock.at = max(world.clock.at, message[0])
            self._hand_out(message[1])
        else:
            self.wrong.append("it does not come to an end")
        world.clock.at = max(world.clock.at, end)

    # Invariants

    def _not_so(self) -> Iterator[str]:
        world = self.world
        if world.queue.messages:
            yield f"{len(world.queue.messages)} messages are left"
        for name, content in self.stranger.items():
            if world.archive.blobs[name].content != content:
                yield f"{name} of somebody else was overwritten"
        for entry in world.catalog.entries.values():
            yield from self._not_so_of(entry)
        kept = {blob.content for one in (world.archive, world.quarantine) for blob in one.blobs.values()}
        for recording_id, chunk, contents in self.truth.values():
            if contents[chunk.content_location] not in kept:
                state = world.state(chunk.document_id, recording_id)
                yield f"{chunk.document_id} is nowhere, and {state}"

    def _not_so_of(self, entry: CatalogEntry) -> Iterator[str]:
        told = [
            (str(event.event_type), event.body.get("documentId"))
            for event in self.world.topic.received
            if event.body.get("recordingId") == entry.recording.recording_id
        ]
        recording = entry.recording
        yield from self.world.missing_rows()
        if recording.untold:
            yield f"{recording.untold} is untold"
        for chunk in entry:
            if not chunk.is_closed:
                yield f"{chunk.document_id} of {recording.recording_id} is open: {chunk.state}"
            if chunk.state is ChunkState.LOST and ("RecordingLost", chunk.document_id) not in told:
                yield f"{chunk.document_id} is lost, and nobody was told"
            if chunk.state is ChunkState.QUARANTINED and ("RecordingQuarantined", chunk.document_id) not in told:
                yield f"{chunk.document_id} is in doubt, and nobody was told"
            yield from self._not_so_of_proof(recording.recording_id, chunk)
        if any(chunk.is_proven for chunk in entry):
            if recording.completed_at is None:
                yield f"{recording.recording_id} is not completed: {recording.state}"
            ends = [kind for kind, _ in told if kind in {"RecordingArchived", "RecordingIncomplete"}]
            if ends[-1:] != ["RecordingIncomplete" if lacks(entry) else "RecordingArchived"]:
                yield f"{recording.recording_id} lacks {lacks(entry)}, and {ends} was told"

    def _not_so_of_proof(self, recording_id: RecordingId, chunk: Any) -> Iterator[str]:  # noqa: ANN401
        if chunk.proof is None:
            return
        blob = self.world.archive.blobs.get(chunk.proof.name)
        if blob is None or len(blob.content) != chunk.proof.length:
            yield f"{chunk.document_id} of {recording_id} is proven, and its blob is not there"
            return
        truth = self.truth.get(chunk.document_id)
        if truth is None or truth[0] != recording_id:
            return
        if not chunk.proof.by_its_own_word and blob.content != truth[2][truth[1].content_location]:
            yield f"{chunk.document_id} is {chunk.state} with other bytes than its source has"
        if chunk.state is ChunkState.RELEASED:
            left = [place for place in truth[2] if place in self.world.source.contents]
            if left:
                yield f"{chunk.document_id} is told as released, and its source lives"
