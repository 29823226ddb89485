"""What the contract of the catalog needs: its adapter, the table behind it, and entries."""

import base64
import random
from dataclasses import dataclass, replace
from datetime import timedelta

from azure.data.tables import TableClient

from recording.adapters.catalog import TableCatalog
from recording.core.errors import CatalogConflict
from recording.core.model import (
    OUTSIDE,
    Act,
    Actor,
    Alarm,
    Alert,
    BlobName,
    CallConnectionId,
    CallId,
    CallLocator,
    CatalogEntry,
    Channel,
    Chunk,
    ChunkState,
    ConsentEvidence,
    ConsentKind,
    ConsentOperation,
    Content,
    Continuation,
    Digest,
    DocumentId,
    Door,
    Erasure,
    Format,
    Happened,
    Location,
    Opening,
    Order,
    Output,
    ParticipantKind,
    Pause,
    Place,
    RecordingId,
    RecordingState,
    RemovalReason,
    ServerCallId,
    StartOrder,
    Trail,
    Unlinking,
    Unread,
    Withdrawal,
    WithdrawnConsent,
)
from recording.ports import Catalog, StartClaim
from tests.contracts.faulty_transport import FaultyTransport
from tests.core.entries_of import (
    APPLIED,
    COMPARISON,
    NATIVE,
    NOW,
    PARTLY_READ,
    candidate,
    changed_recording,
    chunk,
    document,
    entry_of,
    failure,
    metadata_proof,
    native_chunk,
    proof,
)

TABLE = "contracts"
SERVER = CallLocator(server_call_id=ServerCallId("aHR0/+=="))


@dataclass
class RealCatalog:
    """A catalog in Azurite, and the network to it. Nothing is retried, so that errors appear at once.

    `rival` and `table`, which gives access to the rows, use connections without faults.
    """

    catalog: TableCatalog
    rival: TableCatalog
    missing: TableCatalog
    network: FaultyTransport
    table: TableClient


def claim(key: str, request_id: str = "request", locator: CallLocator = SERVER) -> StartClaim:
    """A claim that is not settled."""
    output = Output(Content.AUDIO, Channel.UNMIXED, Format.WAV)
    container = "https://account.blob.core.windows.net/container"
    order = StartOrder(locator, output, request_id, NOW, channels=("8:acs:a",), native_container=container)
    return StartClaim(key, order, f"event/{request_id}", NOW, applied=APPLIED)


def entry(recording_id: RecordingId, *chunks: int) -> CatalogEntry:
    """A small entry."""
    return changed_recording(entry_of(*map(chunk, chunks)), recording_id=recording_id)


