"""A folder below `.local` that one stack at a time runs in."""

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

LOCAL = Path(__file__).parents[1] / ".local"


_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


class FolderInUseError(Exception):
    """Another process runs in the folder; the message says which."""


def folder_for(program: str, name: str) -> Path:
    """The folder of a program's run: the usual one, or with a name a further one beside it.

    Raises:
        SystemExit: the name is none for a folder; it is emptied, and so must be one of ours.
    """
    if not name:
        return LOCAL / program
    if not _NAME.fullmatch(name):
        raise SystemExit(f"--name: {name!r} is not 1 to 31 of a-z, 0-9 and hyphens")
    return LOCAL / f"{program}-{name}"


def _lock_of(folder: Path) -> Path:
    """Beside the folder: it outlives the folder's removal."""
    return folder.with_name(f"{folder.name}.lock")


@contextlib.contextmanager
def claimed(folder: Path, what: str) -> Iterator[None]:
    """Have a folder, empty, for this process alone. However the process ends, its claim ends with it.

    Args:
        folder: is removed with all that an earlier run has left in it, and made.
        what: what whoever wants it too is told, beside the process id.

    Raises:
        FolderInUseError: another process has it; nothing was touched.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock_of(folder).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise FolderInUseError(lock.read().strip() or "another process") from None
        lock.truncate(0)
        lock.write(f"{what}, process {os.getpid()}\n")
        lock.flush()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield


def is_claimed(folder: Path) -> bool:
    """Whether a process runs in the folder now."""
    try:
        with _lock_of(folder).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
