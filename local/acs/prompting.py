"""Prompts in calls: what the REST API takes and shows, and the reports of what became of them."""

import json
from datetime import datetime
from typing import Any

from local.acs.events import Event, prompt_report
from local.acs.faults import Board, Occasion
from local.acs.model import Call, Prompted, ServiceRefusal


def play_request(body: bytes) -> Prompted:
    """Check the body of a play request; raises ServiceRefusal 400 that names the field."""
    wanted = _object(body)
    sources = wanted.get("playSources")
    if not isinstance(sources, list) or not sources:
        raise _bad("playSources: at least one is needed.")
    if wanted.get("playTo"):
        raise _bad("playTo: the local service plays to all.")
    return _prompted(wanted, sources[0])


def recognize_request(body: bytes, call: Call) -> Prompted:
    """Check the body of a recognize request; raises ServiceRefusal 400 that names the field."""
    wanted = _object(body)
    options = wanted.get("recognizeOptions")
    target = options.get("targetParticipant") if isinstance(options, dict) else None
    raw_id = target.get("rawId") if isinstance(target, dict) else None
    if wanted.get("recognizeInputType") != "dtmf":
        raise _bad("recognizeInputType: the local service recognizes dtmf.")
    if raw_id not in call.participants:
        raise ServiceRefusal(400, "8501", "The target participant is not in the call.")
    return _prompted(wanted, wanted.get("playPrompt"), raw_id)


def participants_view(call: Call) -> dict[str, Any]:
    """Who is in the call, in one page."""
    return {"value": [{"identifier": identifier(raw_id), "isMuted": False} for raw_id in call.participants]}


def identifier(raw_id: str) -> dict[str, Any]:
    """A participant, as the service writes one."""
    if raw_id.startswith("4:"):
        return {"rawId": raw_id, "kind": "phoneNumber", "phoneNumber": {"value": raw_id.removeprefix("4:")}}
    return {"rawId": raw_id, "kind": "communicationUser", "communicationUser": {"id": raw_id}}


def reports(call: Call, prompted: Prompted, faults: Board, at: datetime) -> list[list[Event]]:
    """The callbacks about a prompt, in order; a participant presses the first of the keys that are left."""
    keys = call.keys.get(prompted.target or "", [])
    fault = faults.strike(Occasion("report"))
    name = fault.name if fault else ""
    if name == "report_lost":
        return []
    is_failed = name == "report_failed"
    tone = keys.pop(0) if keys and not is_failed else None
    report = prompt_report(call, prompted, at, tone, failed=is_failed)
    return [report, report] if name == "report_twice" else [report]


def _prompted(wanted: dict[str, Any], source: object, target: str | None = None) -> Prompted:
    if not isinstance(source, dict):
        raise _bad("playPrompt: a source is needed.")
    text, file = source.get("text"), source.get("file")
    if source.get("kind") == "text" and isinstance(text, dict) and text.get("text"):
        if not (text.get("sourceLocale") or text.get("voiceName")):
            raise _bad("text: a locale or the name of a voice is needed.")
        return Prompted(text["text"], wanted.get("operationContext"), target)
    if source.get("kind") == "file" and isinstance(file, dict) and str(file.get("uri")).startswith("https://"):
        return Prompted("", wanted.get("operationContext"), target, file["uri"])
    raise _bad("playSources: a text or a file is needed.")


def _object(body: bytes) -> dict[str, Any]:
    try:
        wanted = json.loads(body)
    except ValueError:
        wanted = None
    if not isinstance(wanted, dict):
        raise _bad("The body is not a JSON object.")
    return wanted


def _bad(message: str) -> ServiceRefusal:
    return ServiceRefusal(400, "BadRequest", message)
