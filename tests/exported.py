"""What this process exports of spans and metrics. OpenTelemetry's providers can be set once in a process."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON


@dataclass(frozen=True)
class Exported:
    """The providers, and all that was exported."""

    tracing: TracerProvider
    kept: InMemorySpanExporter
    reader: InMemoryMetricReader

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """In the order in which they ended."""
        return self.kept.get_finished_spans()

    @property
    def span(self) -> ReadableSpan:
        """The only one."""
        (found,) = self.spans
        return found

    def metrics(self) -> Mapping[str, list[tuple[Mapping[str, object], float]]]:
        """The points of each metric since the process began, or, where the metric is observed, since the last call."""
        found: dict[str, list[tuple[Mapping[str, object], float]]] = {}
        read = self.reader.get_metrics_data()
        scopes = [scope for one in read.resource_metrics for scope in one.scope_metrics] if read else []
        for metric in (metric for scope in scopes for metric in scope.metrics):
            for point in metric.data.data_points:
                value = point.value if hasattr(point, "value") else point.sum
                found.setdefault(metric.name, []).append((dict(point.attributes or {}), value))
        return found


def exported() -> Exported:
    """What is exported from now on."""
    found = _begun()
    found.kept.clear()
    found.metrics()
    return found


@functools.cache
def _begun() -> Exported:
    tracing, kept, reader = TracerProvider(sampler=ALWAYS_ON), InMemorySpanExporter(), InMemoryMetricReader()
    tracing.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(MeterProvider([reader]))
    return Exported(tracing, kept, reader)
