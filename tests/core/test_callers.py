"""Who calls: what a token's claims prove, and what each operation needs."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.callers import (
    EVENT_GRID,
    EVENT_GRID_APPLICATION,
    EVENT_GRID_ROLE,
    KEY,
    LEEWAY,
    LONGEST_CALLBACK,
    LONGEST_TOKEN,
    OPERATIONS,
    PROVEN_OTHERWISE,
    Caller,
    Role,
    actor_at,
    bearer_token,
    check_api,
    check_callback,
    check_event_grid,
    check_time,
    is_origin_of_event_grid,
)
from recording.core.errors import CallerNotAllowed, CallerUnproven
from recording.core.model import Actor, Door

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OBJECT_ID = "5e2f6a0c-0000-4000-8000-00000000abcd"


def claims(
    ends: timedelta = timedelta(minutes=5), begins: timedelta | None = timedelta(), **more: object
) -> dict[str, Any]:
    times = {"exp": (NOW + ends).timestamp()} | ({} if begins is None else {"nbf": (NOW + begins).timestamp()})
    return {**times, **more}


def test_a_token_is_the_word_after_bearer() -> None:
    assert ["a.b.c"] * 3 == [bearer_token(found) for found in ("Bearer a.b.c", "bearer   a.b.c ", "BEARER a.b.c")]


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic a.b.c", "a.b.c", "Bearer a b", "Bearer ä", f"Bearer {'a' * 16_385}"],
)
def test_what_is_no_bearer_token_proves_nothing(header: str | None) -> None:
    with pytest.raises(CallerUnproven):
        bearer_token(header)


def test_the_longest_token_is_read() -> None:
    assert LONGEST_TOKEN == len(bearer_token(f"Bearer {'a' * LONGEST_TOKEN}"))


@pytest.mark.parametrize("ends", [timedelta(minutes=5), SECOND - LEEWAY])
@pytest.mark.parametrize("begins", [None, timedelta(), LEEWAY, -timedelta(days=1)])
def test_a_token_holds_with_a_minutes_leeway(ends: timedelta, begins: timedelta | None) -> None:
    assert NOW + ends == check_time(claims(ends, begins), NOW)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (claims(-LEEWAY), "expired"),
        (claims(-timedelta(days=1)), "expired"),
        (claims(begins=LEEWAY + SECOND), "not hold yet"),
        ({}, "does not say"),
        ({"exp": "tomorrow"}, "does not say"),
        ({"exp": True}, "does not say"),
        ({"exp": float("nan")}, "does not say"),
        ({"exp": float("inf")}, "does not say"),
        ({"exp": 10**400}, "does not say"),
        ({"exp": NOW.timestamp() + 60, "nbf": "now"}, "does not say"),
    ],
)
def test_a_token_that_does_not_hold_now_proves_nothing(found: dict[str, object], why: str) -> None:
    with pytest.raises(CallerUnproven, match=why):
        check_time(found, NOW)


def test_the_latest_end_that_there_is_is_an_end() -> None:
    assert 9999 == check_time({"exp": 253402300799, "nbf": -62135596800}, NOW).year


def test_a_callbacks_token_holds_no_longer_than_it_is_remembered() -> None:
    longest = LONGEST_CALLBACK + LEEWAY
    assert NOW + longest == check_callback(claims(longest), NOW)
    with pytest.raises(CallerUnproven, match="too long"):
        check_callback(claims(longest + SECOND), NOW)


@pytest.mark.parametrize("claim", ["azp", "appid"])
def test_event_grid_is_its_own_application_with_its_role(claim: str) -> None:
    """Who has made the subscription has the role as well, by Microsoft's own script."""
    its_own: dict[str, Any] = {claim: EVENT_GRID_APPLICATION}
    others: list[dict[str, Any]] = [{}, {claim: "another"}, {claim: [EVENT_GRID_APPLICATION]}]
    check_event_grid(claims(roles=["a", EVENT_GRID_ROLE], **its_own), NOW)
    for roles in ([], [Role.OPERATE], EVENT_GRID_ROLE, None, [[EVENT_GRID_ROLE]], ["a"] * 100 + [EVENT_GRID_ROLE]):
        with pytest.raises(CallerNotAllowed, match="lacks the role"):
            check_event_grid(claims(roles=roles, **its_own), NOW)
    for other in others:
        with pytest.raises(CallerNotAllowed, match="another application"):
            check_event_grid(claims(roles=[EVENT_GRID_ROLE], **other), NOW)
    with pytest.raises(CallerUnproven):
        check_event_grid(claims(-LEEWAY, roles=[EVENT_GRID_ROLE], **its_own), NOW)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("role", Role)
