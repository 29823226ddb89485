"""Reads manifests and validates every value in them, above all the names of blobs."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

SCHEMA = "recording-manifest/1"
ALGORITHM = "sha256-of-block-sha256"
MAX_BLOCKS = 50_000
"""The most blocks that Blob storage takes in one blob."""

FILE_NAME = re.compile(r"(?:.*/)?(?P<recording>[^/]*)\.manifest(?:-(?P<revision>[0-9]{1,9}))?\.json", re.DOTALL)

# The form of the app's blob names. No such name leads out of its folder, and every file system accepts it.
_SEGMENT = r"[A-Za-z0-9_=~-][A-Za-z0-9_=~.-]*"
_BLOB_NAME = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(rb"[A-Za-z0-9_-]")
_MAX_ENCODED, _KEPT_ENCODED = 200, 120


class WrongManifest(Exception):
    """The app cannot have written it, or not under that name; the message says why."""


@dataclass(frozen=True)
class Claim:
    """What a manifest says about one blob; without a block size the digest is plain SHA-256.

    `container` is the URL of the customer's container where the service has written it: it is not in the archive.
    """

    blob: str
    length: int
    digest: str
    block_size: int | None = None
    container: str = ""


@dataclass(frozen=True)
class Manifest:
    """The parts of a manifest that the proof of a recording needs.

    `is_rewritten`: somebody was taken out of the recording, so that blobs that earlier revisions name were removed.
    """

    recording_id: str
    chunks: tuple[Claim, ...]
    metadata: tuple[Claim, ...]
    lacks: tuple[str, ...]
    doubts: tuple[str, ...]
    is_rewritten: bool = False


def encode(recording_id: str) -> str:
    """How names spell an id: the rules of `recording/core/naming.py`."""
    raw = recording_id.encode("utf-8", "surrogatepass")
    spelt = "".join(chr(byte) if _PLAIN.match(bytes([byte])) else f"={byte:02X}" for byte in raw) or "="
    return spelt if len(spelt) <= _MAX_ENCODED else f"{spelt[:_KEPT_ENCODED]}~{hashlib.sha256(raw).hexdigest()}"


def siblings(name: str) -> tuple[str, ...]:
    """What the app writes beside the manifest of this name: who was heard, and what a second look has found."""
    folder, _, revision = name.rpartition(".manifest")
    return tuple(f"{folder}.{kind}{revision}" for kind in ("people", "seal"))


def read_manifest(raw: bytes, name: str) -> Manifest:
    """Read the manifest of this name.

    Raises:
        WrongManifest: it has another schema, contradicts itself, is another recording's, or contains a name that no
            blob of the archive has.
    """
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise WrongManifest("it is not JSON") from error
    fields = _object(found, "it")
    if (schema := _text(fields, "schema")) != SCHEMA:
        raise WrongManifest(f"its schema is {schema[:80]!r}, not {SCHEMA!r}")
    chunks = [_object(chunk, "a chunk") for chunk in _list(fields, "chunks")]
    metadata = [_object(chunk["metadata"], "metadata") for chunk in chunks if chunk.get("metadata") is not None]
    manifest = Manifest(
        _text(fields, "recordingId"),
        tuple(_media_claim(chunk) for chunk in chunks),
        tuple(map(_metadata_claim, metadata)),
        (*(str(lack) for lack in _list(fields, "lacks")), *filter(None, map(_elsewhere, chunks))),
        tuple(str(doubt) for doubt in _list(fields, "doubts")),
        bool(fields.get("unlinked")),
    )
    _check_name(name, manifest.recording_id, _whole(fields, "revision"))
    _check_sums(manifest, _object(fields.get("totals"), "totals"))
    return manifest


def _check_name(name: str, recording_id: str, revision: int) -> None:
    named = FILE_NAME.fullmatch(name)
    expected = (encode(recording_id), revision)
    if named is None or (named["recording"], int(named["revision"] or 1)) != expected:
        raise WrongManifest(f"it is revision {revision} of recording {recording_id!r}, which its name does not say")


def _check_sums(manifest: Manifest, totals: dict[str, Any]) -> None:
    blobs = [(claim.container, claim.blob) for claim in (*manifest.chunks, *manifest.metadata)]
    if len(set(blobs)) < len(blobs):
        raise WrongManifest("it names a blob twice")
    length = sum(claim.length for claim in manifest.chunks)
    if (_whole(totals, "chunks"), _whole(totals, "length")) != (len(manifest.chunks), length):
        raise WrongManifest("its totals are not those of its chunks")


def _media_claim(chunk: dict[str, Any]) -> Claim:
    length, digest = _whole(chunk, "length"), _object(chunk.get("digest"), "digest")
    block_size = _whole(digest, "blockSize")
    if (algorithm := _text(digest, "algorithm")) != ALGORITHM:
        raise WrongManifest(f"a digest is by {algorithm[:80]!r}, not {ALGORITHM!r}")
    if not 0 < length <= MAX_BLOCKS * block_size:
        raise WrongManifest(f"{length} bytes cannot be cut into blocks of {block_size}")
    return Claim(_blob(chunk), length, _sha256(digest, "value"), block_size, _container(chunk))


def _metadata_claim(metadata: dict[str, Any]) -> Claim:
    length, sha256 = _whole(metadata, "length"), _sha256(metadata, "sha256")
    return Claim(_blob(metadata), length, sha256, container=_container(metadata))


def _container(fields: dict[str, Any]) -> str:
    return _text(fields, "container") if "container" in fields else ""


def _elsewhere(chunk: dict[str, Any]) -> str:
    """What a proof of this folder lacks: a chunk that is in a container of the customer's, not in the archive."""
    container = _container(chunk)
    return f"{_text(chunk, 'blob')} is in {container}: prove it there, with --media" if container else ""


def _blob(fields: dict[str, Any]) -> str:
    name = _text(fields, "blob")
    if not _container(fields) and not _BLOB_NAME.fullmatch(name):
        raise WrongManifest(f"it names {name[:200]!r}, which is no name of a blob in an archive")
    return name


def _sha256(fields: dict[str, Any], name: str) -> str:
    value = _text(fields, name)
    if not _SHA256.fullmatch(value):
        raise WrongManifest(f"{name} is no SHA-256 in hex")
    return value


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise WrongManifest(f"{name} is no text")
    return value


def _whole(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise WrongManifest(f"{name} is no whole number from 0 up")
    return value


def _list(fields: dict[str, Any], name: str) -> list[Any]:
    value = fields.get(name)
    if not isinstance(value, list):
        raise WrongManifest(f"{name} is no list")
    return value


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WrongManifest(f"{name} is no JSON object")
    return value
