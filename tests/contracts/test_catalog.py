"""The contract of `Catalog`, on the fake and on Table storage."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables import TableServiceClient

from local.azurite import Azurite
from recording.adapters.catalog import TableCatalog
from recording.core.errors import ArchiveBusy, ArchiveRefused, CatalogConflict, Permanent, RecordingError, Transient
from recording.core.lifecycle import Announced, Failed
from recording.core.model import (
    BlobName,
    CallId,
    CatalogEntry,
    Channel,
    ChunkState,
    Content,
    DocumentId,
    Format,
    Output,
    RecordingId,
    ServerCallId,
)
from recording.entries import Entries
from recording.ports import Catalog, StartClaim
from tests.contracts.wire import Wire
from tests.copies import run_together
from tests.core.entries_of import NOW, announced, changed_recording, chunk, document, entry_of, proof
from tests.fakes import FakeCatalog, FakeTopic

TABLE = "contracts"


@dataclass
class RealCatalog:
    """A catalog in Azurite, and the wire to it. The SDK tries nothing again, so that errors show at once."""

    catalog: TableCatalog
    missing: TableCatalog
    wire: Wire


@pytest.fixture(scope="session")
def table(azurite: Azurite) -> str:
    """One table for all tests: each has recordings of its own."""
    with TableServiceClient.from_connection_string(azurite.connection_string) as service:
        service.create_table(TABLE)
    return azurite.connection_string


@pytest.fixture
def real(table: str) -> Iterator[RealCatalog]:
    """The adapter over that table."""
    wire = Wire()
    with TableServiceClient.from_connection_string(table, transport=wire.transport, retry_total=0) as service:
        yield RealCatalog(
            TableCatalog(service.get_table_client(TABLE)), TableCatalog(service.get_table_client("missing")), wire
        )


@pytest.fixture(params=["fake", "real"])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    """Each in turn."""
    if request.param == "fake":
        return FakeCatalog()
    found: Catalog = request.getfixturevalue("real").catalog
    return found


@pytest.fixture
def recording_id(mark: str) -> RecordingId:
    """A recording of this test alone."""
    return RecordingId(f"recording-{mark}")


def entry(recording_id: RecordingId, *chunks: int) -> CatalogEntry:
    """A small entry."""
    return changed_recording(entry_of(*map(chunk, chunks)), recording_id=recording_id)


def whole_entry(recording_id: RecordingId) -> CatalogEntry:
    """An entry in which every field is set."""
    full = replace(
        chunk(0, ChunkState.RELEASED, notes="noted: ä, 録音"),
        failures=(("source_busy", 2), ("transfer_broken", 1)),
        last_failure='503 "busy"\n',
        proof=replace(proof(0), metadata_name=BlobName("m"), metadata_length=7, metadata_etag="e"),
    )
    bare = replace(chunk(1), announced=replace(chunk(1).announced, metadata_location=None, delete_location=None))
    kept = chunk(2, ChunkState.ARCHIVED, kept="told to")
    doubted = replace(chunk(3, ChunkState.QUARANTINED), proof=proof(3, in_quarantine=True))
    return changed_recording(
        entry_of(full, bare, kept, doubted),
        recording_id=recording_id,
        output=Output(Content.AUDIO, Channel.UNMIXED, Format.WAV),
        call_id=CallId("call"),
        server_call_id=ServerCallId("aHR0/+=="),
        requested_at=NOW,
        started_at=NOW + timedelta(microseconds=123_457),
        duration=timedelta(hours=20, milliseconds=1),
        session_end_reason="CallEnded",
        manifest_name=BlobName("a.manifest.json"),
        completed_at=NOW,
        revision=3,
    )


# Entries


def test_what_was_never_saved_is_not_there(catalog: Catalog, recording_id: RecordingId) -> None:
    """None, not an error."""
    assert catalog.load(recording_id) is None


def test_an_entry_comes_back_as_it_was_saved(catalog: Catalog, recording_id: RecordingId) -> None:
    """Every field of it, with the version that the save gave."""
    saved = catalog.save(whole_entry(recording_id))

    assert saved == whole_entry(recording_id) == catalog.load(recording_id)
    assert saved.version
    loaded = catalog.load(recording_id)
    assert loaded is not None
    assert saved.version == loaded.version


def test_an_entry_without_chunks_is_one(catalog: Catalog, recording_id: RecordingId) -> None:
    """As of a recording just started."""
    catalog.save(entry(recording_id))

    assert entry(recording_id) == catalog.load(recording_id)


def test_a_save_replaces_all_of_the_entry(catalog: Catalog, recording_id: RecordingId) -> None:
    """What is no longer set is not found again."""
    saved = catalog.save(whole_entry(recording_id))
    bare = replace(entry(recording_id, 0, 1, 2, 3), version=saved.version)
    catalog.save(bare)

    assert bare == catalog.load(recording_id)


def test_chunks_come_in_the_order_of_their_index(catalog: Catalog, recording_id: RecordingId) -> None:
    """Two documents of one index by their id."""
    chunks = [chunk(index) for index in (0, 1, 2, 10, 100, 9999)]
    twin = replace(chunk(10), announced=replace(chunk(10).announced, document_id=DocumentId("z")))
    ordered = (*chunks[:4], twin, *chunks[4:])
    catalog.save(replace(entry(recording_id), chunks=ordered))

    loaded = catalog.load(recording_id)
    assert loaded is not None
    assert ordered == loaded.chunks


@pytest.mark.parametrize(
    "suffixes",
    [
        ("a", "A"),
        ("/", "\\"),
        ("#", "?"),
        ("'", "''"),
        ("x" * 2000, "x" * 2001),
        ("%2F", "%2f"),
        (" ", "\t"),
        ("\u00e4", "a\u0308"),
    ],
    ids=ascii,
)
def test_no_two_recordings_are_one(catalog: Catalog, recording_id: RecordingId, suffixes: tuple[str, str]) -> None:
    """However alike their ids look to a table."""
    ids = [RecordingId(recording_id + suffix) for suffix in suffixes]
    for index, one in enumerate(ids):
        catalog.save(entry(one, index))

    assert [entry(one, index) for index, one in enumerate(ids)] == [catalog.load(one) for one in ids]


def test_a_deadline_of_another_age_is_kept(catalog: Catalog, recording_id: RecordingId) -> None:
    """The event's clock was wrong, and a table has no such date of its own."""
    old = changed_recording(entry(recording_id), deadline=datetime(1200, 1, 1, tzinfo=UTC))
    catalog.save(old)

    assert old == catalog.load(recording_id)


