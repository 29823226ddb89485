"""Holds over HTTP: the request to make one, the request to end one, and a hold as it is answered."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from recording.core.callers import Caller
from recording.core.errors import InvalidRequest
from recording.core.formats import reading
from recording.core.formats.api.decisions import LONGEST_NAME, LONGEST_REASON, condition_of, line, named_actor
from recording.core.formats.api.paging import FILTERS, PageRequest, filters_of, page_of, parse_switch
from recording.core.formats.api.people import check_kinds, parse_raw_id, period_of
from recording.core.formats.api.requests import parse_json
from recording.core.formats.api.shapes import Hold as HoldView
from recording.core.formats.api.shapes import HoldScope
from recording.core.model import Actor, RecordingId
from recording.core.records.holds import Hold, Query, Scope
from recording.core.records.own_keys import check_key
from recording.core.times import format_known, format_time, parse_day

MOST_NAMED = 100
"""Recordings that a hold names one by one."""
_MOST_LENGTH = 40_000
"""Characters of all their ids: a hold must fit into a row."""
WHATS = ("recordings", "call", "person", "rawId", "query")
"""The fields of which a request has exactly one."""
_KNOWN = frozenset((*WHATS, "future", "unknownPeople", "reason", "owner", "reviewOn", "retentionClass", "by"))
_QUERY = (FILTERS - {"held"}) | {"since", "until"}
_NAME = 40


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """A hold to make; `key` is the customer's own key of a person, whose raw ids the scope is to get."""

    scope: Scope
    reason: str
    owner: str
    review_on: date
    by: Actor
    retention_class: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class EndRequest:
    """A hold is to end that is as `etag` says."""

    reason: str
    by: Actor
    etag: str


def parse_hold(body: bytes, caller: Caller, today: date) -> HoldRequest:
    """Read a request to make a hold.

    Raises:
        InvalidRequest: `field` is missing, unknown, or of the wrong type.
    """
    found, fields = _object(body, _KNOWN)
    named = [name for name in WHATS if name in found]
    if len(named) != 1:
        raise InvalidRequest(" | ".join(WHATS), f"exactly one must be given, not {len(named)}")
    review_on = fields.need("reviewOn", parse_day, "missing, or not a day such as 2026-03-01")
    if review_on <= today:
        raise InvalidRequest("reviewOn", "not a day in the future")
    future, unknown = _flag(found, "future", usual=False), _flag(found, "unknownPeople", usual=True)
    if named[0] == "recordings" and future:
        raise InvalidRequest("future", "makes no sense for recordings that are named one by one")
    return HoldRequest(
        _scope(found, named[0], future=future, unknown=unknown),
        fields.need("reason", line(LONGEST_REASON), f"missing, blank, or over {LONGEST_REASON} characters"),
        fields.need("owner", line(LONGEST_NAME), f"missing, blank, or over {LONGEST_NAME} characters"),
        review_on,
        named_actor(fields, caller),
        fields.need("retentionClass", line(_NAME), "not the name of a class") if "retentionClass" in found else "",
        check_key(str(found["person"])) if named[0] == "person" else "",
    )


def parse_end(body: bytes, condition: str | None, caller: Caller) -> EndRequest:
    """Read a request to end a hold.

    Raises:
        ConditionMissing: there is no If-Match.
        InvalidRequest: `field` is missing, unknown, or of the wrong type.
    """
    _, fields = _object(body, frozenset({"reason", "by"}))
    reason = fields.need("reason", line(LONGEST_REASON), f"missing, blank, or over {LONGEST_REASON} characters")
    return EndRequest(reason, named_actor(fields, caller), condition_of(condition, "hold"))


def parse_holds_page(query: Mapping[str, str]) -> tuple[PageRequest, bool]:
    """Which page of the holds, and whether of those that are ended.

    Raises:
        InvalidRequest: a parameter is unknown or makes no sense.
    """
    return page_of(query, frozenset({"ended"})), parse_switch(query, "ended")


def etag_of_hold(hold: Hold) -> str:
    """The ETag of a hold. It changes with what a person decides about, and stays while its job goes on."""
    seen = (hold.hold_id, hold.is_active, hold.review_on, hold.owner)
    return f'"{hashlib.sha256(repr(seen).encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'


