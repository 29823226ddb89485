"""The `az` commands that this repository tells people and machines to type, and the flags that az has for them.

az itself is large, so what its help says is kept: `python -m tests.infra.az_flags PATH/TO/az` reads it anew.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.package import ROOT

KEPT = Path(__file__).parent / "azure_cli.json"
WRITTEN = [
    ROOT / "docs" / "deploy.md",
    ROOT / "docs" / "runbook.md",
    *sorted((ROOT / "infra" / "hooks").glob("*.sh")),
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    ROOT / ".devcontainer" / "devcontainer.json",
]
_WORD = re.compile(r"[a-z][a-z0-9-]*")
_FLAG = re.compile(r"(?<=\s)(--[a-z][a-z-]*|-[a-z])(?=[\s`\"')]|$)")


def commands(text: str) -> Iterator[tuple[list[str], set[str]]]:
    """Each command of a text: its words, some of which may be values, and its flags."""
    joined = re.sub(r"\\\n\s*", " ", text)
    joined = re.sub(r"\n\s+(?=--)", " ", joined)  # a folded line of YAML
    for found in re.finditer(r"(?<![\w./-])az (?=[a-z])([^\n`|;]*)", joined):
        typed = found[1].split(" #")[0].split(" && ")[0]
        words = typed.split()
        count = next((at for at, word in enumerate(words) if not _WORD.fullmatch(word)), len(words))
        yield words[:count], set(_FLAG.findall(f" {typed}"))


def known() -> dict[str, Any]:
    """What is kept of az."""
    return dict(json.loads(KEPT.read_text(encoding="utf-8")))


def command_of(words: list[str], among: dict[str, list[str]]) -> str | None:
    """The longest command that begins so."""
    names = (" ".join(words[:count]) for count in range(len(words), 0, -1))
    return next((name for name in names if name in among), None)


def main(az: str) -> None:
    """Ask az for the flags of every command, and keep them."""
    version = json.loads(subprocess.run([az, "version"], capture_output=True, text=True, check=True).stdout)
    kept: dict[str, list[str]] = {}
    for path in WRITTEN:
        for words, _ in commands(path.read_text(encoding="utf-8")):
            for count in range(len(words), 0, -1):
                name = " ".join(words[:count])
                if name in kept or (flags := _help(az, name)):
                    kept.setdefault(name, flags)
                    break
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(flags)}" for name, flags in sorted(kept.items()))
    text = f'{{"version": {json.dumps(version["azure-cli"])}, "commands": {{\n{lines}\n}}}}\n'
    KEPT.write_text(text, encoding="utf-8")


def _help(az: str, command: str) -> list[str]:
    shown = subprocess.run([az, *command.split(), "--help"], capture_output=True, text=True, check=False).stdout
    if "\nCommand\n" not in shown:
        return []
    lines = re.findall(r"^    (-[-\w]+(?: -[-\w]+)*)", shown, re.MULTILINE)
    return sorted({flag for line in lines for flag in line.split()})


if __name__ == "__main__":
    main(sys.argv[1])
