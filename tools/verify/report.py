"""Output for a person or a program: a line per recording, its problems below it, progress, and the totals."""

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from .proving import FAILED, INCOMPLETE, PROVEN, Problem, Recording

UNNAMED, WRONG = "unnamed", "wrong"
"""Kinds of files and folders that belong to no recording."""


def in_words(length: int) -> str:
    """A number of bytes for a person."""
    size = float(length)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:  # noqa: PLR2004 - the step from unit to unit
            return f"{length} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def counted(count: int, noun: str) -> str:
    """A number of things for a person."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def in_column(state: str) -> str:
    """The first column of a line; failures are in capitals."""
    return f"{state.upper() if state == FAILED else state:<12}"


def shown(text: str) -> str:
    """A text from outside, without characters that control the terminal."""
    return text if text.isprintable() else ascii(text)


@dataclass
class Progress:
    """Shows progress on standard error: in place on a terminal, else a line at intervals."""

    is_in_place: bool
    every: float
    """Seconds from one output to the next."""
    total: int = 0
    finished: int = 0
    read: int = 0
    _told: float = field(default_factory=time.monotonic)
    _is_on_screen: bool = False

    def on_listed(self, count: int) -> None:
        """This many files are listed so far."""
        if self._is_time():
            self._tell(f"... {counted(count, 'file')} listed")

    def on_read(self, count: int) -> None:
        """This many more bytes are read."""
        self.read += count
        if self._is_time():
            self._tell(f"... recording {self.finished + 1} of {self.total}, {in_words(self.read)} read")

    def _is_time(self) -> bool:
        if time.monotonic() - self._told < self.every:
            return False
        self._told = time.monotonic()
        return True

    def _tell(self, line: str) -> None:
        if self.is_in_place:
            print(f"\r{line:<60}", end="", file=sys.stderr, flush=True)
            self._is_on_screen = True
        else:
            print(line, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Clear the line for what is printed next."""
        if self._is_on_screen:
            print(f"\r{'':<60}\r", end="", file=sys.stderr, flush=True)
            self._is_on_screen = False


@dataclass
class Report:
    """Prints the result for each recording, as text or as a JSON object per line, and counts."""

    as_json: bool
    progress: Progress
    counts: Counter[str] = field(default_factory=Counter)

    def recording(self, found: Recording) -> None:
        """Print the result for a recording."""
        self.progress.finished += 1
        self.counts[found.state] += 1
        if found.state != FAILED:
            self.counts["chunks"] += found.chunks
            self.counts["length"] += found.length
        if self.as_json:
            self._print_json({"kind": "recording", "state": found.state, **_fields(found)})
            return
        size = f"{counted(found.chunks, 'chunk')}, {in_words(found.length)}"
        self._print(f"{in_column(found.state)}{shown(found.manifest)}: {size}")
        for line in (
            *(f"lacks: {shown(lack)}" for lack in found.lacks),
            *(f"in doubt: {shown(doubt)}" for doubt in found.doubts),
            *(f"{shown(problem.name)} {shown(problem.problem)}" for problem in found.problems),
        ):
            self._print(in_column("") + line)

    def beside(self, kind: str, problem: Problem) -> None:
        """Print a file that belongs to no recording, and is unnamed or wrong."""
        self.counts[kind] += 1
        if self.as_json:
            self._print_json({"kind": kind, **asdict(problem)})
        else:
            self._print(f"{in_column(kind)}{shown(problem.name)} {shown(problem.problem)}")

    def summary(self, *, is_proven: bool) -> None:
        """Print the totals."""
        counts = self.counts
        recordings = sum(counts[state] for state in (PROVEN, INCOMPLETE, FAILED))
        if self.as_json:
            kinds = (PROVEN, INCOMPLETE, FAILED, UNNAMED, WRONG, "chunks", "length")
            self._print_json({"kind": "summary", "isProven": is_proven, **{kind: counts[kind] for kind in kinds}})
            return
        size = f"{counted(counts['chunks'], 'chunk')}, {in_words(counts['length'])}"
        told = [
            f"{recordings - counts[FAILED]} of {counted(recordings, 'recording')} ({size})",
            *([f"{counts[INCOMPLETE]} incomplete"] if counts[INCOMPLETE] else []),
            *([f"{counts[FAILED]} failed"] if counts[FAILED] else []),
            *([f"{counted(counts[UNNAMED], 'file')} that no manifest names"] if counts[UNNAMED] else []),
            *([f"{counts[WRONG]} wrong"] if counts[WRONG] else []),
        ]
        self._print(f"{'All proven' if is_proven else 'NOT all proven'}: {', '.join(told)}")

    def _print(self, line: str) -> None:
        self.progress.clear()
        print(line, flush=True)

    def _print_json(self, fields: Mapping[str, object]) -> None:
        self._print(json.dumps(fields))


def _fields(found: Recording) -> Mapping[str, object]:
    return {
        "manifest": found.manifest,
        "recordingId": found.recording_id,
        "chunks": found.chunks,
        "length": found.length,
        "lacks": found.lacks,
        "doubts": found.doubts,
        "problems": [asdict(problem) for problem in found.problems],
    }
