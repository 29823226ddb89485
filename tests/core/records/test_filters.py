"""What a search asks of a recording."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recording.core.model import (
    AppliedRule,
    CallId,
    CatalogEntry,
    Channel,
    Content,
    Format,
    Output,
    Recording,
    RecordingId,
    RecordingState,
)
from recording.core.records.filters import Filters, Period, calls_of
from tests.core.entries_of import NOW

WAV = Output(Content.AUDIO, Channel.UNMIXED, Format.WAV)
FOUND = Recording(
    RecordingId("r"),
    RecordingState.RELEASED,
    output=WAV,
    call_id=CallId("call"),
    room_id="room",
    applied=AppliedRule("rule", "digest", "reason", retention_class="long"),
    duration=timedelta(seconds=60),
    started_at=NOW,
)


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        (Filters(), True),
        (Filters(state=RecordingState.RELEASED), True),
        (Filters(state=RecordingState.LOST), False),
        (Filters(call="room"), True),
        (Filters(call="other"), False),
        (Filters(output=WAV), True),
        (Filters(output=replace(WAV, channel=Channel.MIXED)), False),
        (Filters(retention_class="long"), True),
        (Filters(retention_class="short"), False),
        (Filters(shortest=timedelta(seconds=60), longest=timedelta(seconds=60)), True),
        (Filters(shortest=timedelta(seconds=61)), False),
        (Filters(longest=timedelta(seconds=59)), False),
    ],
)
def test_everything_that_is_given_must_fit(filters: Filters, fits: bool) -> None:  # noqa: FBT001 - of a table
    assert fits == filters.fits(CatalogEntry(FOUND))
    assert filters.is_empty == (filters == Filters())


@pytest.mark.parametrize(
    "filters", [Filters(output=WAV), Filters(retention_class="long"), Filters(shortest=timedelta()), Filters(call="x")]
)
def test_what_is_not_known_does_not_fit(filters: Filters) -> None:
    assert not filters.fits(CatalogEntry(Recording(RecordingId("r"), RecordingState.STARTED)))


def test_a_call_has_up_to_five_ids() -> None:
    assert {"call", "room"} == calls_of(FOUND)


@pytest.mark.parametrize(
    ("period", "holds"),
    [
        (Period(), True),
        (Period(NOW, NOW + timedelta(1)), True),
        (Period(NOW + timedelta(1)), False),
        (Period(until=NOW), False),
    ],
)
def test_a_period_holds_its_beginning_and_not_its_end(period: Period, holds: bool) -> None:  # noqa: FBT001 - of a table
    assert holds == period.holds(FOUND)
