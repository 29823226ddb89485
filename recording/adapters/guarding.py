"""Ensures that a port raises nothing but `Transient` and `Permanent`, whatever its adapter raises."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache
from inspect import signature
from traceback import walk_tb
from types import TracebackType
from typing import Any, cast

from recording.core.errors import Permanent, PortFailed, Transient
from recording.core.formats.messages import ChunkMessage
from recording.core.model import CatalogEntry

_IDS: Mapping[str, str] = {"name": "blob", "recording_id": "recording_id", "document_id": "document_id"}
"""Parameters of the ports that may be shown in an error, and their names there."""

_CALLS_SHOWN = 4


def guarded[P](port: P) -> P:
    """The same port, whose methods raise `PortFailed` in place of exceptions that are in neither family.

    An object that the port returns by a context manager is guarded as well. What the caller raises inside the `with`
    block is raised unchanged, and so is every `BaseException` that is no `Exception`, such as KeyboardInterrupt.
    """
    return cast("P", _Guarded(port))


class _Guarded:
    """Wraps a port; all other attributes are the port's."""

    def __init__(self, port: Any) -> None:
        self._port = port
        kind: Any = type(port)
        for name in _methods(kind):
            setattr(self, name, _guard(f"{kind.__name__}.{name}", getattr(port, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


class _GuardedContext:
    """Wraps a context manager that a port returned."""

    def __init__(self, operation: str, context: AbstractContextManager[object]) -> None:
        self._operation = operation
        self._enter = _guard(operation, context.__enter__)
        self._exit = context.__exit__

    def __enter__(self) -> object:
        return guarded(self._enter())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        try:
            return self._exit(kind, error, trace)
        except (Transient, Permanent):
            raise
        except Exception as failure:
            if error is None:
                raise _failed(self._operation, failure, {}) from failure
            if failure is not error:
                error.add_note(f"{self._operation} failed at its end: {_kind(failure)}")
            return False  # the caller's own error is raised: it says more


@cache
def _methods(kind: type) -> tuple[str, ...]:
    return tuple(name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name)))


def _guard(operation: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            found = method(*args, **kwargs)
        except (Transient, Permanent):
            raise
        except Exception as error:
            raise _failed(operation, error, _ids(method, args, kwargs)) from error
        return _GuardedContext(operation, found) if hasattr(found, "__exit__") else found

    return call


def _failed(operation: str, error: Exception, ids: Mapping[str, str]) -> PortFailed:
    """The error names only the exception's type and place: its text may contain URLs, keys or personal data."""
    hint = "a fault of the app or of a library"
    return PortFailed(operation, f"{_kind(error)} at {_place(error)}", hint=hint, ids=ids)


def _place(error: Exception) -> str:
    """The innermost calls of the traceback, by module and line."""
    calls = [(str(frame.f_globals.get("__name__")), line) for frame, line in walk_tb(error.__traceback__)]
    return " < ".join(f"{module}:{line}" for module, line in reversed(calls[-_CALLS_SHOWN:]))


def _kind(error: Exception) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _ids(method: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, str]:
    try:
        given = signature(method).bind(*args, **kwargs).arguments
    except TypeError:
        return {}  # the arguments do not fit the method: that is the failure
    found = {shown: str(given[name]) for name, shown in _IDS.items() if name in given}
    match given:
        case {"entry": CatalogEntry(recording=recording)}:
            return found | {"recording_id": str(recording.recording_id)}
        case {"message": ChunkMessage(recording_id=recording_id, document_id=document_id)}:
            return found | {"recording_id": str(recording_id), "document_id": str(document_id)}
    return found
