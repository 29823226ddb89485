"""People over HTTP: raw ids of a key as JSON or CSV, searches by person, and what they answer.

No URL names a person: it has the customer's own key of them, which `core.records.own_keys` checks, or none.
"""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, UTC, datetime, time, timedelta

from recording.core.errors import InvalidRequest, RequestTooLarge
from recording.core.formats import reading
from recording.core.formats.api.decisions import condition_of
from recording.core.formats.api.paging import FILTERS, PageRequest, day_of, filters_of, hour_of, page_of
from recording.core.formats.api.requests import MOST_BODY, parse_json
from recording.core.formats.api.shapes import OwnIdentity as IdentityView
from recording.core.formats.api.shapes import UnknownPeople
from recording.core.participants import kind_of, lacks_country, names_nobody, one_spelling
from recording.core.records.filters import ALL_TIME, ANY, Filters, Period
from recording.core.records.own_keys import UNKNOWN_KEY, check_key, check_purpose
from recording.core.records.people import ANY_TAG, MOST_COUNTED, MOST_RAW_IDS, OwnIdentity
from recording.core.times import format_time, parse_day, parse_time

MOST_KEYS = 5000
"""Keys of one CSV file: each takes a request or two."""
_HEADER = ["key", "rawId"]
_SEARCH = frozenset({"since", "until", "purpose"}) | FILTERS
_BODY = frozenset({"person", "rawId", "limit", "after"}) | _SEARCH


