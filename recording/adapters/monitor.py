"""Exports spans and metrics to Application Insights, by Microsoft's exporter; log lines go by the Functions host."""

import logging
import os

from azure.core.settings import settings as sdk_settings

from recording import log

_METRICS_EVERY = 60_000
"""Milliseconds."""
_QUIET = (
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED",
)
"""What the exporter sends about itself, and asks Microsoft for; it reads these from the environment alone."""


def hide_requests() -> None:
    """Make the SDKs open no span for their requests, whatever the environment says: their URLs may be signed."""
    sdk_settings.tracing_enabled = False


def export_to_monitor(connection_string: str) -> None:
    """Export from now on, in threads of the exporter's own; without a connection string nothing is imported.

    Every span is recorded: the sampler that the environment or the caller's trace asks for is not used. What cannot be
    sent is dropped and not kept on disk. If it cannot begin, that is logged, and the app runs without it.
    """
    if not connection_string:
        return
    try:
        _export(connection_string)
    except Exception as error:  # noqa: BLE001 - telemetry must never keep a copy from being made
        # Not its text: that may quote the connection string.
        log.event("telemetry.not_exported", {"code": type(error).__name__}, logging.ERROR)


def _export(connection_string: str) -> None:
    # Imported here: it takes a third of a cold start, and is not needed on one machine.
    from azure.monitor.opentelemetry.exporter import (  # noqa: PLC0415
        AzureMonitorMetricExporter,
        AzureMonitorTraceExporter,
    )
    from opentelemetry import metrics, trace  # noqa: PLC0415
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON  # noqa: PLC0415

    for name in _QUIET:
        os.environ.setdefault(name, "true")
    resource = Resource.create({"service.name": "recording-archive"})
    spans = AzureMonitorTraceExporter(connection_string=connection_string, disable_offline_storage=True)
    values = AzureMonitorMetricExporter(connection_string=connection_string, disable_offline_storage=True)
    tracing = TracerProvider(sampler=ALWAYS_ON, resource=resource)
    tracing.add_span_processor(BatchSpanProcessor(spans))
    reader = PeriodicExportingMetricReader(values, export_interval_millis=_METRICS_EVERY)
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(MeterProvider([reader], resource))
