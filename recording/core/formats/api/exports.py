"""Exports over HTTP: what is asked for, and how far it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recording.core.callers import Caller
from recording.core.errors import InvalidRequest
from recording.core.formats import reading
from recording.core.formats.api.decisions import line, named_actor
from recording.core.formats.api.paging import FILTERS, filters_of
from recording.core.formats.api.people import parse_raw_id
from recording.core.formats.api.requests import parse_json
from recording.core.formats.api.shapes import Export, ExportLink
from recording.core.model import Actor, RecordingId
from recording.core.records.exporting import Days, Person, Rule, Wanted, kind_of
from recording.core.records.jobs import Job
from recording.core.records.own_keys import check_key, check_purpose
from recording.core.times import format_time, parse_day

MOST_IDS = 500
"""Recordings that a request names."""
MOST_DAYS = 366
MOST_MINUTES = 60
USUAL_MINUTES = 15
SUBJECTS = ("person", "call", "search", "recordingIds")
"""Of which a request has exactly one."""
_FIELDS = frozenset({"purpose", "rule", "by", *SUBJECTS})
_LINK = frozenset({"purpose", "minutes", "by"})
_ID = line(reading.LONGEST_ID)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is to be exported, and who asks for it."""

    wanted: Wanted
    by: Actor = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """For how many minutes a link is to hold, what for, and who asks for it."""

    minutes: int
    purpose: str
    by: Actor = field(repr=False)


def parse_export(body: bytes, caller: Caller) -> ExportRequest:
    """Read what is to be exported.

    Raises:
        InvalidRequest: `field` is missing, unknown, or makes no sense.
    """
    fields = _fields(body, _FIELDS)
    given = [name for name in SUBJECTS if fields.get(name) is not None]
    if len(given) != 1:
        raise InvalidRequest(" | ".join(SUBJECTS), "give exactly one of these")
    rule = fields.need("rule", _rule, f"missing, or none of {', '.join(Rule)}")
    if rule is Rule.OWN_CHANNEL and given != ["person"]:
        raise InvalidRequest("rule", f"{rule} needs a person: whose channel it is must be known")
    wanted = Wanted(_purpose(fields), rule, **_subject(fields, given[0]))  # type: ignore[arg-type]
    return ExportRequest(wanted, named_actor(fields, caller))


def parse_link(body: bytes, caller: Caller) -> LinkRequest:
    """Read for what a link is asked for, and for how long.

    Raises:
        InvalidRequest: as for `parse_export`.
    """
    fields = _fields(body, _LINK)
    minutes = reading.whole(USUAL_MINUTES if fields.get("minutes") is None else fields.get("minutes"))
    if minutes is None or not 1 <= minutes <= MOST_MINUTES:
        raise InvalidRequest("minutes", f"not a whole number from 1 to {MOST_MINUTES}")
    return LinkRequest(minutes, _purpose(fields), named_actor(fields, caller))


def export_view(job: Job, wanted: Wanted) -> Export:
    """An export as it is. Whom it is of is not shown."""
    result = json.loads(job.result) if job.result else None
    return {
        "exportId": job.job_id,
        "state": job.state,
        "of": kind_of(wanted),
        "rule": wanted.rule,
        "purpose": wanted.purpose,
        "madeAt": format_time(job.made_at),
        "by": job.by,
        "touchedAt": format_time(job.touched_at),
        "progress": dict(job.progress),
        "cause": job.cause or None,
        "length": result["length"] if result else None,
        "hashesSha256": result["hashes"] if result else None,
        "outcomes": result["outcomes"] if result else None,
    }


def link_view(url: str, until: datetime) -> ExportLink:
    """A link: whoever has it can read the package until then."""
    return {"url": url, "until": format_time(until)}


def _fields(body: bytes, known: frozenset[str]) -> reading.StrictFields:
    found = parse_json(body)
    if not isinstance(found, Mapping):
        raise InvalidRequest("body", "not a JSON object")
    fields = reading.StrictFields(found, InvalidRequest)
    _check_known(fields.names, known)
    return fields


def _check_known(names: frozenset[str], known: frozenset[str]) -> None:
    if unknown := sorted(names - known):
        raise InvalidRequest(unknown[0][:80], f"unknown field; known are {', '.join(sorted(known))}")


def _purpose(fields: reading.StrictFields) -> str:
    return check_purpose(reading.text(fields.get("purpose")))


def _subject(fields: reading.StrictFields, name: str) -> dict[str, object]:
    if name == "person":
        return {"person": person_of(fields.part(name))}
    if name == "call":
        return {"days": _call(fields.part(name))}
    if name == "search":
        return {"days": _search(fields.part(name))}
    return {"recording_ids": _ids(fields.get(name))}


def person_of(fields: reading.StrictFields) -> Person:
    """Whose recordings: a key of the customer's own, or a raw id.

    Raises:
        InvalidRequest: neither, both, or one that makes no sense.
    """
    _check_known(fields.names, frozenset({"key", "rawId"}))
    if (fields.get("key") is None) == (fields.get("rawId") is None):
        raise InvalidRequest("person", "give either key or rawId")
    if fields.get("rawId") is not None:
        return Person(raw_id=parse_raw_id(fields.get("rawId"), "person.rawId"))
    return Person(key=check_key(fields.need("key", _ID, "blank, or too long")))


def _call(fields: reading.StrictFields) -> Days:
    _check_known(fields.names, frozenset({"id", "day"}))
    call = fields.need("id", _ID, "missing, blank, or too long")
    day = fields.need("day", parse_day, "missing, or not a day such as 2026-03-01")
    return Days(day, day, {"call": call})


def _search(fields: reading.StrictFields) -> Days:
    _check_known(fields.names, frozenset({"firstDay", "lastDay"}) | FILTERS)
    first = fields.need("firstDay", parse_day, "missing, or not a day such as 2026-03-01")
    last = fields.need("lastDay", parse_day, "missing, or not a day such as 2026-03-01")
    if not timedelta() <= last - first < timedelta(days=MOST_DAYS):
        raise InvalidRequest("search.lastDay", f"before `firstDay`, or more than {MOST_DAYS} days after it")
    filters = {name: found for name in sorted(fields.names & FILTERS) if (found := fields.get(name)) is not None}
    filters_of(filters)
    return Days(first, last, {name: str(value) for name, value in filters.items()})


def _ids(found: object) -> tuple[RecordingId, ...]:
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_IDS:
        raise InvalidRequest("recordingIds", f"not an array of 1 to {MOST_IDS} ids")
    ids = [_ID(one) for one in found]
    if None in ids:
        raise InvalidRequest("recordingIds", "an id is blank, too long, or no text")
    return tuple(RecordingId(one) for one in dict.fromkeys(ids) if one is not None)


def _rule(found: object) -> Rule | None:
    return Rule(found) if isinstance(found, str) and found in tuple(Rule) else None
