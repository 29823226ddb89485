"""The metrics of the app, and what each counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from recording.core.lifecycle import Archived, Fact, NextStep, Released
from recording.core.model import CatalogEntry, Chunk
from recording.telemetry.names import (
    ARCHIVED_BYTES,
    DECISIONS,
    FAILURES,
    NEAREST_END,
    OWED,
    ROWS_MISSING,
    SECONDS_LEFT,
    SECONDS_TO_RELEASE,
    SLICES,
    Metric,
    name_of,
)

_METER = metrics.get_meter("recording")


class _Seen:
    """The last value that was observed; it is exported once, as another worker may observe the next."""

    def __init__(self, metric: Metric) -> None:
        self.values: list[float] = []
        _METER.create_observable_gauge(metric.name, [self._observed], metric.unit, metric.meaning)

    def _observed(self, _: CallbackOptions) -> Iterable[Observation]:
        values, self.values = self.values, []
        return [Observation(value) for value in values[-1:]]


_ARCHIVED_BYTES = _METER.create_counter(ARCHIVED_BYTES.name, ARCHIVED_BYTES.unit, ARCHIVED_BYTES.meaning)
_SECONDS_TO_RELEASE = _METER.create_histogram(
    SECONDS_TO_RELEASE.name,
    SECONDS_TO_RELEASE.unit,
    SECONDS_TO_RELEASE.meaning,
    explicit_bucket_boundaries_advisory=[1, 2, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600],
)
_SECONDS_LEFT = _METER.create_histogram(
    SECONDS_LEFT.name,
    SECONDS_LEFT.unit,
    SECONDS_LEFT.meaning,
    explicit_bucket_boundaries_advisory=[0, 3600, 4 * 3600, 12 * 3600, 20 * 3600, 23 * 3600],
)
_FAILURES = _METER.create_counter(FAILURES.name, FAILURES.unit, FAILURES.meaning)
_OWED = _Seen(OWED)
_NEAREST_END = _Seen(NEAREST_END)
_SLICES = _METER.create_counter(SLICES.name, SLICES.unit, SLICES.meaning)
_ROWS_MISSING = _METER.create_counter(ROWS_MISSING.name, ROWS_MISSING.unit, ROWS_MISSING.meaning)
_DECISIONS = _METER.create_histogram(DECISIONS.name, DECISIONS.unit, DECISIONS.meaning)


def done(entry: CatalogEntry, chunk: Chunk, fact: Fact | None, now: datetime) -> None:
    """Count a step that has succeeded. It may be counted twice, if its result could not be saved."""
    recording = entry.recording
    by_output = {"output": _output(entry)}
    match fact:
        case Archived():
            _ARCHIVED_BYTES.add(fact.proof.length, by_output)
        case Released():
            _SECONDS_LEFT.record((chunk.due - now).total_seconds(), by_output)
            if recording.announced_at is not None:
                _SECONDS_TO_RELEASE.record((now - recording.announced_at).total_seconds(), by_output)


def failed(step: NextStep, code: str) -> None:
    """Count a step that has failed."""
    _FAILURES.add(1, {"step": name_of(step), "code": code})


def slice_ended() -> None:
    """Count a slice of the sweep."""
    _SLICES.add(1)


def audited(missing: int) -> None:
    """Count the rows that a page of the audit found missing: 0 too, so that an audit that finds none can be seen."""
    _ROWS_MISSING.add(missing)


@dataclass(slots=True)
class Owed:
    """Counts the rows of a pass over its slices. A pass that another worker began is not observed."""

    rows: int | None = None
    first_at: datetime | None = None

    def add(self, rows: int, first_at: datetime | None, *, is_first: bool) -> None:
        """Add a slice; the first of a pass begins the count anew."""
        if is_first:
            self.rows, self.first_at = rows, first_at
        elif self.rows is not None:
            self.rows += rows

    def observe(self, now: datetime) -> None:
        """The pass is whole."""
        if self.rows is not None:
            _OWED.values.append(self.rows)
        if self.first_at is not None:
            _NEAREST_END.values.append((self.first_at - now).total_seconds())


def looked(entry: CatalogEntry, now: datetime) -> None:
    """Count a recording that waits for a decision. The sweep looks at each at least every `core.watching.LONGEST`."""
    since = entry.recording.announced_at
    if since is not None and any(chunk.is_undecided for chunk in entry):
        _DECISIONS.record(max(0.0, (now - since).total_seconds()))


def _output(entry: CatalogEntry) -> str:
    output = entry.recording.output
    return "unknown" if output is None else str(output)
