"""Calls and their recordings: the state machine behind the REST API.

Not thread-safe: the world's lock guards it.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from local.acs.identifiers import is_base64, new_recording_id, new_server_call_id
from local.acs.model import Call, Pause, Recording, ServiceRefusal
from local.acs.outputs import Output

NOT_BASE64 = (
    "The input is not a valid Base-64 string as it contains a non-base 64 character, "
    "more than two padding characters, or an illegal character among the padding characters."
)


@dataclass(frozen=True, slots=True)
class Locator:
    """How a start request names its call; exactly one is set."""

    server_call_id: str | None = None
    group_id: str | None = None
    room_id: str | None = None
    call_connection_id: str | None = None


@dataclass(frozen=True, slots=True)
class StartRequest:
    """A checked start request; `channels` are raw ids of participants, in the order of their channels."""

    locator: Locator
    output: Output
    paused: bool = False
    state_callback_uri: str | None = None
    repeatability_id: str | None = None
    channels: tuple[str, ...] = ()
    external_container: str | None = None


class CallBook:
    """All calls and recordings since the service began."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """`clock` returns the service's time, in UTC."""
        self._clock = clock
        self.calls: dict[str, Call] = {}
        self.recordings: dict[str, Recording] = {}
        self._repeated: dict[str, Recording] = {}
        self._refused: dict[str, ServiceRefusal] = {}

    def open(
        self,
        participants: Sequence[str],
        *,
        server_call_id: str | None = None,
        group_id: str | None = None,
        room_id: str | None = None,
        pstn: bool = False,
        chunk_ms: Sequence[int] | None = None,
        operation_context: str | None = None,
    ) -> Call:
        """Create a call, not yet established."""
        call = Call(
            server_call_id=server_call_id or new_server_call_id(),
            call_connection_id=str(uuid.uuid4()),
            correlation_id=str(uuid.uuid4()),
            group_id=group_id,
            room_id=room_id,
            participants=tuple(participants),
            pstn=pstn,
            started=self._clock(),
            chunk_ms=tuple(chunk_ms) if chunk_ms is not None else None,
            operation_context=operation_context,
        )
        self.calls[call.call_connection_id] = call
        return call

    def close(self, call: Call) -> list[Recording]:
        """End a call; returns the recordings that end with it."""
        if call.ended is not None:
            return []
        call.ended = self._clock()
        live = [entry for entry in self.recordings.values() if entry.call is call and entry.state != "ended"]
        for recording in live:
            self._finish(recording, "CallEnded")
        return live

    def find(self, locator: Locator) -> Call:
        """The call a locator names; raises ServiceRefusal as the service does for an invalid or ended one."""
        given = locator.server_call_id
        if given is not None and not is_base64(given):
            raise ServiceRefusal(400, "8500", NOT_BASE64)
        for call in self.calls.values():
            if call.ended is None and _matches(call, locator):
                if not call.established:
                    raise ServiceRefusal(400, "8501", "Action is invalid when call is not in Established state.")
                return call
        raise ServiceRefusal(404, "8522", "Call not found.")

    def connected(self, connection_id: str) -> Call:
        """The call that has this connection; raises ServiceRefusal 404 for an ended or unknown one."""
        call = self.calls.get(connection_id)
        if call is None or call.ended is not None:
            raise ServiceRefusal(404, "8522", "Call not found.")
        return call

    def begin(self, request: StartRequest, *, one_per_call: bool = False, replays_refusals: bool = False) -> Recording:
        """Start a recording, or return the one that the same repeatability id started; raises ServiceRefusal."""
        repeated = self._repeated.get(request.repeatability_id or "")
        if repeated is not None:
            return repeated
        refused = self._refused.get(request.repeatability_id or "")
        if replays_refusals and refused is not None:
            raise refused
        try:
            return self._begin(request, one_per_call=one_per_call)
        except ServiceRefusal as refusal:
            if request.repeatability_id:
                self._refused[request.repeatability_id] = refusal
            raise

    def _begin(self, request: StartRequest, *, one_per_call: bool) -> Recording:
        call = self.find(request.locator)
        live = (entry for entry in self.recordings.values() if entry.call is call and entry.state != "ended")
        if one_per_call and any(live):
            raise ServiceRefusal(400, "8553", "Recording is already in progress for this call.")
        now = self._clock()
        recording = Recording(
            recording_id=new_recording_id(),
            event_id=str(uuid.uuid4()),
            call=call,
            output=request.output,
            started=now,
            state="paused" if request.paused else "active",
            chunk_ms=call.chunk_ms,
            state_callback_uri=request.state_callback_uri,
            channels=request.channels,
            external_container=request.external_container,
        )
        if request.paused:
            recording.pauses.append(Pause(now))
        self.recordings[recording.recording_id] = recording
        if request.repeatability_id:
            self._repeated[request.repeatability_id] = recording
        return recording

    def adopt(self, call: Call, output: Output, started: datetime, ended: datetime) -> Recording:
        """Create a recording that has ended already."""
        recording = Recording(
            recording_id=new_recording_id(),
            event_id=str(uuid.uuid4()),
            call=call,
            output=output,
            started=started,
            state="ended",
            ended=ended,
        )
        self.recordings[recording.recording_id] = recording
        return recording

    def live(self, recording_id: str) -> Recording:
        """A recording that has not ended; raises ServiceRefusal 404 for others, as the service does."""
        recording = self.recordings.get(recording_id)
        if recording is None or recording.state == "ended":
            raise ServiceRefusal(404, "8522", "Recording not found.")
        return recording

    def pause(self, recording_id: str) -> Recording | None:
        """Pause; None if it was paused already, which counts as success (an assumption, not observed)."""
        recording = self.live(recording_id)
        if recording.state == "paused":
            return None
        recording.state = "paused"
        recording.pauses.append(Pause(self._clock()))
        return recording

    def fail(self, recording: Recording) -> None:
        """End one that never began."""
        recording.state, recording.has_failed, recording.ended = "ended", True, self._clock()

    def resume(self, recording_id: str) -> Recording | None:
        """Resume; None if it was not paused, which counts as success (an assumption, not observed)."""
        recording = self.live(recording_id)
        if recording.state == "active":
            return None
        recording.state = "active"
        recording.pauses[-1].end = self._clock()
        return recording

    def stop(self, recording_id: str, reason: str = "InitiatorLeft") -> Recording:
        """End a recording by request, or for another reason."""
        recording = self.live(recording_id)
        self._finish(recording, reason)
        return recording

    def _finish(self, recording: Recording, reason: str) -> None:
        now = self._clock()
        recording.has_failed = recording.state == "pending"
        if recording.state == "paused":
            recording.pauses[-1].end = now
        recording.state = "ended"
        recording.ended = now
        recording.session_end_reason = reason


def _matches(call: Call, locator: Locator) -> bool:
    if locator.server_call_id is not None:
        return call.server_call_id == locator.server_call_id
    if locator.group_id is not None:
        return call.group_id == locator.group_id
    if locator.room_id is not None:
        return call.room_id == locator.room_id
    return call.call_connection_id == locator.call_connection_id