@dataclass(frozen=True, slots=True)
class PersonSearch:
    """A search by person: which page, of which time, what else is asked for, and what for."""

    page: PageRequest
    purpose: str
    period: Period = ALL_TIME
    filters: Filters = ANY


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search whose person stands in the body: an own key, or a raw id."""

    search: PersonSearch
    key: str = ""
    raw_ids: tuple[str, ...] = field(default=(), repr=False)


def parse_identity(key: str, body: bytes) -> OwnIdentity:
    """Read the raw ids of a key: JSON with `rawIds`; without any, the key is to be forgotten.

    Raises:
        InvalidRequest: the key names a person in clear, or `field` is missing, unknown, or of the wrong type.
    """
    found = _object(body, frozenset({"rawIds"}))
    given = found.get("rawIds")
    if not isinstance(given, list) or len(given) > MOST_RAW_IDS:
        raise InvalidRequest("rawIds", f"not an array of at most {MOST_RAW_IDS} raw ids or telephone numbers")
    spelt = (parse_raw_id(one, f"rawIds[{position}]") for position, one in enumerate(given))
    return OwnIdentity(check_key(key), tuple(dict.fromkeys(spelt)))


def parse_tag(condition: str | None) -> str:
    """The ETag in the If-Match header of who saves raw ids; empty if there is none.

    Raises:
        InvalidRequest: it is neither one of ours nor `*`.
    """
    if condition is None:
        return ""
    return ANY_TAG if condition.strip() == ANY_TAG else condition_of(condition, "person")


def parse_identities(body: bytes) -> tuple[OwnIdentity, ...]:
    """Read the raw ids of many keys: CSV with the header `key,rawId` and a line for each raw id.

    Raises:
        InvalidRequest: a line is wrong; the cause says which, and nothing of what it has.
    """
    if len(body) > MOST_BODY:
        raise RequestTooLarge("body", f"{len(body)} bytes, more than {MOST_BODY}")
    try:
        lines = csv.reader(body.decode("utf-8-sig").splitlines(keepends=True), strict=True)
    except UnicodeDecodeError as error:
        raise InvalidRequest("body", "not UTF-8") from error
    try:
        rows = list(enumerate(lines, 1))
    except csv.Error as error:
        raise InvalidRequest(f"line {lines.line_num}", f"not CSV: {error}") from error
    if not rows or [name.strip() for name in rows[0][1]] != _HEADER:
        raise InvalidRequest("line 1", f"not the header {','.join(_HEADER)}")
    found: dict[str, dict[str, None]] = {}
    for number, row in rows[1:]:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(_HEADER):
            raise InvalidRequest(f"line {number}", f"{len(row)} cells, not {len(_HEADER)}")
        try:
            key, raw_id = check_key(row[0].strip()), parse_raw_id(row[1], "rawId")
        except InvalidRequest as error:
            raise InvalidRequest(f"line {number}", error.cause) from error
        found.setdefault(key, {})[raw_id] = None
        if len(found[key]) > MOST_RAW_IDS or len(found) > MOST_KEYS:
            cause = f"more than {MOST_RAW_IDS} raw ids of one key, or more than {MOST_KEYS} keys; send several files"
            raise InvalidRequest(f"line {number}", cause)
    return tuple(OwnIdentity(key, tuple(raw_ids)) for key, raw_ids in found.items())


def parse_raw_id(given: object, name: str) -> str:
    """A raw id or a telephone number with its country, in any spelling, to the one spelling of all.

    Raises:
        InvalidRequest: it is neither, or names nobody; `field` is `name`.
    """
    if (text := reading.identity(given)) is None or not text.strip():
        raise InvalidRequest(name, "not a raw id or a telephone number, which is a text")
    if lacks_country(text):
        raise InvalidRequest(name, "a telephone number without its country; begin it with + or 00")
    if "@" in text and ":" not in text:
        raise InvalidRequest(name, "an address of mail; the service knows people by raw ids and telephone numbers")
    if names_nobody(text):
        raise InvalidRequest(name, "a telephone without a number: it names everybody who withholds theirs")
    return one_spelling(text)


def parse_purpose(query: Mapping[str, str]) -> str:
    """The purpose of a look, in a query that has nothing else.

    Raises:
        InvalidRequest: a parameter is unknown, or there is no purpose.
    """
    page_of({name: value for name, value in query.items() if name != "purpose"})
    return check_purpose(query.get("purpose"))


def parse_person_search(query: Mapping[str, str]) -> PersonSearch:
    """Read the query of a search whose person stands in the path.

    Raises:
        InvalidRequest: a parameter is unknown, missing, or makes no sense; `field` names it.
    """
    return PersonSearch(
        page_of(query, _SEARCH), check_purpose(query.get("purpose")), period_of(query), filters_of(query)
    )


def parse_person_of_list(query: Mapping[str, str]) -> tuple[str, PersonSearch] | None:
    """The own key in the query of the list of recordings, and its search, of all time or of a day; None if none is.

    Raises:
        InvalidRequest: as for `parse_person_search`.
    """
    if "person" not in query:
        if "purpose" in query:
            raise InvalidRequest("purpose", "needed only with person")
        return None
    page = page_of(query, FILTERS | {"day", "hour", "person", "purpose"})
    key, purpose = check_key(query["person"]), check_purpose(query.get("purpose"))
    return key, PersonSearch(page, purpose, _period_of_day(query), filters_of(query))


def parse_search(body: bytes) -> SearchRequest:
    """Read a search whose person stands in the body: `person`, an own key, or `rawId`; and what a query may have.

    Raises:
        InvalidRequest: `field` is missing, unknown, or makes no sense.
    """
    found = _object(body, _BODY)
    check_kinds(found)
    if ("person" in found) == ("rawId" in found):
        raise InvalidRequest("person | rawId", "exactly one must be given")
    page = page_of({name: str(found[name]) for name in ("limit", "after") if name in found})
    purpose = check_purpose(str(found["purpose"]) if "purpose" in found else None)
    search = PersonSearch(page, purpose, period_of(found), filters_of(found))
    if "rawId" in found:
        return SearchRequest(search, raw_ids=(parse_raw_id(found["rawId"], "rawId"),))
    return SearchRequest(search, check_key(str(found["person"])))


def identity_view(identity: OwnIdentity) -> IdentityView:
    """What is known of a key."""
    raw_ids = [{"rawId": raw_id, "kind": kind_of(raw_id)} for raw_id in identity.raw_ids]
    return {"key": identity.key, "rawIds": raw_ids}  # type: ignore[typeddict-item]


def unknown_view(count: int, period: Period) -> UnknownPeople:
    """How many recordings of a time may be of anybody, and how they are listed."""
    limits = {"since": period.since, "until": period.until}
    query = "".join(f"{name}={format_time(at)}&" for name, at in limits.items() if at is not None)
    return {
        "count": count,
        "isMore": count >= MOST_COUNTED,
        "list": f"/api/people/{UNKNOWN_KEY}/recordings?{query}purpose=",
    }


def _object(body: bytes, known: frozenset[str]) -> Mapping[str, object]:
    found = parse_json(body)
    if not isinstance(found, Mapping):
        raise InvalidRequest("body", "not a JSON object")
    unknown = sorted(set(found) - known)
    if unknown:
        raise InvalidRequest(unknown[0][:80], f"unknown field; known are {', '.join(sorted(known))}")
    return found


def _is_text(value: object) -> bool:
    return not reading.why_no_text(value)


def _is_whole(value: object) -> bool:
    return not isinstance(value, str) and reading.whole(value) is not None


def _is_switch(value: object) -> bool:
    return isinstance(value, bool)


_KINDS: Mapping[str, Callable[[object], bool]] = {
    "limit": _is_whole,
    "minSeconds": _is_whole,
    "maxSeconds": _is_whole,
    "held": _is_switch,
}
"""What the fields of a search are; the others are texts."""


def check_kinds(found: Mapping[str, object]) -> None:
    """Refuse the fields of a search whose JSON is of another type than theirs.

    Raises:
        InvalidRequest: `field` names the first.
    """
    for name, value in found.items():
        if not _KINDS.get(name, _is_text)(value):
            raise InvalidRequest(name, "of the wrong type, empty, or too long")


def period_of(found: Mapping[str, object]) -> Period:
    """The time that `since` and `until` bound, each a day or a moment.

    Raises:
        InvalidRequest: one of them is neither.
    """
    return Period(_moment(found, "since"), _moment(found, "until"))


def _moment(found: Mapping[str, object], name: str) -> datetime | None:
    given = found.get(name)
    if given is None:
        return None
    day = parse_day(given) if isinstance(given, str) and len(given) == len("2026-03-01") else None
    moment = parse_time(given) if day is None else datetime.combine(day, time(), UTC)
    if moment is None:
        raise InvalidRequest(name, "neither a day such as 2026-03-01 nor a moment such as 2026-03-01T12:00:00Z")
    return moment


def _period_of_day(query: Mapping[str, str]) -> Period:
    hour = hour_of(query)
    if "day" not in query:
        if hour is not None:
            raise InvalidRequest("hour", "needs a day")
        return ALL_TIME
    since = day_of(query, datetime.min.replace(tzinfo=UTC)) + timedelta(hours=hour or 0)
    length = timedelta(days=1) if hour is None else timedelta(hours=1)
    # The last day that there is has no end.
    return Period(since, since + length if since.year < MAXYEAR else None)
