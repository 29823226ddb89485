"""Rewrites the stored deployments: `make snapshots`, after an intended change."""

from tests.infra.compiler import MISSING, Bicep, find_bicep
from tests.infra.conftest import VARIANTS


def main() -> None:
    """Evaluate each of the variants and store the result."""
    program = find_bicep()
    if program is None:
        raise SystemExit(MISSING)
    with Bicep(program) as bicep:
        for parameters in sorted(VARIANTS.glob("*.bicepparam")):
            parameters.with_suffix(".snapshot.json").write_text(bicep.snapshot(parameters), encoding="utf-8")


if __name__ == "__main__":
    main()
