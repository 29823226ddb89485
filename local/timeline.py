"""`make timeline`: what happened to a recording, from its event to its release, by the spans that the app exports."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from local.claim import folder_for
from local.host.telemetry import SPANS
from recording import telemetry

_ID_END = 8  # characters: the beginnings are alike


@dataclass(frozen=True, slots=True)
class Seen:
    """A span, as the file has it."""

    name: str
    trace: str
    own: str
    parent: str
    began: datetime
    ended: datetime
    attributes: Mapping[str, Any]
    links: tuple[str, ...]

    @property
    def recording(self) -> str:
        """The id of its recording; empty for the step of a run, whose run has it."""
        return str(self.attributes.get(telemetry.RECORDING_ID, ""))


def main(arguments: list[str]) -> int:
    """Print it; 1 if there is nothing to print."""
    parser = argparse.ArgumentParser(prog="make timeline", description=__doc__)
    parser.add_argument("--name", default="", help="of the stack, if make up was given one")
    parser.add_argument("recording", nargs="?", default="", help="the end of its id; without it, all")
    asked = parser.parse_args(arguments)
    folder = folder_for("up", asked.name)
    lines = list(timeline(spans_in(folder), asked.recording))
    if not lines:
        print(f"No span in .local/{folder.name}/{SPANS} is of such a recording.", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


def spans_in(folder: Path) -> Sequence[Seen]:
    """The spans in a folder, in the order in which they began."""
    try:
        lines = (folder / SPANS).read_text().splitlines()
    except FileNotFoundError:
        return ()
    return sorted(map(_span, lines), key=lambda span: span.began)


def timeline(spans: Sequence[Seen], recording_id: str = "") -> Iterator[str]:
    """For each recording whose id ends so: its events, runs and steps, the waits between runs, and the whole time."""
    ids = dict.fromkeys(span.recording for span in spans if span.recording.endswith(recording_id))
    for one in filter(None, ids):
        own = [span for span in spans if span.recording == one]
        yield f"recording …{one[-_ID_END:]}, {len({span.trace for span in own})} trace(s)"
        yield from _lines(own, spans)
        yield ""


def _lines(own: Iterable[Seen], spans: Sequence[Seen]) -> Iterator[str]:
    began: datetime | None = None
    last: dict[str, datetime] = {}  # of each chunk, when its last run ended, or its event
    for span in own:
        began = began or span.began
        document = str(span.attributes.get(telemetry.DOCUMENT_ID, ""))
        before = last.get(document) or last.get("")
        waited = f" after {_seconds(span.began - before)} of waiting" if document and before else ""
        last[document] = span.ended
        again = ", again" if span.links else ""
        chunk = f" of …{document[-_ID_END:]}" if document else ""
        yield f"  {_line(span, began)}{chunk}{waited}{again}{_end(span)}"
        for step in spans:
            if step.parent == span.own and not step.recording:
                yield f"      {_line(step, began)}{_end(step)}"
    if began is not None:
        yield f"  {_seconds(max(last.values()) - began)} in all"


def _line(span: Seen, began: datetime) -> str:
    return f"{_seconds(span.began - began):>11}  {span.name} for {_seconds(span.ended - span.began)}"


def _end(span: Seen) -> str:
    found = span.attributes.get(telemetry.ERROR_CODE) or span.attributes.get(telemetry.OUTCOME)
    return f": {found}" if found else ""


def _seconds(length: timedelta) -> str:
    return f"{length.total_seconds():.3f} s"


def _span(line: str) -> Seen:
    found = json.loads(line)
    return Seen(
        found["name"],
        found["context"]["trace_id"],
        found["context"]["span_id"],
        found["parent_id"] or "",
        datetime.fromisoformat(found["start_time"]),
        datetime.fromisoformat(found["end_time"]),
        found["attributes"],
        tuple(link["context"]["span_id"] for link in found["links"]),
    )
