"""Who calls: what an operation of the API needs, and what a token proves. Its signature is checked before."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from recording.core.errors import CallerNotAllowed, CallerUnproven
from recording.core.model import Actor, Door

KEY = Actor("key")
"""Who has shown the function key, and said no name."""
CALLBACK = Actor("callback")
"""Call Automation, by its token."""
EVENT_GRID = Actor("eventGrid")
"""Event Grid, by its own doors or its token."""

EVENT_GRID_ROLE = "AzureEventGridSecureWebhookSubscriber"
"""The role of Event Grid's tokens for a webhook; Event Grid knows it by this name."""
EVENT_GRID_APPLICATION = "4962773b-9cdb-44cf-a8bf-237846a00ab7"
"""The id of Event Grid's own application, the same in every tenant. Who makes a subscription has the role as well."""
LONGEST_TOKEN = 16_384
"""Characters of a token that is looked at."""
LEEWAY = timedelta(minutes=1)
"""By how much the issuer's clock may differ from ours."""
LONGEST_CALLBACK = timedelta(hours=1)
"""How long a callback's token may still hold. The service's hold for 5 minutes; each is remembered for as long."""

_BEARER = re.compile(r"bearer +([\x21-\x7e]+) *", re.IGNORECASE)
_OBJECT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_MOST_ROLES = 100
_PROVE = "prove caller"


class ApiAuth(StrEnum):
    """What a caller of the API shows: the API_AUTH setting."""

    KEY = "key"
    ENTRA = "entra"
    BOTH = "both"


class Issuer(StrEnum):
    """Whose token it is, and for what."""

    CALL_AUTOMATION = "callAutomation"
    EVENT_GRID = "eventGrid"
    API = "api"


class Role(StrEnum):
    """The roles of callers of the API, as the app registration names them."""

    OPERATE = "Recording.Operate"
    """Start, control and decide; see everything."""
    AUDIT = "Recording.Audit"
    """See everything that happened; hold recordings."""
    LISTEN = "Recording.Listen"
    """See recordings and their states."""
    PRIVACY = "Recording.Privacy"
    """See recordings and their states, withdraw consent, find the recordings of a person, decide what ends, erase."""


