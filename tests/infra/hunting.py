"""`python -m tests.infra.hunting`: makes each known mistake in a copy, and says which claim finds it.

A mistake that does not compile is no mutant. Neither is one that only the kept deployment finds: that is written anew
before the claim runs, as by a person who means the change.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tests.infra.compiler import MISSING, Bicep, find_bicep
from tests.infra.mutants import MUTANTS, Mutant
from tests.infra.rules import KEPT
from tools.package import ROOT

_LEFT_OUT = shutil.ignore_patterns(
    ".*cache*", "__pycache__", "node_modules", ".git", ".venv", ".local", "dist", "bench"
)
_FAILED = 1
"""What pytest returns if a test has failed."""


@dataclass(frozen=True)
class Hunt:
    """How the hunt for one mutant ended: empty if its claim has found it, else what went wrong."""

    mutant: Mutant
    problem: str
    seconds: float


class Hunter:
    """A copy of everything, and a compiler."""

    def __init__(self, folder: Path, bicep: Bicep) -> None:
        self._root, self._bicep = folder / "copy", bicep
        shutil.copytree(ROOT, self._root, ignore=_LEFT_OUT)

    def hunt(self, mutant: Mutant) -> Hunt:
        """Make the mistake, run its claim, and mend it again."""
        began = time.monotonic()
        with self._made(mutant):
            problem = self._compile(mutant) or self._claim(mutant)
        return Hunt(mutant, problem, time.monotonic() - began)

    @contextmanager
    def _made(self, mutant: Mutant) -> Iterator[None]:
        path, kept = self._root / mutant.path, self._root / KEPT.relative_to(ROOT)
        before, kept_before = path.read_text(encoding="utf-8"), kept.read_text(encoding="utf-8")
        path.write_text(mutant.apply(before), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")
            kept.write_text(kept_before, encoding="utf-8")

    def _compile(self, mutant: Mutant) -> str:
        if not mutant.path.startswith("infra/"):
            return ""
        kept = self._root / KEPT.relative_to(ROOT)
        parameters = kept.with_name(kept.name.replace(".snapshot.json", ".bicepparam"))
        try:
            self._bicep.template(self._root / "infra" / "main.bicep")
            kept.write_text(self._bicep.snapshot(parameters), encoding="utf-8")
        except Exception as error:  # noqa: BLE001 - whatever the compiler has against it
            return f"it does not compile: {error}"
        return ""

    def _claim(self, mutant: Mutant) -> str:
        file, _, test = mutant.claim.partition("::")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            f"tests/infra/{file}",
            "-k",
            test,
        ]
        result = subprocess.run(command, cwd=self._root, capture_output=True, text=True, check=False)
        if result.returncode == _FAILED:
            return ""
        return "NOT FOUND" if result.returncode == 0 else f"the claim did not run:\n{result.stdout[-2000:]}"


def hunt_all(names: Sequence[str], workers: int) -> Iterator[Hunt]:
    """Hunt for each, in the order given."""
    program = find_bicep()
    if program is None:
        raise SystemExit(MISSING)
    hunters: SimpleQueue[Hunter] = SimpleQueue()

    def one(name: str) -> Hunt:
        hunter = hunters.get()
        try:
            return hunter.hunt(MUTANTS[name])
        finally:
            hunters.put(hunter)

    with TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        compilers = [Bicep(program) for _ in range(workers)]
        try:
            for number, bicep in enumerate(compilers):
                hunters.put(Hunter(Path(folder) / str(number), bicep))
            yield from pool.map(one, names)
        finally:
            for bicep in compilers:
                bicep.__exit__(None, None, None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt for all of them; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.infra.hunting", description=__doc__)
    parser.add_argument("names", nargs="*", default=list(MUTANTS), help="which mutants; all of them if none is named")
    parser.add_argument("--workers", type=int, default=os.process_cpu_count() or 1, help="how many at once")
    options = parser.parse_args(arguments)
    left = 0
    for found in hunt_all(options.names, options.workers):
        left += bool(found.problem)
        end = found.problem or found.mutant.claim
        sys.stdout.write(f"  {found.mutant.name:<50} {found.seconds:5.1f} s  {end}\n")
        sys.stdout.flush()
    sys.stdout.write(f"\n{len(options.names)} known mistakes, {left} not found\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
