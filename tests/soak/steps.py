"""The steps of a plan, carried out on the stack: recordings, calls, faults, lost messages."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import singledispatchmethod
from typing import TYPE_CHECKING

import requests

from local.acs.model import Call as LiveCall
from tests.endurance.scene import sound
from tests.soak import plan
from tests.soak.books import Books
from tests.soak.stack import SoakStack

if TYPE_CHECKING:
    from local.acs.faults import Fault as ArmedAtSource
    from local.acs.faults import Trigger
    from local.faultproxy.faults import Fault as ArmedAtStorage

_STARTS = 4


class Log:
    """JSON lines, each with the seconds since the beginning; thread-safe."""

    def __init__(self, write: Callable[[str], object]) -> None:
        """`write` gets each line."""
        self._write = write
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, what: str, **fields: object) -> None:
        """Write what happened."""
        line = json.dumps({"at": round(time.monotonic() - self._began, 3), "what": what, **fields}, default=str)
        with self._lock:
            self._write(f"{line}\n")


class Steps:
    """Carries out steps; calls have threads of their own, for the app may answer late or never."""

    def __init__(self, stack: SoakStack, books: Books, log: Log, now: Callable[[], float]) -> None:
        """`now` is the time of the plan, by which faults end."""
        self._stack, self._books, self._log, self._now = stack, books, log, now
        self._armed: list[tuple[float, ArmedAtSource | ArmedAtStorage]] = []
        self._calls: list[LiveCall] = []
        self._callers = ThreadPoolExecutor(8, thread_name_prefix="caller")
        self._running: list[Future[None]] = []

    @property
    def struck(self) -> Counter[str]:
        """How often each fault has struck."""
        found: Counter[str] = Counter()
        for _, fault in self._armed:
            found[fault.name] += fault.hits
        return +found

    def end_faults(self, until: float) -> None:
        """End the faults that last until then or less."""
        for ends, fault in self._armed:
            if ends <= until and not fault.spent:
                fault.stop()

    def end_calls(self) -> None:
        """Wait for the last calls, and tell the app again that each has ended: its callback may have been lost."""
        for running in self._running:
            running.result()
        for call in self._calls:
            self._tell(self._stack.acs.world.end_call(call))

    def stop(self) -> None:
        """Begin no further call; wait for those that go on."""
        self._callers.shutdown(wait=True, cancel_futures=True)

    @singledispatchmethod
    def do(self, step: plan.Step) -> None:
        """Carry out a step, except that of the host.

        Raises:
            TypeError: it is of a kind that is not known here.
        """
        raise TypeError(f"nothing is known of {step}")

    @do.register
    def _(self, step: plan.Announce) -> None:
        world = self._stack.acs.world
        contents = [sound(length, step.number * 10 + index) for index, length in enumerate(step.lengths)]
        event = world.add_recording(contents)
        (recording,) = (one for one in world.recordings.values() if one.event_id == event["id"])
        documents = recording.documents
        for document in documents if step.redirects else ():
            world.arm("redirects", object_id=document)
        if step.is_gone:
            self._books.gone.add(recording.recording_id)
            for document in documents:
                world.expire(document)
        if step.is_doubtful:
            self._books.doubtful.add(recording.recording_id)
            for document in documents:
                world.arm("metadata_of_another", object_id=document, count=None)
        self._log("announced", number=step.number, recording=recording.recording_id, documents=documents)
        self._stack.event_grid.publish(event, copies=step.copies)

    @do.register
    def _(self, step: plan.Call) -> None:
        call = self._stack.acs.world.start_call(chunk_ms=step.chunk_ms)
        self._calls.append(call)
        if step.is_silent:
            self._stack.silence(call)
        self._running.append(self._callers.submit(self._call, step, call))

    @do.register
    def _(self, step: plan.SourceFault) -> None:
        trigger: Trigger = {**step.trigger, "count": step.count}
        fault = self._stack.acs.world.arm(step.name, **trigger)
        self._armed.append((self._now() + step.lasts, fault))

    @do.register
    def _(self, step: plan.StorageFault) -> None:
        fault = self._stack.proxy.arm(step.name, step.operation, step.moment, count=step.count, seconds=1.0)
        self._armed.append((self._now() + step.lasts, fault))

    @do.register
    def _(self, step: plan.LoseMessages) -> None:
        self._stack.lose_messages(step.queue)

    @do.register
    def _(self, step: plan.RefuseEvents) -> None:
        self._stack.event_grid.topic.fail(503, step.count)

    def _call(self, step: plan.Call, call: LiveCall) -> None:
        """A call that is recorded by request; a start whose outcome is unknown is asked for again, as people do."""
        world = self._stack.acs.world
        self._tell(world.connect(call))
        for _ in range(_STARTS):
            try:
                reply = self._stack.call("POST", "recordings", json={"serverCallId": call.server_call_id})
                self._log("start", call=call.call_connection_id, status=reply.status_code)
                if reply.ok:
                    break
            except requests.RequestException as error:
                self._log("start", call=call.call_connection_id, error=type(error).__name__)
            time.sleep(step.lasts / _STARTS)
        time.sleep(step.lasts)
        self._tell(world.end_call(call))

    def _tell(self, callback: list[dict[str, object]]) -> None:
        """Send a callback to the app, once: it may be lost."""
        try:
            reply = self._stack.call_back(callback)
            self._log("callback", status=reply.status_code)
        except requests.RequestException as error:
            self._log("callback", error=type(error).__name__)
