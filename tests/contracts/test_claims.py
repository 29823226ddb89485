"""The contract of the catalog's claims, on the fake and on Table storage."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.model import CallConnectionId, CallLocator, RecordingId
from recording.ports import Catalog, StartClaim
from tests.contracts.catalogs import SERVER, claim
from tests.copying.copies import run_together
from tests.core.entries_of import NOW


def test_the_first_claim_stands(catalog: Catalog, mark: str) -> None:
    """Later callers get the order of the first."""
    first = claim(f"call/{mark}/+=")

    assert first == catalog.claim(first)
    assert first == catalog.claim(claim(first.key, "later")) == catalog.find_claim(first.key)
    other = claim(f"call/{mark}/+=/", "other")
    assert other == catalog.claim(other)


def test_a_key_that_nobody_claimed_has_no_claim(catalog: Catalog, mark: str) -> None:
    """To look for it does not create it."""
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
    """Every field, and its time to the microsecond, so that a retry sends the same order."""
    made = claim(mark, locator=locator)
    made = replace(
        made, order=replace(made.order, pause_on_start=True, first_sent=NOW + timedelta(microseconds=123_457))
    )
    catalog.claim(made)

    assert made == catalog.find_claim(mark)


def test_of_many_claims_at_once_one_stands(catalog: Catalog, mark: str) -> None:
    """All get the same claim."""
    standing: list[StartClaim] = []
    run_together(*(lambda i=i: standing.append(catalog.claim(claim(mark, f"request-{i}"))) for i in range(8)))

    assert (8, 1) == (len(standing), len({one.order.request_id for one in standing}))


def test_a_settled_claim_tells_its_recording(catalog: Catalog, mark: str) -> None:
    """To later callers."""
    standing = catalog.claim(claim(mark))
    settled = catalog.settle(replace(standing, recording_id=RecordingId("r")))

    assert settled == replace(standing, recording_id=RecordingId("r")) == catalog.claim(claim(mark, "other"))


def test_who_was_overtaken_changes_nothing(catalog: Catalog, mark: str) -> None:
    """It gets the claim that is stored; with its version the claim can be changed."""
    read = catalog.claim(claim(mark))
    settled = catalog.settle(replace(read, recording_id=RecordingId("r")))
    late = catalog.settle(replace(read, order=replace(read.order, request_id="late")))
    assert settled == late == catalog.find_claim(mark)

    renewed = catalog.settle(replace(late, order=replace(read.order, request_id="late")))
    assert "late" == renewed.order.request_id
    assert renewed == catalog.find_claim(mark)


def test_of_many_who_settle_at_once_one_is_heard(catalog: Catalog, mark: str) -> None:
    """All get the same recording."""
    read = catalog.claim(claim(mark))
    heard: list[StartClaim] = []
    run_together(
        *(lambda i=i: heard.append(catalog.settle(replace(read, recording_id=RecordingId(f"r{i}")))) for i in range(6))
    )

    assert (6, {catalog.find_claim(mark)}) == (len(heard), set(heard))


def test_a_claim_is_no_recording(catalog: Catalog, mark: str) -> None:
    """Also if both have the same key."""
    catalog.claim(claim(mark))

    assert catalog.load(RecordingId(mark)) is None
    assert catalog.load(RecordingId(f"start~{mark}")) is None
