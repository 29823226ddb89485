"""Who calls, by the token of a request."""

from typing import Protocol

from recording.core.callers import Issuer, Proven


class Callers(Protocol):
    """Proves tokens. Nothing of a token is in an error: whoever is refused could write it into the log."""

    def prove(self, issuer: Issuer, token: str) -> Proven:
        """What the token says, if this issuer has signed it for us. Whether it holds now is not looked at.

        Raises:
            CallerUnproven: it is none of the issuer's, or not for us, or no token of this issuer is accepted.
            KeysUnavailable: the issuer's keys cannot be had.
        """