def whole_entry(recording_id: RecordingId) -> CatalogEntry:
    """An entry in which every field is set in at least one chunk."""
    full = replace(
        chunk(0, ChunkState.RELEASED, notes="noted: ä, 録音", end_reason="SizeLimit"),
        candidates=(candidate(0), candidate(0, door=Door.FUNCTION_KEY, host="us-api")),
        failures=(("source_busy", 2), ("transfer_broken", 1)),
        last_failure=failure(cause='503 "busy"\n'),
        tries=2,
        turn=3,
        duration=timedelta(hours=4, microseconds=1),
        paused=timedelta(seconds=7),
    )
    bare = chunk(1)
    nowhere = replace(bare.announced, metadata_location=None, delete_location=None)
    bare = replace(bare, candidates=(replace(bare.candidate, announced=nowhere),))
    kept = chunk(2, ChunkState.KEPT)
    kept = replace(kept, proof=replace(proof(2), by_its_own_word=True))
    doubted = replace(
        chunk(3, ChunkState.QUARANTINED, apart=True),
        is_disputed=True,
        overflow=proof(3, place=Place.OVERFLOW),
        overflow_doubts=("doubted",),
    )
    accepted = replace(chunk(4, ChunkState.QUARANTINED, apart=True), look_at=None, is_accepted=True)
    accepted = replace(accepted, compared=COMPARISON)
    given_up = replace(chunk(5, ChunkState.LOST), is_given_up=True)
    act = Act(NOW, "Paused", Actor("somebody"), document(0), (("output", "wav"),))
    native, read_there = native_chunk(6, ChunkState.KEPT), replace(metadata_proof(6), container=NATIVE)
    native = replace(native, proof=replace(proof(6), place=Place.NATIVE, container=NATIVE, metadata=read_there))
    read = replace(native_chunk(7), partly_read=PARTLY_READ)
    return changed_recording(
        entry_of(full, bare, kept, doubted, accepted, given_up, native, read),
        recording_id=recording_id,
        output=Output(Content.AUDIO, Channel.UNMIXED, Format.WAV),
        call_id=CallId("call"),
        server_call_id=ServerCallId("aHR0/+=="),
        call_connection_id=CallConnectionId("connection"),
        group_call_id="group",
        room_id="99123",
        applied=replace(APPLIED, template="{recording_id}/{index}-{document_id}", native_container="https://a/b"),
        requested_at=NOW,
        stopped_at=NOW + timedelta(hours=21),
        checked_at=NOW + timedelta(hours=1),
        active_at=NOW + timedelta(hours=1),
        denied_at=NOW + timedelta(hours=2),
        ordered=Order(RecordingState.PAUSED, Actor("key:somebody"), NOW),
        pauses=(Pause(NOW, OUTSIDE, NOW + timedelta(minutes=1), Actor("key:somebody")),),
        was_resumed=True,
        interrupted_at=NOW + timedelta(minutes=2),
        failed_at=NOW + timedelta(minutes=3),
        continues=Continuation(RecordingId("earlier"), NOW),
        continued_by=RecordingId("later"),
        attempt=2,
        participants=((ParticipantKind.PHONE_NUMBER, 1), (ParticipantKind.TEAMS_EXTENSION_USER, 2)),
        participants_number=7,
        started_at=NOW + timedelta(microseconds=123_457),
        duration=timedelta(hours=20, milliseconds=1),
        session_end_reason="CallEnded",
        unread=(Unread("event", "not an object", document(4), 4, Door.FUNCTION_KEY),),
        untold=(Alert(Alarm.CONFLICT, "two locations", document(0)),),
        manifest_name=BlobName("a.manifest.json"),
        lacks=("chunk 5",),
        consent=ConsentEvidence(
            ConsentKind.KEYPRESS,
            "a contract",
            NOW,
            "person:somebody",
            NOW,
            "de-DE",
            "3",
            "ab12",
            (ConsentOperation("agreed", NOW, "consent.1.1", "event", "correlation", ("phone-1",), "one"),),
            "key",
            Withdrawal.PAUSE,
        ),
        erasure=Erasure(NOW, RemovalReason.RETENTION, Actor("key:somebody"), NOW),
        unlinked=(
            Unlinking(
                "erasure-1", NOW, Actor("key:somebody"), "ab12", is_muting=True, rewritten_at=NOW, finished_at=NOW
            ),
        ),
        withdrawn=WithdrawnConsent(NOW, Actor("key:somebody"), "no more"),
        completed_at=NOW,
        revision=3,
        changed_by=Actor("somebody"),
        warned=("6 h",),
        history=(Happened(NOW, "Failed", Actor("app"), "so", document(0), 2, NOW + timedelta(hours=1)),),
        opening=Opening(NOW, 3),
        trail=Trail(2, "ab" * 32, act, (act,)),
    )


def large_entry(recording_id: RecordingId, count: int) -> CatalogEntry:
    """An entry of so many released chunks; ids and digests are as random as the service's."""
    chosen = random.Random(7)
    return replace(entry(recording_id), chunks=tuple(_large_chunk(chosen, index) for index in range(count)))


def _large_chunk(chosen: random.Random, index: int) -> Chunk:
    given = chunk(index, ChunkState.RELEASED)
    document_id = DocumentId(f"0-weu-d{index % 20}-{chosen.randbytes(16).hex()}")
    base = f"https://eu-api.asm.skype.com/v1/objects/{document_id}"
    name = BlobName(f"2026/03/01/{chosen.randbytes(16).hex()}/{index:04}-{document_id}.wav")
    where = replace(
        given.candidate,
        announced=replace(
            given.announced,
            document_id=document_id,
            content_location=Location(f"{base}/content/audio"),
            metadata_location=Location(f"{base}/content/acsmetadata"),
            delete_location=Location(base),
        ),
    )
    return replace(
        given,
        document_id=document_id,
        candidates=(where,),
        proven=where,
        name=name,
        proof=replace(proof(index), name=name, digest=Digest(chosen.randbytes(32).hex(), 6 << 20)),
    )


def random_entry(recording_id: RecordingId, size: int) -> CatalogEntry:
    """An entry that takes about `size` bytes in a row: it cannot be compressed."""
    text = base64.b64encode(random.Random(size).randbytes(size)).decode()
    return changed_recording(entry(recording_id), session_end_reason=text)


def add_failure(catalog: Catalog, recording_id: RecordingId, index: int) -> None:
    """Add a failure to a chunk; on conflict, read again."""
    while True:
        loaded = catalog.load(recording_id)
        assert loaded is not None
        chunks = list(loaded.chunks)
        chunks[index] = replace(chunks[index], failures=(("code", dict(chunks[index].failures).get("code", 0) + 1),))
        try:
            catalog.save(replace(loaded, chunks=tuple(chunks)))
        except CatalogConflict:
            continue
        return
