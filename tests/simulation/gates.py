"""The ports as a worker process sees them: each call takes time, may fail, lose its reply, or be the process's last."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from greenlet import getcurrent

from recording.core.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveRefused,
    RecordingError,
    ServiceBusy,
    ServiceRefused,
    SourceBusy,
    SourceRefused,
    SourceUnexpected,
    SourceUnreachable,
)
from recording.core.model import DocumentId, Location, Proof
from tests.simulation.clockwork import Task
from tests.simulation.locations import NOTHING, document_in

if TYPE_CHECKING:
    from tests.fakes import FakeTransfer
    from tests.simulation.processes import Process

SOURCE_FAULTS = (
    "not_ready_404",
    "gone_410",
    "bad_request_html",
    "unauthorized_mid_copy",
    "forbidden",
    "busy_429",
    "busy_503",
    "server_error_500",
    "hang",
    "redirect_elsewhere",
    "redirect_loop",
    "zero_bytes",
    "html_for_media",
    "untyped_html",
    "reset_mid_body",
    "truncated_chunked",
    "truncated_wrong_length",
    "extra_bytes",
    "range_ignored",
    "range_shifted",
    "length_changes",
    "short_206",
    "no_total",
    "no_length_200",
    "overlong",
    "html_for_middle_range",
)
"""Faults of the fake source's replies, which it shares with the local media host."""

_DENIALS = frozenset({"not_ready_404", "gone_410"})
_ERRORS: Mapping[str, tuple[type[RecordingError], ...]] = {
    "catalog": (ArchiveBusy, ArchiveRefused),
    "consents": (ArchiveBusy, ArchiveRefused),
    "open_work": (ArchiveBusy, ArchiveRefused),
    "archive": (ArchiveBusy, ArchiveRefused, ArchiveDamaged),
    "overflow": (ArchiveBusy, ArchiveRefused, ArchiveDamaged),
    "quarantine": (ArchiveBusy, ArchiveRefused, ArchiveDamaged),
    "journal": (ArchiveBusy, ArchiveRefused),
    "trail": (ArchiveBusy, ArchiveRefused),
    "queue": (ArchiveBusy, ArchiveRefused),
    "topic": (ServiceBusy, ServiceRefused),
    "calls": (ServiceBusy, ServiceRefused),
    "prompts": (ServiceBusy, ServiceRefused),
    "source": (SourceBusy, SourceRefused, SourceUnreachable, SourceUnexpected),
}
_LONGEST_CALL = 600.0


class KilledError(BaseException):
    """The process is dead; a BaseException, so that no `except Exception` catches it."""


class Gate:
    """What is between a process and a port. Every call goes through `call`.

    Args:
        process: whose calls they are.
        port: the name of the port.
        target: the fake that does what is asked.
        effects: called after an operation took effect, with its arguments and result, by the operation's name.
        others: what others do just before an operation takes effect, given whom it concerns and its arguments.
    """

    def __init__(
        self,
        process: "Process",
        port: str,
        target: object,
        effects: Mapping[str, Callable[..., None]] | None = None,
        others: Mapping[str, Callable[..., None]] | None = None,
    ) -> None:
        self._process = process
        self._port = port
        self._target: Any = target
        self._effects = effects or {}
        self._others = others or {}
        self._faults = ("crash before", "crash after", f"{port} fails", f"{port} loses its reply", "slow call")
        for name in _methods(cast("Any", type(target))):
            if not hasattr(self, name):
                setattr(self, name, self._gated(name, getattr(target, name)))

    def _gated(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        operation, effect, other = f"{self._port}.{name}", self._effects.get(name), self._others.get(name)

        def gated(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the port has it
            fault = self.enter(operation)
            if other is not None:
                other(_whom(), *args)
            found = act(*args, **kwargs)
            if effect is not None:
                effect(*args, found)
            self.leave(operation, fault)
            return found

        return gated

    def enter(self, operation: str) -> str | None:
        """Let the time of the request pass, and make it fail if that is to be; the fault that comes after it."""
        process = self._process
        world, whom = process.world, _whom()
        chance = world.chance
        fault = chance.which(self._faults, operation, whom)
        detail = chance.detail
        seconds = 0.003 + 0.06 * chance.spare
        if fault == "slow call":
            seconds += _LONGEST_CALL * detail**3
        world.clockwork.sleep(seconds)
        if process.is_dead:
            raise KilledError
        if fault is not None:
            world.story.tell(process.name, "{} for {}: {}", operation, whom, fault)
        if fault == "crash before":
            process.crash()
        if world.is_closed(self._port):
            raise _error(self._port, operation, 0.0, "503, closed")
        if fault == f"{self._port} fails":
            raise _error(self._port, operation, detail, "it was not done")
        return None if fault is None else f"{fault}/{detail}"

    def leave(self, operation: str, fault: str | None) -> None:
        """Let the time of the reply pass, if one comes."""
        process = self._process
        if fault is not None and fault.startswith("crash after"):
            process.crash()
        process.world.clockwork.sleep(0.004)
        if process.is_dead:
            raise KilledError
        if fault is not None and fault.startswith(f"{self._port} loses its reply"):
            raise _error(self._port, operation, 0.0, "done, but the reply is lost")


class BlobGate(Gate):
    """A container of our own that is read as a source."""

    @contextmanager
    def open(self, location: Location, offset: int = 0, length: int | None = None) -> Iterator["FakeTransfer"]:
        fault = self.enter(f"{self._port}.open")
        with self._target.open(location, offset, length) as transfer:
            self.leave(f"{self._port}.open", fault)
            yield transfer


class SourceGate(Gate):
    """The source: its replies may be wrong in all the ways that the fake knows."""

    @contextmanager
    def open(self, location: Location, offset: int = 0, length: int | None = None) -> Iterator["FakeTransfer"]:
        process = self._process
        world = process.world
        fault = self.enter("source.open")
        if world.chance.which(("source answers wrong",), "source answer", _whom()):
            name = SOURCE_FAULTS[int(world.chance.detail * len(SOURCE_FAULTS))]
            world.story.tell(process.name, "the source answers {}", name)
            world.source.arm(name)
            if name in _DENIALS:
                # A false answer about content that is there, also if it strikes the request after one for nothing.
                world.rules.denied.add(DocumentId(document_in(location).removeprefix(NOTHING)))
        if world.service.refuses(location):
            raise SourceRefused("read source", "403", ids={"status": "403"})
        with world.source.open(location, offset, length) as transfer:
            self.leave("source.open", fault)
            yield transfer
        if process.is_dead:
            raise KilledError

    def delete(self, location: Location, proof: Proof) -> bool:
        process = self._process
        world = process.world
        fault = self.enter("source.delete")
        if world.chance.which(("delete answers 404",), "delete answer", _whom()):
            world.story.tell(process.name, "the source answers the delete with 404, and deletes nothing")
            world.source.arm("delete_404")
        before = dict(world.source.contents)
        done = world.source.delete(location, proof)
        world.rules.deleted(process, location, before)
        self.leave("source.delete", fault)
        return done


@cache
def _methods(kind: Any) -> tuple[str, ...]:  # noqa: ANN401 - any fake's class
    return tuple(name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name)))


def _whom() -> str:
    task = getcurrent()
    return task.whom if isinstance(task, Task) else ""


def _error(port: str, operation: str, detail: float, cause: str) -> RecordingError:
    kinds = _ERRORS[port]
    return kinds[int(detail * len(kinds))](operation, cause)
