"""The archive of the demo answers for a person: found, exported, held, erased; and what comes after that."""

import io
import json
import shutil
import subprocess
import sys
import wave
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests
from azure.data.tables import TableServiceClient
from rich.console import Console

from local.demo.story import PEOPLE, Played, Shown
from local.demo.talk import DemoFailedError, ask, asked, short
from local.stack import OPEN_TABLE, RECORDS_TABLE, TABLE, Stack, wait_for

_TIMEOUT = 120.0
_KEY, _PURPOSE, _BY = "crm-4711", "request-7", "ada"
_PERSON = PEOPLE[2]
_RATE, _SECONDS, _LOUD = 16_000, 12, 4000


def record_silence(stack: Stack) -> str:
    """Let a recording be announced in which one of two participants is not heard; its id."""
    event = stack.acs.world.add_recording([_half_silent()], output="unmixed", participants=PEOPLE[3:5])
    stack.event_grid.publish(event)
    return str(event["subject"].rpartition("/")[2])


def show_records(stack: Stack, console: Console, played: Played, silent: str, folder: Path) -> None:
    """Go through all that the law asks of whoever keeps recordings, and check each answer."""
    _show_silence(stack, console, silent)
    found = _find(stack, console, played.shown)
    _export(stack, console, folder)
    held = _hold(stack, console, found)
    erased = _erase(stack, console, found, held)
    _refuse_late(stack, console, played.events, erased)
    _rebuild(stack, console, held, erased)


def _show_silence(stack: Stack, console: Console, silent: str) -> None:
    told: list[dict[str, Any]] = []

    def is_told() -> bool:
        received = stack.event_grid.topic.received
        told[:] = [one for one in received if one["eventType"] == "RecordingSilent"]
        return any(one["data"]["recordingId"] == silent for one in told)

    wait_for(is_told, "the silent channel to be told", _TIMEOUT)
    reason = next(one["data"]["reason"] for one in told if one["data"]["recordingId"] == silent)
    console.print("Every recording is read once more. In one, a channel that somebody has is silent:")
    console.print(f"  {short(silent)}: {reason}")


def _find(stack: Stack, console: Console, shown: Sequence[Shown]) -> list[str]:
    """The recordings of the person, by a key of our own."""
    asked(stack.call("PUT", f"people/{_KEY}", json={"rawIds": [_PERSON]}))
    expected = {one.recording_id for one in shown if one.title != "announced"}
    found: list[str] = []

    def is_filed() -> bool:
        page = asked(stack.call("GET", f"people/{_KEY}/recordings", params={"purpose": _PURPOSE}))
        found[:] = [one["recordingId"] for one in page["recordings"]]
        return expected <= set(found)

    wait_for(is_filed, "the recordings of the person", _TIMEOUT)
    console.print(f"One of the participants is {_KEY} to us. The archive has {len(found)} recordings of them:")
    console.print(f"  {', '.join(map(short, found))}")
    return found


def _export(stack: Stack, console: Console, folder: Path) -> None:
    """Export them, fetch the package by its link, and check it with what is in it, and nothing else."""
    body = {"purpose": _PURPOSE, "by": _BY, "rule": "whole", "person": {"key": _KEY}}
    export = asked(stack.call("POST", "exports", json=body))["exportId"]
    done = _done(stack, f"exports/{export}")
    link = asked(stack.call("POST", f"exports/{export}/link", json={"purpose": _PURPOSE, "by": _BY, "minutes": 5}))
    package = requests.get(link["url"], timeout=60).content
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        opened.extractall(folder)
    checked = _verify(folder)
    if checked.returncode:
        raise DemoFailedError(f"the package does not prove itself: {checked.stdout}")
    media = next(folder.rglob("*.wav"))
    content = media.read_bytes()
    media.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    if not _verify(folder).returncode:
        raise DemoFailedError("a changed byte of the package was not found")
    media.write_bytes(content)
    console.print(
        f"They are exported as one package of {done['length'] / (1 << 20):.1f} MiB, fetched by a link of five"
    )
    console.print("minutes. Offline, with Python alone, it proves itself; with one byte changed it does not:")
    console.print(f"  {folder.name}/index.html says what is in it, and what is not and why", highlight=False)


