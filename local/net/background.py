"""An asyncio loop on a thread of its own, for servers that tests and the demo drive from synchronous code."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

_LAST_ITERATIONS = 10


class LoopThread:
    """Owns one event loop; `start` and `stop` may each be called once."""

    def __init__(self, name: str) -> None:
        """Prepare a thread called `name`."""
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def start(self) -> None:
        """Make the loop, and begin to run it: one that is made and never run would have to be closed as well."""
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    def run[T](self, work: Coroutine[Any, Any, T], timeout: float = 30) -> T:
        """Run a coroutine on the loop and wait for it; raises what it raises, or TimeoutError."""
        return self.submit(work).result(timeout)

    def submit[T](self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop without waiting."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        """Cancel what still runs, then end the loop and its thread."""
        if self._thread.is_alive():
            self.run(self._cancel_all())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    async def _cancel_all(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A closed transport releases its socket in a later iteration of the loop.
        for _ in range(_LAST_ITERATIONS):
            await asyncio.sleep(0)


class Background(ABC):
    """A service on a thread of its own; a context manager from `start` to `stop`, each called once."""

    def __init__(self, name: str) -> None:
        """Prepare a thread called `name`; nothing listens before `start`."""
        self._loop = LoopThread(name)

    def start(self) -> Self:
        """Listen; returns itself once the service answers."""
        self._loop.start()
        self._loop.run(self._open())
        return self

    def stop(self) -> None:
        """Stop the service and cancel its work."""
        self._loop.run(self._close())
        self._loop.stop()

    @abstractmethod
    async def _open(self) -> None:
        """Listen."""

    @abstractmethod
    async def _close(self) -> None:
        """Stop listening and abort open connections."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
