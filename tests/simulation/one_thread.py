"""The copy engine without threads: what starts or blocks one is replaced by what does the same at once.

What the engine does with threads is proven by tests/copying. Here its requests come one after the other, so that
another task can go on at each of them, and one seed gives one run.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Self
from unittest.mock import patch

from recording.copying import block_stager, range_requests, range_workers
from recording.timelimits import Limit
from tests.simulation.clockwork import Clockwork


class Inline:
    """`ThreadPoolExecutor` that runs what is submitted before it returns."""

    def __init__(self, most: int, prefix: str) -> None:
        """Nothing to start."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to wait for."""

    def submit[**P, T](self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(act(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - raised by `result`
            done.set_exception(error)
        return done


class _Untimed:
    """`TimeLimits` that never end an operation: no transfer of the fake source stalls."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic

    @contextmanager
    def within(self, seconds: float, end: Callable[[], object]) -> Iterator[Limit]:
        yield Limit(self._monotonic() + seconds, end)


@contextmanager
def one_thread(clockwork: Callable[[], Clockwork]) -> Iterator[None]:
    """While inside, engines use no threads, and wait in the time of the clockwork."""

    class Event:
        """`threading.Event` that nobody sets while another waits for it, as nobody else runs."""

        def __init__(self) -> None:
            self._is_set = False

        def set(self) -> None:
            self._is_set = True

        def wait(self, seconds: float) -> bool:
            if not self._is_set:
                clockwork().sleep(seconds)
            return self._is_set

    with ExitStack() as stack:
        for module in (range_workers, block_stager):
            stack.enter_context(patch.object(module, "ThreadPoolExecutor", Inline))
        stack.enter_context(patch.object(range_requests, "threading", SimpleNamespace(Event=Event)))
        stack.enter_context(patch("recording.copying.stall_watchdog.TimeLimits", _Untimed))
        # The fake packs every entry as the adapter does, to find those that no row can hold; there are none here.
        stack.enter_context(patch("tests.fakes.catalog.pack", bool))
        # Pages of an audit as small as the worlds here: else every pass of the sweep would read the whole catalog.
        stack.enter_context(patch("recording.watch.auditing._PAGE", 3))
        yield
