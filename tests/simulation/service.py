"""The service as it is in truth: its calls and recordings, and the chunks at the source with their ends."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from recording.core.errors import CallRefused
from recording.core.model import CallConnectionId, DocumentId, Door, RecordingId, ServerCallId, StartOrder
from recording.core.times import format_time
from tests.core.media_files import chunk as riff_chunk
from tests.core.media_files import wav, wav_format
from tests.fakes import FakeCalls
from tests.fakes.service import FakeCall
from tests.simulation.clockwork import START
from tests.simulation.locations import document_in
from tests.simulation.truth import Document, TrueRecording, recording_id_of, whom_of
from tests.use_cases.world import metadata_of

if TYPE_CHECKING:
    from tests.simulation.world import World

RETENTION = 24 * 3600.0
LONGEST_CHUNK = 4 * 3600.0
_RATE = 32_000
"""Bytes a second of the one kind of media here."""


class _Calls(FakeCalls):
    """Call Automation, whose calls and recordings have names that do not depend on the order of things."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refused: set[str] = set()

    def add(self, whom: str) -> FakeCall:
        found = self.add_call(established=False)
        found.locators = tuple(
            replace(
                one,
                server_call_id=one.server_call_id and ServerCallId(f"server-{whom}"),
                call_connection_id=one.call_connection_id and CallConnectionId(f"connection-{whom}"),
            )
            for one in found.locators
        )
        return found

    def _begin(self, order: StartOrder) -> RecordingId:
        found = super()._begin(order)
        call = next(call for call in self._known if found in call.recordings)
        server_call_id = call.locators[0].server_call_id or ""
        name = recording_id_of(server_call_id.removeprefix("server-"), len(call.recordings) - 1)
        call.recordings[-1] = name
        self.recordings[name] = self.recordings.pop(found)
        return name

    def _refusal(self, order: StartOrder, status: int, code: str, words: str) -> CallRefused:
        locator = order.locator
        self.refused.add((locator.server_call_id or locator.call_connection_id or "").partition("-")[2])
        return super()._refusal(order, status, code, words)


