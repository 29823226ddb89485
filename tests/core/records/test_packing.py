"""How far a package is written, by its steps."""

from recording.core.records.packing import (
    BLOCK,
    MOST_BLOCK,
    MOST_BLOCKS,
    Absent,
    Block,
    Package,
    Packed,
    Step,
    Told,
    block_size,
)
from recording.core.records.zipping import Stored, header_length

A, B, C, HEAD = (Block(name, 10) for name in "abch")
MEDIA = Packed("media.wav", 25, 1, "11", "22")
SMALL = Packed("trail.jsonl", 5, 2, "33")
WHY = Absent("media", "other.wav", "it is lost")
TOLD = Told("r", "archived", "complete")


def after(*steps: Step) -> Package:
    package = Package()
    for step in steps:
        package.add(step)
    return package


def test_what_is_held_is_not_in_the_package() -> None:
    package = after(Step("media.wav", A, 7), Step("media.wav", B, 8))
    assert ([], 0, {}, 20, 8) == (
        package.blocks,
        package.length,
        package.entries,
        package.held_of("media.wav"),
        package.held_crc,
    )
    assert (2, 2, 0) == (package.steps, package.next_block, package.held_of("another.wav"))


def test_a_closed_entry_has_its_header_before_its_blocks() -> None:
    package = after(Step("media.wav", A), Step("media.wav", B, blocks=(HEAD,), packed=(MEDIA,)))
    assert ["h", "a", "b"] == package.blocks
    assert (header_length("media.wav", 25) + 25, 0, "") == (package.length, package.next_block - 3, package.path)
    assert [Stored("media.wav", 25, 1, 0)] == list(package.stored())


def test_a_dropped_entry_leaves_nothing_but_the_reason() -> None:
    package = after(Step("media.wav", A), Step("media.wav", is_dropped=True, absent=(WHY,)), Step("media.wav", C, 5))
    assert ([], 10, [(0, WHY)]) == (package.blocks, package.held_of("media.wav"), package.absent)


def test_another_entry_takes_the_place_of_one_that_was_never_closed() -> None:
    package = after(Step("media.wav", A), Step("other.wav", B), Step("other.wav", blocks=(HEAD,), packed=(MEDIA,)))
    assert ["h", "b"] == package.blocks


def test_recordings_follow_one_another() -> None:
    """Each entry and each reason belongs to the recording that is told of next."""
    package = after(
        Step(blocks=(A,), packed=(SMALL,), told=TOLD),
        Step("media.wav", blocks=(B,), packed=(MEDIA,)),
        Step(absent=(WHY,), told=TOLD),
        Step(blocks=(C,), is_last=True),
    )
    assert {"trail.jsonl": 0, "media.wav": 1} == {path: one.recording for path, one in package.entries.items()}
    assert [(1, WHY)] == package.absent
    assert (["a", "b", "c"], [TOLD, TOLD], True) == (package.blocks, package.told, package.is_staged)
    assert [0, header_length("trail.jsonl", 5) + 5] == [one.offset for one in package.entries.values()]


def test_blocks_grow_so_that_a_blob_holds_a_terabyte() -> None:
    sizes = [block_size(number) for number in range(0, MOST_BLOCKS, 1000)]
    assert (BLOCK, MOST_BLOCK) == (sizes[0], sizes[-1])
    assert sizes == sorted(sizes)
    assert 1000 * sum(sizes) > 1 << 40


def test_a_package_with_as_many_blocks_as_a_blob_has_is_full() -> None:
    package = Package(blocks=["a"] * (MOST_BLOCKS - 1))
    assert not package.is_full
    package.add(Step("media.wav", A))
    assert package.is_full
