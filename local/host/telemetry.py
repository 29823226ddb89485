"""Writes the app's spans and metrics to files, a line of JSON each, in place of Application Insights.

LOCAL_HOST_TELEMETRY names the folder; without it nothing is exported. Set before the app is imported, as the exporter
that the app brings for Azure begins only with a connection string.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import override

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

SPANS = "spans.jsonl"
METRICS = "metrics.jsonl"
_METRICS_EVERY = 5_000
"""Milliseconds."""


def export_to_files(folder: Path) -> Callable[[], None]:
    """Export from now on; the function ends it, and writes what is left."""
    folder.mkdir(parents=True, exist_ok=True)
    tracing = TracerProvider(sampler=ALWAYS_ON, shutdown_on_exit=False)
    tracing.add_span_processor(SimpleSpanProcessor(_SpanFile(folder / SPANS)))
    reader = PeriodicExportingMetricReader(_MetricFile(folder / METRICS), export_interval_millis=_METRICS_EVERY)
    metering = MeterProvider([reader], shutdown_on_exit=False)
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(metering)

    def end() -> None:
        tracing.shutdown()
        metering.shutdown()

    return end


class _SpanFile(SpanExporter):
    """Appends each span in one write, so that several threads and a reader see whole lines."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        _append(self._path, "".join(f"{span.to_json(indent=None)}\n" for span in spans))
        return SpanExportResult.SUCCESS


class _MetricFile(MetricExporter):
    """Appends what was measured since the last time, and nothing while nothing is."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    @override
    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object) -> MetricExportResult:
        _append(self._path, f"{metrics_data.to_json(indent=None)}\n")
        return MetricExportResult.SUCCESS

    @override
    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return True

    @override
    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:
        """Nothing is open."""


def _append(path: Path, text: str) -> None:
    with path.open("ab") as file:
        file.write(text.encode())