# Rivals


def test_of_two_who_read_the_same_one_saves(catalog: Catalog, recording_id: RecordingId) -> None:
    """The other reads again; nothing of what it wanted is stored."""
    first = catalog.save(entry(recording_id, 0))
    catalog.save(changed_recording(first, revision=2))
    with pytest.raises(CatalogConflict):
        catalog.save(replace(changed_recording(first, revision=3), chunks=(chunk(0, ChunkState.RELEASED), chunk(1))))

    assert changed_recording(first, revision=2) == catalog.load(recording_id)


def test_of_two_who_make_the_entry_one_does(catalog: Catalog, recording_id: RecordingId) -> None:
    """An entry never saved has no version."""
    catalog.save(entry(recording_id, 0))
    with pytest.raises(CatalogConflict):
        catalog.save(entry(recording_id, 1))

    assert entry(recording_id, 0) == catalog.load(recording_id)


def test_who_saves_on_its_own_save_need_not_read(catalog: Catalog, recording_id: RecordingId) -> None:
    """The version that it was handed is good."""
    saved = catalog.save(entry(recording_id, 0))
    for revision in (2, 3):
        saved = catalog.save(changed_recording(saved, revision=revision))

    assert changed_recording(entry(recording_id, 0), revision=3) == catalog.load(recording_id)


def test_facts_told_at_once_are_all_there(catalog: Catalog, recording_id: RecordingId) -> None:
    """Each is decided again on what the quicker one has made of the entry."""
    entries = Entries(catalog, FakeTopic(), lambda: NOW)
    fact = announced(*range(4))
    event = replace(fact.event, recording_id=recording_id)
    entries.record(recording_id, Announced(event, fact.chunks, fact.deadline))
    run_together(
        *(
            lambda index=index: entries.record(recording_id, Failed(document(index), "code", f"cause {index}"))
            for index in range(4)
        )
    )

    loaded = catalog.load(recording_id)
    assert loaded is not None
    assert [((("code", 1),), f"cause {index}") for index in range(4)] == [
        (one.failures, one.last_failure) for one in loaded
    ]


def test_more_chunks_than_an_entry_holds_need_a_person(catalog: Catalog, recording_id: RecordingId) -> None:
    """99 it holds; nothing is stored of more."""
    saved = catalog.save(entry(recording_id, *range(99)))
    with pytest.raises(Permanent) as caught:
        catalog.save(replace(saved, chunks=tuple(map(chunk, range(100)))))

    assert not isinstance(caught.value, Transient)
    assert entry(recording_id, *range(99)) == catalog.load(recording_id)


# Claims


def test_the_first_claim_stands(catalog: Catalog, mark: str) -> None:
    """Whoever comes later gets the first one's request id and time."""
    first = StartClaim(f"call/{mark}/+=", "request-1", NOW)

    assert first == catalog.claim(first)
    assert first == catalog.claim(StartClaim(first.key, "request-2", NOW + timedelta(1)))
    other = StartClaim(f"call/{mark}/+=/", "request-3", NOW)
    assert other == catalog.claim(other)


