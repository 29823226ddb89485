"""List prices of Azure, for an estimate: they differ by region, tier, redundancy and agreement, and they change.

US dollars, East US, hot tier, locally redundant, pay as you go, as they were known on the date below. They are to be
checked on the price pages before anybody decides by them.
"""

from collections.abc import Mapping
from decimal import Decimal

from bench.scale.simulated import BLOB_LIST, BLOB_READ, BLOB_WRITE, QUEUE, TABLE

KNOWN_ON = "2025-06"
_EACH = 10_000
PER_TEN_THOUSAND: Mapping[str, Decimal] = {
    TABLE: Decimal("0.00036"),
    BLOB_READ: Decimal("0.004"),
    BLOB_WRITE: Decimal("0.05"),
    BLOB_LIST: Decimal("0.05"),
    QUEUE: Decimal("0.004"),
}
TABLE_GB_MONTH = Decimal("0.045")
COSMOS_MILLION_UNITS = Decimal("0.25")
"""Serverless request units."""
COSMOS_GB_MONTH = Decimal("0.25")
POSTGRES_MONTH = Decimal(130)
"""Flexible Server, two virtual cores, without a standby."""
POSTGRES_GB_MONTH = Decimal("0.115")
TAGS_TEN_THOUSAND_MONTH = Decimal("0.03")
"""Blob index tags."""


def cost(counts: Mapping[str, int]) -> Decimal:
    """What so many requests cost."""
    return sum((PER_TEN_THOUSAND[kind] * number / _EACH for kind, number in counts.items()), Decimal())
