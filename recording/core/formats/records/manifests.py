"""Reads a manifest as the entry that the catalog had when it was written: how the catalog is rebuilt.

What a manifest does not say, the entry has not: locations at the source (`UNKNOWN_LOCATION`), other candidates than the
proven one, counts of failures, the actors of pauses, participants, orders, the history. Manifests of earlier versions
have fewer fields; each that is absent is as if not known.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from recording.core.errors import InvalidRequest, ManifestUnreadable
from recording.core.formats.manifest import SCHEMA
from recording.core.formats.reading import StrictFields, array, json_body, text, whole
from recording.core.lifecycle import with_state
from recording.core.model import (
    UNKNOWN_LOCATION,
    Actor,
    AnnouncedChunk,
    AppliedRule,
    BlobName,
    CallConnectionId,
    CallId,
    Candidate,
    CatalogEntry,
    Chunk,
    ChunkState,
    ConsentEvidence,
    ConsentKind,
    ConsentOperation,
    Continuation,
    Digest,
    DocumentId,
    Door,
    MetadataProof,
    Output,
    Pause,
    Place,
    Proof,
    Recording,
    RecordingId,
    RecordingState,
    ServerCallId,
    Subject,
    Unlinking,
    Unread,
    WithdrawnConsent,
)
from recording.core.outputs import parse_output
from recording.core.times import parse_milliseconds, parse_time

NOT_KNOWN = Actor("unknown")
"""Who began and ended a pause: that may be people, so no manifest says it."""
_SENSE = "is missing, or makes no sense"
_ARCHIVE = "archive"


def read_manifest(body: bytes, name: BlobName, written_at: datetime) -> CatalogEntry:
    """The entry that a manifest describes.

    Args:
        body: of the blob.
        name: of the blob.
        written_at: when it was written.

    Raises:
        ManifestUnreadable: it is no manifest, or contradicts itself.
    """

    def error(path: str, cause: str) -> ManifestUnreadable:
        return ManifestUnreadable("read manifest", f"{path} {cause}".strip(), ids={"blob": name})

    try:
        _, found = json_body(body)
        fields = StrictFields(found, error)
        if fields.get("schema") != SCHEMA:
            raise error("schema", f"is not {SCHEMA}")
        chunks = [*_proven(fields, written_at), *_unproven(fields, written_at)]
        recording = _recording(fields, name, written_at)
    except (ValueError, InvalidRequest) as cause:  # no JSON, or values that cannot be true together
        raise error("", str(cause)) from cause
    return with_state(CatalogEntry(recording, tuple(sorted(chunks, key=lambda one: (one.index, one.document_id)))))


def _recording(fields: StrictFields, name: BlobName, written_at: datetime) -> Recording:
    return Recording(
        recording_id=RecordingId(fields.need("recordingId", text, _SENSE)),
        state=RecordingState.ANNOUNCED,  # until it is computed from the chunks
        output=_output(fields),
        call_id=_id(fields, "callId", CallId),
        server_call_id=_id(fields, "serverCallId", ServerCallId),
        call_connection_id=_id(fields, "callConnectionId", CallConnectionId),
        group_call_id=fields.read("groupCallId", text),
        room_id=fields.read("roomId", text),
        applied=_applied(fields),
        requested_at=fields.read("requestedAt", parse_time),
        stopped_at=fields.read("stoppedAt", parse_time),
        pauses=tuple(_pauses(fields)),
        continues=_continues(fields),
        continued_by=_id(fields, "continuedBy", RecordingId),
        started_at=fields.read("startedAt", parse_time),
        duration=fields.read("durationMs", parse_milliseconds),
        session_end_reason=fields.read("sessionEndReason", _any_text) or "",
        announced_at=fields.read("announcedAt", parse_time) or written_at,
        unread=tuple(_unread(fields)),
        manifest_name=name,
        lacks=_texts(fields, "lacks"),
        completed_at=written_at,
        revision=fields.need("revision", whole, _SENSE),
        consent=_consent(fields),
        withdrawn=_withdrawn(fields),
        unlinked=tuple(_unlinked(fields, written_at)),
    )


def _unlinked(fields: StrictFields, written_at: datetime) -> Iterator[Unlinking]:
    """Who took somebody out of it is in the trail. What was not finished then is looked at again."""
    for said in fields.each("unlinked"):
        yield Unlinking(
            said.need("erasureId", text, _SENSE),
            said.need("at", parse_time, _SENSE),
            NOT_KNOWN,
            said.need("purposeSha256", text, _SENSE),
            said.get("isMuting") is True,
            rewritten_at=written_at,
            finished_at=written_at if said.get("isFinished") is True else None,
        )


def _output(fields: StrictFields) -> Output | None:
    said = fields.part("output")
    return parse_output(said.get("content"), said.get("channel"), said.get("format")) if said.names else None


def _applied(fields: StrictFields) -> AppliedRule | None:
    said = fields.part("rule")
    if not said.names:
        return None
    storage = said.read("storage", text) or _ARCHIVE
    return AppliedRule(
        rule=said.need("id", text, _SENSE),
        policy=said.need("policy", text, _SENSE),
        reason=said.read("reason", _any_text) or "",
        template=said.read("template", text) or "",
        retention_class=said.read("retention", text) or "",
        native_container="" if storage == _ARCHIVE else storage,
    )


def _pauses(fields: StrictFields) -> Iterator[Pause]:
    for said in fields.each("pauses"):
        until = said.read("to", parse_time)
        since = said.need("from", parse_time, _SENSE)
        yield Pause(since, NOT_KNOWN, until, None if until is None else NOT_KNOWN)


def _continues(fields: StrictFields) -> Continuation | None:
    said = fields.part("continues")
    if not said.names:
        return None
    earlier = RecordingId(said.need("recordingId", text, _SENSE))
    return Continuation(earlier, said.need("gapFrom", parse_time, _SENSE))


def _unread(fields: StrictFields) -> Iterator[Unread]:
    for said in fields.each("unread"):
        yield Unread(
            said.need("eventId", text, _SENSE),
            said.need("cause", text, _SENSE),
            _id(said, "documentId", DocumentId),
            said.read("index", whole),
            _door(said),
        )


def _consent(fields: StrictFields) -> ConsentEvidence | None:
    said = fields.part("consent")
    if said.get("kind") is None:
        return None
    prompt = said.part("prompt")
    return ConsentEvidence(
        kind=ConsentKind(said.need("kind", text, _SENSE)),
        basis=said.read("basis", _any_text) or "",
        noted_at=said.need("notedAt", parse_time, _SENSE),
        by=said.read("by", text) or "",
        at=said.read("at", parse_time),
        language=prompt.read("language", text) or "",
        text_version=prompt.read("version", text) or "",
        text_sha256=prompt.read("sha256", text) or "",
        operations=tuple(_operation(one) for one in said.each("operations")),
        key=said.read("key", text) or "",
    )


def _operation(said: StrictFields) -> ConsentOperation:
    return ConsentOperation(
        what=said.need("what", text, _SENSE),
        at=said.need("at", parse_time, _SENSE),
        context=said.read("operationContext", text) or "",
        event_id=said.read("eventId", text) or "",
        correlation_id=said.read("correlationId", text) or "",
        who=_texts(said, "who"),
        tone=said.read("tone", text) or "",
    )


def _withdrawn(fields: StrictFields) -> WithdrawnConsent | None:
    said = fields.part("consent")
    at = said.read("withdrawnAt", parse_time)
    if at is None:
        return None
    return WithdrawnConsent(at, Actor(said.need("withdrawnBy", text, _SENSE)), said.read("withdrawnFor", text) or "")


def _proven(fields: StrictFields, written_at: datetime) -> Iterator[Chunk]:
    for said in fields.each("chunks"):
        proof = _proof(said, Place.ARCHIVE)
        released_at, kept_reason = said.read("releasedAt", parse_time), said.read("keptReason", _any_text) or ""
        candidate = _candidate(said, proof, written_at)
        # A chunk that only the function key announced may be open while the others are complete.
        closed = ChunkState.KEPT if kept_reason else ChunkState.ARCHIVED
        yield Chunk(
            document_id=candidate.announced.document_id,
            name=_id(said, "name", BlobName) or proof.name,
            candidates=(candidate,),
            due=_due(said, written_at),
            gone_by=_gone_by(said, written_at),
            state=closed if released_at is None else ChunkState.RELEASED,
            proof=proof,
            proven=candidate,
            released_at=released_at,
            kept_reason="" if released_at else kept_reason,
            duration=said.read("durationMs", parse_milliseconds),
            paused=said.read("pausedMs", parse_milliseconds) or timedelta(),
            notes=_texts(said, "notes"),
        )


def _unproven(fields: StrictFields, written_at: datetime) -> Iterator[Chunk]:
    for said in fields.each("apart"):
        copy = _copy(said.part("copy"))
        candidate = _candidate(said, None, written_at)
        state = ChunkState(said.need("state", text, _SENSE))
        is_in_overflow = copy is not None and copy.place is Place.OVERFLOW
        is_looked_at = state is ChunkState.QUARANTINED and copy is None and not candidate.is_native
        yield Chunk(
            document_id=candidate.announced.document_id,
            name=BlobName(said.need("name", text, _SENSE)),
            candidates=(candidate,),
            due=_due(said, written_at),
            gone_by=_gone_by(said, written_at),
            state=state,
            apart=None if is_in_overflow else copy,
            overflow=copy if is_in_overflow else None,
            doubts=_texts(said, "reasons"),
            is_given_up=said.get("isGivenUp") is True,
            is_disputed=said.get("isDisputed") is True,
            look_at=_gone_by(said, written_at) if is_looked_at else None,
            duration=said.read("durationMs", parse_milliseconds),
            paused=said.read("pausedMs", parse_milliseconds) or timedelta(),
            notes=_texts(said, "notes"),
        )


def _candidate(said: StrictFields, proof: Proof | None, written_at: datetime) -> Candidate:
    source = said.part("source")
    metadata = proof.metadata if proof else None
    names_metadata = metadata is not None or source.get("namesMetadata") is True
    announced = AnnouncedChunk(
        DocumentId(said.need("documentId", text, _SENSE)),
        said.need("index", whole, _SENSE),
        UNKNOWN_LOCATION,
        UNKNOWN_LOCATION if names_metadata else None,
        None,
        said.read("endReason", _any_text) or "",
    )
    native = tuple(map(Subject, _texts(source, "native")))
    seen_at = source.read("seenAt", parse_time) or written_at
    return Candidate(announced, source.read("eventId", text) or "", _door(source), seen_at, native)


def _proof(said: StrictFields, place: Place) -> Proof:
    digest, metadata = said.part("digest"), said.part("metadata")
    container = said.read("container", text) or ""
    return Proof(
        name=BlobName(said.need("blob", text, _SENSE)),
        length=said.need("length", whole, _SENSE),
        digest=Digest(digest.need("value", text, _SENSE), digest.need("blockSize", whole, _SENSE)),
        etag=said.need("etag", text, _SENSE),
        verified_at=said.need("verifiedAt", parse_time, _SENSE),
        metadata=_metadata(metadata) if metadata.names else None,
        place=Place.NATIVE if container else place,
        by_its_own_word=said.get("byItsOwnWord") is True,
        container=container,
    )


def _copy(said: StrictFields) -> Proof | None:
    return _proof(said, Place(said.need("place", text, _SENSE))) if said.names else None


def _metadata(said: StrictFields) -> MetadataProof:
    return MetadataProof(
        name=BlobName(said.need("blob", text, _SENSE)),
        length=said.need("length", whole, _SENSE),
        sha256=said.need("sha256", text, _SENSE),
        etag=said.read("etag", text) or "",
        container=said.read("container", text) or "",
    )


def _due(said: StrictFields, written_at: datetime) -> datetime:
    return said.part("source").read("dueAt", parse_time) or written_at


def _gone_by(said: StrictFields, written_at: datetime) -> datetime:
    return said.part("source").read("goneBy", parse_time) or written_at


def _door(said: StrictFields) -> Door:
    """By which door it came; the one without authority, if that is not said."""
    return Door(said.read("door", text) or Door.FUNCTION_KEY)


def _id[T: str](said: StrictFields, name: str, kind: type[T]) -> T | None:
    found = said.read(name, text)
    return None if found is None else kind(found)


def _texts(said: StrictFields, name: str) -> tuple[str, ...]:
    return tuple(one for one in said.read(name, array) or () if isinstance(one, str))


def _any_text(found: object) -> str | None:
    return found if isinstance(found, str) else None
