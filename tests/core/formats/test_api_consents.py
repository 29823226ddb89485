"""Requests about consent."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from recording.core.callers import KEY, Caller
from recording.core.errors import InvalidRequest
from recording.core.formats.api import ConsentRequest, parse_attestation, parse_withdrawal, pending_view
from recording.core.model import Actor, ConsentKind
from tests.core.consents import WANTED, consent, stepped
from tests.core.entries_of import APPLIED

type Parse = Callable[[bytes, Caller], ConsentRequest]
BY_KEY, BY_TOKEN = Caller(KEY), Caller(Actor("entra:x"), is_by_token=True)
both = pytest.mark.parametrize(("parse", "why"), [(parse_withdrawal, "reason"), (parse_attestation, "basis")])


@both
def test_a_request_says_why_and_by_whom(parse: Parse, why: str) -> None:
    body = json.dumps({why: "on the phone", "by": "Ann"}).encode()

    assert ConsentRequest("on the phone", Actor("key:Ann")) == parse(body, BY_KEY)


@both
@pytest.mark.parametrize(
    ("body", "field"),
    [([], "body"), ({"by": "Ann"}, ""), ({"WHY": "w"}, "by"), ({"WHY": " ", "by": "A"}, ""), ({"x": 1}, "x")],
    ids=str,
)
def test_a_request_that_lacks_something_names_it(parse: Parse, why: str, body: object, field: str) -> None:
    text = json.dumps(body).replace("WHY", why).encode()
    with pytest.raises(InvalidRequest) as caught:
        parse(text, BY_KEY)

    assert (field or why) == caught.value.field


@both
def test_the_token_says_who_acts(parse: Parse, why: str) -> None:
    """And the body cannot say otherwise."""
    body = json.dumps({why: "on the phone"}).encode()
    assert ConsentRequest("on the phone", Actor("entra:x")) == parse(body, BY_TOKEN)

    with pytest.raises(InvalidRequest) as caught:
        parse(json.dumps({why: "on the phone", "by": "Ann"}).encode(), BY_TOKEN)
    assert "by" == caught.value.field


def test_a_consent_that_is_asked_for_names_nobody() -> None:
    """It says of what the answer depends."""
    begun = consent(ConsentKind.KEYPRESS)
    asked, _ = stepped(begun, "phoneNumber-1")

    assert pending_view(begun) == {
        "state": "asking",
        "callConnectionId": "connection",
        "rule": None,
        "consent": "keypress",
        "begunAt": "2026-03-01T12:00:00Z",
        "prompts": 0,
        "waitsFor": None,
        "lastFailure": None,
    }
    wanted = replace(WANTED, applied=APPLIED)
    shown = pending_view(replace(asked, wanted=wanted, failure="no key was pressed"))
    assert ("rule", 1, "a key", "no key was pressed") == (
        shown["rule"],
        shown["prompts"],
        shown["waitsFor"],
        shown["lastFailure"],
    )
    assert "phoneNumber" not in str(shown)
