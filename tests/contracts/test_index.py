"""The contract of `Index`, on the fake and on Table storage."""

from dataclasses import replace

import pytest

from recording.core.errors import InvalidRequest
from recording.ports import Index, IndexRow


def rows(index: Index, partition: str, **bounds: str) -> list[str]:
    """All keys of a partition, by pages of two."""
    found, after = list[str](), ""
    while True:
        page = index.page(partition, 2, after, **bounds)
        found += [row.key for row in page.rows]
        after = page.next
        if not after:
            return found


def test_a_row_that_was_not_written_is_not_there(index: Index, mark: str) -> None:
    assert index.get(mark, "a") is None
    assert () == index.page(mark, 10).rows
    index.delete(mark, "a")


def test_a_row_is_found_as_it_was_written(index: Index, mark: str) -> None:
    index.put(IndexRow(mark, "a~1", b'{"x": "\xc3\xa4"}'))
    index.put(IndexRow(mark, "a~1", b'{"x": 2}'))
    found = index.get(mark, "a~1")
    assert found == IndexRow(mark, "a~1", b'{"x": 2}')
    assert (found,) == index.page(mark, 10).rows


def test_only_the_first_is_inserted(index: Index, mark: str) -> None:
    written, other = (index.insert(IndexRow(mark, "a", body)) for body in (b"1", b"2"))
    assert other is None
    assert written is not None
    assert written.version == index.get(mark, "a").version  # type: ignore[union-attr]
    assert IndexRow(mark, "a", b"1") == index.get(mark, "a")


def test_a_row_is_replaced_as_long_as_it_is_what_was_read(index: Index, mark: str) -> None:
    """Also with the version that the replacement gave it; not once it was changed, or deleted."""
    index.put(IndexRow(mark, "a", b"1"))
    first = index.get(mark, "a")
    assert first is not None
    second = index.replace(replace(first, body=b"2"))
    assert second is not None
    assert index.replace(replace(first, body=b"3")) is None
    assert index.replace(replace(second, body=b"4")) is not None
    index.delete(mark, "a")
    assert index.replace(second) is None
    assert index.get(mark, "a") is None


def test_a_row_is_removed_as_long_as_it_is_what_was_read(index: Index, mark: str) -> None:
    """Not once it was changed, or deleted."""
    index.put(IndexRow(mark, "a", b"1"))
    first = index.get(mark, "a")
    assert first is not None
    second = index.replace(replace(first, body=b"2"))
    assert second is not None
    assert not index.remove(first)
    assert second == index.get(mark, "a")
    assert index.remove(second)
    assert index.get(mark, "a") is None
    assert not index.remove(second)


def test_a_row_of_a_page_has_no_version_and_is_not_removed_by_it(index: Index, mark: str) -> None:
    index.put(IndexRow(mark, "a", b"1"))
    (row,) = index.page(mark, 10).rows
    assert not row.version
    with pytest.raises(ValueError, match="version"):
        index.remove(row)
    assert index.get(mark, "a") == row


def test_a_partition_is_listed_by_key_within_bounds(index: Index, mark: str) -> None:
    """In pages, and without the rows of a partition whose name begins the same."""
    for key in ("b", "a", "c~1", "d", "c"):
        index.put(IndexRow(mark, key))
    index.put(IndexRow(f"{mark}0", "b"))
    assert ["a", "b", "c", "c~1", "d"] == rows(index, mark)
    assert ["b", "c", "c~1"] == rows(index, mark, since="b", until="d")
    index.delete(mark, "c")
    assert ["c~1", "d"] == rows(index, mark, since="c")


def test_where_a_page_begins_is_what_another_page_said(index: Index, mark: str) -> None:
    with pytest.raises(InvalidRequest, match="after"):
        index.page(mark, 10, "elsewhere")
