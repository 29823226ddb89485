"""`python -m bench.scale`: what the records cost with up to ten million recordings."""

import argparse
import logging
from collections.abc import Mapping
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from bench.scale import prices
from bench.scale.counting import FLAT, archive_of, rebuild
from bench.scale.living import LIVING, of_many
from bench.scale.simulated import BLOB_LIST, BLOB_READ, OF_A_PERSON, PER_DAY, Template

SIZES = (1_000, 10_000, 100_000)
MOST = 10_000_000
_KEPT = 4
"""Index tags that a search by day, person, call and class would need."""
_GB = Decimal(1_000_000_000)


def main() -> None:
    """Count, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="rebuild at most ten thousand")
    given = parser.parse_args()
    logging.getLogger("recording").setLevel(logging.CRITICAL)
    console, template = Console(width=150), Template()
    table = Table("case", "recordings", "requests", "by kind", "US dollars")
    for name, case in FLAT.items():
        for size in (*SIZES, MOST):
            _row(table, name, size, case(archive_of(size, template)))
    for name, run in LIVING.items():
        _row(table, f"{name} of {OF_A_PERSON}, by arithmetic", OF_A_PERSON, of_many(run, OF_A_PERSON))
    journal = {BLOB_READ: MOST, BLOB_LIST: MOST // PER_DAY}
    _row(table, "an erasure, more: it reads the journal as far as that is kept", MOST, journal)
    each: Mapping[str, int] = {}
    for size in SIZES[: 2 if given.quick else 3]:
        each = rebuild(archive_of(size, template, is_lost=True))
        _row(table, "a rebuild", size, each)
    factor = MOST // size
    _row(table, "a rebuild, by arithmetic", MOST, {kind: number * factor for kind, number in each.items()})
    console.print(table)
    console.print(f"{PER_DAY} recordings a day; list prices known {prices.KNOWN_ON}, to be checked")
    _kept(console, template.row_bytes)


def _row(table: Table, name: str, size: int, counts: Mapping[str, int]) -> None:
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(counts.items()))
    table.add_row(name, f"{size:,}", f"{sum(counts.values()):,}", kinds, f"{prices.cost(counts):.6f}")


def _kept(console: Console, row_bytes: int) -> None:
    """What it costs to keep ten million entries, and what finds them, for a month."""
    gigabytes = row_bytes * MOST / _GB
    months = {
        "Table storage": gigabytes * prices.TABLE_GB_MONTH,
        "Cosmos DB, serverless, without requests": gigabytes * prices.COSMOS_GB_MONTH,
        "PostgreSQL, two cores, no standby": gigabytes * prices.POSTGRES_GB_MONTH + prices.POSTGRES_MONTH,
        f"blob index tags, {_KEPT} a recording": MOST * _KEPT * prices.TAGS_TEN_THOUSAND_MONTH / 10_000,
    }
    table = Table("to keep, for a month", "US dollars")
    for name, dollars in months.items():
        table.add_row(name, f"{dollars:.2f}")
    console.print(f"a row of the catalog has {row_bytes} bytes: {gigabytes:.1f} GB for {MOST:,}")
    console.print(table)


if __name__ == "__main__":
    main()
