"""The calling API of ACS: recordings; and of a call its properties, participants, prompts and its end."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote

from aiohttp import web

from local.acs.answers import as_json, drop, fault_reply, rest_error
from local.acs.callbook import Locator, StartRequest
from local.acs.faults import Occasion, Operation
from local.acs.model import Call, Recording, RequestRecord, ServiceRefusal
from local.acs.outputs import DEFAULT_OUTPUT, OUTPUTS, Output
from local.acs.prompting import identifier, participants_view, play_request, recognize_request
from local.acs.world import World

_PREFIX = "/calling/recordings"
_CALLS = "/calling/callConnections/"
_OF_A_CALL: Mapping[tuple[str, str], Operation] = {
    ("GET", ""): "call",
    ("GET", "/participants"): "participants",
    ("POST", ":play"): "play",
    ("POST", ":recognize"): "recognize",
    ("POST", ":terminate"): "hangUp",
}
_CALL = re.compile(r"(?P<id>[^/:]+)(?P<what>(?:[/:].*)?)")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")
_CONTROL = re.compile(r"(.+):(pause|resume)", re.DOTALL)
_KINDS = {
    "serverCallLocator": ("serverCallId", "server_call_id"),
    "groupCallLocator": ("groupCallId", "group_id"),
    "roomCallLocator": ("roomId", "room_id"),
}
_CHOICES = {
    "recordingContentType": ("audio", "audioVideo"),
    "recordingChannelType": ("mixed", "unmixed"),
    "recordingFormatType": ("wav", "mp3", "mp4"),
}


class CallingApi:
    """Answers requests that have a valid signature."""

    def __init__(self, world: World) -> None:
        """Serve a world."""
        self._world = world

    async def answer(self, request: web.BaseRequest, record: RequestRecord, body: bytes) -> web.StreamResponse:
        """Answer one request; raises Dropped if a fault drops the connection."""
        try:
            operation, subject = _operation(request)
            record.operation = operation
            version = request.query.get("api-version", "")
            if not version:
                message = "The api-version query parameter (?api-version=) is required for all requests."
                raise ServiceRefusal(400, "MissingApiVersionParameter", message)
            if not _VERSION.fullmatch(version):
                raise ServiceRefusal(400, "UnsupportedApiVersionValue", f"Unsupported api-version '{version}'.")
            fault = self._world.faults.strike(Occasion(operation))
            record.fault = fault.name if fault else None
            if fault is not None and fault.kind.reply is not None and not fault.kind.first:
                return fault_reply(fault.kind.reply, fault)
            answer = self._carry_out(operation, subject, request.headers, body)
            if fault is None:
                return answer
            if fault.kind.reply is not None:
                return fault_reply(fault.kind.reply, fault)
            raise await drop(request)
        except ServiceRefusal as refusal:
            return rest_error(refusal)

    def _carry_out(self, operation: Operation, subject: str, headers: Mapping[str, str], body: bytes) -> web.Response:
        match operation:
            case "call" | "participants" | "play" | "recognize" | "hangUp":
                return self._in_a_call(operation, self._world.live_call(subject), body)
            case "start":
                repeatability = headers.get("Repeatability-Request-ID")
                recording = self._world.begin_recording(start_request(body, repeatability))
                accepted = {"Repeatability-Result": "accepted"} if repeatability else None
                # The real service starts to record a moment later: only the next state request answers "active".
                return as_json(_result(recording, "inactive"), 202 if recording.has_failed else 200, headers=accepted)
            case "state":
                recording = self._world.live_recording(subject)
                return as_json(_result(recording, "active" if recording.state == "active" else "inactive"))
            case "pause":
                self._world.pause_recording(subject)
                return web.Response(status=202)
            case "resume":
                self._world.resume_recording(subject)
                return web.Response(status=202)
            case _:
                self._world.stop_recording(subject)
                return web.Response(status=204)

    def _in_a_call(self, operation: Operation, call: Call, body: bytes) -> web.Response:
        match operation:
            case "call":
                return as_json(_properties(call))
            case "participants":
                return as_json(participants_view(call))
            case "hangUp":
                self._world.end_call(call)
                return web.Response(status=204)
            case _:
                prompted = play_request(body) if operation == "play" else recognize_request(body, call)
                self._world.prompt(call, prompted)
                return web.Response(status=202)


def _operation(request: web.BaseRequest) -> tuple[Operation, str]:
    """The operation of a request, and its recording or connection id."""
    raw = request.raw_path.partition("?")[0]
    call = _CALL.fullmatch(unquote(raw.removeprefix(_CALLS))) if raw.startswith(_CALLS) else None
    if call is not None and (request.method, call["what"]) in _OF_A_CALL:
        return _OF_A_CALL[request.method, call["what"]], call["id"]
    if raw == _PREFIX and request.method == "POST":
        return "start", ""
    if raw.startswith(_PREFIX + "/"):
        name = unquote(raw.removeprefix(_PREFIX + "/"))
        control = _CONTROL.fullmatch(name)
        if request.method == "POST" and control:
            return cast("Operation", control[2]), control[1]
        if request.method == "GET" and not control:
            return "state", name
        if request.method == "DELETE" and not control:
            return "stop", name
        raise ServiceRefusal(405, "MethodNotAllowed", f"{request.method} is not allowed here.")
    raise ServiceRefusal(404, "NotFound", "The local service knows no such operation.")


def _properties(call: Call) -> dict[str, Any]:
    return {
        "callConnectionId": call.call_connection_id,
        "serverCallId": call.server_call_id,
        "correlationId": call.correlation_id,
        "callConnectionState": "connected" if call.established else "connecting",
        "targets": [],
        "source": identifier(call.participants[0]) if call.participants else None,
    }


def _result(recording: Recording, state: str) -> dict[str, Any]:
    return {
        "recordingId": recording.recording_id,
        "recordingState": state,
        "recordingKind": "azureCommunicationServices",
    }


def start_request(body: bytes, repeatability_id: str | None) -> StartRequest:
    """Check a start body; raises ServiceRefusal 400 that names the field."""
    try:
        wanted = json.loads(body)
    except ValueError:
        wanted = None
    if not isinstance(wanted, dict):
        raise _bad("BadRequest", "The body is not a JSON object.")
    for field in ("audioChannelParticipantOrdering", "channelAffinity"):
        if not isinstance(wanted.get(field) or [], list):
            raise _bad("BadRequest", f"{field}: an array is expected.")
    uri = wanted.get("recordingStateCallbackUri")
    if uri is not None and not (isinstance(uri, str) and uri.startswith(("http://", "https://"))):
        raise _bad("BadRequest", "recordingStateCallbackUri: not an absolute URI.")
    return StartRequest(
        locator=_locator(wanted),
        output=_output(wanted),
        paused=bool(wanted.get("pauseOnStart")),
        state_callback_uri=uri,
        repeatability_id=repeatability_id,
        channels=_channels(wanted),
        external_container=_external_container(wanted.get("externalStorage")),
    )


def _channels(wanted: Mapping[str, Any]) -> tuple[str, ...]:
    order = wanted.get("audioChannelParticipantOrdering") or ()
    raw_ids = tuple(one.get("rawId") if isinstance(one, dict) else None for one in order)
    if not all(raw_ids):
        raise _bad("BadRequest", "audioChannelParticipantOrdering: a rawId is needed.")
    if order and wanted.get("recordingChannelType") != "unmixed":
        raise _bad("BadRequest", "audioChannelParticipantOrdering: only an unmixed recording has channels.")
    return cast("tuple[str, ...]", raw_ids)


def _external_container(given: object) -> str | None:
    """The URL of the container that the service is to write into, if the order names one."""
    if not given or (isinstance(given, dict) and given.get("recordingStorageKind") == "azureCommunicationServices"):
        return None
    url = given.get("recordingDestinationContainerUrl") if isinstance(given, dict) else None
    if not isinstance(given, dict) or given.get("recordingStorageKind") != "azureBlobStorage":
        raise _bad("BadRequest", "externalStorage.recordingStorageKind: azureBlobStorage is expected.")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise _bad("BadRequest", "externalStorage.recordingDestinationContainerUrl: the URL of a container is needed.")
    return url


def _locator(wanted: Mapping[str, Any]) -> Locator:
    given, connection = wanted.get("callLocator"), wanted.get("callConnectionId")
    if (given is None) == (connection is None):
        raise _bad("BadRequest", "Exactly one of callLocator and callConnectionId is needed.")
    if connection is not None:
        return Locator(call_connection_id=str(connection))
    kind = given.get("kind") if isinstance(given, dict) else None
    if not isinstance(given, dict) or kind not in _KINDS:
        raise _bad("BadRequest", f"callLocator.kind: {kind!r} is none of {', '.join(_KINDS)}.")
    field, name = _KINDS[kind]
    if not isinstance(given.get(field), str) or not given[field]:
        raise _bad("BadRequest", f"callLocator.{field}: a string is needed.")
    return Locator(**{name: given[field]})


def _output(wanted: Mapping[str, Any]) -> Output:
    defaults = (DEFAULT_OUTPUT.content, DEFAULT_OUTPUT.channel, DEFAULT_OUTPUT.format)
    words = []
    for (field, choices), usual in zip(_CHOICES.items(), defaults, strict=True):
        word = wanted.get(field) or usual
        if word not in choices:
            raise _bad("7201", f"{field}: {word!r} is none of {', '.join(choices)}.")
        words.append(word)
    output = Output(*words)
    if output not in OUTPUTS.values():
        message = f"Invalid recording configuration: content {words[0]}, channel {words[1]} and format {words[2]}."
        raise _bad("7201", message)
    return output


def _bad(code: str, message: str) -> ServiceRefusal:
    return ServiceRefusal(400, code, message)
