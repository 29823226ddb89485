"""The state of the local service, without servers: calls, recordings, objects, faults, requests.

Tests read and change it while the servers run; every public method may be called from any thread.
"""

import base64
import secrets
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Unpack

from local.acs import events
from local.acs.callbook import CallBook, StartRequest
from local.acs.exports import Export, export_of
from local.acs.fault_table import FAULTS
from local.acs.faults import Board, Fault, Occasion, Trigger
from local.acs.model import Call, Prompted, Recording, RequestRecord, StoredObject
from local.acs.object_store import MetadataContent, ObjectStore, Placement
from local.acs.outputs import Output, output_named
from local.acs.request_log import RequestLog
from local.acs.seeding import lay_out
from local.acs.timeline import DOCUMENTED_MAX_CHUNK_MS, PlannedChunk
from local.net.faults import fault_named
from local.net.hosts import CALLBACK_HOST
from local.net.tokens import TokenIssuer
from local.net.waiting import wait_until

DEFAULT_PARTICIPANTS = (
    "8:acs:b6372803-0c35-4ec0-833b-c19b798cef2d_0000000e-3240-55cf-b8bb-353a0d00a001",
    "8:acs:b6372803-0c35-4ec0-833b-c19b798cef2d_0000000e-3240-55cf-b8bb-353a0d00a002",
)
Files = Sequence[tuple[PlannedChunk, Path]]


def _now() -> datetime:
    return datetime.now(UTC)


