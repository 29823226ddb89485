"""The facts that the acts of a trail stand for, as far as what they speak of can be seen again."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from recording.core.lifecycle import (
    Archived,
    Completed,
    ConsentWithdrawn,
    Damaged,
    Decided,
    Disputed,
    Expired,
    Fact,
    Failed,
    GivenUp,
    Kept,
    MetadataArchived,
    NeverCame,
    Paused,
    Released,
    Resumed,
    Stopped,
)
from recording.core.model import (
    Act,
    BlobName,
    CatalogEntry,
    Chunk,
    Digest,
    DocumentId,
    Failure,
    MetadataProof,
    Place,
    Proof,
    Ruling,
    Subject,
)
from recording.core.naming import encode
from recording.core.times import parse_time

FROM_THE_TRAIL = "as the audit trail says"
_OPERATION = "rebuild"
_WHOLE = re.compile(r"[0-9]{1,15}")

DOCUMENT, LENGTH, DIGEST, BLOCK_SIZE = "acsdocumentid", "length", "sha256blocks", "blocksize"
"""What a blob's own metadata says of the copy."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A blob that stands in one of our containers, as far as asking for it shows; of a metadata file what it says."""

    length: int
    etag: str
    blob_metadata: Mapping[str, str] = field(default_factory=dict)
    sha256: str = ""
    duration: timedelta | None = None
    paused: timedelta = timedelta()
    notes: tuple[str, ...] = ()


_GONE = Standing(0, "")


def blobs_of(acts: Iterable[Act]) -> frozenset[BlobName]:
    """The blobs in the archive that acts speak of: asked for, they show whether the acts still hold."""
    names = (dict(act.details).get(name) for act in acts for name in ("blob", "metadataBlob"))
    return frozenset(BlobName(name) for name in names if name)


def manifest_of(acts: Sequence[Act]) -> BlobName | None:
    """The manifest that was written last, by the trail; None if it names none."""
    found = (dict(act.details).get("manifest") for act in reversed(acts) if act.what == Completed.__name__)
    return next((BlobName(name) for name in found if name), None)


def proof_of(document_id: DocumentId, name: BlobName, blob: Standing, place: Place, at: datetime) -> Proof | None:
    """What a blob's own metadata says of the copy that it is; None if it is no copy of this chunk."""
    said = blob.blob_metadata
    length, size = said.get(LENGTH, ""), said.get(BLOCK_SIZE, "")
    if said.get(DOCUMENT) != encode(document_id):
        return None
    if not (_WHOLE.fullmatch(size) and length == str(blob.length) and said.get(DIGEST)):
        return None
    return Proof(name, blob.length, Digest(said[DIGEST], int(size)), blob.etag, at, place=place, by_its_own_word=True)


def facts_of(
    entry: CatalogEntry,
    act: Act,
    details: Mapping[str, str],
    standing: Mapping[BlobName, Standing],
) -> tuple[Fact, ...]:
    """The facts that an act stands for; none for one that says nothing which the next step would not find out."""
    if act.document_id is None:
        return _of_recording(act.what)
    chunk = entry.chunk(act.document_id)
    if chunk is None:
        return ()
    if act.what == Archived.__name__:
        return _archived(chunk, act, details, standing)
    return _of_proven(chunk, act, details, standing) if chunk.is_proven else _of_unproven(chunk, act, details)


def _of_proven(
    chunk: Chunk, act: Act, details: Mapping[str, str], standing: Mapping[BlobName, Standing]
) -> tuple[Fact, ...]:
    facts: Mapping[str, Fact | None] = {
        MetadataArchived.__name__: _metadata_archived(chunk, details, standing),
        Disputed.__name__: Disputed(chunk.document_id, (FROM_THE_TRAIL,), act.at),
        Damaged.__name__: Damaged(chunk.document_id, FROM_THE_TRAIL),
        Released.__name__: Released(chunk.document_id, parse_time(details.get("releasedAt")) or act.at),
        Kept.__name__: Kept(chunk.document_id, FROM_THE_TRAIL),
        Expired.__name__: Expired(chunk.document_id, _failure(act, details)),
    }
    found = facts.get(act.what)
    return () if found is None else (found,)


def _metadata_archived(
    chunk: Chunk, details: Mapping[str, str], standing: Mapping[BlobName, Standing]
) -> MetadataArchived | None:
    metadata = _metadata(details, standing)
    if metadata is None:
        return None
    said = standing[metadata.name]
    return MetadataArchived(chunk.document_id, metadata, said.notes, said.duration, said.paused)


def _of_unproven(chunk: Chunk, act: Act, details: Mapping[str, str]) -> tuple[Fact, ...]:
    failure = _failure(act, details)
    if act.what == Expired.__name__:
        return (Expired(chunk.document_id, failure),)
    if act.what == Decided.__name__ and details.get("ruling") == Ruling.GIVE_UP:  # of what has failed before
        given_up = Decided(chunk.document_id, Ruling.GIVE_UP, FROM_THE_TRAIL)
        return Failed(chunk.document_id, failure, act.at), given_up
    return ()


def _failure(act: Act, details: Mapping[str, str]) -> Failure:
    return Failure(act.at, _OPERATION, Subject.MEDIA, details.get("code", _OPERATION), FROM_THE_TRAIL)


def _of_recording(what: str) -> tuple[Fact, ...]:
    facts: Mapping[str, Fact] = {
        Paused.__name__: Paused(),
        Resumed.__name__: Resumed(),
        Stopped.__name__: Stopped(),
        NeverCame.__name__: NeverCame(FROM_THE_TRAIL),
        GivenUp.__name__: GivenUp(FROM_THE_TRAIL),
        ConsentWithdrawn.__name__: ConsentWithdrawn(),
    }
    return (facts[what],) if what in facts else ()


def _archived(
    chunk: Chunk, act: Act, details: Mapping[str, str], standing: Mapping[BlobName, Standing]
) -> tuple[Fact, ...]:
    """The copy in the archive that an act speaks of, if it stands there as the act says."""
    name = BlobName(details.get("blob", ""))
    found = standing.get(name, _GONE)
    proof = proof_of(chunk.document_id, name, found, Place.ARCHIVE, act.at)
    if proof is None or chunk.is_proven or len(chunk.candidates) > 1:
        return ()
    told = (details.get("length"), details.get("sha256OfBlocks"), details.get("blockSize"))
    if told != (str(proof.length), proof.digest.sha256, str(proof.digest.block_size)):
        return ()
    is_own_word = details.get("byItsOwnWord") == "true"
    metadata = _metadata(details, standing)
    proof = replace(proof, metadata=metadata, by_its_own_word=is_own_word)
    said = standing[metadata.name] if metadata is not None else found
    return (Archived(chunk.document_id, proof, chunk.candidate, said.notes, said.duration, said.paused),)


def _metadata(details: Mapping[str, str], standing: Mapping[BlobName, Standing]) -> MetadataProof | None:
    name = BlobName(details.get("metadataBlob", ""))
    found = standing.get(name)
    if found is None or not found.sha256 or found.sha256 != details.get("metadataSha256"):
        return None
    return MetadataProof(name, found.length, found.sha256, found.etag)
