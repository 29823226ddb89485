"""Rewrites the stored deployments: `make snapshots`, after an intended change.

Two are stored whole: the smallest, and the one with every choice made the other way. Of a second environment beside
that one those ids are stored that both share; of the others only the lines in which they differ from the smallest.
"""

import json
from difflib import unified_diff
from pathlib import Path

from tests.infra.compiler import MISSING, Bicep, find_bicep

VARIANTS = Path(__file__).parent / "variants"
SMALLEST = VARIANTS / "minimal.bicepparam"
WHOLE = ("minimal", "everything")
BESIDE = {"beside": "everything"}
"""A second environment, and the first: in one resource group, on one Communication resource."""


def stored(parameters: Path) -> Path:
    """The file in which a variant is stored."""
    if parameters.stem in BESIDE:
        return parameters.with_suffix(".shared.txt")
    return parameters.with_suffix(".snapshot.json" if parameters.stem in WHOLE else ".difference.txt")


def today(bicep: Bicep, parameters: Path) -> str:
    """What is to be stored of a variant."""
    found = bicep.snapshot(parameters)
    if parameters.stem in WHOLE:
        return found
    if first := BESIDE.get(parameters.stem):
        return "".join(
            f"{each}\n" for each in sorted(_ids(found) & _ids(bicep.snapshot(VARIANTS / f"{first}.bicepparam")))
        )
    lines = unified_diff(bicep.snapshot(SMALLEST).splitlines(), found.splitlines(), n=0, lineterm="")
    return "".join(f"{'@@' if line.startswith('@@') else line}\n" for line in list(lines)[2:])


def _ids(snapshot: str) -> set[str]:
    return {resource["id"] for resource in json.loads(snapshot)["predictedResources"]}


def main() -> None:
    """Evaluate each of the variants and store the result."""
    program = find_bicep()
    if program is None:
        raise SystemExit(MISSING)
    with Bicep(program) as bicep:
        for parameters in sorted(VARIANTS.glob("*.bicepparam")):
            stored(parameters).write_text(today(bicep, parameters), encoding="utf-8")


if __name__ == "__main__":
    main()