class Service:
    """What the service knows; `finish` makes the chunks of a recording that is over.

    Attributes:
        refused: documents about which the source says 403, and not 404, once they have ended.
    """

    def __init__(self, world: "World") -> None:
        self.world = world
        self.calls = _Calls()
        self.by_call: dict[str, FakeCall] = {}
        self.refused: set[str] = set()
        self.is_asked: dict[str, bool] = {}
        self.lasted: dict[str, float] = {}
        self._began: dict[str, float] = {}
        self.recordings: dict[RecordingId, TrueRecording] = {}
        self.documents: dict[DocumentId, Document] = {}

    def begin_call(self, whom: str) -> FakeCall:
        """A call begins, which is not established yet."""
        self.by_call[whom] = call = self.calls.add(whom)
        self._began[whom] = self.world.clockwork.now
        self.world.story.tell("service", "the call {} begins", whom)
        return call

    def end_call(self, whom: str) -> None:
        """A call is over, if it was not before: its recordings end, and an event tells of it."""
        world, call = self.world, self.by_call[whom]
        if call.over:
            return
        world.story.tell("service", "the call {} ends", whom)
        self.calls.end(call)
        self.lasted[whom] = world.clockwork.now - self._began[whom]
        self.look()
        if not world.chance.happens("call event lost", whom):
            event = world.grid.call_event(whom, "CallEnded", by_connection=False)
            world.host.deliver(event, Door.FUNCTION_KEY, whom)
        world.participants.end(whom)

    def began(self, recording_id: RecordingId, *, is_ours: bool) -> TrueRecording:
        """A recording has begun."""
        now = self.world.clockwork.now
        if recording_id in self.recordings:
            return self.recordings[recording_id]
        found = self.recordings[recording_id] = TrueRecording(recording_id, now, is_ours)
        found.has_file = self.calls.recordings.get(recording_id) != "inactive"  # until it is resumed
        if is_ours:
            self.look()
        if self.world.chance.value("an event a chunk", found.whom) < _AN_EVENT_A_CHUNK:
            self.world.clockwork.later(LONGEST_CHUNK, lambda: self._full(found))
        return found

    def _full(self, recording: TrueRecording) -> None:
        """A chunk of a running recording has the greatest length: an event tells of it, and the next one begins."""
        if recording.ended_at is None and recording.has_file:
            document = self._document(recording, is_last=False)
            self.world.clockwork.later(60, lambda: self.world.grid.tell(recording, [document]))
            self.world.clockwork.later(LONGEST_CHUNK, lambda: self._full(recording))

    def refuses(self, location: str) -> bool:
        """Whether the source refuses to say anything about that location."""
        return document_in(location) in self.refused

    def recording_of(self, document_id: str) -> RecordingId:
        """The recording of a document."""
        return RecordingId(document_id.rpartition("-")[0])

    def turned(self, *_: object) -> None:
        """A recording was stopped, paused or resumed."""
        self.look()

    def look(self) -> None:
        """Finish the recordings that are over since the last look."""
        for recording_id, state in self.calls.recordings.items():
            found = self.recordings.get(recording_id)
            if found is None or found.ended_at is not None:
                continue
            if (state == "active") is not found.is_told_active:
                found.is_told_active = state == "active"
                self.world.grid.call_back(found, is_active=found.is_told_active)
            found.has_file = found.has_file or state == "active"
            if state == "over":
                self.finish(found)

    def finish(self, recording: TrueRecording) -> None:
        """The recording is over: its chunks come into the source, and events tell of them."""
        world, whom = self.world, recording.whom
        recording.ended_at = world.clockwork.now
        world.story.tell("service", "{} is over", recording.recording_id)
        if not recording.has_file:
            return
        told = len(recording.documents)
        while recording.ended_at - recording.began_at > LONGEST_CHUNK * (len(recording.documents) + 1):
            self._document(recording, is_last=False)
        self._document(recording, is_last=True)
        late = world.chance.between(60, 1200, "file event comes", whom)
        world.clockwork.later(late, lambda: world.grid.tell(recording, recording.documents[told:]))

    def _document(self, recording: TrueRecording, *, is_last: bool) -> Document:
        world, whom, index = self.world, recording.whom, len(recording.documents)
        full_at = recording.began_at + LONGEST_CHUNK * (index + 1)
        ended = world.clockwork.now if is_last else min(full_at, world.clockwork.now)
        document_id = DocumentId(f"{recording.recording_id}-d{index}")
        random = Random(f"{world.plan.seed}/{document_id}")
        content = wav(riff_chunk(b"fmt ", wav_format()), riff_chunk(b"data", random.randbytes(random.choice(_LENGTHS))))
        seconds = (len(content) - 44) / _RATE
        metadata = metadata_of(
            document_id, index, seconds, chunkStartTime=format_time(START + timedelta(seconds=ended - seconds))
        )
        extra = world.chance.between(0, 1800, "ends late", whom)
        reason = "SessionEnded" if is_last else "ChunkMaximumSizeExceeded"
        found = Document(document_id, index, reason, content, metadata, ended, ended + RETENTION + extra)
        recording.documents.append(found)
        self.documents[document_id] = found
        world.source.contents[found.content_location] = content
        self._add_metadata(found, whom)
        world.clockwork.later(max(0, found.ends_at - world.clockwork.now), lambda: self._expire(found))
        return found

    def _add_metadata(self, document: Document, whom: str) -> None:
        world, chance = self.world, self.world.chance
        contents, place = world.source.contents, document.metadata_location

        def add() -> None:
            if document.content_location in contents:
                contents[place] = document.metadata

        fault = chance.which(("metadata late", "metadata sparse at first", "metadata never"), "metadata", whom)
        if fault is None:
            add()
            return
        world.story.tell("service", "{} of {}", fault, document.document_id)
        if fault == "metadata sparse at first":
            contents[place] = b"{}"
        if fault != "metadata never":
            world.clockwork.later(60 + 20 * 3600 * chance.detail**5, add)

    def _expire(self, document: Document) -> None:
        if document.deleted_at is None:
            self.world.story.tell("service", "{} expires", document.document_id)
        for place in [place for place in self.world.source.contents if place.startswith(f"{document.base}/")]:
            del self.world.source.contents[place]
        if self.world.chance.happens("source refuses at its end", whom_of(document.document_id)):
            self.refused.add(document.document_id)


_AN_EVENT_A_CHUNK = 0.3
_LENGTHS = (400, 700, 900, 1500, 2600, 4000)
"""Bytes of media: one block, or several."""
