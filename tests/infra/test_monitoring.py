"""Every alert of the app reaches a person, and so do failures that the app cannot report."""

import json
import re

from recording.core.formats.notifications import EventName
from tests.infra.conftest import INFRA, Evaluate
from tests.infra.deployment import Deployment
from tools.package import ROOT

PLATFORM = {
    "EventRefused",
    "FailedExecutions",
    "OldMessage",
    "PoisonMessage",
    "SweepStopped",
    "DeadLetteredEvent",
    "DroppedEvent",
    "QueueBacklog",
}
LINE = r"'((?:recording|event|call|sweep)\.[a-z_]+)"


def test_alerts_are_the_apps(deployment: Deployment) -> None:
    """One for every event name that is an alert; each searches for the line that the app logs."""
    names = {str(name) for name in EventName if name is not EventName.ARCHIVED}
    rules = {each["name"]: each["properties"] for each in deployment.of("Insights/scheduledQueryRules")}
    metrics = {each["name"]: each["properties"] for each in deployment.of("Insights/metricAlerts")}
    assert names | PLATFORM == set(rules) | set(metrics)
    for name in names:
        (criterion,) = rules[name]["criteria"]["allOf"]
        assert f'traces | where message has "alert={name}"' == criterion["query"]
        assert ("GreaterThan", 0) == (criterion["operator"], criterion["threshold"])


def test_everything_is_told_to_the_same_people(evaluate: Evaluate) -> None:
    """Every rule is on and has the action group, which has all addresses."""
    found = evaluate(watch={"alertEmails": ["a@contoso.com", " b@contoso.com ", ""]})
    group = found.one("Insights/actionGroups")
    assert ["a@contoso.com", "b@contoso.com"] == [
        each["emailAddress"] for each in group["properties"]["emailReceivers"]
    ]
    rules = [*found.of("Insights/scheduledQueryRules"), *found.of("Insights/metricAlerts")]
    assert [] == [each["name"] for each in rules if not each["properties"]["enabled"]]
    assert [] == [each["name"] for each in rules if group["id"] not in json.dumps(each["properties"]["actions"])]


def test_rules_look_at_what_is_there(deployment: Deployment) -> None:
    """Their scopes are resources of this deployment, or the existing system topic."""
    ids = {each["id"] for each in deployment.resources}
    rules = [*deployment.of("Insights/scheduledQueryRules"), *deployment.of("Insights/metricAlerts")]
    strange = {scope for rule in rules for scope in rule["properties"]["scopes"]} - ids
    assert ("existing" in deployment.name) == bool(strange)
    assert [] == [scope for scope in strange if not scope.endswith("/systemTopics/evgst-calls")]


def test_a_late_line_is_not_missed(plain: Deployment) -> None:
    """Windows overlap: each moment is evaluated twice."""
    for rule in plain.of("Insights/scheduledQueryRules"):
        assert ("PT15M", "PT30M") == (rule["properties"]["evaluationFrequency"], rule["properties"]["windowSize"])


def test_lines_are_ones_that_the_app_writes() -> None:
    """Each event that an alert or the workbook searches for is in the code."""
    sought = set(re.findall(LINE, json.dumps(json.loads((INFRA / "workbook.json").read_text()))))
    sought |= set(re.findall(LINE.replace("'", '"'), (INFRA / "modules" / "alerts.bicep").read_text()))
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "recording").rglob("*.py"))
    assert {"event.refused", "recording.chunk_copied", "sweep.done"} <= sought
    assert [] == sorted(name for name in sought if f'"{name}"' not in code)


def test_silence_is_heard(plain: Deployment) -> None:
    """One row when no line of a sweep came, or only old ones; not before the timer has missed three turns."""
    (rule,) = (each for each in plain.of("Insights/scheduledQueryRules") if each["name"] == "SweepStopped")
    (criterion,) = rule["properties"]["criteria"]["allOf"]
    found = re.fullmatch(
        r'traces \| where message startswith "sweep\.done" \| summarize newest = max\(timestamp\)'
        r" \| where isnull\(newest\) or newest < ago\((\d+)m\)",
        criterion["query"],
    )
    timer = re.search(r'schedule="0 \*/(\d+) \* \* \* \*"', (ROOT / "recording/entrypoints/sweep.py").read_text())
    assert found is not None
    assert timer is not None
    assert 3 * int(timer[1]) < int(found[1]) < 30
    assert ("GreaterThan", 0) == (criterion["operator"], criterion["threshold"])


def test_a_message_given_up_is_told_whatever_its_queue(plain: Deployment) -> None:
    """The rule searches for what the names of all poison queues have in common."""
    (rule,) = (each for each in plain.of("Insights/scheduledQueryRules") if each["name"] == "PoisonMessage")
    assert 'Uri has "-poison"' in rule["properties"]["criteria"]["allOf"][0]["query"]


def test_the_workbook_is_whole(plain: Deployment) -> None:
    """It uses the deployment's telemetry, and every table and chart has a query."""
    properties = plain.one("Insights/workbooks")["properties"]
    workbook = json.loads(properties["serializedData"])
    assert "Notebook/1.0" == workbook["version"]
    assert plain.one("Insights/components")["id"] == properties["sourceId"]
    queries = [each["content"]["query"] for each in workbook["items"] if each["type"] == 3]
    assert 7 == len(queries)
    assert [] == [query for query in queries if "traces" not in query and "requests" not in query]
