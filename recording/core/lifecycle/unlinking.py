"""Somebody is taken out of a recording that is kept: when that may begin, and what it does to the entry.

What names them is written anew without them, then the entry comes to name that, and only then the old is removed. It
begins only where nothing can come of the old any more: no source that is copied again, no copy that is decided about.
"""

from dataclasses import replace
from datetime import datetime

from recording.core.lifecycle.acts import digest
from recording.core.lifecycle.changes import alerted, with_chunks, with_fields, with_state
from recording.core.lifecycle.erasing import why_not_erased
from recording.core.lifecycle.facts import Archived, Fact, MetadataArchived
from recording.core.lifecycle.records_facts import Rewritten, UnlinkBegun, Unlinked, UnlinkGivenUp
from recording.core.model import Actor, Alarm, Alert, CatalogEntry, Chunk, ChunkState, Proof, Unlinking
from recording.core.naming import is_muted


def is_unlinking(entry: CatalogEntry) -> bool:
    """Whether somebody is being taken out of it."""
    return any(one.finished_at is None for one in entry.recording.unlinked)


def has_taken_out(entry: CatalogEntry) -> bool:
    """Whether somebody was taken out of it: who only may be is still in what was archived."""
    return any(one.rewritten_at is not None for one in entry.recording.unlinked)


def is_rewritten(entry: CatalogEntry, chunk: Chunk) -> bool:
    """Whether the chunk was in the recording when somebody was taken out of it: its proof is of what was left then."""
    if chunk.proof is None:
        return False
    times = [one.rewritten_at for one in entry.recording.unlinked if one.rewritten_at is not None]
    return is_muted(chunk.proof.name) or any(chunk.proof.verified_at <= at for at in times)


def why_not_unlinked(entry: CatalogEntry, now: datetime) -> str:
    """Why nobody can be taken out of it yet, in words for people; empty if it can.

    While its entry names what is written anew, and the manifest is owed for that, it can.
    """
    if any(one.rewritten_at is not None and one.finished_at is None for one in entry.recording.unlinked):
        return ""
    if why := why_not_erased(entry, now):
        return why
    for chunk in entry:
        if chunk.state is ChunkState.QUARANTINED:
            return f"a copy of chunk {chunk.index} stands apart, in doubt: it is to be decided about first"
        if chunk.state is not ChunkState.RELEASED and now < chunk.gone_by:
            return f"the source of chunk {chunk.index} may not have ended: it could be copied again"
    return ""


def unlink_begun(entry: CatalogEntry, fact: UnlinkBegun, now: datetime, by: Actor) -> CatalogEntry:
    """The entry of a recording of which somebody begins to be taken out; unchanged if that cannot begin."""
    known = entry.recording.unlinked
    is_known = any(one.erasure_id == fact.erasure_id or one.finished_at is None for one in known)
    if is_known or why_not_unlinked(entry, now):
        return entry
    return with_fields(
        entry, unlinked=(*known, Unlinking(fact.erasure_id, now, by, digest(fact.purpose), fact.is_muting))
    )


def unlink_given_up(entry: CatalogEntry, fact: UnlinkGivenUp) -> CatalogEntry:
    """The entry of which nobody is being taken out any more, as what was to be written anew could not be proven."""
    known = entry.recording.unlinked
    left = tuple(one for one in known if one.erasure_id != fact.erasure_id or one.rewritten_at is not None)
    return with_fields(entry, unlinked=left)


def rewritten_by(entry: CatalogEntry, fact: Rewritten, now: datetime) -> CatalogEntry:
    """The entry that names what was written anew; it owes a manifest that says so."""
    known = entry.recording
    if not any(one.erasure_id == fact.erasure_id and one.rewritten_at is None for one in known.unlinked):
        return entry
    unlinked = tuple(
        replace(one, rewritten_at=now) if one.erasure_id == fact.erasure_id else one for one in known.unlinked
    )
    proofs = dict(fact.proofs)
    chunks = tuple(_rewritten(chunk, proofs.get(chunk.document_id)) for chunk in entry)
    revision = known.revision + (known.completed_at is not None)
    return with_state(
        replace(with_fields(entry, unlinked=unlinked, completed_at=None, revision=revision), chunks=chunks)
    )


def unlinked(entry: CatalogEntry, fact: Unlinked, now: datetime) -> CatalogEntry:
    """The entry of which nobody is being taken out any more."""
    known = entry.recording.unlinked
    after = tuple(
        replace(one, finished_at=now) if one.erasure_id == fact.erasure_id and one.finished_at is None else one
        for one in known
    )
    return with_fields(entry, unlinked=after)


def with_rewritten(entry: CatalogEntry, found: CatalogEntry) -> CatalogEntry:
    """The entry with what a manifest says that was written anew, if it does not know that anybody was taken out.

    It was made by an event, after the catalog had lost the one that knew it: no source and no name leads to that.
    """
    known = {one.erasure_id for one in entry.recording.unlinked}
    new = tuple(one for one in found.recording.unlinked if one.rewritten_at and one.erasure_id not in known)
    if not new:
        return entry
    chunks = {chunk.document_id: chunk for chunk in entry}
    chunks |= {chunk.document_id: chunk for chunk in found if chunk.is_proven}
    revision = 1 + max(entry.recording.revision, found.recording.revision)
    name = entry.recording.manifest_name or found.recording.manifest_name
    fields = {"unlinked": (*new, *entry.recording.unlinked), "revision": revision, "manifest_name": name}
    return with_state(with_chunks(with_fields(entry, **fields, completed_at=None), chunks))


def written_since(before: CatalogEntry, after: CatalogEntry, fact: Fact) -> CatalogEntry:
    """The entry after a fact of a run that may have written, beside what was written anew, a metadata file once more.

    The daily look removes it for some days. A person is told which, as that may come later still.
    """
    if not before.recording.unlinked or not isinstance(fact, Archived | MetadataArchived):
        return after
    chunk = after.chunk(fact.document_id)
    proof = None if chunk is None else chunk.proof
    if chunk is None or proof is None:
        return after
    metadata = fact.proof.metadata if isinstance(fact, Archived) else fact.metadata
    written = [metadata.name] if metadata is not None and metadata != proof.metadata else []
    written += [fact.proof.name] if isinstance(fact, Archived) and fact.proof.name != proof.name else []
    if not written:
        return after
    names = " and ".join(written)
    reason = f"somebody was taken out of it, and a run that had begun before has written {names}: remove that"
    return alerted(after, Alert(Alarm.CONFLICT, reason, chunk.document_id))


def _rewritten(chunk: Chunk, proof: Proof | None) -> Chunk:
    """The chunk with that proof; copies of it that stand apart are left without their metadata files.

    There are none of one that is muted: they have the voice.
    """
    if proof is not None and is_muted(proof.name):
        return replace(chunk, proof=proof, apart=None, overflow=None, overflow_doubts=())
    return replace(
        chunk,
        proof=chunk.proof if proof is None else proof,
        apart=None if chunk.apart is None else replace(chunk.apart, metadata=None),
        overflow=None if chunk.overflow is None else replace(chunk.overflow, metadata=None),
    )
