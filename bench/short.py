"""Short recordings in the Functions host: the whole app beside an app like the public samples.

Both apps run in the same host program, with the same Azurite, Event Grid and ACS, which serves without redirects. Only
the host's process, which runs the app, is measured, not the services.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import wave
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from typing import Any, override
from urllib.parse import urlsplit

from bench.cases import Bench, Column, Result, Row
from bench.measuring import MEBIBYTE, ROOT, Failed, Run, cpu_of, environment, reason
from bench.servers import Server
from local.azurite import ACCOUNT, AzuriteError
from local.faultproxy import FaultProxy
from local.host import FunctionsHost
from local.policies import EVERYTHING
from local.stack import CONTAINERS, TABLE, Stack, wait_for
from recording.adapters import clients
from recording.adapters.archive import BlobArchive
from recording.adapters.catalog import TableCatalog
from recording.core.model import BlobName, RecordingId
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, FILING_QUEUE

OURS, SAMPLE = "this app", "the samples' way"
TRIGGER, WRITES = "event trigger", "the two writes alone"
INDEX, IMPORTS = "import and index of the app", "the same imports without the app's own modules"
EXPORTER = "exporter of spans and metrics"
_SAMPLE_APP = Path(__file__).parent / "sample"
_FUNCTION = "recording_file_status_updated"
_LONGEST = 180.0
_LONGEST_LATER = 600.0
_RATE = 16_000
AS_IN_AZURE = {"AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:02"}
"""The local stack polls more often: that would cost CPU while the other app is measured, and keep Azurite busy, where
each poll costs more the more messages wait."""
_EMPTY_ANSWER = 200
"""Bytes; a longer reply to a request for messages contains one."""


@dataclass(frozen=True, slots=True)
class _App:
    """One of the two apps in its host; `done` says whether it has archived these recordings."""

    name: str
    host: FunctionsHost
    done: Callable[[set[str]], bool]


_NO_NATIVE = {"NATIVE_CONTAINERS": "", "RECORDING_POLICY": EVERYTHING}
"""Those of the stack are in another account than the sink, by its address."""


class _OverSink(Stack):
    """The stack with its blobs in the bench's sink; queues and tables stay in Azurite."""

    sink: Server

    @override
    def environment(self) -> dict[str, str]:
        parts = [part for part in self.azurite.connection_string.split(";") if not part.startswith("BlobEndpoint=")]
        storage = ";".join([*parts, f"BlobEndpoint={self.sink.http}/{ACCOUNT}"])
        return {
            **super().environment(),
            "ARCHIVE_STORAGE": storage,
            "NATIVE_CONTAINERS": "",
            "RECORDING_POLICY": EVERYTHING,
        }


class _OverProxy(Stack):
    """The stack with a proxy before Azurite that counts requests."""

    proxy: FaultProxy

    @override
    def environment(self) -> dict[str, str]:
        self.proxy = self._running.enter_context(FaultProxy(self.azurite.connection_string))
        storage = self.proxy.connection_string
        return {
            **super().environment(),
            "ARCHIVE_STORAGE": storage,
            "AzureWebJobsStorage": storage,
            "NATIVE_CONTAINERS": "",
            "RECORDING_POLICY": EVERYTHING,
        }


def short(bench: Bench) -> Result:
    """Many short recordings at once, with all of storage in Azurite."""
    note = (
        "Azurite, which has one thread, limits the rate of this app, with some twenty more requests than the sample, "
        "and computes the CRC-64 of the media in JavaScript, which the sample does not send."
    )
    return _short(bench, "short", "all in Azurite", note, None)


def short_sink(bench: Bench) -> Result:
    """The same with the blobs in the bench's own sink."""
    note = "Both apps have their blobs in the sink, which takes little CPU; tables and queues are in Azurite."
    with bench.programs.sink() as sink:
        return _short(bench, "short-sink", "blobs in the sink", note, sink)


def _short(bench: Bench, name: str, where: str, note: str, sink: Server | None) -> Result:
    count = 50 if bench.quick else 200
    columns: dict[str, Column] = {
        "host CPU ms a recording": lambda row: row.of(lambda run: run.cpu * 1000 / count).shown(1),
        "recordings/s": lambda row: row.of(lambda run: count / run.seconds).shown(1),
    }
    if sink is None:
        columns |= {"later, ms a recording": lambda row: row.of(lambda run: run.notes["later"] * 1000 / count).shown(1)}
    result = Result(name, f"{count} recordings of 1 MiB at once in the Functions host, {where}", note, columns)
    rows = {app: Row(app, "Functions host") for app in (SAMPLE, OURS)}
    result.rows += rows.values()
    try:
        with _stack(bench.folder / "stack", _OverSink if sink else Stack, sink) as stack, ExitStack() as open_:
            apps = _both(stack, open_)
            media = sound(bench.folder / "short.wav", MEBIBYTE)
            for app in apps:
                _with_later(stack, app, _archive(stack, app, media, 20))
            for turn in range(bench.rounds):
                for app in apps:
                    bench.say(f"{result.title}: round {turn + 1} of {bench.rounds}, {app.name}")
                    if sink is not None:
                        sink.reset()
                    run = _archive(stack, app, media, count)
                    rows[app.name].runs.append(_with_later(stack, app, run))
    except (TimeoutError, AzuriteError) as error:
        result.skipped = reason(error)
    return result


