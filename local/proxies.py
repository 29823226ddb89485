"""What goes to this machine goes there straight, whatever proxies the environment names."""

from collections.abc import Mapping

_HERE = ("127.0.0.1", "localhost")
_NAMES = ("no_proxy", "NO_PROXY")


def past_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that keep requests to this machine away from proxies, beside those that they keep away already.

    In both spellings: whoever reads the one that the user has not set would not see ours.
    """
    hosts = next((environment[name] for name in _NAMES if environment.get(name)), "")
    if hosts.strip() == "*":  # no proxy at all; means that only alone
        return dict.fromkeys(_NAMES, "*")
    named = [host.strip() for host in hosts.split(",") if host.strip()]
    return dict.fromkeys(_NAMES, ",".join(dict.fromkeys((*named, *_HERE))))
