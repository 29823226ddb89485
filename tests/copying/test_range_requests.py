"""Every reply is held against what was asked for; what passes is tried again, and nothing else."""

import pytest

from recording.copying.range_requests import RangeIgnored
from recording.core.errors import (
    HostileLocation,
    RecordingError,
    SourceBusy,
    SourceChanged,
    SourceGone,
    SourceNotReady,
    SourceRefused,
    SourceUnreachable,
    TransferBroken,
)
from tests.copying.contents import CONTENT, opened, sha256, view_of
from tests.copying.copies import BLOCK

pytestmark = pytest.mark.usefixtures("quick_tries")
TRIES = 4


# What is tried again


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("busy_429", SourceBusy),
        ("server_error_500", SourceBusy),
        ("unauthorized_mid_copy", SourceRefused),
        ("hang", SourceUnreachable),
        ("truncated_wrong_length", TransferBroken),
        ("extra_bytes", TransferBroken),
        ("overlong", TransferBroken),
        ("range_shifted", TransferBroken),
    ],
)
def test_a_range_that_fails_is_tried_a_few_times(fault: str, error: type[RecordingError]) -> None:
    """Then the last error is raised."""
    source, reader = opened()
    source.arm(fault, times=TRIES - 1)
    view = view_of()
    reader.read(100, view)
    assert CONTENT[100 : 100 + BLOCK] == view

    source.arm(fault, times=None)
    with pytest.raises(error):
        reader.read(100, view_of())
    assert 1 + 2 * TRIES == len(source.opened)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("not_ready_404", SourceGone), ("gone_410", SourceGone), ("bad_request_html", SourceNotReady)],
)
def test_a_content_that_is_not_there_is_left_to_the_queue(fault: str, error: type[RecordingError]) -> None:
    """It takes minutes, not seconds."""
    source, reader = opened()
    source.arm(fault)
    with pytest.raises(error):
        reader.read(100, view_of())

    assert 2 == len(source.opened)


@pytest.mark.parametrize("fault", ["redirect_elsewhere", "redirect_http"])
def test_a_hostile_redirect_is_never_tried_again(fault: str) -> None:
    """A person must look at it."""
    source, reader = opened()
    source.arm(fault)
    with pytest.raises(HostileLocation):
        reader.read(100, view_of())

    assert 2 == len(source.opened)


def test_throttling_is_reported_each_time() -> None:
    """To what decides on the number of connections."""
    source, reader = opened()
    source.arm("busy_429", times=2, retry_after=0.0)
    told: list[str] = []
    reader.requests.on_throttled = lambda: told.append("throttled")
    reader.read(100, view_of())

    assert ["throttled", "throttled"] == told


def test_a_long_retry_after_is_left_to_the_queue() -> None:
    """A function must not sleep for minutes."""
    source, reader = opened()
    source.arm("busy_429", retry_after=21.0)
    with pytest.raises(SourceBusy) as caught:
        reader.read(100, view_of())

    assert (21.0, 2) == (caught.value.retry_after, len(source.opened))


def test_a_copy_that_failed_elsewhere_does_not_wait() -> None:
    """Not even for Retry-After."""
    source, reader = opened()
    reader.requests.stopped.set()
    source.arm("busy_429", retry_after=19.0)
    with pytest.raises(SourceBusy):
        reader.read(100, view_of())

    assert 2 == len(source.opened)


# What is another content, or another range


def test_another_length_is_another_content() -> None:
    """No block of it is mixed with those of the first."""
    source, reader = opened()
    source.arm("length_changes")
    with pytest.raises(SourceChanged):
        reader.read(100, view_of())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("etag-1\n", "etag-2\n"),
        ("\nMonday", "\nTuesday"),
        ("etag\nMonday", "etag\nTuesday"),
        ("etag\nMonday", "other\n"),
    ],
)
def test_another_validator_is_another_content(before: str, after: str) -> None:
    """Though its length is the same."""
    source, reader = opened(validators=before)
    source.validators = after
    with pytest.raises(SourceChanged):
        reader.read(100, view_of())


@pytest.mark.parametrize(
    ("before", "after"),
    [("etag\nMonday", "\n"), ("\n", "etag\nMonday"), ("etag\nMonday", "etag\n"), ("\nMonday", "etag\nMonday")],
)
def test_a_validator_that_is_missing_contradicts_nothing(before: str, after: str) -> None:
    """A reply may lack one that another had."""
    source, reader = opened(validators=before)
    source.validators = after
    view = view_of()
    reader.read(100, view)

    assert CONTENT[100 : 100 + BLOCK] == view


def test_the_whole_in_place_of_a_range_is_not_read_as_that_range() -> None:
    """Nor tried again: the whole is asked for instead."""
    source, reader = opened()
    source.arm("range_ignored")
    with pytest.raises(RangeIgnored):
        reader.read(100, view_of())
    assert 2 == len(source.opened)

    view = view_of()
    reader.open_whole().read_next(view, ends=False)
    assert CONTENT[:BLOCK] == view
    assert source.opened[-1].length is None


@pytest.mark.parametrize(("fault", "error"), [("length_changes", SourceChanged), ("range_shifted", TransferBroken)])
def test_a_whole_that_is_not_the_known_content_is_refused(fault: str, error: type[RecordingError]) -> None:
    """Another length, or a part in place of the whole."""
    source, reader = opened()
    source.arm(fault)
    with pytest.raises(error):
        reader.open_whole()


def test_a_page_in_place_of_a_middle_range_is_asked_for_again() -> None:
    """However well its headers fit."""
    source, reader = opened()
    source.arm("untyped_html_for_middle_range", times=3)
    view = view_of()

    assert sha256(CONTENT[100 : 100 + BLOCK]) == reader.read(100, view)
    assert CONTENT[100 : 100 + BLOCK] == view
    source.arm("untyped_html_for_middle_range", times=None)
    with pytest.raises(TransferBroken, match="page"):
        reader.read(100, view_of())
