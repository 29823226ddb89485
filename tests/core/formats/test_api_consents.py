"""Requests about consent."""

import json
from collections.abc import Callable

import pytest

from recording.core.errors import InvalidRequest
from recording.core.formats.api import ConsentRequest, parse_attestation, parse_withdrawal
from recording.core.model import Actor

type Parse = Callable[[bytes], ConsentRequest]
both = pytest.mark.parametrize(("parse", "why"), [(parse_withdrawal, "reason"), (parse_attestation, "basis")])


@both
def test_a_request_says_why_and_by_whom(parse: Parse, why: str) -> None:
    body = json.dumps({why: "on the phone", "by": "Ann"}).encode()

    assert ConsentRequest("on the phone", Actor("person:Ann")) == parse(body)


@both
@pytest.mark.parametrize(
    ("body", "field"),
    [([], "body"), ({"by": "Ann"}, ""), ({"WHY": "w"}, "by"), ({"WHY": " ", "by": "A"}, ""), ({"x": 1}, "x")],
    ids=str,
)
def test_a_request_that_lacks_something_names_it(parse: Parse, why: str, body: object, field: str) -> None:
    text = json.dumps(body).replace("WHY", why).encode()
    with pytest.raises(InvalidRequest) as caught:
        parse(text)

    assert (field or why) == caught.value.field
