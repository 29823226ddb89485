"""The index of the records: narrow rows by two keys, each of which can be made anew from Blob."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A row. The keys name nobody in clear; `body` is JSON of at most 60 KiB, not shown by `repr`.

    `version` is the ETag of what was read by `get`, or written by `insert` or `replace`: the condition of `replace` and
    `remove`. A row of a page has none.
    """

    partition: str
    key: str
    body: bytes = field(default=b"{}", repr=False)
    version: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class IndexPage:
    """Rows of a partition by key, and where the next page begins; empty after the last."""

    rows: tuple[IndexRow, ...]
    next: str = ""


class Index(Protocol):
    """The table of the records. Keys have at most 512 characters of `A-Z a-z 0-9 - _ . ~ =`."""

    def get(self, partition: str, key: str) -> IndexRow | None:
        """The row, or None."""

    def put(self, row: IndexRow) -> None:
        """Write the row, whether there is one with its keys or not.

        Raises:
            ArchiveBusy, ArchiveRefused: it may or may not be written; retry.
        """

    def insert(self, row: IndexRow) -> IndexRow | None:
        """Write the row unless there is one with its keys; the row as written, None if there is one.

        None does not say that somebody else wrote it: the reply to a request that wrote it may have been lost.
        """

    def replace(self, row: IndexRow) -> IndexRow | None:
        """Write the row if the one with its keys still has its `version`; the row as written, None if not."""

    def delete(self, partition: str, key: str) -> None:
        """Delete the row, if there is one."""

    def remove(self, row: IndexRow) -> bool:
        """Delete the row if the one with its keys still has its `version`; whether it was deleted.

        False does not say that somebody else deleted it: the reply to a request that did may have been lost.

        Raises:
            ValueError: it is a row of a page, which has no version: `get` it.
        """

    def page(self, partition: str, limit: int, after: str = "", since: str = "", until: str = "") -> IndexPage:
        """At most `limit` rows of a partition, by key.

        Args:
            partition: the rows'.
            limit: 1 to 1000. A page may have fewer rows, also none, and still not be the last one.
            after: `next` of the page before.
            since: the least key; empty: from the first.
            until: less than this key; empty: to the last.

        Raises:
            InvalidRequest: `after` is no page's `next`.
        """
