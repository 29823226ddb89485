"""What must be there first is waited for, by the compiled template; and callers are served at once while copies run."""

import json
from typing import Any

import pytest

from tests.infra.compiler import Bicep
from tests.infra.conftest import INFRA
from tests.infra.deployment import Deployment
from tools.package import ROOT

HOST: dict[str, Any] = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def awaited(bicep: Bicep) -> dict[str, set[str]]:
    """For each module all that it waits for, step by step."""
    found = bicep.template(INFRA / "main.bicep")["resources"]
    direct = {name: {_first(each) for each in resource.get("dependsOn", ())} for name, resource in found.items()}
    return {name: _all(name, direct) for name in direct}


def _first(reference: str) -> str:
    return reference.split("[", maxsplit=1)[0]


def _all(name: str, direct: dict[str, set[str]]) -> set[str]:
    found, left = set[str](), {name}
    while left:
        left = set.union(*(direct.get(each, set()) for each in left)) - found
        found |= left
    return found


@pytest.mark.parametrize(
    ("module", "before"),
    [
        ("functionApp", {"access", "communicationAccess", "storage", "identity", "monitoring"}),
        ("subscribing", {"access", "functionApp", "storage"}),
        ("access", {"storage", "topic", "identity", "monitoring"}),
        ("communicationAccess", {"identity"}),
        ("alerts", {"monitoring"}),
        ("diagnostics", {"storage", "topic", "functionApp", "monitoring"}),
        ("communicationDiagnostics", {"monitoring"}),
    ],
)
def test_what_is_needed_is_there_first(awaited: dict[str, set[str]], module: str, before: set[str]) -> None:
    """Above all roles: the app that starts without them fails, and Event Grid tries its destination at once."""
    assert before <= awaited[module]


@pytest.mark.parametrize("module", ["functionApp", "subscribing"])
def test_roles_are_waited_for_by_name(bicep: Bicep, module: str) -> None:
    """Not only by way of another module, which may come to be left out."""
    found = bicep.template(INFRA / "main.bicep")["resources"]
    assert "access" in found[module]["dependsOn"]


def test_the_group_is_made_before_all_that_lies_in_it(awaited: dict[str, set[str]]) -> None:
    makers = {"monitoring", "identity", "storage", "topic"}
    assert [] == [name for name in makers if "group" not in awaited[name]]


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


def test_callers_do_not_wait_for_copies(plain: Deployment) -> None:
    """More than one at a time in an instance, and a thread for each beside those that copy."""
    scale = plain.one("Web/sites")["properties"]["functionAppConfig"]["scaleAndConcurrency"]
    callers = scale["triggers"]["http"]["perInstanceConcurrency"]
    queues = HOST["extensions"]["queues"]
    threads = int(plain.settings()["PYTHON_THREADPOOL_THREAD_COUNT"])
    assert 1 < callers <= threads - queues["batchSize"] - queues["newBatchThreshold"]