_OPERATORS = frozenset({Role.OPERATE})
_WATCHERS = frozenset({Role.OPERATE, Role.AUDIT})
_PRIVACY = frozenset({Role.PRIVACY})
_FINDERS = frozenset({Role.AUDIT, Role.PRIVACY})
_AUDITORS = frozenset({Role.AUDIT})
_KEEPERS = frozenset({Role.OPERATE, Role.AUDIT, Role.PRIVACY})
_ALL = frozenset(Role)
OPERATIONS: Mapping[str, frozenset[Role]] = {
    "start_recording": _OPERATORS,
    "attest_consent": _OPERATORS,
    "make_export": _PRIVACY,
    "export_state": _PRIVACY,
    "link_export": _PRIVACY,
    "cancel_export": _PRIVACY,
    "plan_erasure": _PRIVACY,
    "execute_erasure": _PRIVACY,
    "erasure_state": _PRIVACY,
    "withdraw_consent": frozenset({Role.OPERATE, Role.PRIVACY}),
    "pause_recording": _OPERATORS,
    "resume_recording": _OPERATORS,
    "stop_recording": _OPERATORS,
    "decide_chunk": _OPERATORS,
    "decide_recording": _OPERATORS,
    "hand_in_events": _OPERATORS,
    "rebuild_catalog": _OPERATORS,
    "rebuild_state": _WATCHERS,
    "list_owed": _WATCHERS,
    "recording_history": _WATCHERS,
    "recording_trail": _WATCHERS,
    "verify_trail": _WATCHERS,
    "explain_policy": _WATCHERS,
    "replay_policy": _WATCHERS,
    "list_recordings": _ALL,
    "recording_state": _ALL,
    "make_hold": _AUDITORS,
    "end_hold": _AUDITORS,
    "list_holds": _KEEPERS,
    "show_hold": _KEEPERS,
    "retention_plan": _KEEPERS,
    "retention_asked": _KEEPERS,
    "decide_end": _PRIVACY,
    "recording_seal": _ALL,
    "save_people": _PRIVACY,
    "save_person": _PRIVACY,
    "show_person": _PRIVACY,
    "person_recordings": _FINDERS,
    "search_recordings": _FINDERS,
}
"""Each operation of the API, by its function's name, with the roles of which a caller by token needs one."""
PROVEN_OTHERWISE: Mapping[str, str] = {
    "calls_callbacks": "the token of Call Automation",
    "calls_events": "the function key, and tokens where they are configured",
    "health": "the function key",
    "elsewhere": "what the host asks for the API",
}
"""The functions over HTTP that are not operations of the API, and what a caller shows there."""
OPEN = frozenset({"docs", "docs_asset", "openapi_json"})
"""The functions over HTTP where nothing is shown: they tell what is in the public repository, and take no body."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What a token proves whose signature, issuer and audience are right.

    Attributes:
        claims: what it says.
        digest: of what is signed: the same for every spelling of the same token.
    """

    claims: Mapping[str, object]
    digest: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was proven, by a token or by the function key, which says no name."""

    actor: Actor
    is_by_token: bool = False


def actor_at(door: Door) -> Actor:
    """Who sent an event, as far as its door says."""
    return EVENT_GRID if door is Door.EVENT_GRID else KEY


def bearer_token(authorization: str | None) -> str:
    """The token of an Authorization header.

    Raises:
        CallerUnproven: there is none, or it is too long to be one.
    """
    found = _BEARER.fullmatch(authorization or "")
    if found is None:
        raise unproven("the request has no bearer token")
    if len(found[1]) > LONGEST_TOKEN:
        raise unproven("the token is too long")
    return found[1]


def check_time(claims: Mapping[str, object], now: datetime) -> datetime:
    """When the token ends.

    Raises:
        CallerUnproven: it has ended, does not hold yet, or does not say.
    """
    ends, begins = _time(claims, "exp"), _time(claims, "nbf")
    if ends is None or ("nbf" in claims and begins is None):
        raise unproven("the token does not say when it holds")
    if now - LEEWAY >= ends:
        raise unproven("the token has expired")
    if begins is not None and now + LEEWAY < begins:
        raise unproven("the token does not hold yet")
    return ends


def check_callback(claims: Mapping[str, object], now: datetime) -> datetime:
    """When the token of a callback ends.

    Raises:
        CallerUnproven: as for `check_time`; or it holds for longer than it would be remembered.
    """
    ends = check_time(claims, now)
    if ends > now + LONGEST_CALLBACK + LEEWAY:
        raise unproven("the token holds for too long")
    return ends


def check_event_grid(claims: Mapping[str, object], now: datetime) -> None:
    """Whether it is Event Grid that calls.

    Raises:
        CallerUnproven: the token does not hold now.
        CallerNotAllowed: it lacks the role of Event Grid, or was issued to another application.
    """
    check_time(claims, now)
    if EVENT_GRID_ROLE not in _roles(claims):
        raise _not_allowed(f"the token lacks the role {EVENT_GRID_ROLE}")
    if claims.get("azp", claims.get("appid")) != EVENT_GRID_APPLICATION:  # by the token's version
        raise _not_allowed("the token was issued to another application than Event Grid")


def check_api(operation: str, claims: Mapping[str, object], now: datetime) -> Caller:
    """Who calls an operation of the API.

    Raises:
        CallerUnproven: the token does not hold now, or names nobody.
        CallerNotAllowed: none of its roles is one for this operation.
    """
    check_time(claims, now)
    object_id = claims.get("oid")
    if not isinstance(object_id, str) or not _OBJECT_ID.fullmatch(object_id):
        raise unproven("the token names no caller (oid)")
    needed = OPERATIONS[operation]
    if needed.isdisjoint(_roles(claims)):
        raise _not_allowed(f"it needs one of the roles {', '.join(sorted(needed))}")
    return Caller(Actor(f"entra:{object_id.lower()}"), is_by_token=True)


def is_origin_of_event_grid(host: str | None) -> bool:
    """Whether a host is Event Grid's: eventgrid.azure.net, or a regional one below it."""
    found = (host or "").strip().lower()
    return re.fullmatch(r"(?:[a-z0-9-]{1,63}\.){0,4}eventgrid\.azure\.net", found) is not None


def unproven(cause: str, hint: str = "") -> CallerUnproven:
    """It is not known who calls; the cause has nothing of what was sent.

    What has a hint is logged: so only a genuine token may lead to one, else anybody could fill the log.
    """
    return CallerUnproven(_PROVE, cause, hint=hint)


def _not_allowed(cause: str) -> CallerNotAllowed:
    return CallerNotAllowed(
        "admit caller", cause, hint="assign the role in the app registration's enterprise application"
    )


def _roles(claims: Mapping[str, object]) -> frozenset[str]:
    found = claims.get("roles")
    roles = found[:_MOST_ROLES] if isinstance(found, list) else ()
    return frozenset(role for role in roles if isinstance(role, str))


def _time(claims: Mapping[str, object], name: str) -> datetime | None:
    """A moment in seconds since 1970, as in a JWT."""
    seconds = claims.get(name)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
