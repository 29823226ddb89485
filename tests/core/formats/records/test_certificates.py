"""What is read of certificates: of which erasure one is, and whether something is deferred."""

from datetime import UTC, datetime

import pytest

from recording.core.formats.records.certificates import Certificate, Outcome, deferred_in, erasure_in
from recording.core.model import Actor, RecordingId
from recording.core.records.erasing import Deferral, Mode, Why

AT = datetime(2026, 3, 1, tzinfo=UTC)
HELD = Outcome(RecordingId("held"), (Deferral(Why.HOLD, "h1"),))


def certificate(*outcomes: Outcome, number: int = 1) -> Certificate:
    return Certificate("e-1", number, "", Mode.WHOLE, "", Actor("key:ada"), AT, AT, (), "", outcomes, 0)


def test_a_name_says_of_which_erasure_and_the_how_manieth_a_certificate_is() -> None:
    assert ("e-1", 12) == erasure_in(certificate(number=12).name)


@pytest.mark.parametrize(
    "name", ["certificates/e.json", "certificates/e-0.json", "acts/e-1.json", "certificates/e-1.txt"]
)
def test_another_blob_is_of_none(name: str) -> None:
    assert erasure_in(name) is None


@pytest.mark.parametrize(("outcomes", "count"), [((), 0), ((Outcome(RecordingId("gone")),), 0), ((HELD,), 1)])
def test_what_is_deferred_is_counted(outcomes: tuple[Outcome, ...], count: int) -> None:
    assert count == deferred_in(certificate(*outcomes).to_json())


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"schema": "another/1", "deferred": []}', b'{"schema": "recording-erasure/1"}']
)
def test_what_is_no_certificate_says_nothing(body: bytes) -> None:
    assert deferred_in(body) is None
