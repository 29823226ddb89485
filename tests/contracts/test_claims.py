"""The contract of the catalog's claims, on the fake and on Table storage."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables import TableServiceClient

from local.azurite import Azurite
from recording.adapters.catalog import TableCatalog
from recording.core.errors import ArchiveBusy, ArchiveRefused
from recording.core.model import CallConnectionId, RecordingId, ServerCallId
from recording.core.outputs import VALID
from recording.ports import CallLocator, Catalog, StartClaim, StartOrder
from tests.contracts.wire import Wire
from tests.copies import run_together
from tests.fakes import FakeCatalog

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SERVER = CallLocator(server_call_id=ServerCallId("aHR0/+=="))


@pytest.fixture(scope="module")
def claims_table(azurite: Azurite) -> Iterator[TableCatalog]:
    """A table of claims alone."""
    with TableServiceClient.from_connection_string(azurite.connection_string) as service:
        service.create_table("claims")
        yield TableCatalog(service.get_table_client("claims"))


@pytest.fixture(params=["fake", "real"])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    """Each in turn."""
    found: Catalog = FakeCatalog() if request.param == "fake" else request.getfixturevalue("claims_table")
    return found


def claim(key: str, request_id: str = "request", locator: CallLocator = SERVER) -> StartClaim:
    """A claim that nothing came of yet."""
    return StartClaim(key, StartOrder(locator, VALID[0].output, request_id, NOW), f"event/{request_id}", NOW)


def test_the_first_claim_stands(catalog: Catalog, mark: str) -> None:
    """Whoever comes later gets the first one's order."""
    first = claim(f"call/{mark}/+=")

    assert first == catalog.claim(first)
    assert first == catalog.claim(claim(first.key, "later")) == catalog.find_claim(first.key)
    other = claim(f"call/{mark}/+=/", "other")
    assert other == catalog.claim(other)


def test_a_key_that_nobody_claimed_has_no_claim(catalog: Catalog, mark: str) -> None:
    """It is not made by asking for it."""
    assert catalog.find_claim(mark) is None
    assert catalog.find_claim(mark) is None


@pytest.mark.parametrize(
    "locator",
    [
        SERVER,
        CallLocator(group_call_id="group ä"),
        CallLocator(room_id="99123"),
        CallLocator(call_connection_id=CallConnectionId("c")),
    ],
)
def test_a_claim_keeps_its_whole_order(catalog: Catalog, mark: str, locator: CallLocator) -> None:
    """Whoever finds it sends every word of it, to the microsecond of its time."""
    made = claim(mark, locator=locator)
    made = replace(
        made, order=replace(made.order, pause_on_start=True, first_sent=NOW + timedelta(microseconds=123_457))
    )
    catalog.claim(made)

    assert made == catalog.find_claim(mark)


def test_of_many_claims_at_once_one_stands(catalog: Catalog, mark: str) -> None:
    """And all hear of the same."""
    standing: list[StartClaim] = []
    run_together(*(lambda i=i: standing.append(catalog.claim(claim(mark, f"request-{i}"))) for i in range(8)))

    assert (8, 1) == (len(standing), len({one.order.request_id for one in standing}))


def test_a_settled_claim_tells_its_recording(catalog: Catalog, mark: str) -> None:
    """To whoever claims from then on."""
    standing = catalog.claim(claim(mark))
    settled = catalog.settle(replace(standing, recording_id=RecordingId("r")))

    assert settled == replace(standing, recording_id=RecordingId("r")) == catalog.claim(claim(mark, "other"))


def test_who_was_overtaken_changes_nothing(catalog: Catalog, mark: str) -> None:
    """And hears of what stands; read again, it can be changed."""
    read = catalog.claim(claim(mark))
    settled = catalog.settle(replace(read, recording_id=RecordingId("r")))
    late = catalog.settle(replace(read, order=replace(read.order, request_id="late")))
    assert settled == late == catalog.find_claim(mark)

    renewed = catalog.settle(replace(late, order=replace(read.order, request_id="late")))
    assert "late" == renewed.order.request_id
    assert renewed == catalog.find_claim(mark)


def test_of_many_who_settle_at_once_one_is_heard(catalog: Catalog, mark: str) -> None:
    """All hear of the same recording."""
    read = catalog.claim(claim(mark))
    heard: list[StartClaim] = []
    run_together(
        *(lambda i=i: heard.append(catalog.settle(replace(read, recording_id=RecordingId(f"r{i}")))) for i in range(6))
    )

    assert (6, {catalog.find_claim(mark)}) == (len(heard), set(heard))


def test_a_claim_is_no_recording(catalog: Catalog, mark: str) -> None:
    """Whatever its key."""
    catalog.claim(claim(mark))

    assert catalog.load(RecordingId(mark)) is None
    assert catalog.load(RecordingId(f"start~{mark}")) is None


# What only the network can do


@pytest.fixture
def wired(azurite: Azurite, claims_table: TableCatalog) -> Iterator[tuple[TableCatalog, Wire]]:
    """The same table over a wire. The SDK tries nothing again, so that errors show at once."""
    wire = Wire()
    with TableServiceClient.from_connection_string(
        azurite.connection_string, transport=wire.transport, retry_total=0
    ) as service:
        yield TableCatalog(service.get_table_client("claims")), wire


OPERATIONS: dict[str, Callable[[Catalog], object]] = {
    "claim": lambda catalog: catalog.claim(claim("k")),
    "find claim": lambda catalog: catalog.find_claim("k"),
    "settle": lambda catalog: catalog.settle(replace(claim("k"), version="v")),
}


@pytest.mark.parametrize("operate", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "AuthorizationFailure", ArchiveRefused),
        (404, "TableNotFound", ArchiveRefused),
        (503, "ServerBusy", ArchiveBusy),
    ],
)
def test_every_refusal_is_told_by_who_must_react(
    wired: tuple[TableCatalog, Wire],
    operate: Callable[[Catalog], object],
    status: int,
    code: str,
    error: type[Exception],
) -> None:
    """A table that is not there is no claim that is not there."""
    catalog, wire = wired
    wire.answer(status, code)
    with pytest.raises(error, match=code):
        operate(catalog)


def test_a_claim_whose_reply_is_lost_stands(wired: tuple[TableCatalog, Wire], mark: str) -> None:
    """The next try finds its own."""
    catalog, wire = wired
    wire.lose_reply()
    with pytest.raises(ArchiveBusy):
        catalog.claim(claim(mark))

    assert claim(mark) == catalog.claim(claim(mark, "other"))


def test_a_settlement_whose_reply_is_lost_is_found_done(wired: tuple[TableCatalog, Wire], mark: str) -> None:
    """By who settles it again, of what he read before."""
    catalog, wire = wired
    settled = replace(catalog.claim(claim(mark)), recording_id=RecordingId("r"))
    wire.lose_reply()
    with pytest.raises(ArchiveBusy):
        catalog.settle(settled)

    assert settled == catalog.settle(settled)