def _both(stack: Stack, open_: ExitStack) -> list[_App]:
    settings = {**stack.environment(), "ARCHIVE_CONTAINER": CONTAINERS[0]}
    sample = open_.enter_context(FunctionsHost(_SAMPLE_APP, settings, log=stack.folder / "sample.log"))
    objects = stack.acs.world

    def deleted(recordings: set[str]) -> bool:
        return recordings <= {one.recording_id for one in objects.objects.values() if one.deleted is not None}

    return [_App(SAMPLE, sample, deleted), _App(OURS, stack.host, _is_archived(stack))]


def _is_archived(stack: Stack) -> Callable[[set[str]], bool]:
    """Whether the recordings are released and their events published."""
    return lambda recordings: recordings <= stack.archived().keys()


def _archive(stack: Stack, app: _App, media: Path, count: int) -> Run:
    """Publish the events of `count` recordings at once, and wait until all are archived."""
    events = [stack.acs.world.add_recording([media], output="wav") for _ in range(count)]
    recordings = set(list(stack.acs.world.recordings)[-count:])
    subscription = stack.event_grid.subscribe(app.host.event_grid_url(_FUNCTION))
    process = app.host.pid or 0
    used, began = cpu_of(process), time.perf_counter()
    stack.event_grid.publish(events)
    wait_for(lambda: app.done(recordings), "all recordings", _LONGEST)
    seconds = time.perf_counter() - began
    wait_for(lambda: not stack.queue_length(CHUNK_QUEUE) + stack.queue_length(EVENT_QUEUE), "an empty queue", _LONGEST)
    cpu = cpu_of(process) - used
    stack.event_grid.unsubscribe(subscription)
    return Run(seconds, cpu, count * MEBIBYTE)


def _with_later(stack: Stack, app: _App, run: Run) -> Run:
    """The run and what follows it: filing and sealing give way to copies, and must not run in the other app's turn."""
    process = app.host.pid or 0
    used = cpu_of(process)
    if isinstance(stack, _OverSink):  # it keeps no bodies that could be read once more
        stack.clear_messages(FILING_QUEUE)
    wait_for(lambda: not stack.queue_length(FILING_QUEUE), "filed and sealed recordings", _LONGEST_LATER)
    return replace(run, notes={"later": cpu_of(process) - used})


def requests(bench: Bench) -> Result:
    """Every request of one recording of one block, from its event to its completion."""
    columns: Mapping[str, Column] = {
        "requests": lambda row: f"{sum(row.runs[0].notes.values()):.0f}",
        "which": lambda row: ", ".join(f"{name} {count:.0f}" for name, count in sorted(row.runs[0].notes.items())),
    }
    note = "Counted at the services. The requests to the queue are the host's: put, get and delete the message."
    result = Result("requests", "Requests of one recording of one block", note, columns)
    row = Row(OURS, "Functions host")
    result.rows.append(row)
    bench.say(result.title)
    with _stack(bench.folder / "stack", _OverProxy) as stack:
        assert isinstance(stack, _OverProxy)  # noqa: S101 - it was asked for
        media = sound(bench.folder / "short.wav", MEBIBYTE)
        app = _App(OURS, stack.host, _is_archived(stack))
        _archive(stack, app, media, 1)
        before = len(stack.proxy.requests), len(stack.acs.world.requests), len(stack.event_grid.topic.received)
        run = _archive(stack, app, media, 1)
        counted: Counter[str] = Counter(f"ACS {one.operation}" for one in stack.acs.world.requests[before[1] :])
        for one in stack.proxy.requests[before[0] :]:
            if one.operation != "dequeue" or one.bytes_out > _EMPTY_ANSWER:
                counted[f"{one.service} {one.operation}"] += 1
        counted["topic publish"] += len(stack.event_grid.topic.received) - before[2]
        row.runs.append(replace(run, notes=dict(counted)))
    return result