def hold_view(hold: Hold, progress: Mapping[str, int]) -> HoldView:
    """A hold; the recordings that its job has placed it on, or taken it off, so far. It names no person."""
    scope = hold.scope
    return {
        "holdId": hold.hold_id,
        "state": hold.state,
        "scope": _scope_view(scope),
        "future": scope.future,
        "reason": hold.reason,
        "owner": hold.owner,
        "reviewOn": hold.review_on.isoformat(),
        "retentionClass": hold.retention_class or None,
        "madeAt": format_time(hold.made_at),
        "madeBy": hold.made_by,
        "endedAt": format_known(hold.ended_at),
        "endedBy": hold.ended_by,
        "endReason": hold.end_reason or None,
        "progress": dict(progress),
    }


def _scope_view(scope: Scope) -> HoldScope:
    query = scope.query
    if scope.recordings:
        return {"kind": "recordings", "recordings": list(scope.recordings)}
    if scope.call:
        return {"kind": "call", "call": scope.call}
    if query is None:
        return {"kind": "person", "unknownPeople": scope.unknown}
    filters = query.filters
    return {
        "kind": "query",
        "query": {
            "since": format_known(query.period.since),
            "until": format_known(query.period.until),
            "state": filters.state,
            "call": filters.call or None,
            "output": None if filters.output is None else str(filters.output),
            "retentionClass": filters.retention_class or None,
            "minSeconds": _seconds(filters.shortest),
            "maxSeconds": _seconds(filters.longest),
        },
    }


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else length // timedelta(seconds=1)


def _scope(found: Mapping[str, object], what: str, *, future: bool, unknown: bool) -> Scope:
    if what == "recordings":
        return Scope(recordings=_named(found[what]))
    if what == "call":
        call = reading.identity(found[what])
        if call is None or not call.strip():
            raise InvalidRequest(what, "not the id of a call")
        return Scope(call=call, future=future)
    if what == "rawId":
        return Scope(person=(parse_raw_id(found[what], what),), future=future, unknown=unknown)
    if what == "person":
        return Scope(future=future, unknown=unknown)
    return Scope(query=_query(found[what]), future=future)


def _named(given: object) -> tuple[RecordingId, ...]:
    ids = [one for one in map(reading.identity, given) if one] if isinstance(given, list) else []
    if not isinstance(given, list) or not 0 < len(given) <= MOST_NAMED or len(ids) < len(given):
        raise InvalidRequest("recordings", f"not an array of 1 to {MOST_NAMED} recording ids")
    if sum(map(len, ids)) > _MOST_LENGTH:
        raise InvalidRequest("recordings", f"more than {_MOST_LENGTH} characters; make several holds")
    return tuple(RecordingId(one) for one in dict.fromkeys(ids))


def _query(given: object) -> Query:
    query = given if isinstance(given, Mapping) else None
    if query is None:
        raise InvalidRequest("query", "not an object")
    strange = sorted(set(query) - _QUERY)
    if strange:
        raise InvalidRequest(f"query.{strange[0][:80]}", f"unknown; known are {', '.join(sorted(_QUERY))}")
    check_kinds(query)
    period = period_of(query)
    if period.since is None:
        raise InvalidRequest("query.since", "missing: from which day on recordings are looked for")
    return Query(period, filters_of(query))


def _flag(found: Mapping[str, object], name: str, *, usual: bool) -> bool:
    value = found.get(name, usual)
    if not isinstance(value, bool):
        raise InvalidRequest(name, "neither true nor false")
    return value


def _object(body: bytes, known: frozenset[str]) -> tuple[Mapping[str, object], reading.StrictFields]:
    found = parse_json(body)
    if not isinstance(found, Mapping):
        raise InvalidRequest("body", "not a JSON object")
    unknown = sorted(set(found) - known)
    if unknown:
        raise InvalidRequest(unknown[0][:80], f"unknown field; known are {', '.join(sorted(known))}")
    return found, reading.StrictFields(found, InvalidRequest)
