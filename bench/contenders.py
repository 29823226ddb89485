"""Who copies: whole processes that are started for each run, and jobs in warm Python processes."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from bench.measuring import Failed, Run, Tools, Worker
from bench.places import Place


class Contender(Protocol):
    """Copies chunks from a place's source to its sink, again and again."""

    name: str
    how: str

    def prepare(self, place: Place) -> None:
        """Get ready.

        Raises:
            Unavailable: this machine lacks something; the message says what.
        """

    def run(self, place: Place, size: int) -> Run:
        """Do it once.

        Raises:
            Failed: it did not do its work.
        """

    def close(self) -> None:
        """End what is still running; may be called twice."""


class Whole:
    """A tool: one process for each run, its children included."""

    how = "whole process"

    def __init__(
        self,
        name: str,
        tools: Tools,
        command: Callable[[Place, int], list[str]],
        *,
        environment: Callable[[Place], Mapping[str, str]] = lambda _place: {},
        require: Callable[[], object] = lambda: None,
        writes: bool = True,
        reads: bool = True,
        expect: Callable[[Place, int], str] | None = None,
    ) -> None:
        """Prepare.

        Args:
            name: as the table shows it.
            tools: runs it.
            command: program and arguments for a place and a size.
            environment: beside what the place says.
            require: raises Unavailable where it cannot run.
            writes: whether it ends with a blob in the sink.
            reads: whether it reads the source.
            expect: what its output must have in it.
        """
        self.name = name
        self._expect = expect
        self._tools = tools
        self._command = command
        self._environment = environment
        self._require = require
        self._writes = writes
        self._reads = reads

    def prepare(self, place: Place) -> None:  # noqa: ARG002 - the protocol's signature
        """See `Contender.prepare`."""
        self._require()

    def run(self, place: Place, size: int) -> Run:
        """See `Contender.run`."""
        expected = self._expect(place, size) if self._expect else ""
        place.reset()
        extra = {**place.environment(), **self._environment(place)}
        run, said = self._tools.run(self._command(place, size), size, extra)
        if expected not in said:
            raise Failed(f"{self.name}: said {said!r}, not {expected!r}")
        check(self.name, place, size, writes=self._writes, reads=self._reads)
        return run

    def close(self) -> None:
        """Nothing stays."""


class Warm:
    """A job in a Python process that has done its imports; `fresh` starts a new process for every run."""

    def __init__(  # noqa: PLR0913 - each is a fact of the contender, given by name
        self,
        name: str,
        kind: str,
        *,
        options: Mapping[str, Any] | None = None,
        job: Mapping[str, Any] | None = None,
        fresh: bool = False,
        warm_up: int = 0,
        writes: bool = True,
        reads: bool = True,
        checksums: bool | None = None,
    ) -> None:
        """Prepare.

        Args:
            name: as the table shows it.
            kind: of `bench.jobs`.
            options: of the kind, beside source and sink.
            job: keywords of each job, beside its size.
            fresh: a new process for each run, for who leaves its memory in disorder.
            warm_up: bytes copied once, unmeasured, after the start.
            writes: whether it ends with blobs in the sink.
            reads: whether it reads the source.
            checksums: whether the sink must have seen checksums, or must not; None for whichever.
        """
        self.name = name
        self.how = "fresh process, imports apart" if fresh else "warm process"
        self._kind = kind
        self._options = dict(options or {})
        self._job = dict(job or {})
        self._fresh = fresh
        self.warm_up = warm_up
        self._writes = writes
        self._reads = reads
        self._checksums = checksums
        self._worker: Worker | None = None

    def prepare(self, place: Place) -> None:
        """See `Contender.prepare`."""
        if not self._fresh:
            self._worker = self._start(place)

    def _start(self, place: Place) -> Worker:
        options = {"source": place.source_base, "sink": place.sink_base, **self._options}
        worker = Worker(self._kind, options, place.environment())
        if self.warm_up:
            place.reset()
            worker.run(self.warm_up)
        return worker

    def run(self, place: Place, size: int) -> Run:
        """See `Contender.run`."""
        if self._fresh:
            self.close()
            self._worker = self._start(place)
        assert self._worker is not None  # noqa: S101 - prepare comes first
        place.reset()
        run = self._worker.run(size, **self._job)
        sums = check(self.name, place, size, writes=self._writes, reads=self._reads)
        if self._checksums is not None and self._checksums != bool(sums):
            raise Failed(f"{self.name}: {sums} checksums came")
        if self._fresh:
            self.close()
        return run

    def close(self) -> None:
        """See `Contender.close`."""
        if self._worker is not None:
            self._worker.__exit__(None, None, None)
            self._worker = None


def check(name: str, place: Place, size: int, *, writes: bool, reads: bool) -> int:
    """Hold a run to what the servers saw; the number of checksums that came.

    Raises:
        Failed: fewer bytes were read, or other ones committed, than there are.
    """
    read, sink = place.source.stats()["bytes"], place.sink.stats()
    if reads and read < size:
        raise Failed(f"{name}: read {read} of {size} bytes")
    if writes and sink["committed"] != size:
        raise Failed(f"{name}: committed {sink['committed']} of {size} bytes")
    return sink["checksums"]
