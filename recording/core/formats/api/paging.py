"""Pages of lists: which page a request asks for, and the mark by which the next is asked for."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from recording.core.errors import InvalidRequest
from recording.core.formats import reading
from recording.core.model import RecordingState

MOST_LISTED = 50
"""Recordings of a page: each is loaded from the catalog."""
USUAL = 20
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PAGE = frozenset({"limit", "after"})
_LIST = frozenset({"day", "state", "call"})
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
    """Recordings of a day, those in a state and of a call only if these are given."""

    page: PageRequest
    day: datetime
    state: RecordingState | None = None
    call: str = ""


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
    state, call = query.get("state"), query.get("call", "")
    if state is not None and state not in set(RecordingState):
        raise InvalidRequest("state", f"none of {', '.join(RecordingState)}")
    if "call" in query and not call.strip():
        raise InvalidRequest("call", "empty")
    return ListRequest(page, day_of(query, now), RecordingState(state) if state else None, call)


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


def _check_known(query: Mapping[str, str], known: frozenset[str]) -> None:
    unknown = sorted(set(query) - known - {_KEY})
    if unknown:
        raise InvalidRequest(unknown[0][:80], f"unknown parameter; known are {', '.join(sorted(known))}")
