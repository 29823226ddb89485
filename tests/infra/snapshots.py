"""Write the kept deployments anew: `make snapshots`, after a change that is meant."""

from tests.infra.compiler import MISSING, Bicep, find_bicep
from tests.infra.conftest import VARIANTS


def main() -> None:
    """Evaluate each of the variants and keep what it makes."""
    program = find_bicep()
    if program is None:
        raise SystemExit(MISSING)
    with Bicep(program) as bicep:
        for parameters in sorted(VARIANTS.glob("*.bicepparam")):
            parameters.with_suffix(".snapshot.json").write_text(bicep.snapshot(parameters), encoding="utf-8")


if __name__ == "__main__":
    main()
