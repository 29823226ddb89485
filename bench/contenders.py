"""The contenders: tools, with one process for each run, and jobs in warm Python processes."""

import hashlib
import shutil
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol
from urllib.request import urlopen

from bench.measuring import Failed, Run, Worker, run_tool
from bench.servers import ACCOUNT, CONTAINER, TOKEN, Place, Unavailable

_BLOCKS = "--azureblob-chunk-size 16M --azureblob-upload-concurrency 4"
_COPY = f'rclone copyurl "$0" "$1" {_BLOCKS}'
_TARGET = f"sink:{CONTAINER}/chunk"


class Contender(Protocol):
    """Copies chunks from the source of a place to its sink."""

    name: str
    how: str

    def prepare(self, place: Place) -> None:
        """Get ready.

        Raises:
            Unavailable: something is not installed; the message says what.
        """

    def run(self, place: Place, size: int) -> Run:
        """Copy once.

        Raises:
            Failed: the copy failed.
        """

    def close(self) -> None:
        """End the process that still runs, if any; idempotent."""


class Rclone:
    """One stream in, blocks of 16 MiB out, four at a time.

    With `check` the blob is read back and hashed: rclone needs that for the guarantee that checksums give the engine.
    The hash is MD5, which takes the least CPU of the cryptographic hashes of this rclone.
    """

    how = "whole process"

    def __init__(self, name: str, log: Path, *, check: bool = False) -> None:
        self.name = name
        self._log = log
        self._check = check

    def prepare(self, place: Place) -> None:  # noqa: ARG002 - the protocol's signature
        """See `Contender.prepare`."""
        if shutil.which("rclone") is None:
            raise Unavailable("rclone is not on PATH; on Debian: apt-get install rclone")

    def run(self, place: Place, size: int) -> Run:
        """See `Contender.run`."""
        expected = _md5_of_source(place, size) if self._check else ""
        place.reset()
        script = _COPY + (' && rclone hashsum md5 --download "$1"' if self._check else "")
        # An rclone remote defined only by environment; a container's URL is the only kind that rclone uses unchanged.
        remote = {
            "RCLONE_CONFIG": "",
            "RCLONE_CONFIG_SINK_TYPE": "azureblob",
            "RCLONE_CONFIG_SINK_SAS_URL": f"{place.sink_base}/{ACCOUNT}/{CONTAINER}?{TOKEN}",
            "RCLONE_RETRIES": "1",
            "RCLONE_LOW_LEVEL_RETRIES": "1",
        }
        command = ["sh", "-c", script, place.source_url(size), _TARGET]
        run, said = run_tool(command, size, self._log, place.environment() | remote)
        if expected not in said:
            raise Failed(f"{self.name}: said {said!r}, not {expected!r}")
        place.check(self.name, size)
        return run

    def close(self) -> None:
        """Nothing runs between runs."""


@cache
def _md5_of_source(place: Place, size: int) -> str:
    """The MD5 of the source's content, read once, outside the measured runs."""
    with urlopen(place.source_url(size)) as reply:
        found = hashlib.md5(usedforsecurity=False)
        while piece := reply.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


class Warm:
    """A job in a Python process that has done its imports.

    Args:
        name: as shown in the table.
        kind: module and class of the job.
        options: of the job's class, besides source and sink.
        job: keyword arguments of each job, besides its size.
        warm_up: bytes that are copied once after the start and not measured.
        fresh: whether each run has a new process.
        moves: whether the job ends with blobs in the sink; else it is a part of a copy.
        package: the name of a package that it needs.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        *,
        options: Mapping[str, Any] | None = None,
        job: Mapping[str, Any] | None = None,
        warm_up: int = 0,
        fresh: bool = False,
        moves: bool = True,
        package: str = "",
    ) -> None:
        self.name = name
        self.how = "fresh process, imports apart" if fresh else "warm process"
        self._kind = kind
        self._options = dict(options or {})
        self._job = dict(job or {})
        self._warm_up = warm_up
        self._fresh = fresh
        self._moves = moves
        self._package = package
        self._worker: Worker | None = None

    def prepare(self, place: Place) -> None:
        """See `Contender.prepare`."""
        if self._package and find_spec(self._package) is None:
            raise Unavailable(f"{self._package} is not installed; make bench installs it")
        options = {"source": place.source_base, "sink": place.sink_base, **self._options}
        self._worker = Worker(self._kind, options, place.environment())
        if self._warm_up:
            place.reset()
            self._worker.run(self._warm_up)

    def run(self, place: Place, size: int) -> Run:
        """See `Contender.run`."""
        if self._worker is None:
            self.prepare(place)
        assert self._worker is not None  # noqa: S101 - prepare has made it
        place.reset()
        run = self._worker.run(size, **self._job)
        if self._moves:
            place.check(self.name, size)
        if self._fresh:
            self.close()
        return run

    def close(self) -> None:
        """See `Contender.close`."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None
