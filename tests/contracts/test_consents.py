"""The contract of `Consents`, in memory and in Table storage."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from recording.adapters import clients
from recording.adapters.consents import TableConsents
from recording.core.consent import Agreed, Began, Consent, Looked, decide
from recording.core.errors import CatalogConflict, EntryUnreadable
from recording.core.model import CallConnectionId, ConsentKind, ConsentOperation, RecordingId
from recording.ports import ConsentRow, Consents
from tests.contracts.catalogs import TABLE
from tests.core.consents import NOW, consent, stepped
from tests.fakes import FakeConsents

AWKWARD = ("plain", "o'clock", "50%", "a/b?c#d", "ä録音😀", "x" * 3000)


@pytest.fixture(params=["fake", "real"])
def consents(request: pytest.FixtureRequest) -> Iterator[Consents]:
    if request.param == "fake":
        yield FakeConsents()
        return
    with closing(clients.table(TABLE, request.getfixturevalue("table"), retries=0)) as table:
        found = TableConsents(table, table)
        yield found
        for row in found.page(1000).rows:
            found.remove_row(row.connection_id, row.opening)


def of(name: str, mark: str) -> Consent:
    """A consent of a connection of that name."""
    return replace(consent(), connection_id=CallConnectionId(f"{name}{mark}"))


def whole(mark: str) -> Consent:
    """One in which much has happened."""
    found = replace(consent(ConsentKind.KEYPRESS), connection_id=CallConnectionId(mark))
    found, _ = stepped(found, "phone-1")
    found = decide(decide(found, Agreed(1, "one", "event", "correlation"), NOW), Looked(("phone-1",), "phone-1"), NOW)
    return decide(found, Began(RecordingId("r")), NOW)


@pytest.mark.parametrize("name", AWKWARD, ids=range(len(AWKWARD)))
def test_a_consent_is_loaded_as_it_was_saved(consents: Consents, mark: str, name: str) -> None:
    """Whatever the id of its connection."""
    saved = consents.save(of(name, mark))

    assert saved == consents.load(saved.connection_id)
    assert saved.version
    assert consents.load(CallConnectionId(f"other{mark}")) is None


def test_every_part_of_it_is_stored(consents: Consents, mark: str) -> None:
    saved = consents.save(whole(mark))

    assert whole(mark) == consents.load(saved.connection_id)


def test_a_consent_of_a_call_that_hundreds_have_joined_is_stored(consents: Consents, mark: str) -> None:
    """And is small again after that, when they are forgotten."""
    names = tuple(hashlib.sha256(f"{number}".encode()).hexdigest() for number in range(350))
    reports = tuple(ConsentOperation("played", NOW, "c" * 42, "e" * 36, "r" * 36, (name,)) for name in names)
    many = replace(of("many", mark), present=names, covered=names, reports=reports)
    saved = consents.save(many)

    assert many == consents.load(saved.connection_id)
    consents.save(replace(saved, present=(), covered=(), reports=()))
    assert of("many", mark) == consents.load(saved.connection_id)


def test_only_what_has_not_changed_is_replaced(consents: Consents, mark: str) -> None:
    """Of two who loaded the same, one saves; and there is only one new one."""
    first = consents.save(of("c", mark))
    second = consents.save(replace(first, tries=1))
    for stale in (replace(first, tries=2), of("c", mark)):
        with pytest.raises(CatalogConflict):
            consents.save(stale)

    assert 1 == second.tries
    assert second == consents.load(first.connection_id)


def test_rows_are_listed_page_by_page(consents: Consents, mark: str) -> None:
    """Each once, as it was put last; removed twice, it is removed."""
    names = [CallConnectionId(f"{name}{mark}") for name in AWKWARD]
    for name in names:
        consents.put_row(name, 1, NOW)
        consents.put_row(name, 1, NOW + timedelta(minutes=1))
    found: list[ConsentRow] = []
    after = ""
    for _ in range(len(names)):
        page = consents.page(4, after)
        found += page.rows
        after = page.next
        if not after:
            break
    for _ in range(2):
        consents.remove_row(names[0], 1)
    consents.remove_row(names[1], 2)

    assert {(name, 1, NOW + timedelta(minutes=1)) for name in names} == {
        (row.connection_id, row.opening, row.since) for row in found
    }
    assert {*names[1:]} == {row.connection_id for row in consents.page(100).rows}


def test_a_text_that_is_no_consent_is_named_as_one(table: str, mark: str) -> None:
    """Nothing of it is shown."""
    with closing(clients.table(TABLE, table, retries=0)) as opened:
        consents = TableConsents(opened, opened)
        saved = consents.save(of("broken", mark))
        digest = hashlib.sha256(saved.connection_id.encode()).hexdigest()
        opened.put({"PartitionKey": f"consent~{digest}", "RowKey": "consent", "body": b'{"consent_id": 5}'})
        with pytest.raises(EntryUnreadable):
            consents.load(saved.connection_id)


CONSENT = """{"consent_id":"8d2b8bdc-5f3a-4a8e-9d53-0a4a30ab0c11","connection_id":
"connection","wanted":{"asked_by":"event/event","by":"app","order":{"locator":{"server_call_id":"server"},"output":{
"content":"audio","channel":"mixed","format":"wav"},"request_id":"7a3f2c1e-1111-2222-3333-444455556666","first_sent":
"2026-03-01T12:00:00Z"},"event":{"event_id":"event","server_call_id":"server","call_connection_id":"connection",
"at":"2026-03-01T12:00:00Z"}},"terms":{"kind":"announced",
"basis":"our contract with them","prompt":{"text":"This call is recorded.","language":"en-US","version":"3"}},
"key":"key","begun_at":"2026-03-01T12:00:00Z"}"""


def test_a_consent_that_was_stored_before_is_read() -> None:
    """Consents have no schema: new fields need a default, and no field may be removed."""
    assert consent() == msgspec.json.decode(CONSENT, type=Consent)