class World:
    """The state of the local service. The attributes below may be set at any time.

    Attributes:
        clock: the service's time, UTC; if it is moved by 24 hours, every file has expired.
        signing_clock: what `x-ms-date` is compared with; separate, so that signatures stay valid when `clock` is moved.
        skew: the tolerance for `x-ms-date`.
        retention: how long a file exists.
        callback_issuer: signs the tokens of callbacks.
        speed: media milliseconds made per millisecond of call.
        max_chunk_ms: media of one chunk at most.
        publish_delay: seconds between the end of a recording and its event (minutes, at the real service).
        publish_call_events: whether CallStarted and CallEnded are published.
        accept_tokens: bearer tokens that are accepted instead of a signature.
        placement: layout of the files of recordings made through the REST API.
        customer_storage: connection string of the account with containers into which the service may write.
        callback_url: where callbacks of calls go that have no address of their own; None: nowhere.
        on_prompt: called with each prompt that was ordered, and on_people with each call that somebody joined or left.
        on_started, on_state, on_ended: called after a recording began, changed its state, or ended; the servers set
            them.
        front_ends: where callbacks to an address are sent in truth, by the address's beginning, such as
            `https://HOST`: the front end that ends TLS in Azure is not there on one machine.
        publish: called with every event; the servers set it.
    """

    def __init__(self, folder: Path, access_key: str | None = None) -> None:
        """Keep media in `folder`; `access_key` is base64, random if not given."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.access_key = access_key or base64.b64encode(secrets.token_bytes(64)).decode()
        self.clock: Callable[[], datetime] = _now
        self.signing_clock: Callable[[], datetime] = _now
        self.skew = timedelta(minutes=5)
        self.retention = timedelta(hours=24)
        self.callback_issuer = TokenIssuer(f"https://{CALLBACK_HOST}")
        self.speed = 1.0
        self.max_chunk_ms = DOCUMENTED_MAX_CHUNK_MS
        self.publish_delay = 0.0
        self.publish_call_events = True
        self.accept_tokens: set[str] = set()
        self.placement = Placement()
        self.customer_storage = ""
        self.callback_url: str | None = None
        self.on_prompt: Callable[[Call, Prompted], None] = lambda *_: None
        self.on_people: Callable[[Call], None] = lambda _: None
        self.on_started: Callable[[Recording], None] = lambda _: None
        self.on_ended: Callable[[Recording], None] = lambda _: None
        self.on_state: Callable[[Recording], None] = lambda _: None
        self.publish: Callable[[events.Event], None] = lambda _: None
        self.front_ends: dict[str, str] = {}
        self.faults = Board()
        self._changed = threading.Condition(threading.RLock())
        self._book = CallBook(self._time)
        self._store = ObjectStore(self._time)
        self.log = RequestLog(self._changed)

    def _time(self) -> datetime:
        """The service's time, by the clock that is set now."""
        return self.clock()

    def callback_authorization(self, **claims: object) -> str:
        """The Authorization header of a callback: each has a token of its own. `claims` replace the usual ones."""
        issuer = self.callback_issuer
        return f"Bearer {issuer.sign(issuer.claims(events.RESOURCE_ID) | claims)}"

    # --- calls ---

    def start_call(
        self,
        server_call_id: str | None = None,
        *,
        participants: Sequence[str] = DEFAULT_PARTICIPANTS,
        group_id: str | None = None,
        room_id: str | None = None,
        pstn: bool = False,
        chunk_ms: Sequence[int] | None = None,
        operation_context: str | None = None,
    ) -> Call:
        """Create a call that is not established yet; `connect` establishes it.

        Args:
            server_call_id: base64; random if not given.
            participants: raw ids, at least one; the first one started the call.
            group_id: the id in a groupCallLocator.
            room_id: the id in a roomCallLocator.
            pstn: a telephone call, which raises no CallStarted event (documented limit).
            chunk_ms: media durations of each recording's chunks; by default they follow from its duration.
            operation_context: what its callbacks carry.
        """
        with self._changed:
            return self._book.open(
                participants,
                server_call_id=server_call_id,
                group_id=group_id,
                room_id=room_id,
                pstn=pstn,
                chunk_ms=chunk_ms,
                operation_context=operation_context,
            )

    def connect(self, call: Call) -> list[events.Event]:
        """Establish a call; publishes CallStarted, returns the body of the CallConnected callback."""
        with self._changed:
            call.established = True
            self._changed.notify_all()
        if self.publish_call_events and not call.pstn:
            self.publish(events.call_started(call, self.clock()))
        return self.call_connected(call)

    def call_connected(self, call: Call) -> list[events.Event]:
        """The body of a CallConnected callback: an array with one CloudEvent."""
        return events.call_automation_callback(events.CALL_CONNECTED, call, self.clock(), {})

    def call_started(self, call: Call, schema: events.Schema = "eventgrid") -> events.Event:
        """The CallStarted event of a call."""
        return events.call_started(call, self.clock(), schema)

    def change_participants(self, call: Call, participants: Sequence[str]) -> list[events.Event]:
        """Let people join or leave; returns the body of the ParticipantsUpdated callback."""
        with self._changed:
            call.participants = tuple(participants)
            call.participant_lists += 1
            self._changed.notify_all()
        return events.participants_updated(call, self.clock())

    def end_call(self, call: Call) -> list[events.Event]:
        """End a call and its recordings; returns the body of the CallDisconnected callback."""
        with self._changed:
            already = call.ended is not None
            ended = self._book.close(call)
            self._changed.notify_all()
        for recording in ended:
            self.on_state(recording)
            self.on_ended(recording)
        if self.publish_call_events and not already and not call.pstn:
            self.publish(events.call_ended(call, self.clock()))
        return events.call_automation_callback(events.CALL_DISCONNECTED, call, self.clock(), {})

    @property
    def calls(self) -> dict[str, Call]:
        """All calls by call connection id."""
        with self._changed:
            return dict(self._book.calls)

    def live_call(self, connection_id: str) -> Call:
        """The call of a connection, while it lasts; raises ServiceRefusal 404."""
        with self._changed:
            return self._book.connected(connection_id)

    def prompt(self, call: Call, prompted: Prompted) -> None:
        """Play a prompt; a callback reports what became of it."""
        with self._changed:
            call.prompts.append(prompted)
            self._changed.notify_all()
        self.on_prompt(call, prompted)

    def press(self, call: Call, raw_id: str, *keys: str) -> None:
        """Let a participant press these keys, one after each of the next prompts."""
        with self._changed:
            call.keys.setdefault(raw_id, []).extend(keys)

    def join(self, call: Call, raw_id: str) -> None:
        """Somebody joins a call."""
        self._set_people(call, (*call.participants, raw_id))

    def leave(self, call: Call, raw_id: str) -> None:
        """Somebody leaves a call."""
        self._set_people(call, tuple(one for one in call.participants if one != raw_id))

    def _set_people(self, call: Call, people: tuple[str, ...]) -> None:
        self.change_participants(call, people)
        self.on_people(call)

    # --- recordings ---

    def begin_recording(self, request: StartRequest) -> Recording:
        """Start a recording; raises ServiceRefusal. The same repeatability id returns the same recording."""
        with self._changed:
            known = len(self._book.recordings)
            recording = self._book.begin(
                request,
                one_per_call=self.faults.follows("start_one_per_call"),
                replays_refusals=self.faults.follows("start_refusal_replayed"),
            )
            new = len(self._book.recordings) > known
            if new:
                self._suffer(recording)
            self._changed.notify_all()
        if new:
            self.on_started(recording)
        return recording

    def _suffer(self, recording: Recording) -> None:
        """Let the recording be as a fault that is armed for it wants."""
        fault = self.faults.strike(Occasion("record"))
        match fault.name if fault is not None else "":
            case "state_never_active":
                recording.state = "pending"
            case "start_recording_failed":
                self._book.fail(recording)
            case "inactive_mid_call" if fault is not None:
                recording.ends_after = fault.seconds

    def interrupt_recording(self, recording_id: str) -> None:
        """End a recording by itself, while its call goes on; raises ServiceRefusal 404."""
        self._end_recording(recording_id, "RecorderFailed")

    def live_recording(self, recording_id: str) -> Recording:
        """One that has not ended; raises ServiceRefusal 404."""
        with self._changed:
            return self._book.live(recording_id)

    def pause_recording(self, recording_id: str) -> None:
        """Pause a recording; raises ServiceRefusal 404."""
        self._change_state(self._book.pause, recording_id)

    def resume_recording(self, recording_id: str) -> None:
        """Resume a recording; raises ServiceRefusal 404."""
        self._change_state(self._book.resume, recording_id)

    def stop_recording(self, recording_id: str) -> None:
        """Stop a recording; raises ServiceRefusal 404, also if it has ended already."""
        self._end_recording(recording_id, "InitiatorLeft")

    def _end_recording(self, recording_id: str, reason: str) -> None:
        with self._changed:
            recording = self._book.stop(recording_id, reason)
            self._changed.notify_all()
        self.on_state(recording)
        self.on_ended(recording)

    def _change_state(self, change: Callable[[str], Recording | None], recording_id: str) -> None:
        with self._changed:
            recording = change(recording_id)
            self._changed.notify_all()
        if recording is not None:
            self.on_state(recording)

    @property
    def recordings(self) -> dict[str, Recording]:
        """All recordings by id."""
        with self._changed:
            return dict(self._book.recordings)

    # --- files and their event ---

    def add_recording(
        self,
        chunks: Sequence[Path | bytes],
        *,
        output: str | Output = "wav",
        duration_ms: int | Sequence[int] | None = None,
        pauses: Sequence[Sequence[tuple[int, int]]] = (),
        participants: Sequence[str] = DEFAULT_PARTICIPANTS,
        metadata: Sequence[MetadataContent] = (),
        placement: Placement | None = None,
        call: Call | None = None,
        **event_options: Unpack[events.FileEventOptions],
    ) -> events.Event:
        """Store an ended recording that no REST call started, and return its event; it is not published.

        Args:
            chunks: content of each chunk; a file is served from its place, neither copied nor changed.
            output: a short name of `outputs.OUTPUTS`, or another output.
            duration_ms: of each chunk, pauses included; one number for all. By default computed from a
                wav's bytes, otherwise a minute.
            pauses: per chunk its (start, duration) in ms, start counted from the chunk's own start.
            participants: raw ids.
            metadata: per chunk, content instead of the generated file; None keeps the generated one.
            placement: layout of the files.
            call: the call it belongs to; by default a new one that has ended.
            **event_options: see `events.FileEventOptions`.
        """
        kind = output_named(output) if isinstance(output, str) else output
        place = placement or self.placement
        paths = [self._as_file(content, kind) for content in chunks]
        files, channels = lay_out(paths, duration_ms, pauses)
        if place.channels is None and kind.format == "wav":
            place = Placement(place.host, place.content_name, place.split, place.variants, channels)
        total = sum(chunk.duration_ms for chunk, _ in files)
        began = self.clock() - timedelta(milliseconds=total)
        with self._changed:
            owner = call or self._past_call(participants, began)
            recording = self._book.adopt(owner, kind, began, self.clock())
            self._changed.notify_all()
        self.store(recording, files, began, place, metadata)
        return self.file_event(recording.recording_id, **event_options)

    def _past_call(self, participants: Sequence[str], began: datetime) -> Call:
        call = self._book.open(participants)
        call.established = True
        call.started, call.ended = began, self.clock()
        return call

    def store(
        self,
        recording: Recording,
        files: Files,
        began: datetime,
        placement: Placement | None = None,
        metadata: Sequence[MetadataContent] = (),
    ) -> list[StoredObject]:
        """Store the files of an ended recording."""
        with self._changed:
            recording.media_started = began
            recording.duration_ms = sum(chunk.duration_ms for chunk, _ in files)
            stored = self._store.put(recording, files, placement or self.placement, self.retention, metadata)
            self._changed.notify_all()
        return stored

    def file_event(self, recording_id: str, **options: Unpack[events.FileEventOptions]) -> events.Event:
        """The RecordingFileStatusUpdated event of a recording; its id is always the same."""
        with self._changed:
            recording = self._book.recordings[recording_id]
            objects = self._store.objects()
            chunks = [objects[document] for document in recording.documents]
        return events.file_event(recording, chunks, self.clock(), options)

    def export(self, recording: Recording, stored: StoredObject, folder: str) -> Export:
        """Move a chunk into the customer's container: from now on its locations are there, and the service has none.

        The delete location stays the service's: whether a real event has one is not known.

        Raises:
            ValueError: the service has no access to that container.
        """
        export, url = export_of(self.customer_storage, recording, stored, folder)
        with self._changed:
            stored.content_location, stored.metadata_location = f"{url}/{export.media}", f"{url}/{export.metadata}"
            stored.expires = self.clock()
            self._changed.notify_all()
        return export

    def announced(self, recording: Recording) -> None:
        """Record that the event of a recording was published."""
        with self._changed:
            recording.announced = self.clock()
            self._changed.notify_all()

    @property
    def objects(self) -> dict[str, StoredObject]:
        """All that was ever stored, by document id."""
        with self._changed:
            return self._store.objects()

    def find_object(self, location_id: str) -> StoredObject | None:
        """By the id in any of its locations, deleted objects included."""
        with self._changed:
            return self._store.find(location_id)

    def delete_object(self, location_id: str) -> bool:
        """Delete content and metadata; False if the object does not exist."""
        with self._changed:
            entry = self._store.find(location_id)
            if entry is None or not entry.exists:
                return False
            entry.deleted = self.clock()
            self._changed.notify_all()
            return True

    def expire(self, object_id: str | None = None) -> None:
        """Make an object, or all of them, expire now."""
        with self._changed:
            for document, entry in self._store.objects().items():
                if object_id in {None, document}:
                    entry.expires = self.clock()
            self._changed.notify_all()

    def _as_file(self, content: Path | bytes, output: Output) -> Path:
        if isinstance(content, Path):
            return content
        path = self.folder / f"{uuid.uuid4().hex}.{output.format}"
        path.write_bytes(content)
        return path

    # --- faults and requests ---

    def arm(self, name: str, *, object_id: str | None = None, **trigger: Unpack[Trigger]) -> Fault:
        """Arm a fault of the table in fault_table.py; raises ValueError for an unknown name.

        Args:
            name: its stable name.
            object_id: the document id it is for; by default all.
            **trigger: when and how it strikes, see `Fault`; the defaults are the table's.
        """
        kind = fault_named(FAULTS, name)
        usual: Trigger = {"count": kind.count, "on": kind.operation, "hop": kind.hop}
        return self.faults.arm(Fault(kind, object_id, **(usual | trigger)))

    @property
    def requests(self) -> list[RequestRecord]:
        """Every request that reached the TLS server, in order of arrival."""
        return self.log.requests()

    @property
    def refused_hosts(self) -> list[str]:
        """`host:port` of every connection the tunnel refused."""
        return self.log.refused()

    def bytes_served(self, object_id: str) -> int:
        """Body bytes of an object's content sent so far, over all its requests."""
        return sum(r.bytes_sent for r in self.requests if r.document_id == object_id and r.operation == "content")

    def wait_for(self, reached: Callable[["World"], bool], timeout: float = 60.0) -> bool:
        """Wait until the world has reached a state; False if it takes longer than the timeout."""
        return wait_until(self._changed, lambda: reached(self), timeout)
