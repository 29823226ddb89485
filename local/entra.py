"""A local Entra: one tenant, whose tokens are signed by a key of its own, and the document of its keys."""

import uuid
from datetime import timedelta

from aiohttp import web

from local.net.background import Background
from local.net.certificates import Certificates
from local.net.hosts import LOGIN_HOST
from local.net.listener import Listener
from local.net.tokens import TokenIssuer

TENANT = "0f5c1a2b-1111-2222-3333-444455556666"
API = "api://recording-archive"
"""The audience of tokens for the app's API."""
WEBHOOK = "api://recording-archive-events"
"""The audience of Event Grid's tokens."""
_SUBSCRIBER = "AzureEventGridSecureWebhookSubscriber"
_EVENT_GRID = "4962773b-9cdb-44cf-a8bf-237846a00ab7"
_HOUR = timedelta(hours=1)


class LocalEntra(Background):
    """Issues tokens to whoever asks in this process, and serves the tenant's keys over TLS; a context manager."""

    def __init__(self, certificates: Certificates) -> None:
        """Prepare; nothing listens before `start`. Route its host to `port` in the tunnel."""
        super().__init__("local-entra")
        self._certificates = certificates
        self._listener = Listener(self._serve)
        self.issuer = TokenIssuer(f"https://{LOGIN_HOST}/{TENANT}/v2.0")

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.port

    def environment(self) -> dict[str, str]:
        """The settings by which the app accepts its tokens; but those of Event Grid, which sends none by default."""
        return {"ENTRA_TENANT_ID": TENANT, "API_AUDIENCES": API}

    def token(self, *roles: str, object_id: str = "") -> str:
        """A token for the API, of a caller with these roles."""
        who = {"oid": object_id or str(uuid.uuid4()), "tid": TENANT, "roles": list(roles)}
        return self.issuer.sign(self.issuer.claims(API, _HOUR, **who))

    def event_grid_token(self) -> str:
        """The token by which Event Grid shows who it is."""
        who = {"azp": _EVENT_GRID, "tid": TENANT, "roles": [_SUBSCRIBER]}
        return self.issuer.sign(self.issuer.claims(WEBHOOK, _HOUR, **who))

    async def _open(self) -> None:
        await self._listener.start(self._certificates.server_context())

    async def _close(self) -> None:
        await self._listener.stop()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path != f"/{TENANT}/discovery/v2.0/keys":
            return web.Response(status=404)
        return web.json_response(self.issuer.document)
