"""The rows of a partition of the index, page by page."""

import sys
from collections.abc import Iterator

from recording.ports import Index, IndexRow

_PAGE = 1000
"""The most that the service gives at once."""


def rows_in(
    index: Index, partition: str, since: str = "", until: str = "", *, limit: int = sys.maxsize
) -> Iterator[IndexRow]:
    """So many rows of a partition, by key; they may leave it meanwhile. `since` and `until` as for `ports.Index.page`.

    Raises:
        Transient: they cannot be read now.
    """
    after = ""
    while limit:  # the service may give fewer than a page at once, also none
        page = index.page(partition, min(limit, _PAGE), after, since, until)
        yield from page.rows
        limit -= len(page.rows)
        after = page.next
        if not after:
            return


def remove_rows(index: Index, partition: str, since: str = "", until: str = "") -> None:
    """Remove the rows of a partition; idempotent.

    Raises:
        Transient: not all are removed; do it again.
    """
    for row in rows_in(index, partition, since, until):
        index.delete(row.partition, row.key)
