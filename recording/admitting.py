"""Admits callers: says who calls, by what a request shows, or refuses.

The function key is checked by the Functions host, before the app is asked. What is decided here is what a token adds,
and where one is needed.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from recording import log
from recording.core.callers import (
    CALLBACK,
    EVENT_GRID,
    KEY,
    ApiAuth,
    Caller,
    Issuer,
    bearer_token,
    check_api,
    check_callback,
    check_event_grid,
    unproven,
)
from recording.core.errors import CallerNotAllowed, CallerUnproven
from recording.core.model import Actor
from recording.ports import Callers, Ledger

_SECTION = "tokens~"
_KEPT = timedelta(days=2)
"""For how long after a token's end it is remembered."""
_FORGETS = "0"
"""A token whose digest begins like this makes the app forget some old ones: one of sixteen."""
_MOST_FORGOTTEN = 32
"""Twice as many as come from one to the next such token, so that forgetting keeps up."""


@dataclass(frozen=True, slots=True)
class Admitting:
    """Admit callers. `api_auth` is what the API asks of them, the others whose tokens are accepted elsewhere."""

    callers: Callers
    ledger: Ledger
    api_auth: ApiAuth
    takes_callbacks: bool
    takes_event_grid: bool
    now: Callable[[], datetime]

    def admit(self, operation: str, authorization: str | None) -> Caller:
        """Who calls an operation of the API.

        Raises:
            CallerUnproven: it needs a token, and there is none that proves a caller.
            CallerNotAllowed: the caller has no role for it.
            KeysUnavailable: the issuer's keys cannot be had.
        """
        if self.api_auth is ApiAuth.KEY:
            return Caller(KEY)
        proven = self.callers.prove(Issuer.API, bearer_token(authorization))
        return check_api(operation, proven.claims, self.now())

    def admit_callback(self, authorization: str | None, body: bytes) -> Actor:
        """Call Automation, if its token says so. The same token with another body is refused, also by other workers.

        Raises:
            CallerUnproven: the token does not prove it, was seen with another body, or none is accepted.
            KeysUnavailable, ArchiveBusy, ArchiveRefused: keys or ledger cannot be had.
        """
        if not self.takes_callbacks:
            raise unproven("no callback is accepted: ACS_RESOURCE_IDS is not set")
        proven = self.callers.prove(Issuer.CALL_AUTOMATION, bearer_token(authorization))
        now = self.now()
        ends = check_callback(proven.claims, now)
        if proven.digest.startswith(_FORGETS):
            self.ledger.forget(_SECTION, _section_of(now - _KEPT), _MOST_FORGOTTEN)
        ours = hashlib.sha256(body).hexdigest()
        if self.ledger.note_first(_section_of(ends), proven.digest, ours) != ours:
            raise unproven("the token was seen before, with another body")
        return CALLBACK

    def admit_events(self, authorization: str | None, body: bytes, *, from_event_grid: bool) -> Actor:
        """Who sends events with the function key: Event Grid or Call Automation, if a token says so, or its holder.

        Event Grid drops what it hears 4xx for: a delivery of which the token proves nothing counts as one without.

        Raises:
            CallerUnproven: it is a callback, whose token is needed and does not prove it.
            KeysUnavailable, ArchiveBusy, ArchiveRefused: keys or ledger cannot be had.
        """
        if not from_event_grid:
            return self.admit_callback(authorization, body) if self.takes_callbacks else KEY
        if not self.takes_event_grid or authorization is None:
            return KEY
        try:
            proven = self.callers.prove(Issuer.EVENT_GRID, bearer_token(authorization))
            check_event_grid(proven.claims, self.now())
        except (CallerUnproven, CallerNotAllowed) as error:
            log.event("caller.unproven", {"code": error.code, "cause": error}, logging.WARNING)
            return KEY
        return EVENT_GRID


def _section_of(moment: datetime) -> str:
    return f"{_SECTION}{moment:%Y%m%d}"