def answer(bench: Bench) -> Result:
    """The time until the event trigger answers, one event at a time, and the time of its two writes alone."""
    count = 30 if bench.quick else 100
    columns: Mapping[str, Column] = {
        "p99 ms": lambda row: row.of(lambda run: run.notes["p99_ms"]).shown(1),
        "median ms": lambda row: row.of(lambda run: run.notes["median_ms"]).shown(1),
    }
    note = "One event at a time; its recording is archived before the next. The writes: journal blob and new entry."
    result = Result("answer", f"Event trigger answered, {count} events a round", note, columns)
    rows = [Row(TRIGGER, "Functions host"), Row(WRITES, "the app's adapters, in this process")]
    result.rows += rows
    with _stack(bench.folder / "stack", Stack) as stack:
        storage = stack.azurite.connection_string
        blobs = clients.blob_service(storage)
        journal = BlobArchive(blobs, clients.blob_requests(blobs), CONTAINERS[2])
        catalog = TableCatalog(clients.table(TABLE, storage))
        media = sound(bench.folder / "short.wav", MEBIBYTE // 16)
        done = _is_archived(stack)
        for turn in range(bench.slow_rounds):
            bench.say(f"{result.title}: round {turn + 1} of {bench.slow_rounds}")
            times: list[tuple[float, float]] = []
            for number in range(count):
                event = stack.acs.world.add_recording([media], output="wav")
                recording = list(stack.acs.world.recordings)[-1]
                answered = _post(stack.host, event)
                wait_for(lambda recording=recording: done({recording}), recording, _LONGEST)  # type: ignore[misc]
                entry = catalog.load(RecordingId(recording))
                assert entry is not None  # noqa: S101 - it is archived
                other = RecordingId(f"{recording}-{turn}-{number}")
                entry = replace(entry, recording=replace(entry.recording, recording_id=other), version="")
                began = time.perf_counter()
                journal.write(BlobName(f"bench/{other}.json"), json.dumps(event).encode())
                catalog.save(entry)
                times.append((answered, time.perf_counter() - began))
            for row, figures in zip(rows, zip(*times, strict=True), strict=True):
                found = quantiles(figures, n=100, method="inclusive")
                notes = {"p99_ms": found[98] * 1000, "median_ms": found[49] * 1000}
                row.runs.append(Run(sum(figures), 0.0, 1, notes=notes))
    return result


def _post(host: FunctionsHost, event: Mapping[str, Any]) -> float:
    """Deliver an event as Event Grid does; the seconds until the reply."""
    url = urlsplit(host.event_grid_url(_FUNCTION))
    connection = HTTPConnection(url.netloc)
    headers = {"aeg-event-type": "Notification", "Content-Type": "application/json"}
    began = time.perf_counter()
    connection.request("POST", f"{url.path}?{url.query}", json.dumps([event]), headers)
    status = connection.getresponse().status
    seconds = time.perf_counter() - began
    connection.close()
    if status >= 400:  # noqa: PLR2004 - refused
        raise Failed(f"the event trigger answered {status}")
    return seconds


def cold(bench: Bench) -> Result:
    """CPU of a new worker before its first call: until the functions are indexed."""
    columns: Mapping[str, Column] = {"CPU s": lambda row: row.of(lambda run: run.cpu).shown(3)}
    note = (
        "In an interpreter that has imported Microsoft's worker library; without aiohttp, which is not deployed. "
        "The exporter is begun by the first call, and only where there is a connection string."
    )
    result = Result("cold", "Cold start", note, columns)
    rows = {
        "index": Row(INDEX, "fresh process"),
        "imports": Row(IMPORTS, "fresh process"),
        "exporter": Row(EXPORTER, "the same"),
    }
    result.rows += rows.values()
    modules = bench.folder / "modules.json"
    for turn in range(1 + bench.rounds):
        for what, row in rows.items():
            bench.say(f"{result.title}: round {turn} of {bench.rounds}, {row.contender}")
            command = [sys.executable, "-m", "bench.coldstart", what, str(modules)]
            said = subprocess.run(command, cwd=ROOT, env=environment({}), capture_output=True, text=True, check=True)
            if turn:  # the first round writes the bytecode
                row.runs.append(Run(0.0, float(said.stdout.splitlines()[-1]), 1))
    return result


@contextmanager
def _stack(folder: Path, kind: type[Stack], sink: Server | None = None) -> Iterator[Stack]:
    shutil.rmtree(folder, ignore_errors=True)
    stack = kind(folder, settings=AS_IN_AZURE)
    if isinstance(stack, _OverSink) and sink is not None:
        stack.sink = sink
    try:
        with stack:
            stack.event_grid.unsubscribe(stack.subscription)
            yield stack
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sound(path: Path, size: int) -> Path:
    """A wav file of about that size, of noise."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(os.urandom(size))
    return path
