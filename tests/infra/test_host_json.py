"""The times and numbers of host.json: messages outlive an outage, runs end in time, callers do not wait for copies."""

import json
from typing import Any

from tests.infra.deployment import Deployment
from tools.package import ROOT

HOST: dict[str, Any] = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))


def seconds(text: str) -> int:
    """A time of host.json."""
    hours, minutes, rest = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + rest


def test_a_message_is_tried_for_as_long_as_its_source_lives(plain: Deployment) -> None:
    """Tries times delay: a storage that is down for a day gives no message up. And each try waits a moment."""
    queues = HOST["extensions"]["queues"]
    delay = seconds(queues["visibilityTimeout"])
    assert 60 <= delay <= 600
    assert queues["maxDequeueCount"] * delay >= int(plain.settings()["SOURCE_RETENTION_HOURS"]) * 3600


def test_a_run_ends_within_the_hour_that_the_platform_gives(plain: Deployment) -> None:
    """On Flex an instance that is taken away has 60 minutes; and a copy ends its slice well before."""
    longest = seconds(HOST["functionTimeout"])
    assert int(plain.settings()["COPY_SLICE_SECONDS"]) + 300 <= longest <= 3600


def test_a_message_is_seen_within_seconds() -> None:
    """An idle host looks again soon: the time at the source runs."""
    assert 1 <= seconds(HOST["extensions"]["queues"]["maxPollingInterval"]) <= 10


def test_the_lines_that_alert_rules_search_are_logged() -> None:
    """`sweep.done` and the host's Trigger Details are of the level Information; only the SDK says less."""
    levels = HOST["logging"]["logLevel"]
    assert levels["default"] in {"Trace", "Debug", "Information"}
    assert {"default", "Azure.Core"} == set(levels)


def test_callers_do_not_wait_for_copies(plain: Deployment) -> None:
    """More than one at a time in an instance, and a thread for each beside those that copy."""
    scale = plain.one("Web/sites")["properties"]["functionAppConfig"]["scaleAndConcurrency"]
    callers = scale["triggers"]["http"]["perInstanceConcurrency"]
    queues = HOST["extensions"]["queues"]
    threads = int(plain.settings()["PYTHON_THREADPOOL_THREAD_COUNT"])
    assert 1 < callers <= threads - queues["batchSize"] - queues["newBatchThreshold"]