def _verify(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "verify", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _hold(stack: Stack, console: Console, found: Sequence[str]) -> str:
    """Hold one of them."""
    body = {"recordings": [found[0]], "reason": "a case", "owner": "legal", "reviewOn": "2099-01-01", "by": _BY}
    hold = asked(stack.call("POST", "holds", json=body))["holdId"]
    console.print(f"One of them is needed for a case, and held: {short(found[0])}")
    return str(hold)


def _erase(stack: Stack, console: Console, found: Sequence[str], hold: str) -> list[str]:
    """Erase the person's recordings: all but the held one, and what its class keeps; those that are erased."""
    body = {"person": {"key": _KEY}, "mode": "whole", "purpose": _PURPOSE, "by": _BY}
    planned = asked(stack.call("POST", "erasures", json=body))
    plan = planned["plan"]
    deferred = {one["recordingId"]: one["deferred"] for one in plan["recordings"] if one["deferred"]}
    erased = [one for one in found if one not in deferred]
    if hold not in str(deferred.get(found[0])) or not erased or plan["erased"] != len(erased):
        raise DemoFailedError(f"the held recording is not deferred by its hold: {plan}")
    console.print("They ask to be forgotten. The plan:")
    console.print(
        f"  {len(erased)} go; " + "; ".join(f"{short(one)} stays: {_why(why)}" for one, why in deferred.items())
    )
    where = f"erasures/{planned['erasureId']}"
    asked(stack.call("POST", f"{where}/execute", json={"planHash": plan["hash"], "by": _BY}))
    state: dict[str, Any] = {}

    def is_erased() -> bool:
        state.update(asked(stack.call("GET", where)))
        return state["state"] not in {"planning", "running"}

    wait_for(is_erased, "the erasure", _TIMEOUT)
    left = [blob.name for blob in stack.container().list_blobs() if any(one in blob.name for one in erased)]
    if left or state["state"] == "failed":
        raise DemoFailedError(f"not erased: {state['cause'] or left}")
    certificate = json.loads(state["result"]["text"])
    if any(raw_id in json.dumps(certificate) for raw_id in PEOPLE):
        raise DemoFailedError("the certificate names somebody")
    console.print(
        f"They are erased. The certificate {short(certificate['planHash'])} names nobody, and says what is left:"
    )
    for left in certificate["left"]:
        console.print(f"  - {left}", highlight=False)
    return erased


_WHY = {"hold": "it is held", "duty": "a duty keeps it ({by})", "open": "it is not done yet ({by})"}


def _why(deferred: Sequence[dict[str, Any]]) -> str:
    return " and ".join(_WHY.get(one["why"], "{why}: {by}").format(**one) for one in deferred)


def _refuse_late(stack: Stack, console: Console, events: Sequence[dict[str, Any]], erased: Sequence[str]) -> None:
    """A late copy of the event of an erased recording is refused, and that is on record."""
    of_erased = next(event for event in events if event["subject"].endswith(tuple(erased)))
    late = {**of_erased, "id": "late-copy"}
    recording_id = next(one for one in erased if late["subject"].endswith(one))
    stack.event_grid.publish(late)

    def is_noted() -> bool:
        return "erased" in json.dumps(ask(stack, "GET", recording_id, "/history"))

    wait_for(is_noted, "the refusal to be noted", _TIMEOUT)
    if ask(stack, "GET", recording_id)["state"] != "erased":
        raise DemoFailedError("a late event brought an erased recording back")
    console.print(f"A late copy of an event of {short(recording_id)} is refused, on record.")


def _rebuild(stack: Stack, console: Console, hold: str, erased: Sequence[str]) -> None:
    """Throw the tables away, and make the catalog again from Blob alone."""
    before = {one["recordingId"]: one["state"] for one in _listed(stack)}
    tables = TableServiceClient.from_connection_string(stack.azurite.connection_string)
    for table in (TABLE, OPEN_TABLE, RECORDS_TABLE):
        tables.delete_table(table)
        tables.create_table(table)
    if _listed(stack):
        raise DemoFailedError("the tables are not empty")
    job = asked(stack.call("POST", "rebuild"))["jobId"]
    state = _done(stack, f"rebuild/{job}")
    after = {one["recordingId"]: one["state"] for one in _listed(stack)}
    expected = {one: found for one, found in before.items() if one not in erased}
    if {one: found for one, found in after.items() if one not in erased} != expected:
        raise DemoFailedError(f"the catalog is not what it was: {after} for {expected}")
    if hold not in json.dumps(asked(stack.call("GET", "holds"))):
        raise DemoFailedError("the hold was lost with the tables")
    console.print("All three tables are thrown away, and made again from Blob alone:")
    counts = state["progress"]
    if counts.get("erasures_lost") != 1:
        raise DemoFailedError(f"the rebuild does not say that the erasure which waited for the hold is lost: {counts}")
    console.print(f"  {counts['rebuilt']} recordings are as they were, the hold holds, and what was erased stays so")
    console.print("  the erasure waited for the hold: that is lost with the tables, so it must be planned anew")


def _listed(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(stack.call("GET", "recordings", params={"limit": "50"}))["recordings"]
    return found


def _done(stack: Stack, where: str) -> dict[str, Any]:
    state: dict[str, Any] = {}

    def is_over() -> bool:
        state.update(asked(stack.call("GET", where)))
        return bool(state["state"] != "running")

    wait_for(is_over, where, _TIMEOUT)
    if state["state"] != "done":
        raise DemoFailedError(f"{where} ended {state['state']}: {state}")
    return state


def _half_silent() -> bytes:
    """A wav file of two channels, of which the second is silent."""
    content = io.BytesIO()
    with wave.open(content, "wb") as made:
        made.setnchannels(2)
        made.setsampwidth(2)
        made.setframerate(_RATE)
        tone = b"".join(
            (_LOUD if at // 40 % 2 else -_LOUD).to_bytes(2, "little", signed=True) + b"\0\0" for at in range(_RATE)
        )
        made.writeframes(tone * _SECONDS)
    return content.getvalue()
