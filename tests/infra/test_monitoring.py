"""Rules and logs name what Microsoft has; whoever is to hear is told; the workbook shows what the app writes."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recording.core.watching import ALL_STAGES
from tests.infra.conftest import Evaluate
from tests.infra.deployment import Deployment, Resource
from tests.infra.kql import Query, Row
from tests.infra.rules import MICROSOFT, metric_rules_of, rules_of, table, traces
from tools.package import ROOT

RULES = ("Insights/scheduledQueryRules", "Insights/metricAlerts")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rules(deployment: Deployment) -> list[Resource]:
    """Of both kinds."""
    return [rule for kind in RULES for rule in deployment.of(kind)]


def test_everything_is_told_to_the_same_people(deployment: Deployment) -> None:
    """Every rule is on and has the action group, which is on too."""
    group = deployment.one("Insights/actionGroups")
    assert group["properties"]["enabled"]
    assert [] == [each["name"] for each in rules(deployment) if not each["properties"]["enabled"]]
    for rule in deployment.of(RULES[0]):
        assert [group["id"]] == rule["properties"]["actions"]["actionGroups"]
    for rule in deployment.of(RULES[1]):
        assert [{"actionGroupId": group["id"]}] == rule["properties"]["actions"]


def test_everybody_is_told(evaluate: Evaluate) -> None:
    """Whose address stands there, with a blank or without."""
    found = evaluate(watch={"alertEmails": ["a@contoso.com", " b@contoso.com ", ""]})
    receivers = found.one("Insights/actionGroups")["properties"]["emailReceivers"]
    assert ["a@contoso.com", "b@contoso.com"] == [each["emailAddress"] for each in receivers]
    assert all(each["useCommonAlertSchema"] for each in receivers), "rules of both kinds read alike"


def test_a_rule_looks_where_its_table_or_metric_is(deployment: Deployment) -> None:
    """The lines of the app are in Application Insights, those of the queues in the workspace, both made here."""
    homes = {
        name: (deployment.one(kind.removeprefix("Microsoft."))["id"], tables)
        for kind, tables in MICROSOFT["tables"].items()
        for name in tables
    }
    for rule in rules_of(deployment).values():
        name = rule.criterion["query"].split(" ")[0]
        assert homes[name][0] in rule.properties["scopes"]
        assert 1 == len(rule.properties["scopes"])
        rule.fires(table("traces"), NOW)  # which raises if the table has no such column


def test_a_rule_can_be_made_before_the_first_line(deployment: Deployment) -> None:
    """A new workspace does not have the tables yet, and Azure would refuse a query of them."""
    assert all(rule.properties["skipQueryValidation"] for rule in rules_of(deployment).values())


def test_a_metric_is_one_that_its_resource_has(deployment: Deployment) -> None:
    """With that aggregation and those dimensions; of the topic from which our subscription gets its events."""
    for name, properties in metric_rules_of(deployment).items():
        (criterion,) = properties["criteria"]["allOf"]
        known = MICROSOFT["metrics"][criterion["metricNamespace"]][criterion["metricName"]]
        assert criterion["timeAggregation"] in known["aggregations"]
        assert {each["name"] for each in criterion["dimensions"]} <= set(known["dimensions"])
        assert ("GreaterThan", 0) == (criterion["operator"], criterion["threshold"]), name
        (scope,) = properties["scopes"]
        assert f"/providers/{criterion['metricNamespace']}/evgst-" in scope


def test_only_our_dead_letters_are_told(deployment: Deployment) -> None:
    """Others may subscribe to the same topic. Event Grid writes the name of a subscription in capitals in places."""
    for properties in metric_rules_of(deployment).values():
        (criterion,) = properties["criteria"]["allOf"]
        (dimension,) = criterion["dimensions"]
        assert "EventSubscriptionName" == dimension["name"]
        ours = dimension["values"][0]
        assert [ours, ours.upper()] == dimension["values"]
        for subscription in deployment.of("EventGrid/systemTopics/eventSubscriptions"):
            assert ours == subscription["name"].rsplit("/", 1)[1]


def test_which_metric_means_which_alert(plain: Deployment) -> None:
    found = {name: each["criteria"]["allOf"][0]["metricName"] for name, each in metric_rules_of(plain).items()}
    assert {"DeadLetteredEvent": "DeadLetteredCount", "DroppedEvent": "DroppedEventCount"} == found


def test_what_has_happened_at_event_grid_is_told_every_time(plain: Deployment) -> None:
    assert {False} == {each["autoMitigate"] for each in metric_rules_of(plain).values()}


def test_a_late_line_is_not_missed(plain: Deployment) -> None:
    """Windows overlap: each moment is evaluated twice. What is said once a day lasts until a day lacks it."""
    longer = {"SweepStopped": "PT2H", "RetentionLimited": "P2D"}
    for rule in rules(plain):
        window = longer.get(rule["name"].partition("-")[0], "PT30M")
        assert ("PT15M", window) == (rule["properties"]["evaluationFrequency"], rule["properties"]["windowSize"])


@pytest.mark.parametrize(("sweep_seconds", "minutes"), [(60, 20), (300, 20), (900, 30), (3600, 75)])
def test_silence_is_longer_than_the_time_between_two_sweeps(
    evaluate: Evaluate, sweep_seconds: int, minutes: int
) -> None:
    """However long that is; and the rule still sees the line before."""
    rule = rules_of(evaluate(app={"sweepSeconds": sweep_seconds}))["SweepStopped"]
    line = ["sweep.done rows=0 ended=True"]
    assert not rule.fires(traces(line, NOW - timedelta(minutes=minutes - 1)), NOW)
    assert rule.fires(traces(line, NOW - timedelta(minutes=minutes + 1)), NOW)


def test_logs_are_kept_for_three_months(plain: Deployment) -> None:
    """And none is cut off at the end of a day: that would silence the rules."""
    properties = plain.one("OperationalInsights/workspaces")["properties"]
    assert (90, -1) == (properties["retentionInDays"], properties["workspaceCapping"]["dailyQuotaGb"])


def test_two_environments_do_not_share_a_rule(evaluate: Evaluate) -> None:
    """Nor a workbook or a setting of the existing topic, in one resource group."""
    first, second = (evaluate(environmentName=name, resourceGroupName="rg-shared") for name in ("one", "two"))
    for kind in (*RULES, "Insights/workbooks", "Insights/actionGroups"):
        assert not {each["id"] for each in first.of(kind)} & {each["id"] for each in second.of(kind)}, kind


# Logs of the services

WANTED = {
    "Microsoft.Communication/communicationServices": {"CallRecordingOperational", "CallRecordingSummary"},
    "Microsoft.EventGrid/systemTopics": {"DeliveryFailures"},
    "Microsoft.EventGrid/topics": {"DeliveryFailures", "PublishFailures"},
    "Microsoft.Storage/storageAccounts/blobServices": {"StorageDelete", "StorageRead", "StorageWrite"},
    "Microsoft.Storage/storageAccounts/queueServices": {"StorageWrite"},
    "Microsoft.Storage/storageAccounts/tableServices": {"StorageDelete"},
    "Microsoft.Web/sites": {"FunctionAppLogs"},
}


def kind_of(resource_id: str) -> str:
    """The type of the resource that an id names."""
    provider, *rest = resource_id.rsplit("/providers/", 1)[1].split("/")
    return "/".join((provider, *rest[::2]))


def test_every_service_logs_what_a_person_needs(deployment: Deployment) -> None:
    """Into the workspace, by categories that Microsoft has; one setting for each service."""
    found: dict[str, set[str]] = {}
    for each in deployment.of("Insights/diagnosticSettings"):
        kind = kind_of(each["id"].split("/providers/Microsoft.Insights/diagnosticSettings/")[0])
        assert deployment.one("OperationalInsights/workspaces")["id"] == each["properties"]["workspaceId"]
        categories = {log["category"] for log in each["properties"]["logs"] if log["enabled"]}
        assert categories <= set(MICROSOFT["logs"][kind])
        found[kind] = categories
    wanted = dict(WANTED)
    if "topicless" in deployment.name:
        del wanted["Microsoft.EventGrid/topics"]
    assert wanted == found


def test_the_logs_are_those_of_what_is_used(deployment: Deployment) -> None:
    """Of resources of this deployment, or of the Communication resource and topic that exist."""
    ids = {each["id"] for each in deployment.resources}
    strange = {
        scope
        for each in deployment.of("Insights/diagnosticSettings")
        if (scope := each["id"].split("/providers/Microsoft.Insights/diagnosticSettings/")[0]) not in ids
    }
    assert (2 if "existing" in deployment.name else 0) == len(strange)
    assert {"acs-calls", "evgst-calls"} >= {scope.rsplit("/", 1)[1] for scope in strange}
    archived = [each for each in deployment.of("Insights/diagnosticSettings") if "/storageAccounts/" in each["id"]]
    assert [] == [each["id"] for each in archived if "/storageAccounts/starchive" not in each["id"]]


# The workbook


def queries(plain: Deployment) -> dict[str, str]:
    """Its queries, by the titles above them."""
    properties = plain.one("Insights/workbooks")["properties"]
    workbook = json.loads(properties["serializedData"])
    assert "Notebook/1.0" == workbook["version"]
    assert plain.one("Insights/components")["id"] == properties["sourceId"]
    return {each["content"]["title"]: each["content"]["query"] for each in workbook["items"] if each["type"] == 3}


LINES = (
    "recording.announced recording_id=r-1 event_id=e chunks=1 unread=0 owed=1 due=2026-03-02T12:00:00Z",
    'recording.announced recording_id="r2==" event_id=e chunks=1 unread=0 owed=1 due=2026-03-02T13:00:00Z',
    'recording.chunk_copied recording_id="r2==" document_id=d bytes=2048 seconds=1.000 mib_per_second=2.5',
    'recording.archived recording_id="r2==" chunks=1 bytes=2048 manifest=m',
    "recording.step_failed recording_id=r-1 document_id=d code=source_busy cause=no",
    'recording.lost alert=RecordingLost recording_id=r-1 document_id=d reason="it ended"',
    "sweep.slice_done rows=3 due_later=3 due_in_12h=0 due_in_6h=0 due_in_1h=0 began=2026-03-01T11:55:00Z ended=True",
    "sweep.done rows=4 due_later=1 due_in_12h=0 due_in_6h=2 due_in_1h=1 began=2026-03-01T11:55:00Z ended=True",
)


def shown(plain: Deployment, title: str) -> list[Row]:
    """What one of its parts shows of these lines."""
    tables = {**traces(LINES, NOW), "requests": table("requests", *FAILED)["requests"]}
    return Query(queries(plain)[title], tables, NOW + timedelta(minutes=1)).run()


FAILED: list[Row] = [{"timestamp": NOW, "success": False, "operation_Name": "archive_chunk", "resultCode": "0"}] * 2


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Owed, by time left", [{"at": NOW, "due_later": 4, "due_in_12h": 0, "due_in_6h": 2, "due_in_1h": 1}]),
        (
            "How recordings ended",
            [
                {"event": "recording.archived", "timestamp": NOW, "count_": 1},
                {"event": "recording.lost", "timestamp": NOW, "count_": 1},
            ],
        ),
        (
            "Waits for a person: alerts by recording",
            [{"alert": "RecordingLost", "recording": "r-1", "first": NOW, "last": NOW, "times": 1}],
        ),
        ("Announced and not archived", [{"id": "r-1", "due": "2026-03-02T12:00:00Z", "last": NOW}]),
        ("Throughput of copies, in MiB/s", [{"timestamp": NOW, "median": 2.5, "slowest": 2.5}]),
        ("Bytes archived", [{"timestamp": NOW, "bytes": 2048}]),
        (
            "What fails: tries of each chunk, by cause",
            [{"recording": "r-1", "document": "d", "code": "source_busy", "tries": 1, "first": NOW, "last": NOW}],
        ),
        ("Failures by function", [{"operation_Name": "archive_chunk", "resultCode": "0", "failures": 2}]),
    ],
)
def test_the_workbook_shows(plain: Deployment, title: str, expected: list[dict[str, Any]]) -> None:
    assert expected == shown(plain, title)


def test_every_part_of_the_workbook_is_tried(plain: Deployment) -> None:
    """Each of its queries can be run; the one that is not tried above counts lines by name."""
    assert {"announced", "chunk_copied"} == {
        row["event"].partition(".")[2] for row in shown(plain, "Events, copies and releases")
    }
    assert 9 == len(queries(plain))
    assert [] == [stage for stage in ALL_STAGES if stage not in queries(plain)["Owed, by time left"]]


def test_the_workbook_looks_for_lines_that_the_app_writes(plain: Deployment) -> None:
    """Each name is in the code: as it is, or made from an alarm."""
    sought = set(re.findall(r"'((?:recording|event|call|sweep)\.[a-z_]+)", json.dumps(queries(plain))))
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "recording").rglob("*.py"))
    made = {"recording.lost", "recording.missing"}
    assert made | {"recording.archived", "sweep.done"} <= sought
    assert [] == sorted(name for name in sought - made if f'"{name}"' not in code)
    assert 'f"recording.{found.alarm}"' in code
