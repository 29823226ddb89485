"""Erasures over HTTP: whose recordings are to be erased, the plan, and how far it is."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from recording.core.callers import Caller
from recording.core.errors import InvalidRequest
from recording.core.formats import reading
from recording.core.formats.api.decisions import named_actor
from recording.core.formats.api.exports import person_of
from recording.core.formats.api.requests import parse_json
from recording.core.formats.api.shapes.erasures import Erasure, ErasurePlan, ErasureRecording, ErasureResult
from recording.core.model import Actor
from recording.core.records.erasing import MOST_SHOWN, Erase, Mode, Plan, Planned
from recording.core.records.exporting import Person
from recording.core.records.jobs import Job
from recording.core.records.own_keys import check_purpose
from recording.core.times import format_known, format_time

_PLAN = frozenset({"person", "mode", "purpose", "overrideDuties", "by"})
_EXECUTE = frozenset({"planHash", "by"})
HASH_PATTERN = r"[0-9a-f]{64}"


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """Whose recordings are to be erased, how and why, and who asks for it."""

    person: Person
    mode: Mode
    purpose: str
    overrides_duties: bool
    by: Actor = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExecutionRequest:
    """The hash of the plan that was seen, and who executes it."""

    plan_hash: str
    by: Actor = field(repr=False)


def parse_erasure(body: bytes, caller: Caller) -> ErasureRequest:
    """Read whose recordings are to be erased.

    Raises:
        InvalidRequest: `field` is missing, unknown, or makes no sense.
    """
    fields = _fields(body, _PLAN)
    overrides = fields.get("overrideDuties")
    if overrides is not None and not isinstance(overrides, bool):
        raise InvalidRequest("overrideDuties", "not true or false")
    return ErasureRequest(
        person_of(fields.part("person")),
        fields.need("mode", _mode, f"missing, or none of {', '.join(Mode)}"),
        check_purpose(reading.text(fields.get("purpose"))),
        bool(overrides),
        named_actor(fields, caller),
    )


def parse_execution(body: bytes, caller: Caller) -> ExecutionRequest:
    """Read which plan is to be executed.

    Raises:
        InvalidRequest: as for `parse_erasure`.
    """
    fields = _fields(body, _EXECUTE)
    plan_hash = fields.need("planHash", _hash, "missing, or not the `hash` of a plan")
    return ExecutionRequest(plan_hash, named_actor(fields, caller))


def erasure_view(job: Job, erase: Erase, plan: Plan | None) -> Erasure:
    """An erasure as it is. Whose it is, is not shown."""
    return {
        "erasureId": job.job_id,
        "state": job.state,
        "mode": erase.mode,
        "purpose": erase.purpose,
        "overrideDuties": erase.overrides_duties,
        "madeAt": format_time(job.made_at),
        "by": job.by,
        "touchedAt": format_time(job.touched_at),
        "progress": dict(job.progress),
        "cause": job.cause or None,
        "plan": None if plan is None else plan_view(plan),
        "result": _result(json.loads(job.result)) if job.result else None,
    }


def plan_view(plan: Plan) -> ErasurePlan:
    """A plan, and its first recordings."""
    deferred = sum(bool(one.deferred) for one in plan.recordings)
    return {
        "hash": plan.hash,
        "erased": len(plan.recordings) - deferred,
        "deferred": deferred,
        "unknown": plan.unknown,
        "recordings": [_recording(one) for one in plan.recordings[:MOST_SHOWN]],
    }


def _recording(one: Planned) -> ErasureRecording:
    return {
        "recordingId": one.recording_id,
        "startedAt": format_known(one.started_at),
        "chunks": one.chunks,
        "length": one.length,
        "others": one.others,
        "isDoubtful": one.is_doubtful,
        "deferred": [
            {"why": two.why, "by": two.by, "until": None if two.until is None else two.until.isoformat()}
            for two in one.deferred
        ],
    }


def _result(found: Mapping[str, object]) -> ErasureResult:
    return {**found, "text": found["text"] or None}  # type: ignore[typeddict-item]


def _fields(body: bytes, known: frozenset[str]) -> reading.StrictFields:
    found = parse_json(body)
    if not isinstance(found, Mapping):
        raise InvalidRequest("body", "not a JSON object")
    fields = reading.StrictFields(found, InvalidRequest)
    if unknown := sorted(fields.names - known):
        raise InvalidRequest(unknown[0][:80], f"unknown field; known are {', '.join(sorted(known))}")
    return fields


def _mode(found: object) -> Mode | None:
    return Mode(found) if isinstance(found, str) and found in tuple(Mode) else None


def _hash(found: object) -> str | None:
    return found if isinstance(found, str) and re.fullmatch(HASH_PATTERN, found) else None