def test_an_operation_is_for_those_who_have_a_role_for_it(operation: str, role: Role) -> None:
    found = claims(oid=OBJECT_ID.upper(), roles=[role])
    if role in OPERATIONS[operation]:
        assert Caller(Actor(f"entra:{OBJECT_ID}"), is_by_token=True) == check_api(operation, found, NOW)
    else:
        with pytest.raises(CallerNotAllowed, match=r"one of the roles Recording\."):
            check_api(operation, found, NOW)


def test_who_only_looks_starts_and_decides_nothing() -> None:
    """But that who answers for privacy withdraws a consent, says who is who, and decides ends; who audits holds."""
    acts = {name for name, roles in OPERATIONS.items() if roles & {Role.AUDIT, Role.LISTEN, Role.PRIVACY}}

    looks = {"list_owed", "list_recordings", "recording_history", "recording_state", "recording_trail", "verify_trail"}
    looks |= {"recording_seal", "rebuild_state"}
    people = {"save_people", "save_person", "show_person", "person_recordings", "search_recordings"}
    keeping = {"make_hold", "end_hold", "list_holds", "show_hold", "retention_plan", "retention_asked", "decide_end"}
    given = {"make_export", "export_state", "cancel_export", "link_export"}
    erasing = {"plan_erasure", "execute_erasure", "erasure_state"}
    assert looks | people | keeping | given | erasing | {"explain_policy", "replay_policy", "withdraw_consent"} == acts
    assert OPERATIONS.keys().isdisjoint(PROVEN_OTHERWISE)


@pytest.mark.parametrize("object_id", [None, "", 7, "a b", "a\nb", "a" * 65, "../x"])
def test_a_token_without_a_callers_id_proves_nobody(object_id: object) -> None:
    """The id becomes the name of an actor: it holds nothing that a name or a line of a log cannot."""
    with pytest.raises(CallerUnproven, match="oid"):
        check_api("list_owed", claims(oid=object_id, roles=list(Role)), NOW)


def test_a_door_says_who_has_sent_an_event() -> None:
    assert [EVENT_GRID, KEY] == [actor_at(Door.EVENT_GRID), actor_at(Door.FUNCTION_KEY)]


@pytest.mark.parametrize(
    "host", ["eventgrid.azure.net", "EventGrid.Azure.net", " eventgrid.azure.net ", "rp-eastus2.eventgrid.azure.net"]
)
def test_event_grid_may_deliver(host: str) -> None:
    assert is_origin_of_event_grid(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "*",
        "evil.example",
        "eventgrid.azure.net.evil.example",
        "evil-eventgrid.azure.net",
        "eventgrid.azure.net, evil.example",
        "eventgrid.azure.net\r\nSet-Cookie: a=b",
        "https://eventgrid.azure.net",
        "eventgridXazure.net",
        "a.b.c.d.e.eventgrid.azure.net",
    ],
)
def test_nobody_else_is_allowed_to_deliver(host: str | None) -> None:
    assert not is_origin_of_event_grid(host)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["exp", "nbf", "oid", "roles", "aud"]), JSON))
def test_no_claims_do_more_than_refuse(found: dict[str, object]) -> None:
    """Whatever an issuer signs: an answer, or one of two errors."""
    for check in (check_callback, check_event_grid, lambda one, now: check_api("list_owed", one, now)):
        with suppress(CallerUnproven, CallerNotAllowed):
            check(found, NOW)
