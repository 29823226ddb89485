"""What a package says of itself: its contents, for programs and as a page for people, and the list of its hashes.

The schemas are documented in docs/exports.md; `tools/verify` reads them without this module.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from recording.core.formats.records.vcon import DRAFT
from recording.core.model import RecordingId
from recording.core.naming import encode
from recording.core.records.exporting import Outcome, Wanted, kind_of
from recording.core.records.packing import Absent, Package, Packed, Told
from recording.core.times import format_time

CONTENTS, PAGE, HASHES, SEAL = "contents.json", "index.html", "hashes.json", "hashes.json.sha256"
PROGRAM = "verify/"
ARCHIVE = "archive/"
_OUTCOMES: Mapping[str, str] = {
    Outcome.COMPLETE: "all that the archive has of it",
    Outcome.PARTLY: "something is left out, see the reasons",
    Outcome.DAMAGED: "damaged in the archive: what is not as it was proven is left out",
    Outcome.ABSENT: "nothing of it is here, see the reasons",
}
_STYLE = "body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}code{overflow-wrap:anywhere}"  # noqa: E501 - one line of CSS


@dataclass(frozen=True, slots=True)
class Export:
    """Whose package it is: the id of the export, when it was asked for, and for what."""

    export_id: str
    made_at: datetime
    wanted: Wanted


def folder_of(recording_id: RecordingId) -> str:
    """The folder of what is made for an export, beside `ARCHIVE`, which has what is archived under its own names."""
    return f"recordings/{encode(recording_id)}/"


def contents_json(export: Export, package: Package) -> bytes:
    """All recordings, with what is in the package of each, and what is not and why."""
    fields = {
        "schema": "recording-export/1",
        "exportId": export.export_id,
        "madeAt": format_time(export.made_at),
        "of": kind_of(export.wanted),
        "rule": export.wanted.rule,
        "purpose": export.wanted.purpose,
        "vcon": DRAFT,
        "recordings": [
            {
                "recordingId": told.recording_id,
                "folder": folder_of(RecordingId(told.recording_id)),
                "state": told.state,
                "outcome": told.outcome,
                "files": [entry.path for entry in entries],
                "absent": [{"what": one.what, "blob": one.blob or None, "reason": one.reason} for one in absent],
            }
            for told, entries, absent in _recordings(package)
        ],
    }
    return json.dumps(fields, indent=2).encode() + b"\n"


def hashes_json(entries: Iterable[Packed]) -> bytes:
    """The list of hashes: each file with its length and its SHA-256."""
    files = [{"path": one.path, "length": one.length, "sha256": one.sha256} for one in entries]
    return json.dumps({"schema": "recording-export-hashes/1", "files": files}, indent=1).encode() + b"\n"


def page(export: Export, package: Package) -> bytes:
    """The page: what is in the package, what is not and why, and how to check it. No script runs in it."""
    rows = "".join(_row(told, entries, absent) for told, entries, absent in _recordings(package))
    counts = [sum(told.outcome == outcome for told in package.told) for outcome in Outcome]
    summary = "".join(
        f"<li>{count} {escape(outcome)}: {escape(_OUTCOMES[outcome])}</li>"
        for outcome, count in zip(Outcome, counts, strict=True)
    )
    text = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Export of call recordings</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>{_STYLE}</style></head><body>
<h1>Export of call recordings</h1>
<p>Export <code>{escape(export.export_id)}</code> of {escape(kind_of(export.wanted))}, asked for at
{escape(format_time(export.made_at))}. Purpose: {escape(export.wanted.purpose)}.
Rule for the voices of others: {escape(export.wanted.rule)}.</p>
<h2>What is here</h2>
<p>{len(package.told)} recordings were asked for:</p><ul>{summary}</ul>
<ul>
<li><code>archive/</code>: what the archive holds, byte for byte and under its own names: media, metadata files,
manifests.</li>
<li><code>recordings/</code>: a folder for each recording with what was made for this export: its audit trail
(<code>trail.jsonl</code>), the evidence of consent (<code>consent.json</code>), who took part
(<code>people.json</code>), and the recording as a vCon by {escape(DRAFT)}.</li>
<li><code>contents.json</code>: this page for programs. <code>hashes.json</code>: the SHA-256 of every file.</li>
</ul>
<h2>How to check it</h2>
<p>Unpack it, and run <code>python verify .</code> in its folder, with Python 3.10 or later and no network. It says
whether any byte of any file has changed, and proves the media against the manifests.</p>
<h2>Recordings</h2>
<table><tr><th>Recording</th><th>State</th><th>In this package</th><th>Not in it, and why</th></tr>
{rows}</table></body></html>
"""
    return text.encode("utf-8", "replace")


def _row(told: Told, entries: Sequence[Packed], absent: Sequence[Absent]) -> str:
    files = "".join(f"<li><code>{escape(entry.path)}</code></li>" for entry in entries)
    reasons = "".join(
        f"<li>{escape(one.what)}{f' <code>{escape(one.blob)}</code>' if one.blob else ''}: {escape(one.reason)}</li>"
        for one in absent
    )
    outcome = escape(f"{told.outcome}: {_OUTCOMES[told.outcome]}")
    return (
        f"<tr><td><code>{escape(told.recording_id)}</code></td><td>{escape(told.state)}</td>"
        f"<td>{outcome}<ul>{files}</ul></td><td><ul>{reasons}</ul></td></tr>\n"
    )


def _recordings(package: Package) -> Iterable[tuple[Told, list[Packed], list[Absent]]]:
    entries: dict[int, list[Packed]] = {}
    absent: dict[int, list[Absent]] = {}
    for one in package.entries.values():
        entries.setdefault(one.recording, []).append(one.entry)
    for number, missing in package.absent:
        absent.setdefault(number, []).append(missing)
    for number, told in enumerate(package.told):
        yield told, entries.get(number, []), absent.get(number, [])
