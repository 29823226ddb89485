"""What the blobs of a recording say of it: the entry that the catalog has lost.

A manifest is the entry as it was when that was written. What is not in it, or came after it, is decided anew, each fact
at its own time: the start, the events of the journal, then the other acts of the trail. The journal's times are those
of the storage account, the acts' those of the app, so their order among each other is not used.

Of an act only what can be seen again is taken: a copy counts if the blob stands as the act says, and if only one
announcement names the chunk, as the act does not say of which the bytes are. Whatever is still unknown after that, the
next step finds out, as it does after a crash: what stands in the archive is compared with the source, and adopted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from recording.core.lifecycle import (
    Announced,
    Archived,
    Overflowed,
    Quarantined,
    Started,
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
    DocumentId,
    Opening,
    Proof,
    RecordingId,
    Trail,
)
from recording.core.outputs import parse_output_name
from recording.core.records.told_by_acts import FROM_THE_TRAIL, Standing, facts_of

_APART = "a copy of it was set apart; the reason was in the catalog that was lost"


@dataclass(frozen=True, slots=True)
class Seen:
    """An event of the journal: when it came, and what it announced."""

    at: datetime
    announced: Announced
    by: Actor


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
    for fact in facts_of(entry, act, details, standing):
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
    return AppliedRule(rule, policy, FROM_THE_TRAIL, template, retention_class)


def _consent(details: Mapping[str, str], at: datetime) -> ConsentEvidence | None:
    kind = details.get("consent", "")
    if kind not in tuple(ConsentKind):
        return None
    return ConsentEvidence(ConsentKind(kind), FROM_THE_TRAIL, at, text_sha256=details.get("promptSha256", ""))
