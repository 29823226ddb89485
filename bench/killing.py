"""Killed at nine tenths and taken up again by a new process: how much is read a second time."""

import time
from dataclasses import replace

from bench import cases
from bench.cases import Bench, Result, Row
from bench.measuring import MEBIBYTE, Failed, Run, Worker
from bench.ours import default
from bench.places import Place
from recording.settings import MEBIBYTE as SETTINGS_MEBIBYTE

_KILL_AT = 0.9
_LONGEST = 60.0
_NAME = "interrupted"


def kill_and_continue(bench: Bench) -> Result:
    """SIGKILL while the sink has nine tenths; the source itself counts what it sent."""
    size = bench.size(1024, 256)
    result = Result(
        "kill",
        f"Killed at 90 % of {size // MEBIBYTE} MiB, then continued",
        "Times and memory are those of the second process. What is read again is what the source sent to both, less "
        "the length; it counts what it had handed to sockets that then broke. The digest must be an unbroken copy's.",
    )
    row = Row(cases.CHECKED, "second process, imports apart")
    result.rows.append(row)
    with bench.programs.source() as source, bench.programs.sink() as sink:
        place = Place(source, sink)
        for turn in range(bench.rounds):
            bench.say(f"{result.title}: round {turn + 1} of {bench.rounds}")
            try:
                row.runs.append(_interrupt(place, size))
            except Failed as error:
                row.skipped = cases.reason(error)
                break
    return result


def _worker(place: Place) -> Worker:
    options = {"source": place.source_base, "sink": place.sink_base, "checksum": True}
    return Worker("ours", options, place.environment())


def _interrupt(place: Place, size: int) -> Run:
    place.reset()
    with _worker(place) as first:
        first.begin(size=size, name=_NAME)
        due = time.monotonic() + _LONGEST
        while (seen := place.sink.stats())["staged"] < size * _KILL_AT:
            if time.monotonic() > due or seen["blobs"]:
                raise Failed(f"nine tenths were never seen: {seen}")
        first.kill()
    staged, before = place.sink.stats()["staged"], place.source.stats()["bytes"]
    with _worker(place) as second:
        run = second.run(size, name=_NAME)
        sent, seen = place.source.stats()["bytes"], place.sink.stats()
        whole = second.run(size, name="unbroken")
    if seen["committed"] != size or run.notes["digest"] != whole.notes["digest"]:
        raise Failed(f"continued to another blob: {seen}")
    block, budget = default("COPY_BLOCK_MIB") * SETTINGS_MEBIBYTE, default("COPY_MEMORY_MIB") * SETTINGS_MEBIBYTE
    run.notes.update(
        again_mib=(sent - size) / MEBIBYTE,
        staged_at_kill_mib=staged / MEBIBYTE,
        in_flight_at_kill_mib=(before - staged) / MEBIBYTE,
        most_in_flight_mib=min(default("COPY_CONNECTIONS"), budget // block) * block / MEBIBYTE,
    )
    return replace(run, bytes=sent - before)