def test_of_many_claims_at_once_one_stands(catalog: Catalog, mark: str) -> None:
    """And all hear of the same."""
    standing: list[StartClaim] = []
    run_together(*(lambda i=i: standing.append(catalog.claim(StartClaim(mark, f"request-{i}", NOW))) for i in range(8)))

    assert (8, 1) == (len(standing), len({claim.request_id for claim in standing}))


def test_a_settled_claim_tells_its_recording(catalog: Catalog, mark: str) -> None:
    """To whoever claims from then on; it may be settled twice."""
    claim = catalog.claim(StartClaim(mark, "request", NOW))
    settled = replace(claim, recording_id=RecordingId("r"))
    for _ in range(2):
        catalog.settle(settled)

    assert settled == catalog.claim(StartClaim(mark, "other", NOW))


def test_a_claim_is_no_recording(catalog: Catalog, mark: str) -> None:
    """Whatever its key."""
    catalog.claim(StartClaim(mark, "request", NOW))

    assert catalog.load(RecordingId(mark)) is None
    assert catalog.load(RecordingId(f"start~{mark}")) is None


# What only the network can do

OPERATIONS: dict[str, Callable[[Catalog], object]] = {
    "load": lambda catalog: catalog.load(RecordingId("r")),
    "save": lambda catalog: catalog.save(entry(RecordingId("r"))),
    "claim": lambda catalog: catalog.claim(StartClaim("k", "request", NOW)),
    "settle": lambda catalog: catalog.settle(StartClaim("k", "request", NOW)),
}
every_operation = pytest.mark.parametrize("operate", OPERATIONS.values(), ids=OPERATIONS)


@every_operation
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "AuthorizationFailure", ArchiveRefused),
        (401, "AuthenticationFailed", ArchiveRefused),
        (429, "", ArchiveBusy),
        (500, "OperationTimedOut", ArchiveBusy),
        (503, "ServerBusy", ArchiveBusy),
    ],
)
def test_every_refusal_is_told_by_who_must_react(
    real: RealCatalog, operate: Callable[[Catalog], object], status: int, code: str, error: type[RecordingError]
) -> None:
    """Busy passes by itself; refused passes when a role has spread, or needs a person, and has a hint."""
    real.wire.answer(status, code, {"Retry-After": "3"})
    with pytest.raises(error) as caught:
        operate(real.catalog)

    assert str(status) in caught.value.cause
    if isinstance(caught.value, ArchiveBusy):
        assert 3.0 == caught.value.retry_after
    else:
        assert caught.value.hint


@every_operation
def test_no_reply_is_busy(real: RealCatalog, operate: Callable[[Catalog], object]) -> None:
    """Nobody knows what has happened."""
    real.wire.lose_request()
    with pytest.raises(ArchiveBusy):
        operate(real.catalog)


@every_operation
def test_a_missing_table_is_said_to_be_missing(real: RealCatalog, operate: Callable[[Catalog], object]) -> None:
    """It is never taken for an entry that is not there, nor for a rival's."""
    with pytest.raises(ArchiveRefused) as caught:
        operate(real.missing)

    assert "table exists" in caught.value.hint


def test_a_claim_whose_reply_is_lost_stands(real: RealCatalog, mark: str) -> None:
    """The next try finds its own."""
    claim = StartClaim(mark, "request", NOW)
    real.wire.lose_reply()
    with pytest.raises(ArchiveBusy):
        real.catalog.claim(claim)

    assert claim == real.catalog.claim(StartClaim(mark, "other", NOW))


def test_a_save_whose_reply_is_lost_is_a_conflict(real: RealCatalog, recording_id: RecordingId) -> None:
    """With ourselves: whoever reads again sees that it is done."""
    saved = real.catalog.save(entry(recording_id, 0))
    changed = changed_recording(saved, revision=2)
    real.wire.lose_reply()
    with pytest.raises(ArchiveBusy):
        real.catalog.save(changed)
    with pytest.raises(CatalogConflict):
        real.catalog.save(changed)

    assert changed == real.catalog.load(recording_id)


@pytest.mark.parametrize(("year", "shown"), [(1600, False), (1601, True), (9999, True)])
def test_a_deadline_is_shown_beside_the_entry_where_a_table_can(
    real: RealCatalog, recording_id: RecordingId, year: int, *, shown: bool
) -> None:
    """Real tables refuse a row with an earlier date; the emulator takes it."""
    real.catalog.save(changed_recording(entry(recording_id), deadline=datetime(year, 1, 1, tzinfo=UTC)))
    sent = real.wire.sent[-1].body

    assert shown == (f'"deadline": "{year}-01-01T00:00:00' in str(sent))


def test_an_entry_is_saved_in_one_transaction(real: RealCatalog, recording_id: RecordingId) -> None:
    """All of it or nothing."""
    real.catalog.save(entry(recording_id, *range(20)))

    assert 1 == len(real.wire.sent)
