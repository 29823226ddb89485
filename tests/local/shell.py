"""A shell into which the commands of a document are pasted."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self


class Shell:
    """A shell into which lines are pasted; `environment` is all of its environment beside PATH."""

    def __init__(self, environment: Mapping[str, str], folder: Path | None = None) -> None:
        self._process = subprocess.Popen(
            ["/bin/sh"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def paste(self, line: str) -> str:
        """The output of a line."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{line}\necho END-OF-LINE $?\n")
        self._process.stdin.flush()
        answer = ""
        for printed in self._process.stdout:
            if printed.startswith("END-OF-LINE"):
                assert "END-OF-LINE 0\n" == printed, f"{line} failed: {answer}"
                break
            answer += printed
        return answer
