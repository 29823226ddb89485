"""Who calls over HTTP: what the host asks for, and what the app finds in the request."""

from collections.abc import Mapping

import azure.functions as func

from recording.bootstrap import App
from recording.core.callers import ApiAuth, Caller
from recording.settings import api_auth_of


def http_auth_level(environment: Mapping[str, str]) -> func.AuthLevel:
    """What the host asks of callers of the API. It must be known when the functions are indexed, and cannot fail.

    Where tokens alone are asked for the host lets everybody in, and the app refuses. If the setting is wrong the host
    asks for the key, and the app answers that its settings are wrong.
    """
    return func.AuthLevel.ANONYMOUS if api_auth_of(environment) is ApiAuth.ENTRA else func.AuthLevel.FUNCTION


def authorization_of(req: func.HttpRequest) -> str | None:
    """The header in which a token comes."""
    found: str | None = req.headers.get("Authorization")
    return found


def caller_of(req: func.HttpRequest, app: App, operation: str) -> Caller:
    """Who calls this operation of the API.

    Raises:
        CallerUnproven, CallerNotAllowed, KeysUnavailable: see `Admitting.admit`.
    """
    return app.admitting.admit(operation, authorization_of(req))
