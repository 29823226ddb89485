"""The jobs of warm processes by name. Each module is imported only in the process that needs it."""

from collections.abc import Callable
from typing import Any

Job = Callable[..., dict[str, float]]
"""Moves `size` bytes as its keywords say; may return figures of its own."""


def _ours(options: dict[str, Any]) -> Job:
    from bench.ours import Ours  # noqa: PLC0415

    return Ours(options)


def _obstore(options: dict[str, Any]) -> Job:
    from bench.obstore_copy import ObstoreCopy  # noqa: PLC0415

    return ObstoreCopy(options)


def _stream(options: dict[str, Any]) -> Job:
    from bench.sdk_copies import Stream  # noqa: PLC0415

    return Stream(options)


def _quickstart_memory(options: dict[str, Any]) -> Job:
    from bench.sdk_copies import QuickstartInMemory  # noqa: PLC0415

    return QuickstartInMemory(options)


def _quickstart_file(options: dict[str, Any]) -> Job:
    from bench.sdk_copies import QuickstartByFile  # noqa: PLC0415

    return QuickstartByFile(options)


def _hashes(options: dict[str, Any]) -> Job:
    from bench.anatomy import Hashes  # noqa: PLC0415

    return Hashes(options)


def _anatomy(options: dict[str, Any]) -> Job:
    from bench.anatomy import Anatomy  # noqa: PLC0415

    return Anatomy(options)


JOBS: dict[str, Callable[[dict[str, Any]], Job]] = {
    "ours": _ours,
    "obstore": _obstore,
    "stream": _stream,
    "quickstart_memory": _quickstart_memory,
    "quickstart_file": _quickstart_file,
    "hashes": _hashes,
    "anatomy": _anatomy,
}
