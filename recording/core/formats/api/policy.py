"""What the API says of the policy: which rule decides about a call, and what a draft would change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recording.core.errors import InvalidRequest
from recording.core.formats import reading
from recording.core.formats.api import shapes
from recording.core.formats.api.paging import PageRequest, day_of, page_of
from recording.core.formats.api.requests import OUTPUT_FIELDS, parse_call, parse_json, parse_output_fields
from recording.core.formats.api.shapes import Explained, ExplainedCall, ExplainedRule, HowRecorded, Replay
from recording.core.formats.events import parse_event
from recording.core.model import CallEvent, CallKind, EventKind, KnownCall
from recording.core.outputs import output_fields
from recording.core.policy import Condition, Policy, Recorded, Rule, Verdict, unmet, verdict_of
from recording.core.times import format_known, parse_time

_MOST_NEEDS = 10
"""Of a condition: its first texts are shown, the others counted."""
_CALL = frozenset(
    {"event", "callKind", "direction", "participants", "operationContext", "consent", "at", *OUTPUT_FIELDS}
)


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """A page of the call events that came on a day (UTC)."""

    page: PageRequest
    day: datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """A call event of the journal, and what the policy and the draft say of it."""

    event: CallEvent
    now: Verdict
    draft: Verdict


def parse_explain(body: bytes, now: datetime) -> KnownCall:
    """Read what is to be explained: `{"event": …}`, an event as it came, or `{"call": …}`, what is known of a call.

    Raises:
        InvalidRequest: `field` is missing, unknown, or makes no sense.
        MalformedEvent: the event cannot be read.
    """
    found = parse_json(body)
    if not isinstance(found, Mapping) or found.keys() not in ({"event"}, {"call"}):
        raise InvalidRequest("event | call", "exactly one must be given, and nothing else")
    call = _call_of_event(found["event"]) if "event" in found else _call(found["call"])
    return replace(call, at=call.at or now)


def parse_replay(query: Mapping[str, str], now: datetime) -> ReplayRequest:
    """Read the query of a replay; without a day it is yesterday.

    Raises:
        InvalidRequest: a parameter is unknown or makes no sense; `field` names it.
    """
    page = page_of(query, frozenset({"day"}))
    return ReplayRequest(page, day_of(query, now - timedelta(days=1)))


def explain_view(policy: Policy, call: KnownCall) -> Explained:
    """The verdict on a call, what is known of the call, and for every rule the conditions that do not hold.

    It contains no participant's identity.
    """
    verdict = verdict_of(policy, call)
    return {
        **verdict_view(verdict),
        "policy": policy.digest or None,
        "call": _call_view(call),
        "rules": [_rule_view(rule, unmet(rule, call), rule is verdict.rule) for rule in policy.rules],
    }


def replay_view(found: Sequence[Replayed]) -> Replay:
    """The calls about which a draft says something else, and the number of those that were replayed."""
    changed = [one for one in found if verdict_view(one.now) != verdict_view(one.draft)]
    return {
        "calls": len(found),
        "changed": [
            {
                "eventId": one.event.event_id,
                "event": one.event.call.event,
                "at": format_known(one.event.at),
                "serverCallId": one.event.server_call_id,
                "callConnectionId": one.event.call_connection_id,
                "now": verdict_view(one.now),
                "draft": verdict_view(one.draft),
            }
            for one in changed
        ],
    }


def verdict_view(verdict: Verdict) -> shapes.Verdict:
    """What a policy says of a call."""
    recorded, consent = verdict.recorded, verdict.consent
    found: shapes.Verdict = {
        "record": recorded is not None,
        "rule": verdict.rule.id if verdict.rule else None,
        "reason": verdict.reason,
        "consent": consent.kind if consent else None,
    }
    return {**found, **_recorded_view(recorded)} if recorded else found


def _recorded_view(recorded: Recorded) -> HowRecorded:
    return {
        "output": output_fields(recorded.output),
        "channels": list(map(str, recorded.channels)),
        "pauseOnStart": recorded.pause_on_start,
        "storage": recorded.native_container or "archive",
        "template": recorded.template or None,
        "retention": recorded.retention_class or None,
    }


def _rule_view(rule: Rule, missing: Sequence[Condition], decides: bool) -> ExplainedRule:  # noqa: FBT001 - of a view
    return {
        "rule": rule.id,
        "line": rule.line,
        "record": rule.recorded is not None,
        "decides": decides,
        "matches": not missing,
        "unmet": [
            {
                "condition": one.name,
                "needs": [*one.needs[:_MOST_NEEDS], *_more(len(one.needs) - _MOST_NEEDS)],
                "found": one.found,
            }
            for one in missing
        ],
    }


def _more(count: int) -> list[str]:
    return [f"and {count} more"] if count > 0 else []


def _call_view(call: KnownCall) -> ExplainedCall:
    """What is known of a call; null for what is not."""
    return {
        "event": call.event,
        "at": format_known(call.at),
        "direction": call.direction,
        "callKind": call.kind,
        "participants": [participant.kind for participant in call.participants] or None,
        "areAllParticipants": call.has_all,
        "hasContext": call.context is not None,
        "isAttested": call.attested is not None,
        "output": output_fields(call.output) if call.output else None,
    }


def _call_of_event(found: object) -> KnownCall:
    if isinstance(found, list) and len(found) == 1:  # as a callback comes
        found = found[0]
    event = parse_event(found)
    if not isinstance(event, CallEvent):
        raise InvalidRequest("event", "not an event that can start a recording: CallStarted or CallConnected")
    return replace(event.call, at=event.at)


def _call(found: object) -> KnownCall:
    if not isinstance(found, Mapping):
        raise InvalidRequest("call", "not an object")
    if unknown := sorted(set(found) - _CALL):
        raise InvalidRequest(f"call.{unknown[0][:80]}", f"unknown field; known are {', '.join(sorted(_CALL))}")
    at = parse_time(found.get("at"))
    if at is None and found.get("at") is not None:
        raise InvalidRequest("call.at", "not a time such as 2026-03-01T12:00:00Z")
    fields = reading.StrictFields(found, InvalidRequest, "call")
    said = parse_call(found)
    return replace(
        said,
        event=fields.read("event", _event_kind, f"none of {', '.join(EventKind)}") or EventKind.REQUEST,
        kind=fields.read("callKind", _call_kind, f"none of {', '.join(CallKind)}"),
        output=parse_output_fields(found),
        at=at,
    )


def _event_kind(found: object) -> EventKind | None:
    return EventKind(found) if isinstance(found, str) and found in tuple(EventKind) else None


def _call_kind(found: object) -> CallKind | None:
    return CallKind(found) if isinstance(found, str) and found in tuple(CallKind) else None
