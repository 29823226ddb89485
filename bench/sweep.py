"""The sweep: what one pass costs with a small and a large archive, and how long an outage lasts after its end."""

import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.cases import Bench, Column, Result, Row
from bench.measuring import Run, reason
from bench.short import AS_IN_AZURE, sound
from local.azurite import Azurite, AzuriteError
from local.faultproxy import FaultProxy
from local.stack import OPEN_TABLE, TABLE, Stack, provision, wait_for
from recording.adapters import clients
from recording.adapters.catalog import TableCatalog
from recording.adapters.open_work import TableDirectory, TableOpenWork
from recording.bootstrap import App, compose
from recording.core.lifecycle import with_opening
from recording.core.model import CatalogEntry, Recording, RecordingId, RecordingState
from recording.settings import Settings

_OPEN = 100
_SMALL, _TIMES = 100, 100
_THREADS = 8
_BETWEEN_LOOKS = timedelta(hours=7)
"""More than the longest time after which the sweep looks at an open recording again: each pass looks at all."""
_AGE = timedelta(days=10)
"""Of the archive. What is younger than two days is audited after the passes, in its own time, however much it is."""
_LONGEST = 600.0
_QUICK_SWEEP = {"COPY_SLICE_SECONDS": "1", "SWEEP_SECONDS": "10", "OVERDUE_SECONDS": "1"}


@dataclass
class _Clock:
    at: datetime

    def now(self) -> datetime:
        return self.at


def sweep(bench: Bench) -> Result:
    """One pass over a hundred recordings that owe something, in archives of which one is a hundred times the other."""
    columns: Mapping[str, Column] = {
        "seconds a pass": lambda row: row.of(lambda run: run.seconds).shown(),
        "requests a pass": lambda row: row.of(lambda run: run.notes["requests"]).shown(0),
    }
    note = f"{_OPEN} recordings owe something, and each is looked at; the archive has so many that are done."
    result = Result("sweep", "One pass of the sweep, with the tables in Azurite", note, columns)
    for archived in (_SMALL, _SMALL * (_TIMES // 10 if bench.quick else _TIMES)):
        row = Row(f"{archived} archived", "use case")
        result.rows.append(row)
        with _filled(bench, archived) as (app, clock, proxy):
            for turn in range(bench.rounds):
                bench.say(f"{result.title}: {archived} archived, round {turn + 1} of {bench.rounds}")
                clock.at += _BETWEEN_LOOKS
                before, began = len(proxy.requests), time.perf_counter()
                app.sweeping.sweep_all()
                seconds = time.perf_counter() - began
                row.runs.append(Run(seconds, 0.0, 0, notes={"requests": len(proxy.requests) - before}))
    return result


@contextmanager
def _filled(bench: Bench, archived: int) -> Iterator[tuple[App, _Clock, FaultProxy]]:
    """An app over tables with so many recordings that are done, and a hundred that are not."""
    folder = bench.folder / "sweep"
    shutil.rmtree(folder, ignore_errors=True)
    clock = _Clock(datetime.now(UTC))
    with ExitStack() as open_:
        azurite = open_.enter_context(Azurite(folder))
        provision(azurite.connection_string)
        proxy = open_.enter_context(FaultProxy(azurite.connection_string))
        catalog, work = (
            open_.enter_context(closing(clients.table(name, azurite.connection_string))) for name in (TABLE, OPEN_TABLE)
        )

        def fill(number: int) -> None:
            is_open = number < _OPEN
            state = RecordingState.MISSING if is_open else RecordingState.RELEASED
            recording = Recording(RecordingId(f"recording-{number}"), state, stopped_at=clock.at)
            entry = with_opening(None, CatalogEntry(recording))
            if entry.recording.opening.at is not None:
                TableOpenWork(work).put(recording.recording_id, entry.recording.opening, clock.at)
            TableDirectory(catalog).add(recording.recording_id, clock.at - (timedelta() if is_open else _AGE))
            TableCatalog(catalog).save(entry)

        bench.say(f"The sweep: an archive of {archived} recordings")
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(fill, range(_OPEN + archived)))
        needed = {"ACS_ENDPOINT": "https://bench.communication.azure.com", "ARCHIVE_STORAGE": proxy.connection_string}
        yield compose(Settings.from_env({**needed, "SOURCE_RETENTION_HOURS": "72"}), now=clock.now), clock, proxy


def outage(bench: Bench) -> Result:
    """All messages of many recordings are lost while the source does not answer; the sweep finds and drives them."""
    count = 100 if bench.quick else 1000
    columns: Mapping[str, Column] = {
        "seconds to nothing owed": lambda row: row.of(lambda run: run.seconds).shown(0),
        "recordings/s": lambda row: row.of(lambda run: count / run.seconds).shown(1),
    }
    note = (
        "Counted from the moment at which the source answers again; no message is left then. A sweep every ten seconds."
    )
    result = Result("outage", f"{count} short recordings after an outage, in the Functions host", note, columns)
    row = Row("this app", "Functions host")
    result.rows.append(row)
    folder = bench.folder / "outage"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with Stack(folder, settings=_QUICK_SWEEP | AS_IN_AZURE) as stack:
            bench.say(result.title)
            row.runs.append(_recovery(stack, count, sound(folder / "short.wav", 32_000)))
    except (TimeoutError, AzuriteError) as error:
        result.skipped = reason(error)
    return result


def _recovery(stack: Stack, count: int, media: Path) -> Run:
    refusal = stack.acs.world.arm("busy_503", count=None)
    events = [stack.acs.world.add_recording([media], output="wav") for _ in range(count)]
    recordings = set(list(stack.acs.world.recordings)[-count:])
    with closing(clients.table(OPEN_TABLE, stack.azurite.connection_string)) as table:
        work = TableOpenWork(table)

        def owed() -> set[RecordingId]:
            found, after = set[RecordingId](), ""
            while True:
                page = work.page(1000, after)
                found |= {row.recording_id for row in page.rows}
                after = page.next
                if not after:
                    return found

        stack.event_grid.publish(events)
        wait_for(lambda: recordings <= owed(), "all recordings to be owed", _LONGEST)

        def is_lost() -> bool:
            stack.clear_messages()
            return not stack.queue_length()

        wait_for(is_lost, "all messages to be lost", _LONGEST)
        refusal.stop()
        began = time.perf_counter()
        wait_for(lambda: not owed(), "nothing to be owed", _LONGEST)
        return Run(time.perf_counter() - began, 0.0, 0)
