"""`python -m tests.infra.hunting`: makes each known mistake in a copy, and says which claim finds it.

A mistake that does not compile is no mutant. Neither is one that only the kept deployment finds: that is written anew
before the claim runs, as by a person who means the change.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory, TemporaryFile

import pytest

import recording.bootstrap  # noqa: F401 - so that no claim has to wait for these imports
from tests.infra.compiler import MISSING, Bicep, Refused, find_bicep
from tests.infra.conftest import Compiler
from tests.infra.mutants import HARMLESS, MUTANTS, Mutant
from tests.infra.snapshots import SMALLEST, stored
from tools.package import ROOT

KNOWN = {**MUTANTS, HARMLESS.name: HARMLESS}
_LEFT_OUT = shutil.ignore_patterns(".*cache*", "__pycache__", "node_modules", ".git", ".venv", ".local", "dist")


@dataclass(frozen=True)
class Hunt:
    """How the hunt for one mutant ended: `problem` is empty if its claim has found it, else what went wrong."""

    name: str
    problem: str
    seconds: float


def hunt(mutant: Mutant, bicep: Bicep) -> Hunt:
    """Make the mistake in this copy, run its claim, and mend it again."""
    began = time.monotonic()
    with _made(mutant):
        problem = _compile(mutant, bicep) or _claim(mutant, bicep)
    return Hunt(mutant.name, problem, time.monotonic() - began)


@contextmanager
def _made(mutant: Mutant) -> Iterator[None]:
    changed = (ROOT / mutant.path, stored(SMALLEST))
    before = [path.read_text(encoding="utf-8") for path in changed]
    changed[0].write_text(mutant.apply(before[0]), encoding="utf-8")
    try:
        yield
    finally:
        for path, text in zip(changed, before, strict=True):
            path.write_text(text, encoding="utf-8")


def _compile(mutant: Mutant, bicep: Bicep) -> str:
    if not mutant.path.startswith("infra/"):
        return ""
    try:
        stored(SMALLEST).write_text(bicep.snapshot(SMALLEST), encoding="utf-8")
    except Refused as error:
        return f"it does not compile: {error}"
    return ""


def _claim(mutant: Mutant, bicep: Bicep) -> str:
    """Run it in a process of its own, which has not read the files yet, but uses the compiler that is warm."""
    file, _, test = mutant.claim.partition("::")
    with TemporaryFile() as said:
        child = os.fork()
        if not child:
            for stream in (1, 2):
                os.dup2(said.fileno(), stream)
            # Without a limit of time: a claim that takes too long has failed, and has found nothing.
            command = ["-x", "-q", "-p", "no:cacheprovider", "--timeout=0", f"tests/infra/{file}", "-k", test]
            os._exit(pytest.main(command, plugins=[Compiler(bicep)]))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == pytest.ExitCode.TESTS_FAILED:
            return ""
        said.seek(0)
        shown = said.read().decode(errors="replace")[-2000:]
        return "NOT FOUND" if status == pytest.ExitCode.OK else f"the claim did not run:\n{shown}"


def serve(names: Iterable[str]) -> None:
    """Hunt in this copy for each name, as it comes, and write a line about it."""
    program = find_bicep()
    if program is None:
        raise SystemExit(MISSING)
    with Bicep(program) as bicep:
        for name in names:
            mutant = KNOWN[name.strip()]
            if mutant.path.startswith("infra/") and not mutant.path.endswith(".bicep"):
                with Bicep(program) as fresh:  # a compiler reads a file that Bicep loads only once
                    found = hunt(mutant, fresh)
            else:
                found = hunt(mutant, bicep)
            sys.stdout.write(json.dumps(asdict(found)) + "\n")
            sys.stdout.flush()


class Server:
    """A copy of everything, and a process in it that hunts."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(ROOT, folder, ignore=_LEFT_OUT)
        command = [sys.executable, "-m", "tests.infra.hunting", "--serve"]
        self._process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, name: str) -> Hunt:
        """Hunt for one."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        return Hunt(**json.loads(line)) if line else Hunt(name, "the hunt has ended early", 0)

    def close(self) -> None:
        """Wait until its process has ended."""
        self._process.communicate()


def hunt_all(names: Sequence[str], workers: int) -> Iterator[Hunt]:
    """Hunt for each, in as many copies; as they are found."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        servers = [Server(Path(folder) / str(number)) for number in range(min(workers, len(names)))]
        free: SimpleQueue[Server] = SimpleQueue()
        for server in servers:
            free.put(server)

        def one(name: str) -> Hunt:
            server = free.get()
            try:
                return server.ask(name)
            finally:
                free.put(server)

        try:
            for done in as_completed([pool.submit(one, name) for name in names]):
                yield done.result()
        finally:
            for server in servers:
                server.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt for all of them; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.infra.hunting", description=__doc__)
    parser.add_argument("names", nargs="*", default=list(MUTANTS), help="which mutants; all of them if none is named")
    parser.add_argument("--workers", type=int, default=os.process_cpu_count() or 1, help="how many at once")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        serve(sys.stdin)
        return 0
    alive = 0
    for found in hunt_all(options.names, options.workers):
        alive += bool(found.problem)
        sys.stdout.write(f"  {found.name:<55} {found.seconds:5.1f} s  {found.problem or KNOWN[found.name].claim}\n")
        sys.stdout.flush()
    sys.stdout.write(f"\n{len(options.names)} known mistakes, {alive} not found\n")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
