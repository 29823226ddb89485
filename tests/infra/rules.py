"""The alert rules as they are deployed: those of the kept deployment, so that no compiler is needed.

`test_variants` holds it to the Bicep.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from recording.core.formats.notifications import EventName
from tests.infra.deployment import Deployment
from tests.infra.kql import Query, Row
from tests.infra.snapshots import VARIANTS

KEPT = VARIANTS / "minimal.snapshot.json"
PLAIN = Deployment("plain", KEPT.read_text(encoding="utf-8"))
MICROSOFT: dict[str, Any] = json.loads((Path(__file__).parent / "microsoft.json").read_text(encoding="utf-8"))
SCHEMA: dict[str, list[str]] = {
    table: columns for tables in MICROSOFT["tables"].values() for table, columns in tables.items()
}
NO_ALERTS = frozenset({EventName.ARCHIVED, EventName.DELETED})
"""Events of what has gone well."""
APP_ALERTS = frozenset(str(name) for name in EventName) - NO_ALERTS


@dataclass(frozen=True)
class Rule:
    """A rule over a log."""

    name: str
    properties: Mapping[str, Any]

    @property
    def criterion(self) -> Mapping[str, Any]:
        """What makes it fire."""
        (found,) = self.properties["criteria"]["allOf"]
        return dict(found)

    def fires(self, tables: Mapping[str, Iterable[Row]], now: datetime) -> dict[str, int]:
        """The subjects for which it fires, with the number of lines of each; one empty subject if it is not split."""
        criterion = self.criterion
        names = [each["name"] for each in criterion["dimensions"]]
        rows = Query(criterion["query"], tables, now).run()
        counted = Counter(" ".join(str(row[name]) for name in names) for row in rows)
        assert ("GreaterThan", "Count") == (criterion["operator"], criterion["timeAggregation"])
        return {subject: count for subject, count in counted.items() if count > criterion["threshold"]}


def rules_of(deployment: Deployment) -> dict[str, Rule]:
    """Those over logs, by the name that a mail has."""
    found = [each["properties"] for each in deployment.of("Insights/scheduledQueryRules")]
    return {each["displayName"]: Rule(each["displayName"], each) for each in found}


def metric_rules_of(deployment: Deployment) -> dict[str, Mapping[str, Any]]:
    """Those over metrics; in their mails the resource's name is seen, which ends in the token."""
    found = deployment.of("Insights/metricAlerts")
    return {each["name"].rsplit("-", 1)[0]: each["properties"] for each in found}


def table(name: str, *rows: Row) -> dict[str, list[Row]]:
    """Rows of one of Microsoft's tables, each with all of its columns; the other tables are empty."""
    columns = dict.fromkeys(SCHEMA[name])
    assert not {column for row in rows for column in row} - set(columns)
    return {**{other: [] for other in SCHEMA}, name: [{**columns, **row} for row in rows]}


def traces(lines: Iterable[str], at: datetime, level: int = 1) -> dict[str, list[Row]]:
    """Lines as Application Insights keeps them; level 3 is an error."""
    rows: list[Row] = [{"timestamp": at, "severityLevel": level, "message": line} for line in lines]
    return table("traces", *rows)


def told_of(rules: Mapping[str, Rule], tables: Mapping[str, Iterable[Row]], now: datetime) -> set[str]:
    """Which of the rules fire. Without a line, the one that hears silence does."""
    return {name for name, rule in rules.items() if rule.fires(tables, now)}
