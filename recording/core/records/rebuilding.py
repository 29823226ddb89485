"""What the blobs of a recording say of it: the entry that the catalog has lost.

A manifest is the entry as it was when that was written. What is not in it, or came after it, is decided anew, each fact
at its own time: the start, the events of the journal, then the other acts of the trail. The journal's times are those
of the storage account, the acts' those of the app, so their order among each other is not used.

Of an act only what can be seen again is taken: a copy counts if the blob stands as the act says, and if only one
announcement names the chunk, as the act does not say of which the bytes are. Whatever is still unknown after that, the
next step finds out, as it does after a crash: what stands in the archive is compared with the source, and adopted.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from recording.core.lifecycle import (
    Announced,
    Archived,
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
    Overflowed,
    Paused,
    Quarantined,
    Released,
    Resumed,
    Started,
    Stopped,
    decide,
    located,
    with_chunks,
)
from recording.core.model import (
    UNKNOWN_LOCATION,
    Act,
    Actor,
    AppliedRule,
    BlobName,
    Candidate,
    CatalogEntry,
    Chunk,
    ConsentEvidence,
    ConsentKind,
    Digest,
    DocumentId,
    Failure,
    MetadataProof,
    Opening,
    Place,
    Proof,
    RecordingId,
    Ruling,
    Subject,
    Trail,
)
from recording.core.naming import encode
from recording.core.outputs import parse_output_name
from recording.core.times import parse_time

DOCUMENT, LENGTH, DIGEST, BLOCK_SIZE = "acsdocumentid", "length", "sha256blocks", "blocksize"
"""What a blob's own metadata says of the copy."""
_OPERATION = "rebuild"
_FROM_THE_TRAIL = "as the audit trail says"
_APART = "a copy of it was set apart; the reason was in the catalog that was lost"
_WHOLE = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Seen:
    """An event of the journal: when it came, and what it announced."""

    at: datetime
    announced: Announced
    by: Actor


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
    found = (dict(act.details).get("manifest") for act in reversed(acts) if act.what == "Completed")
    return next((BlobName(name) for name in found if name), None)


def rebuilt(
    recording_id: RecordingId,
    manifest: CatalogEntry | None,
    seen: Sequence[Seen],
    acts: Sequence[Act],
    standing: Mapping[BlobName, Standing],
) -> CatalogEntry | None:
    """The entry, without its trail; None if nothing of it is known.

    Args:
        recording_id: whose.
        manifest: the entry as the last manifest has it; None if none was written.
        seen: the events of the journal.
        acts: of the trail, in order.
        standing: those of `blobs_of` that are there.
    """
    entry = manifest
    for act in acts:
        if act.what == Started.__name__:
            entry = _started(recording_id, entry, act)
    for one in sorted(seen, key=lambda found: found.at):
        entry = _announced(entry, one)
    for act in acts:
        entry = _acted(entry, manifest, act, standing)
    if entry is None:
        return None
    # Alerts were told, or are gone with the table; a row of open work is written when the entry is saved.
    return replace(entry, recording=replace(entry.recording, untold=(), trail=Trail(), opening=Opening()), version="")


def with_copies(
    entry: CatalogEntry,
    overflow: Mapping[DocumentId, Proof],
    apart: Mapping[DocumentId, Proof],
    now: datetime,
) -> CatalogEntry:
    """The entry with copies of its open chunks that stand in the second account, or in quarantine."""
    for chunk in open_chunks(entry):
        document_id = chunk.document_id
        if document_id in overflow:
            entry = decide(entry, Overflowed(document_id, overflow[document_id], (), now), now).entry
        if document_id in apart:
            look_at = now if now < chunk.gone_by else None
            entry = decide(entry, Quarantined(document_id, (_APART,), look_at, apart[document_id]), now).entry
    return replace(entry, recording=replace(entry.recording, untold=()))


def open_chunks(entry: CatalogEntry) -> tuple[Chunk, ...]:
    """The chunks that no manifest and no act closes: a copy of them may stand apart."""
    return tuple(chunk for chunk in entry if not chunk.is_closed and not chunk.is_proven)


def proof_of(document_id: DocumentId, name: BlobName, blob: Standing, place: Place, at: datetime) -> Proof | None:
    """What a blob's own metadata says of the copy that it is; None if it is no copy of this chunk."""
    said = blob.blob_metadata
    length, size = said.get(LENGTH, ""), said.get(BLOCK_SIZE, "")
    if said.get(DOCUMENT) != encode(document_id):
        return None
    if not (_WHOLE.fullmatch(size) and length == str(blob.length) and said.get(DIGEST)):
        return None
    return Proof(name, blob.length, Digest(said[DIGEST], int(size)), blob.etag, at, place=place, by_its_own_word=True)


