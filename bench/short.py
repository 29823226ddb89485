"""Short calls inside the Functions host: the whole app beside the way of the public samples, in turn."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from azure.storage.queue import QueueClient

from bench.cases import Bench, Result, Row, reason
from bench.inside import _sound
from bench.measuring import MEBIBYTE, Failed, Run
from bench.worker import resident
from local.azurite import AzuriteError
from local.host import FunctionsHost
from local.stack import CONTAINERS, QUEUE, ROOT, Stack, wait_for

_SAMPLE = Path(__file__).parent / "sample"
_LONGEST = 120.0
_TICK = os.sysconf("SC_CLK_TCK")
_CALM = {"AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:02"}
"""As in Azure: an app that waits for its turn must not cost the other what it polls for."""
OURS, SAMPLE = "this app", "the samples' way"


def short(bench: Bench) -> Result:
    """Many short recordings at once."""
    count = 50 if bench.quick else 200
    result = Result(
        "short",
        f"{count} recordings of 1 MiB at once, inside the Functions host",
        "",
        SAMPLE,
    )
    rows = {name: Row(name, "Functions host") for name in (SAMPLE, OURS)}
    result.rows += rows.values()
    folder = bench.folder / "short"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with Stack(folder, settings=_CALM) as stack:
            stack.acs.world.redirects = False
            stack.event_grid.unsubscribe(stack.subscription)
            sample = FunctionsHost(
                _SAMPLE, {**stack.environment(), "ARCHIVE_CONTAINER": CONTAINERS[0]}, log=folder / "sample.log"
            )
            media = _sound(folder / "short.wav", MEBIBYTE)
            queue = QueueClient.from_connection_string(stack.azurite.connection_string, QUEUE)
            with sample:
                contenders = [(SAMPLE, sample, _deleted(stack)), (OURS, stack.host, _archived(stack))]
                for name, host, done in contenders:
                    _run(stack, host, media, 20, done, queue)
                for turn in range(bench.rounds):
                    for name, host, done in contenders:
                        bench.say(f"{result.title}: round {turn + 1} of {bench.rounds}, {name}")
                        rows[name].runs.append(_run(stack, host, media, count, done, queue))
    finally:
        pass
    return result


def _deleted(stack: Stack) -> Callable[[set[str]], bool]:
    def done(recordings: set[str]) -> bool:
        gone = {one.recording_id for one in stack.acs.world.objects.values() if one.deleted is not None}
        return recordings <= gone

    return done


def _archived(stack: Stack) -> Callable[[set[str]], bool]:
    return lambda recordings: recordings <= stack.archived().keys()


def _run(
    stack: Stack, host: FunctionsHost, media: Path, count: int, done: Callable[[set[str]], bool], queue: QueueClient
) -> Run:
    events = [stack.acs.world.add_recording([media], output="wav") for _ in range(count)]
    recordings = set(list(stack.acs.world.recordings)[-count:])
    subscription = stack.event_grid.subscribe(host.event_grid_url("recording_file_status_updated"))
    process = Path(f"/proc/{host._process.pid}")
    used, began = _cpu(process), time.perf_counter()
    stack.event_grid.publish(events)
    wait_for(lambda: done(recordings), "all to be done", _LONGEST)
    seconds = time.perf_counter() - began
    wait_for(lambda: not queue.get_queue_properties().approximate_message_count, "an empty queue", _LONGEST)
    after = _cpu(process)
    stack.event_grid.unsubscribe(subscription)
    return Run(
        seconds,
        after[0] - used[0],
        after[1] - used[1],
        resident("VmHWM", process / "status"),
        count * MEBIBYTE,
        notes={"ms_cpu_per_recording": (sum(after) - sum(used)) * 1000 / count, "recordings_per_s": count / seconds},
    )


def _cpu(process: Path) -> tuple[float, float]:
    """User and system seconds of a process and the children that it has waited for."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[13])) / _TICK, (int(fields[12]) + int(fields[14])) / _TICK
