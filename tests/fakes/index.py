"""The index of the records in memory."""

import bisect
import json
from dataclasses import dataclass, field, replace

from recording.core.errors import ArchiveRefused, InvalidRequest
from recording.ports import IndexPage, IndexRow

_LONGEST = 64 << 10
"""Bytes of a property of a row, by the service."""


@dataclass
class FakeIndex:
    """`Index`: rows by their keys. `asked` counts the requests; `most` limits a page, as the service may.

    As there, a row of a page has no version, and one that is too large is refused. With `is_empty_first`, each first
    page is empty, and not the last.
    """

    rows: dict[tuple[str, str], IndexRow] = field(default_factory=dict)
    asked: int = 0
    most: int = 1000
    is_empty_first: bool = False
    _keys: dict[str, list[str]] = field(default_factory=dict)

    def get(self, partition: str, key: str) -> IndexRow | None:
        self.asked += 1
        return self.rows.get((partition, key))

    def put(self, row: IndexRow) -> None:
        self.asked += 1
        self._write(row)

    def insert(self, row: IndexRow) -> IndexRow | None:
        self.asked += 1
        return None if (row.partition, row.key) in self.rows else self._write(row)

    def replace(self, row: IndexRow) -> IndexRow | None:
        self.asked += 1
        known = self.rows.get((row.partition, row.key))
        return None if known is None or known.version != row.version else self._write(row)

    def delete(self, partition: str, key: str) -> None:
        self.asked += 1
        if self.rows.pop((partition, key), None) is not None:
            self._keys[partition].remove(key)

    def remove(self, row: IndexRow) -> bool:
        if not row.version:
            raise ValueError("a row of a page has no version")
        known = self.rows.get((row.partition, row.key))
        is_same = known is not None and known.version == row.version
        if is_same:
            self.delete(row.partition, row.key)
        return is_same

    def page(self, partition: str, limit: int, after: str = "", since: str = "", until: str = "") -> IndexPage:
        self.asked += 1
        if self.is_empty_first and not after:
            return IndexPage((), json.dumps([partition, since]))
        keys = self._keys.get(partition, [])
        first = bisect.bisect_left(keys, max(since, _mark(after)))
        found = [key for key in keys[first : first + min(limit, self.most) + 1] if not until or key < until]
        shown, rest = found[: min(limit, self.most)], found[min(limit, self.most) :]
        following = json.dumps([partition, rest[0]]) if rest else ""
        return IndexPage(tuple(replace(self.rows[partition, key], version="") for key in shown), following)

    def _write(self, row: IndexRow) -> IndexRow:
        if len(row.body) > _LONGEST:
            raise ArchiveRefused("write index", "400 PropertyValueTooLarge")
        keys = self._keys.setdefault(row.partition, [])
        if (row.partition, row.key) not in self.rows:
            bisect.insort(keys, row.key)
        written = self.rows[row.partition, row.key] = replace(row, version=f"v{self.asked}")
        return written


def _mark(after: str) -> str:
    if not after:
        return ""
    try:
        match json.loads(after):
            case [str(), str(key)]:
                return key
    except (ValueError, RecursionError):
        pass
    raise InvalidRequest("after", "not what an earlier page named as the next")
