"""Every fault of the source, by its name in the local service's table.

All recordings are announced at once and copied concurrently; each test then checks one of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from local.acs.fault_table import FAULTS
from local.acs.faults import Fault, Trigger
from local.stack import Stack
from tests.scenarios.sounds import MEBIBYTE, long_wav, short_wav
from tests.scenarios.worlds import (
    WAYS,
    Given,
    assert_archived,
    assert_metadata_owed,
    assert_nothing_lost,
    assert_quarantined,
    given,
    wait_told,
)

MIDDLE = MEBIBYTE * 3 // 2
"""A byte in the second of three blocks."""


SLOW: Trigger = {"amount": 5, "seconds": 0.05}
"""Short; the contract suites show that a longer one ends as well."""


@dataclass(frozen=True)
class Afflicted:
    """A recording with a fault at its source."""

    given: Given
    fault: Fault


PASSING: Mapping[str, tuple[str, Trigger]] = {
    "zero_bytes": ("zero_bytes", {}),
    "zero_bytes for long": ("zero_bytes", {"count": 5}),
    "zero_bytes in the middle": ("zero_bytes", {"at": MIDDLE}),
    "not_ready_404": ("not_ready_404", {}),
    "not_ready_404 in the middle": ("not_ready_404", {"at": MIDDLE}),
    "gone_410 that comes back": ("gone_410", {}),
    "bad_request_html": ("bad_request_html", {}),
    "bad_request_html in the middle": ("bad_request_html", {"at": MIDDLE}),
    "html_for_media": ("html_for_media", {}),
    "html_for_media in the middle": ("html_for_media", {"at": MIDDLE}),
    "unauthorized_mid_copy": ("unauthorized_mid_copy", {"at": MIDDLE}),
    "unauthorized_mid_copy for long": ("unauthorized_mid_copy", {"at": MIDDLE, "count": 5}),
    "forbidden": ("forbidden", {}),
    "busy_429": ("busy_429", {}),
    "busy_429 with Retry-After": ("busy_429", {"retry_after": 1, "at": MIDDLE}),
    "busy_429 that asks for an hour": ("busy_429", {"retry_after": 3600}),
    "busy_503": ("busy_503", {}),
    "busy_503 with Retry-After": ("busy_503", {"retry_after": 1}),
    "busy_503 with a date": ("busy_503", {"retry_after": format_datetime(datetime.now(UTC), usegmt=True)}),
    "server_error_500 in a storm": ("server_error_500", {"count": 6}),
    "server_error_502 in a storm": ("server_error_502", {"count": 6, "at": MIDDLE}),
    "hang": ("hang", {"seconds": 1.0}),
    "hang in the middle": ("hang", {"seconds": 1.0, "at": MIDDLE}),
    "hang_mid_body": ("hang_mid_body", {"seconds": 1.0, "at": MIDDLE}),
    "slow_body": ("slow_body", {"amount": MEBIBYTE // 8, "seconds": 0.1, "count": None}),
    "reset_mid_body": ("reset_mid_body", {"at": MIDDLE}),
    "reset_mid_body of the first block": ("reset_mid_body", {"at": 1000}),
    "reset_mid_body again and again": ("reset_mid_body", {"count": 9}),
    "truncated_right_length": ("truncated_right_length", {"at": MIDDLE}),
    "truncated_right_length of the first block": ("truncated_right_length", {}),
    "truncated_wrong_length": ("truncated_wrong_length", {"at": MIDDLE}),
    "truncated_wrong_length of the first block": ("truncated_wrong_length", {}),
    "truncated_chunked": ("truncated_chunked", {"at": MIDDLE}),
    "truncated_chunked of the first block": ("truncated_chunked", {}),
    "truncated_chunked of the last block": ("truncated_chunked", {"at": 5 * MEBIBYTE // 2 - 100_000}),
    "extra_bytes": ("extra_bytes", {"at": MIDDLE}),
    "extra_bytes of the first block": ("extra_bytes", {}),
    "range_ignored": ("range_ignored", {}),
    "range_ignored in the middle": ("range_ignored", {"at": MIDDLE}),
    "range_ignored always": ("range_ignored", {"count": None}),
    "range_shifted": ("range_shifted", {"at": MIDDLE}),
    "range_shifted of the first block": ("range_shifted", {}),
    "length_changes": ("length_changes", {"at": MIDDLE}),
    "length_changes of the first block": ("length_changes", {}),
    "text_for_media": ("text_for_media", {"count": 2}),
    "html_for_middle_range": ("html_for_middle_range", {"at": MIDDLE}),
    "untyped_html_for_middle_range": ("untyped_html_for_middle_range", {"at": MIDDLE}),
    "retry_after_day": ("retry_after_day", {}),
    "slow_head": ("slow_head", SLOW),
    "slow_refusal": ("slow_refusal", SLOW),
    "slow_redirect": ("slow_redirect", SLOW),
    "breaks_every": ("breaks_every", {"count": None, "amount": 300_000}),
    "range_not_satisfiable_416": ("range_not_satisfiable_416", {"count": None}),
    "short_206": ("short_206", {"count": None}),
    "odd_encoding_none": ("odd_encoding_none", {"count": None}),
    "odd_encoding_identity": ("odd_encoding_identity", {"count": None}),
    "content_range_capital": ("content_range_capital", {"count": None}),
    "no_total": ("no_total", {"count": None}),
    "no_length_200": ("no_length_200", {"count": None}),
    "no_length_200 in the middle": ("no_length_200", {"at": MIDDLE}),
    "redirect_loop that ends": ("redirect_loop", {"count": 8}),
    "redirect_back that ends": ("redirect_back", {"count": 3}),
}
"""Faults that end by themselves: the recording is archived whole, and its source released."""

WAITING: Mapping[str, tuple[str, Trigger]] = {
    "zero_bytes": ("zero_bytes", {"count": None}),
    "not_ready_404": ("not_ready_404", {"count": None}),
    "bad_request_html": ("bad_request_html", {"count": None}),
    "html_for_media": ("html_for_media", {"count": None}),
    "html_for_middle_range": ("html_for_middle_range", {"count": None, "at": MIDDLE}),
    "untyped_html_for_middle_range": ("untyped_html_for_middle_range", {"count": None, "at": MIDDLE}),
    "truncated_chunked": ("truncated_chunked", {"count": None, "at": MIDDLE}),
    "truncated_wrong_length": ("truncated_wrong_length", {"count": None, "at": 1000}),
    "extra_bytes": ("extra_bytes", {"count": None}),
    "length_changes": ("length_changes", {"count": None, "at": MIDDLE}),
    "redirect_loop": ("redirect_loop", {"count": None}),
    "redirect_back": ("redirect_back", {"count": None}),
}
"""Faults that last until the test ends them: nothing is kept, nothing released, and the message comes back."""

ASTRAY: Mapping[str, tuple[str, Trigger]] = {
    "redirect_elsewhere": ("redirect_elsewhere", {"count": None}),
    "redirect_http": ("redirect_http", {"count": None}),
    **{
        f"redirect {how}": ("redirect_elsewhere", {"count": None, "location": location})
        for how, location in {
            "to a lookalike": "https://eu-storage.asm.skype.com.evil.example/v1/x",
            "behind a backslash": "https://evil.example\\.asm.skype.com/v1/x",
            "to another port": "https://eu-storage.asm.skype.com:8443/v1/x",
            "with a user": "https://eu-storage.asm.skype.com@evil.example/v1/x",
        }.items()
    },
}
"""Redirects to hosts that must never get the credentials."""

DOUBTED: Mapping[str, tuple[str, Trigger]] = {
    "redirect_elsewhere": ("redirect_elsewhere", {}),
    "redirect_http": ("redirect_http", {}),
    "content_changes of the first block": ("content_changes", {}),
}
"""Faults that cause quarantine and end: an alert is published, and a later try archives the chunk."""


Suffering = Mapping[tuple[str, str], Afflicted]
"""By table and case."""


@pytest.fixture(scope="module", params=WAYS)
def afflicted(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Suffering]:
    """A recording of three blocks for each line of each table, all announced at once; one way after the other."""
    found: dict[tuple[str, str], Afflicted] = {}
    tables = {"passing": PASSING, "waiting": WAITING, "astray": ASTRAY, "doubted": DOUBTED}
    for table_name, table in tables.items():
        for case, (name, trigger) in table.items():
            recording = given(stack, [long_wav(100 + len(found))])
            recording.serve(request.param)
            found[table_name, case] = Afflicted(recording, recording.arm(name, **trigger))
    for one in found.values():
        one.given.publish()
    yield found
    stack.clear_messages()


@pytest.fixture(scope="module")
def mended(afflicted: Suffering) -> None:
    """End the lasting faults."""
    for case in WAITING:
        afflicted["waiting", case].fault.stop()


@pytest.mark.parametrize("case", PASSING)
def test_a_fault_that_passes_costs_nothing(stack: Stack, afflicted: Suffering, case: str) -> None:
    """Archived byte for byte, released, published once."""
    one = afflicted["passing", case]

    assert_archived(stack, one.given.recording)
    assert one.fault.hits > 0


@pytest.mark.parametrize("case", ASTRAY)
def test_a_redirect_off_the_allow_list_is_never_followed(stack: Stack, afflicted: Suffering, case: str) -> None:
    """An alert is published; the source is kept; no other host gets a request."""
    one = afflicted["astray", case]

    reason = assert_quarantined(stack, one.given.recording, kept=False)
    assert "Location header" in reason
    hosts = {record.host for record in stack.acs.world.requests}
    assert set() == {host for host in hosts if not host.endswith((".asm.skype.com", ".communication.azure.com"))}


@pytest.mark.parametrize("case", DOUBTED)
def test_a_doubt_that_passes_is_looked_at_again_and_archived(stack: Stack, afflicted: Suffering, case: str) -> None:
    """Without a person; the alert was published all the same, and a copy in quarantine stays there."""
    one = afflicted["doubted", case]

    assert_archived(stack, one.given.recording, apart=one.fault.name == "content_changes")
    wait_told(stack, "RecordingQuarantined", one.given.id)


@pytest.mark.parametrize("case", WAITING)
def test_nothing_is_lost_while_a_fault_lasts(stack: Stack, afflicted: Suffering, case: str) -> None:
    """Nothing is kept, released or published, and the message comes back each time."""
    assert_nothing_lost(stack, afflicted["waiting", case].given.recording)


@pytest.mark.parametrize("case", WAITING)
def test_a_fault_that_ends_at_last_costs_nothing(stack: Stack, afflicted: Suffering, mended: None, case: str) -> None:
    """After any number of failures."""
    assert_archived(stack, afflicted["waiting", case].given.recording)


@pytest.mark.parametrize("fault", ["redirect_elsewhere", "redirect_http"])
def test_a_redirect_of_the_metadata_off_the_allow_list_is_never_followed(stack: Stack, way: str, fault: str) -> None:
    """The media is archived, the metadata owed, an alert published; once the file exists, the recording is whole."""
    found = given(stack, [short_wav(390)])
    astray = found.arm(fault, on="metadata", count=None)
    found.publish()

    assert "Location header" in assert_metadata_owed(stack, found.recording)
    astray.stop()
    assert_archived(stack, found.recording)


def test_content_that_changes_between_two_tries_is_never_mixed(stack: Stack, way: str) -> None:
    """Blocks staged of the old content are not used for the new."""
    found = given(stack, [long_wav(400)])
    broken = found.arm("not_ready_404", at=MIDDLE, count=None)
    found.publish()
    assert_nothing_lost(stack, found.recording)
    (source,) = found.chunks
    changed = source.path.with_name(f"changed-{source.path.name}")
    changed.write_bytes(long_wav(401))
    source.path = changed
    broken.stop()

    assert_archived(stack, found.recording)


def test_every_content_fault_of_the_table_is_suffered_here() -> None:
    """A new fault of the local service needs a scenario."""
    suffered = {name for table in (PASSING, WAITING, ASTRAY, DOUBTED) for name, _ in table.values()}

    assert {name for name, kind in FAULTS.items() if kind.operation == "content" and not kind.rule} == suffered


def test_a_small_chunk_suffers_the_same_faults(stack: Stack, way: str) -> None:
    """A chunk of one block is written to Blob in another way."""
    names = [
        "zero_bytes",
        "truncated_chunked",
        "truncated_wrong_length",
        "extra_bytes",
        "range_ignored",
        "html_for_media",
        "range_not_satisfiable_416",
        "short_206",
        "no_total",
        "no_length_200",
    ]
    found = [given(stack, [short_wav(500 + number)]) for number, _ in enumerate(names)]
    for name, one in zip(names, found, strict=True):
        one.arm(name, count=2)
        one.publish()

    for one in found:
        assert_archived(stack, one.recording)
