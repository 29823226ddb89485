"""The catalog with faults of the network, and with every reply of a table."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from recording.adapters import clients
from recording.adapters.catalog import TableCatalog
from recording.core.errors import (
    ArchiveBusy,
    ArchiveRefused,
    CatalogConflict,
    CatalogRefused,
    Permanent,
    RecordingError,
)
from recording.core.model import DocumentId, RecordingId
from recording.ports import Catalog
from tests.contracts.catalogs import RealCatalog, claim, entry, large_entry
from tests.contracts.faulty_transport import FaultyTransport
from tests.core.entries_of import changed_recording

OPERATIONS: dict[str, Callable[[Catalog], object]] = {
    "load": lambda catalog: catalog.load(RecordingId("r")),
    "make": lambda catalog: catalog.save(entry(RecordingId("r"))),
    "save": lambda catalog: catalog.save(replace(entry(RecordingId("r")), version='W/"1"')),
    "claim": lambda catalog: catalog.claim(claim("k")),
    "find claim": lambda catalog: catalog.find_claim("k"),
    "own": lambda catalog: catalog.own("k", RecordingId("r"), DocumentId("d")),
    "settle": lambda catalog: catalog.settle(replace(claim("k"), version='W/"1"')),
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
    real_catalog: RealCatalog, operate: Callable[[Catalog], object], status: int, code: str, error: type[RecordingError]
) -> None:
    """Busy is transient. Refused needs a role that takes effect, or a person, and has a hint."""
    real_catalog.network.answer(status, code, {"Retry-After": "3"})
    with pytest.raises(error) as caught:
        operate(real_catalog.catalog)

    assert str(status) in caught.value.cause
    if isinstance(caught.value, ArchiveBusy):
        assert 3.0 == caught.value.retry_after
    else:
        assert caught.value.hint


@every_operation
def test_no_reply_is_busy(real_catalog: RealCatalog, operate: Callable[[Catalog], object]) -> None:
    """The outcome is unknown."""
    real_catalog.network.lose_request()
    with pytest.raises(ArchiveBusy):
        operate(real_catalog.catalog)


@every_operation
def test_a_missing_table_is_said_to_be_missing(real_catalog: RealCatalog, operate: Callable[[Catalog], object]) -> None:
    """It is reported neither as a missing entry nor as a conflict."""
    with pytest.raises(ArchiveRefused) as caught:
        operate(real_catalog.missing)

    assert "table exists" in caught.value.hint


def test_a_claim_whose_reply_is_lost_stands(real_catalog: RealCatalog, mark: str) -> None:
    """The next try finds its own claim."""
    real_catalog.network.lose_reply()
    with pytest.raises(ArchiveBusy):
        real_catalog.catalog.claim(claim(mark))

    assert claim(mark) == real_catalog.catalog.claim(claim(mark, "other"))


def test_a_settlement_whose_reply_is_lost_is_found_done(real_catalog: RealCatalog, mark: str) -> None:
    """When it is settled again, with the version read before."""
    catalog = real_catalog.catalog
    settled = replace(catalog.claim(claim(mark)), recording_id=RecordingId("r"))
    real_catalog.network.lose_reply()
    with pytest.raises(ArchiveBusy):
        catalog.settle(settled)

    assert settled == catalog.settle(settled)


def test_a_save_whose_reply_is_lost_is_a_conflict(real_catalog: RealCatalog, recording_id: RecordingId) -> None:
    """With itself: to read again shows that it is saved."""
    saved = real_catalog.catalog.save(entry(recording_id, 0))
    changed = changed_recording(saved, revision=2)
    real_catalog.network.lose_reply()
    with pytest.raises(ArchiveBusy):
        real_catalog.catalog.save(changed)
    with pytest.raises(CatalogConflict):
        real_catalog.catalog.save(changed)

    assert changed == real_catalog.catalog.load(recording_id)


def test_an_owner_whose_reply_is_lost_owns(real_catalog: RealCatalog, mark: str) -> None:
    """The next try finds its own ids."""
    owner = (RecordingId("r"), DocumentId("d"))
    real_catalog.network.lose_reply()
    with pytest.raises(ArchiveBusy):
        real_catalog.catalog.own(mark, *owner)

    assert owner == real_catalog.catalog.own(mark, *owner)


@every_operation
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "PropertyValueTooLarge"),
        (400, "EntityTooLarge"),
        (400, "OutOfRangeInput"),
        (400, "InvalidInput"),
        (413, "RequestBodyTooLarge"),
    ],
)
def test_what_a_table_can_never_take_needs_a_person(
    real_catalog: RealCatalog, operate: Callable[[Catalog], object], status: int, code: str
) -> None:
    """It is not transient, and no hint is given to look for the table."""
    real_catalog.network.answer(status, code)
    with pytest.raises(CatalogRefused) as caught:
        operate(real_catalog.catalog)

    assert isinstance(caught.value, Permanent)
    assert f"{status} {code}" == caught.value.cause
    assert caught.value.ids
    assert "table exists" not in caught.value.hint


@every_operation
@pytest.mark.parametrize(
    ("status", "code"),
    [(400, ""), (400, "InvalidAuthenticationInfo"), (404, ""), (404, "TableNotFound"), (409, "TableBeingDeleted")],
)
def test_what_says_nothing_about_the_row_is_transient(
    real_catalog: RealCatalog, operate: Callable[[Catalog], object], status: int, code: str
) -> None:
    """Errors of a proxy, a credential or a table that is being deleted are neither a conflict nor a missing entry."""
    real_catalog.network.answer(status, code)
    with pytest.raises(ArchiveRefused) as caught:
        operate(real_catalog.catalog)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "ResourceNotFound"),
        (404, "EntityNotFound"),
        (409, "EntityAlreadyExists"),
        (412, "UpdateConditionNotSatisfied"),
        (412, "ConditionNotMet"),
        (412, ""),
    ],
)
@pytest.mark.parametrize("version", ["", 'W/"1"'], ids=["make", "save"])
def test_a_row_that_is_another_than_expected_is_a_conflict(
    real_catalog: RealCatalog, recording_id: RecordingId, status: int, code: str, version: str
) -> None:
    """The caller reads again."""
    real_catalog.network.answer(status, code)
    with pytest.raises(CatalogConflict):
        real_catalog.catalog.save(replace(entry(recording_id), version=version))


def test_a_code_that_comes_in_the_body_alone_is_read(real_catalog: RealCatalog, recording_id: RecordingId) -> None:
    """Table storage has a JSON format of its own for errors."""
    said = {"odata.error": {"code": "PropertyValueTooLarge", "message": {"lang": "en-US", "value": "too large"}}}
    real_catalog.network.answer(400, body=json.dumps(said).encode(), headers={"Content-Type": "application/json"})
    with pytest.raises(CatalogRefused) as caught:
        real_catalog.catalog.save(entry(recording_id))

    assert "400 PropertyValueTooLarge" == caught.value.cause


def test_a_reply_that_is_not_json_is_asked_for_again(real_catalog: RealCatalog, recording_id: RecordingId) -> None:
    """Such as a proxy's page instead of the row, with status 200."""
    real_catalog.network.answer(200, body=b"<html>", headers={"Content-Type": "application/json"})
    with pytest.raises(ArchiveBusy):
        real_catalog.catalog.load(recording_id)


def test_an_entry_is_read_and_saved_by_one_request_each(real_catalog: RealCatalog, recording_id: RecordingId) -> None:
    """However many chunks it has."""
    saved = real_catalog.catalog.save(large_entry(recording_id, 200))
    real_catalog.catalog.save(saved)
    real_catalog.catalog.load(recording_id)

    assert ["POST", "PUT", "GET"] == [request.method for request in real_catalog.network.sent]


def test_a_table_is_where_its_account_is() -> None:
    """A connection string of Azure has no URL, and a service URI may end with a slash."""
    account = "DefaultEndpointsProtocol=https;AccountName=archive;AccountKey=a2V5;EndpointSuffix=core.windows.net"
    uri = "https://archive.table.core.windows.net/"
    for connection_string, where in ((account, ""), ("", uri)):
        network = FaultyTransport()
        network.answer(404, "ResourceNotFound")
        with closing(clients.table("t", connection_string, where, transport=network, retries=0)) as table:
            assert TableCatalog(table).load(RecordingId("it's")) is None

        (asked,) = network.sent
        assert f"{uri}t(PartitionKey='it%3D27s',RowKey='recording')" == asked.url
