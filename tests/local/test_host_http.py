"""HTTP triggers of the local Functions host behave as in the real host."""

import http.client
import json
import uuid

import pytest

from local.host import FunctionsHost
from tests.local.hosts import Seen, call


def key(host: FunctionsHost) -> dict[str, str]:
    """The header that opens its functions."""
    return {"x-functions-key": host.function_key}


def test_a_function_answers_below_the_route_prefix(shared_host: FunctionsHost) -> None:
    """The prefix is api; a plain string becomes text/plain."""
    reply = call(f"{shared_host.url}/api/open")

    assert (200, b"hello", "text/plain; charset=utf-8") == (
        reply.status,
        reply.body,
        reply.headers["content-type"],
    )


def test_status_headers_and_body_are_the_functions_own(shared_host: FunctionsHost) -> None:
    """The answer is the function's HttpResponse."""
    reply = call(f"{shared_host.url}/api/echo/a", headers=key(shared_host))

    assert (201, "application/json", "1") == (
        reply.status,
        reply.headers["content-type"],
        reply.headers["x-own"],
    )


def test_cookies_arrive(shared_host: FunctionsHost) -> None:
    """The converter keeps Set-Cookie, also without a body."""
    reply = call(f"{shared_host.url}/api/cookies", "PURGE")

    assert (204, b"") == (reply.status, reply.body)
    assert {"a=1", "Path=/", "HttpOnly"} == set(reply.headers["set-cookie"].split("; "))


def test_route_parameters_are_decoded_once(shared_host: FunctionsHost) -> None:
    """%2520 becomes %20; an encoded slash stays encoded."""
    reply = call(f"{shared_host.url}/api/echo/a%2520b%2Fc%C3%A4/7", headers=key(shared_host))

    assert {"name": "a%20b%2Fcä", "number": "7"} == reply.json()["params"]


def test_an_optional_parameter_may_be_absent(shared_host: FunctionsHost) -> None:
    """The parameters do not contain it."""
    reply = call(f"{shared_host.url}/api/echo/a/", headers=key(shared_host))

    assert {"name": "a"} == reply.json()["params"]


def test_a_constraint_that_does_not_hold_is_no_route(shared_host: FunctionsHost) -> None:
    """{number:int} does not match letters."""
    assert 404 == call(f"{shared_host.url}/api/echo/a/seven", headers=key(shared_host)).status


def test_query_values_of_one_name_are_joined_and_empty_ones_dropped(shared_host: FunctionsHost) -> None:
    """As in the real host."""
    reply = call(f"{shared_host.url}/api/echo/a?x=1&x=2+3&e=", headers=key(shared_host))

    assert {"x": "1,2 3"} == reply.json()["query"]


def test_header_names_arrive_in_lower_case(shared_host: FunctionsHost) -> None:
    """A function needs a case-insensitive mapping to find X-Own."""
    reply = call(f"{shared_host.url}/api/echo/a", headers=key(shared_host) | {"X-Own": "One"})

    assert "One" == reply.json()["headers"]["x-own"]


def test_the_url_is_the_callers(shared_host: FunctionsHost) -> None:
    """Path and query are unchanged."""
    url = f"{shared_host.url}/api/echo/a%20b?x=%20"

    assert url == call(url, headers=key(shared_host)).json()["url"]


def test_the_body_arrives_as_bytes(shared_host: FunctionsHost) -> None:
    """For every content type."""
    body = bytes(range(200))
    reply = call(f"{shared_host.url}/api/echo/a", "POST", body, key(shared_host) | {"content-type": "application/json"})

    assert body.decode("latin-1") == reply.json()["body"]


def test_a_body_of_megabytes_arrives_whole(shared_host: FunctionsHost) -> None:
    """It is larger than the default limit of many servers."""
    reply = call(f"{shared_host.url}/api/echo/a", "POST", bytes(5_000_000), key(shared_host))

    assert 5_000_000 == reply.json()["length"]


def test_a_body_in_chunks_without_a_length_is_lost(shared_host: FunctionsHost) -> None:
    """The real host reads a body only if its length was declared."""
    address = shared_host.url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("POST", "/api/echo/a", iter([b"one", b"two"]), key(shared_host), encode_chunked=True)
    reply = json.loads(connection.getresponse().read())
    connection.close()

    assert 0 == reply["length"]


def test_a_body_over_a_hundred_megabytes_is_refused_unread(shared_host: FunctionsHost) -> None:
    """The status is 413, before any of it was sent."""
    connection = http.client.HTTPConnection(shared_host.url.removeprefix("http://"), timeout=20)
    connection.putrequest("POST", "/api/echo/a")
    connection.putheader("x-functions-key", shared_host.function_key)
    connection.putheader("content-length", str(100 * 1024 * 1024 + 1))
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()

    assert 413 == status


@pytest.mark.parametrize("path", ["/api/nothing", "/open", "/api/open/more", "/api", "/"])
def test_an_unknown_path_is_404(shared_host: FunctionsHost, path: str) -> None:
    """Only declared routes exist."""
    assert 404 == call(shared_host.url + path).status


def test_an_undeclared_method_is_404(shared_host: FunctionsHost) -> None:
    """The real host never answers 405."""
    assert 404 == call(f"{shared_host.url}/api/open", "POST", b"").status


def test_head_is_answered_where_it_is_declared(shared_host: FunctionsHost) -> None:
    """The answer has no body."""
    declared = call(f"{shared_host.url}/api/echo/a", "HEAD", headers=key(shared_host))
    undeclared = call(f"{shared_host.url}/api/open", "HEAD")

    assert (201, b"", 404) == (declared.status, declared.body, undeclared.status)


@pytest.mark.parametrize("headers", [{}, {"x-functions-key": ""}, {"x-functions-key": "wrong"}])
def test_a_function_without_its_key_is_401(shared_host: FunctionsHost, headers: dict[str, str]) -> None:
    """The answer has no body."""
    reply = call(f"{shared_host.url}/api/echo/a", headers=headers)

    assert (401, b"") == (reply.status, reply.body)


def test_the_key_may_come_as_a_query_parameter(shared_host: FunctionsHost) -> None:
    """Its name is `code`, as in the portal's URLs."""
    assert 201 == call(f"{shared_host.url}/api/echo/a?code={shared_host.function_key}").status


def test_the_master_key_opens_every_function(shared_host: FunctionsHost) -> None:
    """Only the master key is valid for the admin level; the system key is valid for no function."""
    url = f"{shared_host.url}/api/inner"
    keys = (shared_host.function_key, shared_host.system_key, shared_host.master_key)

    assert [401, 401, 200] == [call(url, headers={"x-functions-key": each}).status for each in keys]
    assert 201 == call(f"{shared_host.url}/api/echo/a?code={shared_host.master_key}").status
    assert 401 == call(f"{shared_host.url}/api/echo/a?code={shared_host.system_key}").status


def test_a_function_that_raises_is_500_and_says_nothing(shared_host: FunctionsHost) -> None:
    """The log has the trace, the caller does not."""
    reply = call(f"{shared_host.url}/api/raise")

    assert (500, b"") == (reply.status, reply.body)


def test_an_answer_over_the_limit_is_given_up(shared_host: FunctionsHost, shared_seen: Seen) -> None:
    """The caller gets 504; the function runs to its end."""
    file = uuid.uuid4().hex
    reply = call(f"{shared_host.url}/api/wait/{file}")
    shared_seen.release(file)

    assert 504 == reply.status
    assert 200 == call(f"{shared_host.url}/api/wait/{file}").status
