"""The `az` commands that this repository tells people and machines to type, and what flags az has and needs for each.

az itself is large, so what its help says is kept: `python -m tests.infra.az_flags PATH/TO/az` reads it anew.
"""

import json
import re
import subprocess
import sys
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.package import ROOT

KEPT = Path(__file__).parent / "azure_cli.json"
WRITTEN = [
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "infra/README.md")),
    *sorted((ROOT / "infra" / "hooks").glob("*.sh")),
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    ROOT / ".devcontainer" / "devcontainer.json",
]
_WORD = re.compile(r"[a-z][a-z0-9-]*")
_FLAG = re.compile(r"--[a-z][a-z-]*|-[a-z]")
_ENDS = ("|", ";", ")", "&&", "`", ">", "2>", "#")


@dataclass(frozen=True)
class Typed:
    """A command: its words, the last of which may be values, and its flags."""

    words: tuple[str, ...]
    flags: frozenset[str]


def commands(text: str) -> Iterator[Typed]:
    """Each command of a text; also one in another, as `$(az …)`."""
    joined = re.sub(r"\\\n\s*", " ", text)
    joined = re.sub(r"\n\s+(?=--)", " ", joined)  # a folded line of YAML
    for found in re.finditer(r"(?<![\w./-])az (?=[a-z])", joined):
        typed = _unquoted(joined[found.end() :]).split()
        count = next((at for at, word in enumerate(typed) if not _WORD.fullmatch(word)), len(typed))
        yield Typed(tuple(typed[:count]), frozenset(word for word in typed if _FLAG.fullmatch(word)))


def _unquoted(text: str) -> str:
    """A command up to its end, with a mark for each value in quotes, whatever is within."""
    kept = ""
    while text:
        if quoted := re.match(r""""(?:[^"$\\\n]|\\.|\$\((?:[^()\n])*\)|\$)*"|'[^'\n]*'""", text):
            kept, text = f"{kept}_", text[quoted.end() :]
        elif text.startswith(("\n", *_ENDS)):
            break
        else:
            kept, text = kept + text[0], text[1:]
    return kept


def known() -> dict[str, Any]:
    """What is kept of az."""
    return dict(json.loads(KEPT.read_text(encoding="utf-8")))


def command_of(words: Sequence[str], among: Container[str]) -> str | None:
    """The longest command that begins so."""
    names = (" ".join(words[:count]) for count in range(len(words), 0, -1))
    return next((name for name in names if name in among), None)


def problems_of(text: str) -> list[str]:
    """What az would refuse of the commands of a text; one without any flag is named there, and not to be typed."""
    have = known()["commands"]
    found = []
    for typed in commands(text):
        name = command_of(typed.words, have)
        if name is None:
            found.append(f"az {' '.join(typed.words)} is no command")
            continue
        found += [f"az {name} has no {flag}" for flag in sorted(typed.flags - set(have[name]["has"]))]
        lacking = [line for line in have[name]["needs"] if typed.flags and not typed.flags & set(line.split())]
        found += [f"az {name} needs {line}" for line in lacking]
    return found


def main(az: str) -> None:
    """Ask az for the flags of every command, and keep them."""
    version = json.loads(subprocess.run([az, "version"], capture_output=True, text=True, check=True).stdout)
    kept: dict[str, dict[str, list[str]]] = {}
    for path in WRITTEN:
        for typed in commands(path.read_text(encoding="utf-8")):
            for count in range(len(typed.words), 0, -1):
                name = " ".join(typed.words[:count])
                if name in kept or (said := _help(az, name)):
                    kept.setdefault(name, said)
                    break
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(flags)}" for name, flags in sorted(kept.items()))
    text = f'{{"version": {json.dumps(version["azure-cli"])}, "commands": {{\n{lines}\n}}}}\n'
    KEPT.write_text(text, encoding="utf-8")


def _help(az: str, command: str) -> dict[str, list[str]]:
    """The flags of a command, and those that it needs, each with its other names; nothing if there is no such one."""
    shown = subprocess.run([az, *command.split(), "--help"], capture_output=True, text=True, check=False).stdout
    if "\nCommand\n" not in shown:
        return {}
    lines = re.findall(r"^    (-[-\w]+(?: -[-\w]+)*)( +\[Required\])?", shown, re.MULTILINE)
    return {
        "has": sorted({flag for line, _ in lines for flag in line.split()}),
        "needs": sorted(line for line, required in lines if required),
    }


if __name__ == "__main__":
    main(sys.argv[1])
