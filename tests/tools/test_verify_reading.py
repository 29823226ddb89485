"""What tools/verify knows of digests, names and manifests by itself is what the app has."""

import hashlib
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core import blocks, naming
from recording.core.model import BlobName, RecordingId
from tests.tools.archives import archive
from tools.verify.digests import digest_of
from tools.verify.manifests import FILE_NAME, Claim, WrongManifest, encode, read_manifest


class Pieces:
    """A stream that gives as few bytes at a time as a network may."""

    def __init__(self, content: bytes, seed: int) -> None:
        self._rest = memoryview(content)
        self._random = random.Random(seed)

    def readinto(self, buffer: memoryview, /) -> int:
        count = min(len(self._rest), len(buffer), self._random.randint(1, 100))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


@given(content=st.binary(max_size=700), block_size=st.integers(1, 800), seed=st.integers(0, 1000))
def test_its_digest_is_the_composite_of_the_app(content: bytes, block_size: int, seed: int) -> None:
    """Of any content, cut into blocks of any size, read in pieces of any size: by either way the app has."""
    cut = [content[at : at + block_size] for at in range(0, len(content), block_size)]
    digests = {index: hashlib.sha256(block).digest() for index, block in enumerate(cut)}
    hasher = blocks.Hasher(block_size)
    hasher.update(memoryview(content))

    counts: list[int] = []
    found = digest_of(Pieces(content, seed), block_size, counts.append)
    assert blocks.composite(digests, block_size).sha256 == found == hasher.digest().sha256
    assert len(content) == sum(counts)
    assert hashlib.sha256(content).hexdigest() == digest_of(Pieces(content, seed), None, counts.append)


@given(recording_id=st.text(max_size=300), revision=st.integers(1, naming.MAX_INDEX))
def test_it_knows_the_name_of_every_manifest(recording_id: str, revision: int) -> None:
    name = naming.manifest_name(RecordingId(recording_id), BlobName("2026/03/d.wav"), revision)
    found = FILE_NAME.fullmatch(name)

    assert naming.encode(recording_id) == encode(recording_id)
    assert found is not None
    assert (encode(recording_id), revision) == (found["recording"], int(found["revision"] or 1))


def test_it_reads_what_the_app_writes() -> None:
    """Every chunk with its digest, and its metadata file with another kind of digest."""
    names = [name for name in archive() if ".manifest" in name]
    assert 4 == len(names)
    for name in names:
        raw = archive()[name]
        written, found = json.loads(raw), read_manifest(raw, name)
        chunks = written["chunks"]
        assert written["recordingId"] == found.recording_id
        assert (written["lacks"], written["doubts"]) == (list(found.lacks), list(found.doubts))
        assert [
            Claim(chunk["blob"], chunk["length"], chunk["digest"]["value"], chunk["digest"]["blockSize"])
            for chunk in chunks
        ] == list(found.chunks)
        assert [
            Claim(file["blob"], file["length"], file["sha256"]) for chunk in chunks if (file := chunk["metadata"])
        ] == list(found.metadata)


NAME = "2026/03/01/two/two.manifest.json"
ABSENT = object()


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (["schema"], "recording-manifest/2", "its schema is 'recording-manifest/2'"),
        (["schema"], ABSENT, "schema is no text"),
        (["recordingId"], "another", "revision 1 of recording 'another', which its name does not say"),
        (["revision"], 2, "revision 2 of recording 'two', which its name does not say"),
        (["revision"], True, "revision is no whole number"),
        (["chunks"], {}, "chunks is no list"),
        (["chunks", 0], "chunk", "a chunk is no JSON object"),
        (["chunks", 0, "length"], -1, "length is no whole number"),
        (["chunks", 0, "length"], 0, "0 bytes cannot be cut"),
        (["chunks", 0, "length"], 1, "its totals are not those of its chunks"),
        (["chunks", 0, "digest", "blockSize"], 0, "cannot be cut into blocks of 0"),
        (["chunks", 0, "digest", "value"], "AB" * 32, "value is no SHA-256 in hex"),
        (["chunks", 0, "digest", "algorithm"], "md5", "a digest is by 'md5'"),
        (["chunks", 0, "metadata", "sha256"], "", "sha256 is no SHA-256 in hex"),
        (["chunks", 1], ABSENT, "its totals are not those of its chunks"),
        (["totals"], None, "totals is no JSON object"),
        (["lacks"], "nothing", "lacks is no list"),
    ],
)
def test_a_manifest_that_cannot_be_the_apps_is_refused(path: list[Any], value: object, reason: str) -> None:
    fields = json.loads(archive()[NAME])
    parent = fields
    for step in path[:-1]:
        parent = parent[step]
    if value is ABSENT:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value

    with pytest.raises(WrongManifest, match=reason):
        read_manifest(json.dumps(fields).encode(), NAME)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b"[]", b"9" * 5000])
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(WrongManifest):
        read_manifest(raw, NAME)


@pytest.mark.parametrize(
    "blob",
    [
        "../secret",
        "2026/../../secret",
        "2026/./chunk.wav",
        "/etc/hostname",
        "//server/share",
        "C:/secret",
        "C:secret",
        r"..\secret",
        "2026//chunk.wav",
        "2026/chunk.wav/",
        "2026/chunk.wav\n",
        "chunk.wav\0",
        ".ssh/key",
        "",
        None,
        7,
    ],
)
@pytest.mark.parametrize("of", ["media", "metadata"])
def test_a_manifest_with_a_name_that_no_blob_has_is_refused(of: str, blob: object) -> None:
    """Above all one that leads out of the folder."""
    fields = json.loads(archive()[NAME])
    chunk = fields["chunks"][1]
    (chunk if of == "media" else chunk["metadata"])["blob"] = blob

    with pytest.raises(WrongManifest, match=r"no name of a blob|is no text"):
        read_manifest(json.dumps(fields).encode(), NAME)


def test_a_manifest_that_names_a_blob_twice_is_refused() -> None:
    fields = json.loads(archive()[NAME])
    fields["chunks"][1]["blob"] = fields["chunks"][0]["blob"]

    with pytest.raises(WrongManifest, match="names a blob twice"):
        read_manifest(json.dumps(fields).encode(), NAME)
