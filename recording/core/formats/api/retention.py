"""Retention over HTTP: the plan of a day, what a person is asked about, and what they decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from recording.core.callers import Caller
from recording.core.errors import InvalidRequest
from recording.core.formats import reading
from recording.core.formats.api.decisions import LONGEST_REASON, line, named_actor
from recording.core.formats.api.paging import page_of
from recording.core.formats.api.requests import parse_json
from recording.core.model import Actor
from recording.core.retention import Choice
from recording.core.times import parse_day

_FIELDS = frozenset({"decision", "endsOn", "until", "reason", "by"})


@dataclass(frozen=True, slots=True)
class ChoiceRequest:
    """What a person decides about the end that they have seen: `ends_on`."""

    choice: Choice
    ends_on: date
    until: date | None
    reason: str
    by: Actor


def parse_plan_day(query: Mapping[str, str], today: date) -> date:
    """The day of a plan: tomorrow unless the query names another one.

    Raises:
        InvalidRequest: it is no day; `field` names it.
    """
    page_of({name: value for name, value in query.items() if name != "day"})
    if "day" not in query:
        return today + timedelta(days=1)
    day = parse_day(query["day"])
    if day is None:
        raise InvalidRequest("day", "not a day such as 2026-03-01")
    return day


def parse_choice(body: bytes, caller: Caller, today: date) -> ChoiceRequest:
    """Read a decision: to delete, or to keep until another day.

    Raises:
        InvalidRequest: `field` is missing, unknown, or of the wrong type.
    """
    found = parse_json(body)
    if not isinstance(found, Mapping):
        raise InvalidRequest("body", "not a JSON object")
    fields = reading.StrictFields(found, InvalidRequest)
    unknown = sorted(fields.names - _FIELDS)
    if unknown:
        raise InvalidRequest(unknown[0][:80], f"unknown field; known are {', '.join(sorted(_FIELDS))}")
    choice = fields.need("decision", _choice, f"missing, or none of {', '.join(Choice)}")
    ends_on = fields.need("endsOn", parse_day, "missing: the end that you have seen, such as 2026-03-01")
    until = fields.need("until", parse_day, "not a day such as 2026-03-01") if "until" in fields.names else None
    if (choice is Choice.KEEP) != (until is not None):
        raise InvalidRequest("until", "needed to keep it, and makes no sense to delete it")
    if until is not None and not today < until < date.max:
        raise InvalidRequest("until", "not a day in the future")
    reason = fields.need("reason", line(LONGEST_REASON), f"missing, blank, or over {LONGEST_REASON} characters")
    return ChoiceRequest(choice, ends_on, until, reason, named_actor(fields, caller))


def _choice(found: object) -> Choice | None:
    return Choice(found) if isinstance(found, str) and found in set(Choice) else None
