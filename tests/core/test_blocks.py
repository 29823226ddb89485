"""The block plan, block ids, and which staged blocks a restarted copy uses."""

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core import blocks
from recording.core.blocks import StagedBlock

sizes = st.integers(1, 10_000)


@given(length=sizes, block_size=sizes)
def test_a_plan_covers_every_byte_once_in_order(length: int, block_size: int) -> None:
    """Blocks touch, none overlaps, all but the last have the full size."""
    planned = blocks.plan(length, block_size)

    assert [block.index for block in planned] == list(range(len(planned)))
    assert planned[0].offset == 0
    assert all(one.offset + one.length == two.offset for one, two in itertools.pairwise(planned))
    assert all(block.length == block_size for block in planned[:-1])
    assert length == planned[-1].offset + planned[-1].length


@pytest.mark.parametrize(("length", "block_size"), [(0, 1), (1, 0), (-1, 5), (50_001, 1), (1 << 62, 8 << 20)])
def test_what_cannot_be_cut_has_no_plan(length: int, block_size: int) -> None:
    """An empty chunk is never archived, and Blob storage allows 50,000 blocks."""
    with pytest.raises(ValueError, match="no plan"):
        blocks.plan(length, block_size)


def test_ids_have_equal_length_and_fit_the_limit_of_blob_storage() -> None:
    """Blob storage wants ids of equal length, at most 64 bytes."""
    lengths = {len(blocks.block_id(index, hashlib.sha256(b"x").digest(), (1 << 112) - 1)) for index in (0, 1, 49_999)}

    assert lengths == {64}


def test_the_fingerprint_follows_the_source_and_the_cut() -> None:
    """Another length, validator, block size or first block gives another fingerprint."""
    states = [(10, "a", 4, b"x"), (11, "a", 4, b"x"), (10, "b", 4, b"x"), (10, "a", 5, b"x"), (10, "a", 4, b"y")]

    assert blocks.fingerprint(*states[0]) == blocks.fingerprint(*states[0])
    assert len({blocks.fingerprint(*state) for state in states}) == len(states)


@given(
    length=sizes,
    block_size=st.integers(50, 3000),
    staged=st.sets(st.integers(0, 200)),
    source=st.integers(0, (1 << 112) - 1),
)
def test_a_restarted_copy_reads_exactly_what_is_not_staged(
    length: int, block_size: int, staged: set[int], source: int
) -> None:
    """A block staged before the kill is not read again; any other is."""
    planned = blocks.plan(length, block_size)
    digests = {block.index: hashlib.sha256(bytes([block.index % 256])).digest() for block in planned}
    there = [
        StagedBlock(blocks.block_id(block.index, digests[block.index], source), block.length)
        for block in planned
        if block.index in staged
    ]

    found = blocks.staged_digests(planned, there, source)

    assert {index: digests[index] for index in digests if index in staged} == found


@pytest.mark.parametrize(
    "foreign",
    [
        StagedBlock("not base64!", 100),
        StagedBlock("c2hvcnQ=", 100),
        StagedBlock("é", 100),
        StagedBlock(blocks.block_id(0, bytes(32), 8), 100),
        StagedBlock(blocks.block_id(0, bytes(32), 7), 99),
        StagedBlock(blocks.block_id(2, bytes(32), 7), 100),
    ],
    ids=["no base64", "too short", "no ascii", "another source", "another size", "beyond the plan"],
)
def test_foreign_and_stale_blocks_are_not_taken(foreign: StagedBlock) -> None:
    """Only a block of this plan, from this state of the source, counts."""
    planned = blocks.plan(200, 100)

    assert {} == blocks.staged_digests(planned, [foreign], 7)


def test_two_claims_to_one_position_are_both_refused() -> None:
    """It cannot be known which is right, so the block is read again."""
    planned = blocks.plan(100, 100)
    rivals = [StagedBlock(blocks.block_id(0, bytes([n]) * 32, 7), 100) for n in (1, 2)]

    assert {} == blocks.staged_digests(planned, rivals, 7)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20))
def test_the_composite_digest_is_the_hash_of_the_block_hashes_in_order(digests: list[bytes]) -> None:
    """Anyone can compute it from the blob and the block size."""
    by_index = dict(enumerate(digests))

    found = blocks.composite(dict(reversed(by_index.items())), 4096)

    assert hashlib.sha256(b"".join(digests)).hexdigest() == found.sha256
    assert found.block_size == 4096
    assert [blocks.block_id(i, d, 9) for i, d in by_index.items()] == blocks.block_ids(by_index, 9)


@given(content=st.binary(min_size=1, max_size=500), block_size=st.integers(1, 200), cuts=st.lists(st.integers(0, 500)))
def test_a_digest_does_not_depend_on_how_the_bytes_came(content: bytes, block_size: int, cuts: list[int]) -> None:
    """A copy is read back in other pieces than it was written in."""
    planned = blocks.plan(len(content), block_size)
    expected = blocks.composite(
        {b.index: hashlib.sha256(content[b.offset : b.offset + b.length]).digest() for b in planned}, block_size
    )
    hasher = blocks.Hasher(block_size)
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]

    for start, end in itertools.pairwise(edges):
        hasher.update(memoryview(content)[start:end])

    assert expected == hasher.digest()
