"""A blob that stands where a chunk should go is compared with the source; its metadata and block ids prove nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.copying.destination import Copied
from recording.copying.engine import Engine
from recording.core.errors import ArchiveRefused, RecordingError, SourceBusy, SourceGone, SourceNotReady
from recording.core.model import BlobName, Location
from tests.copying.copies import (
    BLOCK,
    IDENTITY,
    NAME,
    copied,
    destination,
    digest_of,
    engine_of,
    media,
    run_together,
    source_with,
)
from tests.fakes import FakeArchive, FakeSource

pytestmark = pytest.mark.usefixtures("quick_tries")
CONTENT = media(9 * BLOCK + 5)
LENGTHS = pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, len(CONTENT)])


def claims(content: bytes, block: int = BLOCK) -> dict[str, str]:
    """What a blob of ours with that content says of itself."""
    return destination(FakeArchive()).blob_metadata(len(content), digest_of(content, block))


def zeroed(content: bytes, begin: int, end: int) -> bytes:
    """The content with zeros in it."""
    return content[:begin] + bytes(end - begin) + content[end:]


def compared(engine: Engine, location: Location, archive: FakeArchive) -> Copied | None:
    """The outcome; a deadlock over the buffers is a failure."""
    found: list[Copied | None] = []
    run_together(lambda: found.append(engine.compare(location, destination(archive))))
    return found[0]


# The same


@LENGTHS
@pytest.mark.parametrize("block", [16, BLOCK, 1000])
def test_a_copy_of_an_earlier_try_is_found_to_be_the_sources(length: int, block: int) -> None:
    """With any block size. One block of the source is read, and all of the blob; one buffer is enough."""
    source, location = source_with(CONTENT[:length])
    archive = FakeArchive()
    first = copied(engine_of(source, block=block), location, destination(archive))
    source.served = 0

    assert first == compared(engine_of(source, buffers=1), location, archive)
    assert min(length, BLOCK) == source.served


@LENGTHS
@pytest.mark.parametrize("ignores_ranges", [False, True])
@pytest.mark.parametrize(
    "blob_metadata",
    [{}, IDENTITY, claims(b"other"), {**claims(CONTENT), "acsdocumentid": "other"}],
    ids=["none", "ours without a digest", "ours of other bytes", "of another chunk"],
)
def test_a_strangers_blob_of_the_same_bytes_is_the_sources(
    length: int, blob_metadata: dict[str, str], *, ignores_ranges: bool
) -> None:
    """Whatever its metadata says, both are read completely, in one buffer."""
    source, location = source_with(CONTENT[:length])
    source.ignores_ranges = ignores_ranges
    archive = FakeArchive()
    archive.put_as_stranger(NAME, CONTENT[:length], blob_metadata)

    expected = Copied(length, digest_of(CONTENT[:length]), archive.blobs[NAME].etag)
    assert expected == compared(engine_of(source, buffers=1), location, archive)


@pytest.mark.parametrize("fault", ["short_206", "no_total", "no_length_200", "breaks_every", "busy_503"])
def test_a_source_of_odd_replies_can_be_compared(fault: str) -> None:
    """As far as it can be copied."""
    source, location = source_with(CONTENT)
    archive = FakeArchive()
    archive.put_as_stranger(NAME, CONTENT)
    source.arm(fault, times=1 if fault == "busy_503" else None, amount=BLOCK // 3)
    found = compared(engine_of(source, buffers=1), location, archive)

    assert found is not None
    assert digest_of(CONTENT) == found.digest


# Another


OTHERS: dict[str, bytes] = {
    "another first byte": b"?" + CONTENT[1:],
    "another first block": zeroed(CONTENT, 0, BLOCK),
    "another second block": zeroed(CONTENT, BLOCK, 2 * BLOCK),
    "another last byte": CONTENT[:-1] + b"?",
    "zeros alone": bytes(len(CONTENT)),
    "shorter": CONTENT[:-1],
    "longer": CONTENT + b"?",
    "the first block alone": CONTENT[:BLOCK],
    "empty": b"",
    "blocks in another order": CONTENT[:BLOCK] + CONTENT[2 * BLOCK : 3 * BLOCK] * 2 + CONTENT[3 * BLOCK :],
}
TOLD_BY_THE_FIRST_BLOCK = ("another first byte", "another first block", "zeros alone", "shorter", "longer", "empty")


@pytest.mark.parametrize("what", OTHERS)
@pytest.mark.parametrize("blob_metadata", [{}, claims(CONTENT)], ids=["no claims", "our claims"])
def test_what_has_other_bytes_is_not_the_sources(what: str, blob_metadata: dict[str, str]) -> None:
    """Whatever its metadata says. The blob is left unchanged."""
    source, location = source_with(CONTENT)
    archive = FakeArchive()
    archive.put_as_stranger(NAME, OTHERS[what], blob_metadata)
    before = dict(archive.blobs)

    assert compared(engine_of(source, buffers=1), location, archive) is None
    assert before == archive.blobs


@pytest.mark.parametrize("what", TOLD_BY_THE_FIRST_BLOCK)
def test_a_blob_whose_metadata_is_true_may_still_be_another(what: str) -> None:
    """It names this chunk, and its own digest. Length and first block tell, and no more of the source is read."""
    other = OTHERS[what]
    source, location = source_with(CONTENT)
    archive = FakeArchive()
    archive.put_as_stranger(NAME, other, claims(other))
    engine = engine_of(source, buffers=1)
    assert engine.prove(destination(archive)) is not None

    assert compared(engine, location, archive) is None
    assert BLOCK == source.served


@pytest.mark.parametrize("zeroes_from", [0, 1, 5])
def test_zeros_under_our_metadata_and_block_ids_are_not_believed(zeroes_from: int) -> None:
    """Who can write into the archive can choose both."""
    source, location = source_with(CONTENT)
    archive = FakeArchive()
    copied(engine_of(source), location, destination(archive))
    forged = zeroed(CONTENT, zeroes_from * BLOCK, len(CONTENT))
    archive.blobs[NAME] = replace(archive.blobs[NAME], content=forged)
    engine = engine_of(source, buffers=1)

    assert engine.prove(destination(archive)) is None
    assert compared(engine, location, archive) is None
    assert forged == archive.blobs[NAME].content


@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255), st.booleans())
def test_no_byte_may_differ(at: int, by: int, ours: bool) -> None:  # noqa: FBT001 - drawn
    """At any offset."""
    source, location = source_with(CONTENT)
    other = CONTENT[:at] + bytes([CONTENT[at] ^ by]) + CONTENT[at + 1 :]
    archive = FakeArchive()
    archive.put_as_stranger(NAME, other, claims(CONTENT) if ours else {})

    assert engine_of(source, buffers=1).compare(location, destination(archive)) is None


# Gone


def test_where_nothing_stands_nothing_is_the_sources() -> None:
    """Blocks that are only staged are no blob, and are left."""
    source, location = source_with(CONTENT)
    archive = FakeArchive(uncommitted={NAME: {"x" * 48: b"x"}})

    assert compared(engine_of(source, buffers=1), location, archive) is None
    assert [NAME] == list(archive.uncommitted)


@pytest.mark.parametrize("reads", range(4))
def test_a_blob_that_is_deleted_meanwhile_is_an_error(reads: int) -> None:
    """Nothing is concluded from what was read of it; the next try finds nothing there."""
    source, location = source_with(CONTENT)
    archive = FakeArchive()
    archive.put_as_stranger(NAME, CONTENT)
    left = list(range(reads))

    def vanish(operation: str, name: BlobName) -> None:
        if operation == "read" and not left:
            archive.blobs.pop(name, None)
        elif operation == "read":
            left.pop()

    archive.before = vanish
    engine = engine_of(source, buffers=1)
    with pytest.raises(ArchiveRefused):
        compared(engine, location, archive)

    assert compared(engine, location, archive) is None


@pytest.mark.parametrize(
    ("fault", "after", "error"),
    [
        ("not_ready_404", 0, SourceGone),
        ("not_ready_404", 1, SourceGone),
        ("html_for_media", 0, SourceNotReady),
        ("zero_bytes", 0, SourceNotReady),
        ("busy_503", 0, SourceBusy),
        ("busy_503", 2, SourceBusy),
    ],
)
@pytest.mark.parametrize("standing", [CONTENT, zeroed(CONTENT, BLOCK, len(CONTENT))], ids=["the same", "another"])
def test_without_the_source_nothing_is_said_of_what_stands(
    fault: str, after: int, error: type[RecordingError], standing: bytes
) -> None:
    """There is no outcome, and every buffer is given back."""
    source, location = source_with(CONTENT)
    archive = FakeArchive()
    archive.put_as_stranger(NAME, standing)
    source.arm(fault, times=None, after=after)
    engine = engine_of(source, buffers=1)
    with pytest.raises(error):
        compared(engine, location, archive)

    engine.source = FakeSource(contents=source.contents)
    assert (standing == CONTENT) == (compared(engine, location, archive) is not None)
