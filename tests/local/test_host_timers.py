"""Timer triggers of the local Functions host, and running a function at once."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from local.host import FunctionsHost
from local.host.cron import Schedule
from tests.local.hosts import Seen, call

type StartHost = Callable[..., FunctionsHost]

MOMENT = "2026-02-27T23:59:58"  # a Friday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * * *", "2026-02-27T23:59:59"),
        ("0 */5 * * * *", "2026-02-28T00:00:00"),
        ("*/5 * * * *", "2026-02-28T00:00:00"),
        ("30 59 23 * * *", "2026-02-28T23:59:30"),
        ("0 0 9-17/4 * * MON-FRI", "2026-03-02T09:00:00"),
        ("0 0 0 1 jan,Jul *", "2026-07-01T00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 0 13 * 5", "2026-03-13T00:00:00"),
        ("15,45 10/20 * * * Sunday", "2026-03-01T00:10:15"),
    ],
)
def test_the_next_moment_of_a_schedule(text: str, expected: str) -> None:
    """Six fields, the second first; day of month and day of week must both match."""
    after = Schedule.parse(text).after(datetime.fromisoformat(MOMENT).replace(tzinfo=UTC))

    assert expected == after.isoformat().removesuffix("+00:00")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("* * * *", "4 fields"),
        ("60 * * * * *", "second"),
        ("* * 24 * * *", "hour"),
        ("* * * 0 * *", "day"),
        ("* * * * 13 *", "month"),
        ("* * * * * 7", "day-of-week"),
        ("*/0 * * * * *", "second"),
        ("5-1 * * * * *", "second"),
        ("* x * * * *", "minute"),
    ],
)
def test_a_wrong_schedule_names_its_field(text: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Schedule.parse(text)


def test_a_schedule_that_never_comes_says_so() -> None:
    """30 February does not exist."""
    with pytest.raises(ValueError, match="no moment"):
        Schedule.parse("0 0 0 30 2 *").after(datetime(2026, 1, 1, tzinfo=UTC))


def test_a_timer_fires_again_and_again(start_host: StartHost, seen: Seen) -> None:
    """Here each second; each run names the last and the next one."""
    start_host(TICKS="* * * * * *")
    first, second = seen.wait("tick", 2)[:2]

    assert first["status"]["Next"] == second["status"]["Last"] or first["status"]["Last"] < second["status"]["Last"]
    assert [False, False] == [first["past_due"], second["past_due"]]


def run_at_once(host: FunctionsHost, function: str, body: bytes = b"{}", key: str | None = None) -> int:
    """Call the admin endpoint; returns the status."""
    headers = {"x-functions-key": host.master_key if key is None else key, "content-type": "application/json"}
    return call(f"{host.url}/admin/functions/{function}", "POST", body, headers).status


def test_a_timer_is_run_at_once_for_the_master_key(shared_host: FunctionsHost, shared_seen: Seen) -> None:
    """POST /admin/functions/NAME answers 202."""
    assert 202 == run_at_once(shared_host, "tick")
    assert shared_seen.wait("tick")


def test_a_queue_function_is_run_at_once_with_its_input(shared_host: FunctionsHost, shared_seen: Seen) -> None:
    """The input is the message's text."""
    text = uuid.uuid4().hex

    assert 202 == run_at_once(shared_host, "work", json.dumps({"input": text}).encode())
    assert shared_seen.wait("done", body=text)


def test_the_admin_endpoint_is_for_the_master_key_alone(shared_host: FunctionsHost) -> None:
    """401 for other keys, 404 for no function, 400 for an HTTP function or a body that is not JSON."""
    others = ("", "wrong", shared_host.function_key, shared_host.system_key)

    assert [401] * 4 == [run_at_once(shared_host, "tick", key=each) for each in others]
    assert 404 == run_at_once(shared_host, "nothing")
    assert 400 == run_at_once(shared_host, "echo")
    assert 400 == run_at_once(shared_host, "work", b"{")
