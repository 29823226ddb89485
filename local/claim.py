"""A folder below `.local` that one process at a time uses."""

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
    """The folder of a program's run: the default one, or with a name another one beside it.

    Raises:
        SystemExit: the name is not valid; the folder will be emptied, so it must be one of this program's.
    """
    if not name:
        return LOCAL / program
    if not _NAME.fullmatch(name):
        raise SystemExit(f"--name: {name!r} is not 1 to 31 of a-z, 0-9 and hyphens")
    return LOCAL / f"{program}-{name}"


def _lock_of(folder: Path) -> Path:
    """Beside the folder, so that the lock outlives the folder's removal."""
    return folder.with_name(f"{folder.name}.lock")


def names_in_use(program: str) -> list[str]:
    """The names of the runs of a program that go on now; without the one that has none."""
    locks = sorted(LOCAL.glob(f"{program}-*.lock"))
    return [lock.stem.removeprefix(f"{program}-") for lock in locks if is_claimed(lock.with_suffix(""))]


@contextlib.contextmanager
def claimed(folder: Path, what: str) -> Iterator[None]:
    """Lock a folder for this process, and empty it. The lock ends with the process, however that ends.

    Args:
        folder: removed with the content of an earlier run, and created.
        what: shown, with the process id, to another process that wants the folder.

    Raises:
        FolderInUseError: another process has it; nothing was changed.
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
