"""What Application Insights is sent, what it is not, and that the app runs without it."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline import Pipeline
from azure.core.pipeline.policies import DistributedTracingPolicy
from azure.core.rest import HttpRequest
from azure.core.settings import settings as sdk_settings

from recording.adapters.monitor import export_to_monitor, hide_requests
from tests.contracts.faulty_transport import FaultyTransport
from tests.exported import exported

ROOT = Path(__file__).parents[2]
KEY = "InstrumentationKey=00000000-0000-0000-0000-000000000000"
EXPORTS = """
import logging, sys
from opentelemetry import metrics, trace
from recording import telemetry
from recording.adapters.monitor import export_to_monitor, hide_requests
from recording.core.formats.messages import ChunkMessage
from recording.core.lifecycle import CompleteRecording
hide_requests()
export_to_monitor(sys.argv[1])
logging.getLogger("recording").error("sweep.done")
with telemetry.running(ChunkMessage("r", "d", trace="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")):
    with telemetry.stepping(CompleteRecording()):
        pass
telemetry.slice_ended()
trace.get_tracer_provider().shutdown()
metrics.get_meter_provider().shutdown()
"""
LOADED = """
import sys
from recording.entrypoints import worker
worker.get_app()
print([name for name in ("opentelemetry.sdk", "azure.monitor.opentelemetry.exporter") if name in sys.modules])
"""


class Ingestion(ThreadingHTTPServer):
    """The service that the exporter sends to; it accepts everything."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Accepting)
        self.received: list[dict[str, Any]] = []
        self.paths: list[str] = []


class _Accepting(BaseHTTPRequestHandler):
    server: Ingestion

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        items = json.loads(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        self.server.received += items
        self.server.paths.append(self.path)
        answer = json.dumps({"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def ingestion() -> Iterator[Ingestion]:
    with Ingestion() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def run(program: str, *arguments: str, **environment: str) -> str:
    """Run a program in a process of its own, as the providers can be set once; its output."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    command = [sys.executable, "-c", program, *arguments]
    told = subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False)
    assert 0 == told.returncode, told.stderr
    return told.stdout


@pytest.mark.parametrize("sampler", ["", "always_off"])
def test_every_span_and_metric_is_sent_and_nothing_else(ingestion: Ingestion, sampler: str) -> None:
    """Also of a trace whose caller did not sample it, and whatever sampler the environment names.

    Spans are rows of `dependencies`, metrics of `customMetrics`. Log lines and requests are the host's to export: from
    here they would be second rows. The exporter sends nothing about itself.
    """
    place = f"{KEY};IngestionEndpoint=http://127.0.0.1:{ingestion.server_port}/"
    environment = {"OTEL_TRACES_SAMPLER": sampler} if sampler else {}
    run(EXPORTS, place, **environment)

    bodies = [(item["data"]["baseType"], item["data"]["baseData"]) for item in ingestion.received]
    spans = [body for kind, body in bodies if kind == "RemoteDependencyData"]
    assert {"RemoteDependencyData", "MetricData"} == {kind for kind, _ in bodies}
    assert ["recording.complete", "chunk.run"] == [span["name"] for span in spans]
    assert {"0af7651916cd43dd8448eb211c80319c"} == {
        item["tags"]["ai.operation.id"]
        for item in ingestion.received
        if item["data"]["baseType"] == "RemoteDependencyData"
    }
    names = {metric["name"] for kind, body in bodies if kind == "MetricData" for metric in body["metrics"]}
    assert {"recording.sweep.slices"} == names
    assert {"/v2.1/track"} == set(ingestion.paths)


def test_without_a_connection_string_nothing_of_it_is_loaded() -> None:
    """So that a cold start on one machine, and an app without Application Insights, do not pay for it."""
    least = {"ACS_ENDPOINT": "https://contoso.communication.azure.com", "ARCHIVE_STORAGE": _STORAGE}
    assert "[]\n" == run(LOADED, **least, APPLICATIONINSIGHTS_CONNECTION_STRING="")


_STORAGE = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net"


def test_a_connection_string_that_is_none_is_logged_without_it_and_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    export_to_monitor("InstrumentationKey=secret")

    (line,) = [line for line in caplog.messages if line.startswith("telemetry.")]
    assert "telemetry.not_exported code=ValueError" == line


def test_the_sdks_open_no_span_for_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the environment asks for them: the URL of a request may be signed."""
    out, network = exported(), FaultyTransport()
    pipeline: Pipeline[Any, Any] = Pipeline(network, [DistributedTracingPolicy()])
    request = HttpRequest("GET", "https://eu-api.asm.skype.com/v1/objects/x?sig=y")
    monkeypatch.setenv("AZURE_TRACING_ENABLED", "true")
    sdk_settings.tracing_enabled.unset_value()
    network.answer(200, times=2)
    pipeline.run(request)
    assert ["GET"] == [span.name for span in out.spans]

    hide_requests()
    pipeline.run(request)
    assert 1 == len(out.spans)
