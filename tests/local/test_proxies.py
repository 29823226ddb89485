"""Requests to this machine take no proxy, and all others are not affected."""

from collections.abc import Mapping

import pytest
from requests.utils import should_bypass_proxies

from local.proxies import past_proxies

PROXIES = dict.fromkeys(
    ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"), "http://proxy.invalid:1"
)


@pytest.mark.parametrize(
    ("given", "direct"),
    [
        ({}, {"127.0.0.1", "localhost"}),
        ({"no_proxy": "one.example"}, {"127.0.0.1", "localhost", "one.example"}),
        ({"NO_PROXY": "one.example, .two.example"}, {"127.0.0.1", "localhost", "one.example", "x.two.example"}),
        ({"NO_PROXY": "", "no_proxy": ""}, {"127.0.0.1", "localhost"}),
        ({"NO_PROXY": "127.0.0.1"}, {"127.0.0.1", "localhost"}),
        ({"NO_PROXY": "*"}, {"127.0.0.1", "localhost", "one.example", "x.two.example", "three.example"}),
    ],
)
def test_this_machine_is_reached_past_every_proxy(
    monkeypatch: pytest.MonkeyPatch, given: Mapping[str, str], direct: set[str]
) -> None:
    """The hosts that the environment excludes already stay excluded."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (PROXIES | dict(given) | past_proxies(given)).items():
        monkeypatch.setenv(name, value)
    asked = ("127.0.0.1", "localhost", "one.example", "x.two.example", "three.example")
    assert direct == {host for host in asked if should_bypass_proxies(f"http://{host}/", None)}