def _announced(entry: CatalogEntry | None, one: Seen) -> CatalogEntry:
    """The entry after an event; a manifest's chunks only get their locations from it, and are not opened by it."""
    fact = one.announced
    known = {chunk.document_id: chunk for chunk in entry or ()}
    new = tuple(found for found in fact.chunks if _is_news(known.get(found.announced.document_id)))
    if entry is not None:
        for found in fact.chunks:
            chunk = known.get(found.announced.document_id)
            if chunk is not None and not _is_news(chunk):
                candidate = Candidate(found.announced, fact.event.event_id, fact.door, one.at, found.native)
                known[chunk.document_id] = located(chunk, candidate)
        entry = with_chunks(entry, known)
    if entry is not None and not new and not fact.event.unread:
        return entry
    return decide(entry, replace(fact, chunks=new), one.at, one.by).entry


def _is_news(chunk: Chunk | None) -> bool:
    return chunk is None or chunk.candidate.announced.content_location != UNKNOWN_LOCATION


def _acted(
    entry: CatalogEntry | None, manifest: CatalogEntry | None, act: Act, standing: Mapping[BlobName, Standing]
) -> CatalogEntry | None:
    if entry is None:
        return None
    if manifest is not None and (act.document_id is None or manifest.chunk(act.document_id) is not None):
        return entry  # the manifest says more
    details = dict(act.details)
    for fact in _facts(entry, act, details, standing):
        if isinstance(fact, Archived):
            entry = _named(entry, fact)
        entry = decide(entry, fact, act.at, act.by).entry
    return entry


def _named(entry: CatalogEntry, fact: Archived) -> CatalogEntry:
    """The entry with the name that the chunk was given; the template of names may be another one since."""
    named = {chunk.document_id: chunk for chunk in entry}
    named[fact.document_id] = replace(named[fact.document_id], name=fact.proof.name)
    return with_chunks(entry, named)


def _started(recording_id: RecordingId, entry: CatalogEntry | None, act: Act) -> CatalogEntry:
    """The entry after its start; what a manifest says of that stays."""
    details, known = dict(act.details), entry.recording if entry is not None else None
    fact = Started(
        recording_id,
        known.output if known and known.output else parse_output_name(details.get("output", "")),
        paused=details.get("paused") == "true",
        applied=known.applied if known and known.applied else _applied(details),
        consent=_consent(details, act.at),
    )
    return decide(entry, fact, act.at, act.by).entry


def _applied(details: Mapping[str, str]) -> AppliedRule | None:
    rule, policy = details.get("rule"), details.get("policy", "")
    if not rule:
        return None
    template, retention_class = details.get("template", ""), details.get("retentionClass", "")
    return AppliedRule(rule, policy, _FROM_THE_TRAIL, template, retention_class)


def _consent(details: Mapping[str, str], at: datetime) -> ConsentEvidence | None:
    kind = details.get("consent", "")
    if kind not in tuple(ConsentKind):
        return None
    return ConsentEvidence(ConsentKind(kind), _FROM_THE_TRAIL, at, text_sha256=details.get("promptSha256", ""))


def _facts(
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
        Disputed.__name__: Disputed(chunk.document_id, (_FROM_THE_TRAIL,), act.at),
        Damaged.__name__: Damaged(chunk.document_id, _FROM_THE_TRAIL),
        Released.__name__: Released(chunk.document_id, parse_time(details.get("releasedAt")) or act.at),
        Kept.__name__: Kept(chunk.document_id, _FROM_THE_TRAIL),
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
        given_up = Decided(chunk.document_id, Ruling.GIVE_UP, _FROM_THE_TRAIL)
        return Failed(chunk.document_id, failure, act.at), given_up
    return ()


def _failure(act: Act, details: Mapping[str, str]) -> Failure:
    return Failure(act.at, _OPERATION, Subject.MEDIA, details.get("code", _OPERATION), _FROM_THE_TRAIL)


def _of_recording(what: str) -> tuple[Fact, ...]:
    facts: Mapping[str, Fact] = {
        Paused.__name__: Paused(),
        Resumed.__name__: Resumed(),
        Stopped.__name__: Stopped(),
        NeverCame.__name__: NeverCame(_FROM_THE_TRAIL),
        GivenUp.__name__: GivenUp(_FROM_THE_TRAIL),
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
