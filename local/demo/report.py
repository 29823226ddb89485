"""Compares the archive with the service's files, byte for byte, and shows the result as a table."""

import filecmp
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.storage.blob import ContainerClient
from rich import box
from rich.console import Console
from rich.table import Table

from local.acs.model import StoredObject
from local.demo.story import Shown
from local.stack import QUARANTINE, Stack
from recording.core.model import BlobName
from recording.core.naming import sibling_name

_MEBIBYTE = 1 << 20


@dataclass
class Finding:
    """The result for one recording; `wrong` lists every difference."""

    shown: Shown
    files: list[Path] = field(default_factory=list)
    manifest: Path | None = None
    length: int = 0
    wrong: list[str] = field(default_factory=list)


def inspect(stack: Stack, recordings: list[Shown], manifest: str, folder: Path) -> list[Finding]:
    """Download everything from Blob into `folder` and compare; a blob of no recording is a finding too.

    `manifest` names that of the recording that the service itself has written: nothing else of it is in the archive.
    """
    container = stack.container()
    expected = {manifest}
    findings = [_inspect_one(stack, container, shown, folder, expected) for shown in recordings]
    beside = {
        sibling_name(BlobName(name), kind) for name in expected if ".manifest" in name for kind in ("people", "seal")
    }
    strange = sorted({blob.name for blob in container.list_blobs()} - expected - beside)
    strange += [f"{QUARANTINE}/{blob.name}" for blob in stack.container(QUARANTINE).list_blobs()]
    findings[0].wrong += [f"nothing should be at {name}" for name in strange]
    findings[0].wrong += [f"{host} was asked for" for host in stack.acs.world.refused_hosts]
    return findings


def _inspect_one(stack: Stack, container: ContainerClient, shown: Shown, folder: Path, expected: set[str]) -> Finding:
    finding = Finding(shown)
    name = shown.state["manifest"]
    finding.manifest = _read(container, name, folder)
    expected.add(name)
    manifest = json.loads(finding.manifest.read_bytes())
    served = {
        found.document_id: found
        for found in stack.acs.world.objects.values()
        if found.recording_id == shown.recording_id
    }
    if {chunk["documentId"] for chunk in manifest["chunks"]} != set(served):
        finding.wrong.append("the manifest does not list the chunks that the service had")
    for chunk in manifest["chunks"]:
        expected |= {chunk["blob"], chunk["metadata"]["blob"]}
        _compare(container, chunk, served[chunk["documentId"]], folder, finding)
    return finding


def _compare(
    container: ContainerClient, chunk: dict[str, Any], source: StoredObject, folder: Path, finding: Finding
) -> None:
    path = _read(container, chunk["blob"], folder)
    finding.files.append(path)
    finding.length += path.stat().st_size
    where = f"chunk {chunk['index']}"
    if not filecmp.cmp(path, source.path, shallow=False):
        finding.wrong.append(f"{where} is not what the service had")
    if _read(container, chunk["metadata"]["blob"], folder).read_bytes() != source.metadata:
        finding.wrong.append(f"the metadata of {where} is not what the service had")
    if source.exists:
        finding.wrong.append(f"{where} is still at the source")


def _read(container: ContainerClient, name: str, folder: Path) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        container.download_blob(name).readinto(stream)
    return path


_NEXT = """\

Log of the app: {folder}/host.log
Next: make demo MEDIA=call.mp4   with a file of yours
      make up                    the same, kept running, with a session to paste"""


def show(console: Console, findings: list[Finding], folder: Path) -> int:
    """Print the table, and where the files are; 0 if nothing is wrong."""
    console.print()
    console.print(table_of(findings))
    console.print("MiB/s: from the event's arrival to the proof, trouble and waiting included.")
    console.print("Left: of the 24 hours that the service would have kept it.")
    wrong = [f"{finding.shown.title}: {what}" for finding in findings for what in finding.wrong]
    for what in wrong:
        console.print(f"[red]Not kept: {what}[/red]")
    console.print(f"\nRead back, to play, with a manifest beside each: {folder}/recordings", highlight=False)
    for finding in findings:
        for path in finding.files:
            console.print(f"  {path.suffix[1:]:<4} …/{path.name}", highlight=False)
    if not wrong:
        console.print("\n[green]Every byte is where it belongs, and every source is gone.[/green]")
    return 1 if wrong else 0


def show_next(console: Console, folder: Path) -> None:
    """Print where the log is, and what to try next."""
    console.print(_NEXT.format(folder=folder), highlight=False)


def table_of(findings: list[Finding]) -> Table:
    """A line for each recording; at most eighty columns wide."""
    table = Table(title="What stands in the archive:", box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    table.title_justify = "left"
    right = {"chunks", "MiB", "MiB/s"}
    for column in ("recording", "output", "chunks", "MiB", "MiB/s", "read back", "source", "left"):
        table.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    for finding in findings:
        state = finding.shown.state
        table.add_row(
            finding.shown.title,
            finding.shown.output,
            str(len(finding.files)),
            f"{finding.length / _MEBIBYTE:.1f}",
            f"{_rate(state, finding.length):.1f}",
            "[red]no[/red]" if finding.wrong else "equal",
            ", ".join(sorted({chunk["state"] for chunk in state["chunks"]})),
            _left(state),
        )
    return table


def _rate(state: dict[str, Any], length: int) -> float:
    began = datetime.fromisoformat(state["announcedAt"])
    ended = max(datetime.fromisoformat(chunk["verifiedAt"]) for chunk in state["chunks"])
    return length / _MEBIBYTE / max((ended - began).total_seconds(), 0.001)


def _left(state: dict[str, Any]) -> str:
    left = min(datetime.fromisoformat(chunk["due"]) for chunk in state["chunks"]) - datetime.now(UTC)
    return f"{left // timedelta(hours=1)}:{left // timedelta(minutes=1) % 60:02} h"
