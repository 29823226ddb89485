"""Requests to this machine take no proxy, whatever the environment names."""

from collections.abc import Mapping

_HERE = ("127.0.0.1", "localhost")
_NAMES = ("no_proxy", "NO_PROXY")


def past_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that exclude this machine from proxies, with the hosts that they exclude already.

    In both spellings: a program may read either.
    """
    hosts = next((environment[name] for name in _NAMES if environment.get(name)), "")
    if hosts.strip() == "*":  # no proxy at all; valid only alone
        return dict.fromkeys(_NAMES, "*")
    named = [host.strip() for host in hosts.split(",") if host.strip()]
    return dict.fromkeys(_NAMES, ",".join(dict.fromkeys((*named, *_HERE))))
