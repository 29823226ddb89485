"""The log: one record is one line, whatever the ids hold."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recording import log
from tests.core.test_lines import HOSTILE


@pytest.fixture(autouse=True)
def everything(caplog: pytest.LogCaptureFixture) -> None:
    """The Functions host asks for no less."""
    caplog.set_level(logging.INFO, "recording")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_id_forges_no_line(caplog: pytest.LogCaptureFixture, text: str) -> None:
    """Neither in a value of its own nor in the cause of an error."""
    log.event("recording.announced", {"recording_id": text, "chunks": 1})
    (record,) = caplog.records

    assert 1 == len(record.getMessage().splitlines())
    assert record.getMessage().isprintable()
    assert record.getMessage().startswith("recording.announced recording_id=")
    assert record.getMessage().endswith(" chunks=1")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["recording_id", "cause"]), st.text(st.characters(codec=None))))
def test_any_record_is_one_line(caplog: pytest.LogCaptureFixture, fields: dict[str, str]) -> None:
    """And can be written down in UTF-8."""
    caplog.clear()
    log.event("event.refused", fields, logging.ERROR)
    (record,) = caplog.records

    assert record.getMessage().isprintable()
    record.getMessage().encode()


def test_only_a_bug_has_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """What passes or is refused says all in its line."""
    try:
        raise KeyError("x")
    except KeyError as error:
        log.event("recording.step_failed", {"code": "source_busy"}, logging.WARNING)
        log.bug("request.failed", {"code": "KeyError"}, error)

    assert [False, True] == [record.exc_info is not None for record in caplog.records]
    assert ["recording.step_failed code=source_busy", "request.failed code=KeyError"] == caplog.messages


def test_a_record_below_the_level_is_not_written(caplog: pytest.LogCaptureFixture) -> None:
    """Its values are not even put together."""
    caplog.set_level(logging.ERROR, "recording")
    log.event("recording.announced", {})

    assert [] == caplog.records
