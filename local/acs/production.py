"""Makes the media and the event of an ended recording, on threads of its own because ffmpeg is slow."""

import itertools
import json
import logging
import threading
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.error import URLError

from local.acs.events import Event, participants_updated, recording_state_changed, start_recording_failed
from local.acs.exports import Export, folder_of
from local.acs.faults import Occasion
from local.acs.media import MediaLibrary
from local.acs.model import Call, Prompted, Recording, StoredObject
from local.acs.outputs import MAX_CHANNELS
from local.acs.prompting import reports
from local.acs.timeline import PlannedChunk, plan_chunks
from local.acs.world import World

_log = logging.getLogger(__name__)
_CALLBACK_TIMEOUT = 10


class Production:
    """Makes the media of ended recordings, publishes their events, and sends state callbacks."""

    def __init__(self, world: World, library: MediaLibrary, publish: Callable[[Event], None]) -> None:
        """Set the world's `on_started`, `on_state`, `on_ended` and `publish`."""
        self._world = world
        self._library = library
        self._publish = publish
        self._seeds = itertools.count(1)
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="acs-production")
        world.on_started = self.started
        world.on_ended = self.ended
        world.on_state = self.state_changed
        world.on_prompt = self.prompted
        world.on_people = self.people_changed
        world.publish = publish

    def ended(self, recording: Recording) -> None:
        """Make the media and publish the event of an ended recording, on another thread."""
        self._submit(lambda: self._finish(recording))

    def started(self, recording: Recording) -> None:
        """Report a start as inactive first, then, unless it starts paused or never begins, as active."""
        if recording.has_failed:
            self._call_back(recording, start_recording_failed(recording, self._world.clock()))
            return
        self._call_back(
            recording, *self._states(recording, *((False, True) if recording.state == "active" else (False,)))
        )
        if recording.ends_after is not None:
            self._submit(lambda: self._interrupt(recording))

    def state_changed(self, recording: Recording) -> None:
        """Report whether it is active now."""
        self._call_back(recording, *self._states(recording, recording.state == "active"))

    def prompted(self, call: Call, prompted: Prompted) -> None:
        """Report what became of a prompt."""
        world = self._world
        self._send(call, reports(call, prompted, world.faults, world.clock()))

    def people_changed(self, call: Call) -> None:
        """Report who is in the call now."""
        self._send(call, [participants_updated(call, self._world.clock())])

    def _send(self, call: Call, bodies: list[list[Event]]) -> None:
        uri = call.callback_url or self._world.callback_url
        if uri is not None:
            self._submit(lambda: self._post_all(uri, bodies))

    def _states(self, recording: Recording, *active: bool) -> list[list[Event]]:
        return [recording_state_changed(recording, self._world.clock(), active=each) for each in active]

    def _interrupt(self, recording: Recording) -> None:
        if not self._stopping.wait(recording.ends_after) and recording.state != "ended":
            self._world.interrupt_recording(recording.recording_id)

    def _call_back(self, recording: Recording, *bodies: list[Event]) -> None:
        """Send them, in order, to the recording's callback address, if it has one; or as the armed faults want."""
        uri = recording.state_callback_uri
        if not uri:
            return
        in_order: list[list[Event]] = []
        for body in bodies:
            fault = self._world.faults.strike(Occasion("callback"))
            if fault is not None and fault.name == "callback_late":
                self._submit(partial(self._post_late, uri, body, fault.seconds))
                continue
            in_order += {"callback_lost": [], "callback_twice": [body, body]}.get(fault.name if fault else "", [body])
        self._submit(lambda: self._post_all(uri, in_order))

    def _post_late(self, uri: str, body: list[Event], seconds: float) -> None:
        if not self._stopping.wait(seconds):
            self._post_all(uri, [body])

    def _post_all(self, uri: str, bodies: Sequence[list[Event]]) -> None:
        start = next((start for start in self._world.front_ends if uri.startswith(f"{start}/")), "")
        where = uri.replace(start, self._world.front_ends[start], 1) if start else uri
        for body in bodies:
            _post(where, body, self._world.callback_authorization())

    def stop(self) -> None:
        """Start nothing more; wait for what runs."""
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, work: Callable[[], None]) -> None:
        if self._stopping.is_set():
            return
        self._pool.submit(work).add_done_callback(_log_failure)

    def _finish(self, recording: Recording) -> None:
        if recording.has_failed:
            _log.info("recording %s never began: it yields no file", recording.recording_id)
            return
        chunks = self._plan(recording)
        if not chunks:
            _log.info("recording %s was paused from start to end: it yields no file", recording.recording_id)
            return
        files = [(chunk, self._file(recording, chunk)) for chunk in chunks]
        whole = timedelta(milliseconds=sum(chunk.duration_ms for chunk in chunks))
        # Counted back from its end: with a scaled duration it could otherwise end in the future.
        stored = self._world.store(recording, files, _ended(recording) - whole)
        late = self._export(recording, stored) if recording.external_container else []
        if self._stopping.wait(self._world.publish_delay):
            return
        self._publish(self._world.file_event(recording.recording_id))
        self._world.announced(recording)
        for seconds, export in late:
            if not self._stopping.wait(seconds):
                export.write()

    def _export(self, recording: Recording, stored: Sequence[StoredObject]) -> list[tuple[float, Export]]:
        """Write chunks into the customer's container; those that are to be written later, and after how many seconds.

        One whose export fails stays at the service, and its event names that.
        """
        late: list[tuple[float, Export]] = []
        folder = folder_of(recording)
        for one in stored:
            fault = self._world.faults.strike(Occasion("export", one.document_id))
            if fault is not None and fault.name == "export_failed":
                continue
            export = self._world.export(recording, one, folder)
            if fault is None:
                export.write()
            else:
                late.append((fault.seconds, export))
        return late

    def _plan(self, recording: Recording) -> tuple[PlannedChunk, ...]:
        start, end = recording.started, _ended(recording)
        pauses = [(_ms(pause.start - start), _ms((pause.end or end) - start)) for pause in recording.pauses]
        wanted = recording.chunk_ms
        given = self._library.given_duration_ms(recording.output)
        if given is not None:
            wanted = (given,) * len(wanted or (given,))
        return plan_chunks(
            _ms(end - start),
            pauses,
            speed=self._world.speed,
            max_chunk_ms=self._world.max_chunk_ms,
            chunk_ms=wanted,
        )

    def _file(self, recording: Recording, chunk: PlannedChunk) -> Path:
        unmixed = recording.output.channel == "unmixed"
        channels = min(MAX_CHANNELS, len(recording.call.participants)) if unmixed else 1
        return self._library.file(recording.output, chunk.media_ms, next(self._seeds), channels)


def _ended(recording: Recording) -> datetime:
    if recording.ended is None:
        raise ValueError(f"recording {recording.recording_id} has not ended")
    return recording.ended


def _ms(span: timedelta) -> float:
    return span / timedelta(milliseconds=1)


def _post(uri: str, body: list[Event], authorization: str) -> None:
    """POST a callback once; a failed one is lost, as at the real service after its retries."""
    headers = {"Content-Type": "application/json", "Authorization": authorization}
    request = urllib.request.Request(uri, json.dumps(body).encode(), headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=_CALLBACK_TIMEOUT):
            pass
    except URLError as error:
        _log.warning("the callback to %s was not accepted: %s", uri.partition("?")[0], error)


def _log_failure(done: Future[None]) -> None:
    """Log a failure, which the pool would discard."""
    if not done.cancelled() and (error := done.exception()) is not None:
        _log.error("making or announcing a recording failed", exc_info=error)
