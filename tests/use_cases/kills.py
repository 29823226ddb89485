"""Kills a use case at every single call of a port: before it, and after it took effect."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from tests.use_cases.world import World

PARTS = ("catalog", "open_work", "directory", "topic", "index", "job_queue", "record_queue", "consents")
CONTAINERS = ("archive", "quarantine", "overflow", "journal", "letters", "exports")
_MOST = 5000


class KilledError(BaseException):
    """The process was killed; a BaseException, so that no `except Exception` catches it."""


class Kill:
    """Raises at the call with the number `at`, counted from 0, and at all that follow until it is `lifted`."""

    def __init__(self, world: World, at: int) -> None:
        self.at, self.calls, self.is_over = at, 0, False
        for name in CONTAINERS:
            self._watch_container(getattr(world, name))
        self._watch_container(world.trail.archive)
        for part in (*(getattr(world, name) for name in PARTS), *world.removals.values()):
            for name in dir(type(part)):
                if not name.startswith("_") and callable(getattr(part, name)):
                    setattr(part, name, self._wrapped(getattr(part, name)))

    @property
    def has_come(self) -> bool:
        """Whether there were so many calls."""
        return self.calls > self.at

    def lift(self) -> None:
        """Whoever comes next lives."""
        self.is_over = True

    def call(self) -> None:
        """Count a call, and die at its turn."""
        if self.is_over:
            return
        number, self.calls = self.calls, self.calls + 1
        if number >= self.at:
            raise KilledError

    def _watch_container(self, archive: Any) -> None:  # noqa: ANN401 - of one kind, from several attributes
        archive.before = archive.after = lambda *_: self.call()

    def _wrapped(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: object, **named: object) -> object:
            self.call()
            done = ask(*args, **named)
            self.call()
            return done

        return wrapped


def killed_anywhere(made: Callable[[], World], act: Callable[[World], None], *, step: int = 1) -> Iterator[World]:
    """Every world in which `act` was killed at one call of a port, and another worker has come to the end of it."""
    for at in range(0, _MOST, step):
        world = made()
        kill = Kill(world, at)
        with suppress(KilledError):
            act(world)
        kill.lift()
        if not kill.has_come:
            assert at
            return
        world.archiving = world.worker()
        act(world)
        yield world
    raise AssertionError("it does not come to an end")
