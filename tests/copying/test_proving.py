"""A blob in the archive is proven by reading it back: whose it is, and that it holds what its metadata says."""

from dataclasses import replace

import pytest

from tests.copying.copies import BLOCK, NAME, copied, destination, digest_of, engine_of, media, source_with
from tests.fakes import FakeArchive, FakeSource

pytestmark = pytest.mark.usefixtures("quick_tries")
CONTENT = media(9 * BLOCK + 5)
SMALL = CONTENT[: BLOCK - 3]


@pytest.mark.parametrize("content", [SMALL, CONTENT], ids=["put", "committed"])
def test_our_own_blob_is_proven_by_any_later_try(content: bytes) -> None:
    """With another block size too: the metadata says which it was."""
    source, location = source_with(content)
    archive = FakeArchive()
    first = copied(engine_of(source), location, destination(archive))

    for block in (16, BLOCK, 1000):
        assert first == engine_of(source, block=block, buffers=1).prove(destination(archive))


def test_where_there_is_no_blob_nothing_is_proven() -> None:
    """Blocks that are only staged are none."""
    archive = FakeArchive(uncommitted={NAME: {"x" * 48: b"x"}})

    assert engine_of(FakeSource()).prove(destination(archive)) is None


@pytest.mark.parametrize(
    "blob_metadata",
    [
        {"acsdocumentid": "other"},
        {"acsrecordingid": ""},
        {"length": "9"},
        {"length": "many"},
        {"blocksize": "0"},
        {"blocksize": "-64"},
        {"sha256blocks": "00" * 32},
    ],
    ids=str,
)
@pytest.mark.parametrize("content", [SMALL, CONTENT], ids=["put", "committed"])
def test_a_blob_whose_metadata_differs_is_not_ours(content: bytes, blob_metadata: dict[str, str]) -> None:
    """It is another chunk's, or its bytes are not what its metadata says."""
    source, location = source_with(content)
    archive = FakeArchive()
    copied(engine_of(source), location, destination(archive))
    blob = archive.blobs[NAME]
    archive.blobs[NAME] = replace(blob, blob_metadata={**blob.blob_metadata, **blob_metadata})

    assert engine_of(source).prove(destination(archive)) is None


@pytest.mark.parametrize("block_size", [1, BLOCK - 1, BLOCK + 1, len(CONTENT)])
def test_a_blob_whose_digest_is_of_another_block_size_is_not_ours(block_size: int) -> None:
    """With the block size in its metadata, its digest would be another."""
    source, location = source_with(CONTENT)
    archive = FakeArchive()
    copied(engine_of(source), location, destination(archive))
    blob = archive.blobs[NAME]
    archive.blobs[NAME] = replace(blob, blob_metadata={**blob.blob_metadata, "blocksize": str(block_size)})

    assert engine_of(source).prove(destination(archive)) is None


@pytest.mark.parametrize("missing", ["length", "blocksize", "sha256blocks", "acschunkindex"])
def test_a_blob_that_lacks_any_of_our_metadata_is_not_ours(missing: str) -> None:
    """Even if its bytes are the same."""
    source, location = source_with(CONTENT)
    archive = FakeArchive()
    copied(engine_of(source), location, destination(archive))
    blob = archive.blobs[NAME]
    archive.blobs[NAME] = replace(blob, blob_metadata={k: v for k, v in blob.blob_metadata.items() if k != missing})

    assert engine_of(source).prove(destination(archive)) is None


def test_a_blob_with_our_metadata_and_other_bytes_is_not_ours() -> None:
    """It is read back: metadata alone proves nothing."""
    source, location = source_with(CONTENT)
    archive = FakeArchive()
    copied(engine_of(source), location, destination(archive))
    blob_metadata = archive.blobs[NAME].blob_metadata
    archive.put_as_stranger(NAME, CONTENT[:-1] + b"?", blob_metadata)
    assert engine_of(source).prove(destination(archive)) is None

    archive.put_as_stranger(NAME, CONTENT, blob_metadata)
    found = engine_of(source).prove(destination(archive))
    assert found is not None
    assert digest_of(CONTENT) == found.digest


@pytest.mark.parametrize("block", [16, BLOCK, 1000])
def test_a_blob_is_read_back_from_beginning_to_end(block: int) -> None:
    """Whoever wrote it; one that is shorter than expected has another digest."""
    archive = FakeArchive()
    archive.put_as_stranger(NAME, CONTENT)
    engine = engine_of(FakeSource(), block=block, buffers=1)

    assert digest_of(CONTENT, block) == engine.read_back(destination(archive), len(CONTENT), block)
    assert digest_of(CONTENT, block) == engine.read_back(destination(archive), len(CONTENT) + 5, block)
