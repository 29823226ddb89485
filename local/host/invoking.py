"""One run of a function: inputs to the worker, outputs written, the time limit, one line in the log."""

import asyncio
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from local.host.bindings import Function
from local.host.outputs import OutputRefusedError, Outputs
from local.host.payloads import Payload
from local.host.storage import QueueRefusedError
from local.host.worker import Worker

log = logging.getLogger(__name__)


class Ending(StrEnum):
    """How a run ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run that is over for the host; after a time-out the function's thread may still be running."""

    ending: Ending
    outputs: Mapping[str, Payload] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether the function returned and its outputs were written."""
        return self.ending is Ending.SUCCEEDED


class Invocations:
    """Runs functions, and tracks those that are still running."""

    def __init__(self, worker: Worker, outputs: Outputs, timeout: float | None) -> None:
        self._worker = worker
        self._outputs = outputs
        self._timeout = timeout
        self._running: set[asyncio.Task[Outcome]] = set()

    async def run(
        self, function: Function, inputs: Mapping[str, Payload], metadata: Mapping[str, Payload] | None = None
    ) -> Outcome:
        """Runs a function to its end, even if the caller stops waiting."""
        task = asyncio.create_task(self._run(function, inputs, metadata or {}))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def drained(self) -> None:
        """Waits until nothing runs."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def _run(self, function: Function, inputs: Mapping[str, Payload], metadata: Mapping[str, Payload]) -> Outcome:
        invocation = str(uuid.uuid4())
        began = time.perf_counter()
        outcome = await self._ended(function, invocation, inputs, metadata)
        log.info(
            "function.ended name=%s id=%s ms=%d outcome=%s",
            function.name,
            invocation,
            (time.perf_counter() - began) * 1000,
            outcome.ending.value,
        )
        return outcome

    async def _ended(
        self,
        function: Function,
        invocation: str,
        inputs: Mapping[str, Payload],
        metadata: Mapping[str, Payload],
    ) -> Outcome:
        # Shielded: after the timeout the run is abandoned, not stopped; a thread cannot be stopped.
        running = asyncio.ensure_future(self._worker.run(function, invocation, inputs, metadata))
        try:
            async with asyncio.timeout(self._timeout):
                result = await asyncio.shield(running)
        except TimeoutError:
            # The timeout is our own: a traceback would not help.
            log.error("function.timed_out name=%s id=%s seconds=%s", function.name, invocation, self._timeout)  # noqa: TRY400
            return Outcome(Ending.TIMED_OUT)
        if not result.succeeded:
            log.error("function.failed name=%s id=%s error=%s", function.name, invocation, result.error)
            return Outcome(Ending.FAILED)
        try:
            await self._outputs.write(function, result.outputs)
        except (QueueRefusedError, OutputRefusedError) as error:
            # The run fails with its output, as in Azure: its trigger is delivered again.
            log.error("function.output_failed name=%s id=%s error=%s", function.name, invocation, error)  # noqa: TRY400
            return Outcome(Ending.FAILED)
        return Outcome(Ending.SUCCEEDED, result.outputs)
