"""The contract of `Ledger`, on the fake and on Table storage."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from recording.adapters.ledger import TableLedger
from recording.core.errors import ArchiveBusy, ArchiveRefused, RecordingError
from recording.ports import Ledger
from tests.contracts.catalogs import RealCatalog
from tests.contracts.faulty_transport import FaultyTransport
from tests.fakes import FakeLedger

KEYS = ["ARCHIVE/2026/3/1/12/0f3c.json", "o'clock/#?%\\", "ä 録音", "x" * 1024, "a", "A", "recording-1/document-0"]
OPERATIONS: dict[str, Callable[[Ledger], object]] = {
    "find": lambda ledger: ledger.find("letters~20260301", "key"),
    "note": lambda ledger: ledger.note("letters~20260301", "key", "replayed"),
    "note_first": lambda ledger: ledger.note_first("letters~20260301", "key", "replayed"),
    "all": lambda ledger: ledger.all("letters~20260301"),
    "forget": lambda ledger: ledger.forget("letters~20260301", "letters~20260401", 10),
}
every_operation = pytest.mark.parametrize("operate", OPERATIONS.values(), ids=OPERATIONS)


@pytest.fixture(params=["fake", "real"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    """The fake, then the real one."""
    if request.param == "fake":
        return FakeLedger()
    found: Ledger = request.getfixturevalue("real_ledger")[0]
    return found


def test_what_was_not_noted_is_not_there(ledger: Ledger, mark: str) -> None:
    assert (None, {}) == (ledger.find(mark, "key"), ledger.all(mark))


@pytest.mark.parametrize("key", KEYS)
def test_an_outcome_is_found_by_its_key(ledger: Ledger, mark: str, key: str) -> None:
    """Whatever characters it contains, and however long it is; also beside a key that is almost the same."""
    ledger.note(mark, key, "replayed")
    ledger.note(mark, f"{key}.", "unreadable")

    assert "replayed" == ledger.find(mark, key)
    assert {key: "replayed", f"{key}.": "unreadable"} == ledger.all(mark)


def test_a_later_outcome_takes_the_place_of_an_earlier_one(ledger: Ledger, mark: str) -> None:
    """The last writer wins."""
    for outcome in ("1", "2", "2", "3"):
        ledger.note(mark, "key", outcome)

    assert ("3", {"key": "3"}) == (ledger.find(mark, "key"), ledger.all(mark))


@pytest.mark.parametrize("key", KEYS)
def test_the_first_outcome_stands(ledger: Ledger, mark: str, key: str) -> None:
    """Everybody after the first one hears it."""
    assert ["1", "1", "1"] == [ledger.note_first(mark, key, outcome) for outcome in ("1", "2", "1")]
    assert {key: "1"} == ledger.all(mark)


def test_of_many_first_outcomes_at_once_one_stands(ledger: Ledger, mark: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        heard = set(pool.map(lambda number: ledger.note_first(mark, "key", str(number)), range(8)))

    assert heard == {ledger.find(mark, "key")}


def test_a_section_has_only_its_own_keys(ledger: Ledger, mark: str) -> None:
    """Also one whose name begins the same."""
    ledger.note(f"{mark}~20260301", "key", "replayed")
    ledger.note(f"{mark}~2026030", "key", "unreadable")

    assert ({}, {"key": "replayed"}) == (ledger.all(mark), ledger.all(f"{mark}~20260301"))


def test_old_sections_are_forgotten_a_bounded_number_at_once(ledger: Ledger, mark: str) -> None:
    """The first of them first; what is outside of the bounds stays."""
    sections = [mark, f"{mark}~20260228", f"{mark}~20260301", f"{mark}~20260302"]
    for section in sections:
        for key in ("a", "b"):
            ledger.note(section, key, "replayed")

    assert [3, 1, 0] == [ledger.forget(f"{mark}~", f"{mark}~20260302", 3) for _ in range(3)]
    assert [2, 0, 0, 2] == [len(ledger.all(section)) for section in sections]


def test_all_outcomes_of_a_section_are_listed(real_ledger: tuple[TableLedger, FaultyTransport], mark: str) -> None:
    """More than the service returns at once."""
    ledger, network = real_ledger
    expected = {f"key-{number}": str(number) for number in range(5)}
    for key, outcome in expected.items():
        ledger.note(mark, key, outcome)
    for _ in range(5):
        network.then(bool)

    assert expected == ledger.all(mark)


@every_operation
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "AuthorizationFailure", ArchiveRefused),
        (404, "TableNotFound", ArchiveRefused),
        (500, "OperationTimedOut", ArchiveBusy),
        (503, "ServerBusy", ArchiveBusy),
    ],
)
def test_every_refusal_is_told_by_who_must_react(
    real_ledger: tuple[TableLedger, FaultyTransport],
    operate: Callable[[Ledger], object],
    status: int,
    code: str,
    error: type[RecordingError],
) -> None:
    """A missing table is not a missing row."""
    ledger, network = real_ledger
    network.answer(status, code)
    with pytest.raises(error) as caught:
        operate(ledger)

    assert "letters~20260301" == caught.value.ids["section"]
    assert str(status) in caught.value.cause


@every_operation
def test_an_odd_reply_is_busy(
    real_ledger: tuple[TableLedger, FaultyTransport], operate: Callable[[Ledger], object]
) -> None:
    """It is not taken for a row, for none, or for a write."""
    ledger, network = real_ledger
    network.answer(200, body=b"<html>signed in</html>")
    with pytest.raises(ArchiveBusy):
        operate(ledger)


def test_a_row_that_another_program_wrote_does_no_harm(
    real_ledger: tuple[TableLedger, FaultyTransport], real_catalog: RealCatalog, mark: str
) -> None:
    """It has no outcome that is ours."""
    ledger, _ = real_ledger
    real_catalog.table.create_entity({"PartitionKey": f"replay~{mark}", "RowKey": "key", "other": 7})

    assert ("", {"": ""}) == (ledger.find(mark, "key"), ledger.all(mark))
