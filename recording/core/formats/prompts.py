"""Call Automation's reports of prompts from JSON: what was played, and which keys were pressed."""

from collections.abc import Mapping

from recording.core.formats import reading
from recording.core.model import CallConnectionId, PromptEvent, PromptResult
from recording.core.participants import without_identities

PLAY_COMPLETED = "Microsoft.Communication.PlayCompleted"
PLAY_FAILED = "Microsoft.Communication.PlayFailed"
PLAY_CANCELED = "Microsoft.Communication.PlayCanceled"
RECOGNIZE_COMPLETED = "Microsoft.Communication.RecognizeCompleted"
RECOGNIZE_FAILED = "Microsoft.Communication.RecognizeFailed"
RECOGNIZE_CANCELED = "Microsoft.Communication.RecognizeCanceled"

_RESULTS = {
    PLAY_COMPLETED: PromptResult.PLAYED,
    PLAY_FAILED: PromptResult.NOT_PLAYED,
    PLAY_CANCELED: PromptResult.NOT_PLAYED,
    RECOGNIZE_COMPLETED: PromptResult.ANSWERED,
    RECOGNIZE_FAILED: PromptResult.NOT_PLAYED,
    RECOGNIZE_CANCELED: PromptResult.NOT_PLAYED,
}
PROMPT_EVENTS = frozenset(_RESULTS)
_SILENCE = frozenset({8510, 8532})
"""Subcodes of `RecognizeFailed`: no first key in time, no further key in time."""
_MOST_TONES = 20
_LONGEST_CAUSE = 300


def read_prompt_event(event_type: str, event_id: str, data: Mapping[str, object] | None) -> PromptEvent | None:
    """The report of a prompt; None if it names no connection, so that it can be of no order of ours."""
    found = data or {}
    connection = reading.text(found.get("callConnectionId"))
    if connection is None:
        return None
    said = reading.mapping(found.get("resultInformation")) or reading.mapping(found.get("resultInfo")) or {}
    code, subcode = reading.whole(said.get("code")), reading.whole(said.get("subCode"))
    result = _RESULTS[event_type]
    if event_type == RECOGNIZE_FAILED and subcode in _SILENCE:
        result = PromptResult.SILENT
    message = without_identities(reading.text(said.get("message")) or "")
    kind = event_type.rpartition(".")[2]
    return PromptEvent(
        event_id=event_id,
        call_connection_id=CallConnectionId(connection),
        result=result,
        context=reading.text(found.get("operationContext")),
        tones=_tones(found),
        cause=f"{kind} {code or ''}/{subcode or ''} {message}"[:_LONGEST_CAUSE].strip(),
        correlation_id=reading.text(found.get("correlationId")) or "",
    )


def _tones(data: Mapping[str, object]) -> tuple[str, ...]:
    """The keys; older reports have another name for them."""
    found = reading.mapping(data.get("dtmfResult")) or reading.mapping(data.get("collectTonesResult")) or {}
    tones = reading.array(found.get("tones")) or []
    return tuple(tone for tone in tones[:_MOST_TONES] if isinstance(tone, str))
