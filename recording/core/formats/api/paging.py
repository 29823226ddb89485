"""Pages of lists: which page a request asks for, and the mark by which the next is asked for."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from recording.core.errors import InvalidRequest
from recording.core.formats import reading
from recording.core.model import Output, RecordingState
from recording.core.outputs import VALID
from recording.core.records.filters import ANY, Filters

MOST_LISTED = 50
"""Recordings of a page: each is loaded from the catalog."""
USUAL = 20
OUTPUTS: Mapping[str, Output] = {str(facts.output): facts.output for facts in VALID}
"""By their spelling."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PAGE = frozenset({"limit", "after"})
FILTERS = frozenset({"state", "call", "output", "retentionClass", "held", "minSeconds", "maxSeconds"})
_LIST = frozenset({"day", "hour"}) | FILTERS
LONGEST_SECONDS = 10_000_000
_KEY = "code"
"""The function key, which may stand in the query."""
_SWITCHES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True)
class PageRequest:
    """At most `limit` recordings, after those of earlier pages; `after` is empty for the first page."""

    limit: int = USUAL
    after: str = ""


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Recordings of a day (UTC), or of an hour of it, that fit the filters."""

    page: PageRequest
    day: datetime
    hour: int | None = None
    filters: Filters = ANY


def parse_page(query: Mapping[str, str]) -> PageRequest:
    """Read the query of a list.

    Raises:
        InvalidRequest: a parameter is unknown or makes no sense; `field` names it.
    """
    return page_of(query)


def parse_list(query: Mapping[str, str], now: datetime) -> ListRequest:
    """Read the query of the list of recordings; `now` gives the day if the query does not.

    Raises:
        InvalidRequest: as for `parse_page`.
    """
    page = page_of(query, _LIST)
    return ListRequest(page, day_of(query, now), hour_of(query), filters_of(query))


def filters_of(query: Mapping[str, object]) -> Filters:
    """What a query, or the body of a search, asks of a recording.

    Raises:
        InvalidRequest: as for `parse_page`.
    """
    state, call, output = query.get("state"), query.get("call", ""), query.get("output")
    if state is not None and state not in tuple(RecordingState):
        raise InvalidRequest("state", f"none of {', '.join(RecordingState)}")
    if "call" in query and not (isinstance(call, str) and call.strip()):
        raise InvalidRequest("call", "empty")
    if output is not None and output not in tuple(OUTPUTS):
        raise InvalidRequest("output", f"none of {', '.join(OUTPUTS)}")
    named = query.get("retentionClass", "")
    if "retentionClass" in query and not (isinstance(named, str) and named.strip()):
        raise InvalidRequest("retentionClass", "empty")
    return Filters(
        RecordingState(str(state)) if state else None,
        str(call),
        OUTPUTS[str(output)] if output else None,
        str(named),
        _held(query.get("held")),
        _seconds(query, "minSeconds"),
        _seconds(query, "maxSeconds"),
    )


def parse_switch(query: Mapping[str, str], name: str) -> bool:
    """Read a switch in a query; one that is absent is off.

    Raises:
        InvalidRequest: it is neither on nor off; `field` names it.
    """
    value = query.get(name, "false").strip().lower()
    if value not in _SWITCHES:
        raise InvalidRequest(name, "neither true nor false")
    return _SWITCHES[value]


def mark(following: str) -> str:
    """The `next` of a page as callers see it: safe in a query, and nothing to rely on."""
    return base64.urlsafe_b64encode(following.encode()).decode().rstrip("=")


def page_of(query: Mapping[str, str], others: frozenset[str] = frozenset()) -> PageRequest:
    """Which page a query asks for; `others` are the parameters that it may have besides.

    Raises:
        InvalidRequest: as for `parse_page`.
    """
    _check_known(query, _PAGE | others)
    limit = reading.whole(query.get("limit", USUAL))
    if limit is None or not 1 <= limit <= MOST_LISTED:
        raise InvalidRequest("limit", f"not a whole number from 1 to {MOST_LISTED}")
    after = query.get("after", "")
    try:
        return PageRequest(limit, base64.urlsafe_b64decode(f"{after}===").decode())
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("after", "not what an earlier page named as the next") from error


def day_of(query: Mapping[str, str], usual: datetime) -> datetime:
    """The day that a query names, or else that of `usual`.

    Raises:
        InvalidRequest: it is no day.
    """
    given = query.get("day")
    if given is None:
        return usual
    try:
        if _DAY.fullmatch(given):
            return datetime.fromisoformat(given).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise InvalidRequest("day", "not a day such as 2026-03-01")


def hour_of(query: Mapping[str, str]) -> int | None:
    """The hour (UTC) that a query names; None if it names none.

    Raises:
        InvalidRequest: it is no hour.
    """
    if "hour" not in query:
        return None
    hour = reading.whole(query["hour"])
    if hour is None or hour not in range(24):
        raise InvalidRequest("hour", "not a whole number from 0 to 23")
    return hour


def _held(given: object) -> bool | None:
    if given is None or isinstance(given, bool):
        return given
    return parse_switch({"held": str(given)}, "held")


def _seconds(query: Mapping[str, object], name: str) -> timedelta | None:
    if query.get(name) is None:
        return None
    seconds = reading.whole(query[name])
    if seconds is None or not 0 <= seconds <= LONGEST_SECONDS:
        raise InvalidRequest(name, f"not a whole number from 0 to {LONGEST_SECONDS}")
    return timedelta(seconds=seconds)


def _check_known(query: Mapping[str, str], known: frozenset[str]) -> None:
    unknown = sorted(set(query) - known - {_KEY})
    if unknown:
        raise InvalidRequest(unknown[0][:80], f"unknown parameter; known are {', '.join(sorted(known))}")
