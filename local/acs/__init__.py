"""A local Azure Communication Services: recordings over the REST API, real media, and named faults."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local.acs.control import ControlApi
from local.acs.events import RESOURCE_ID
from local.acs.media import MediaLibrary
from local.acs.production import Production
from local.acs.server import TlsServer
from local.acs.world import World
from local.net.background import Background
from local.net.certificates import Certificates
from local.net.hosts import ACS_HOST, CALLBACK_HOST, MEDIA_SUFFIX
from local.net.tunnel import Tunnel


class LocalAcs(Background):
    """The service, its tunnel and its control API, on a thread of their own; a context manager.

    Attributes:
        world: the state, which tests read and change.
        tunnel: the proxy; `tunnel.route(host, port)` routes another host to a local TLS server.
        certificates: the CA, and TLS contexts for other local servers.
    """

    def __init__(
        self,
        folder: Path,
        publish: Callable[[dict[str, Any]], None],
        *,
        media: Mapping[str, Path] | None = None,
        media_folder: Path | None = None,
        callback_url: str | None = None,
        control_port: int = 0,
    ) -> None:
        """Prepare; nothing listens before `start`.

        Args:
            folder: where certificates and media of this run go.
            publish: called with each event, in the Event Grid schema, on threads of the service.
            media: the user's own files by format, instead of made ones.
            media_folder: where made media is kept between runs; below `folder` without it.
            callback_url: where the control API sends CallConnected callbacks.
            control_port: 0 for any free one.
        """
        super().__init__("local-acs")
        self.certificates = Certificates(folder)
        self.world = World(folder / "objects")
        self.tunnel = Tunnel(self.world.log.refuse)
        self._server = TlsServer(self.world, self.certificates.server_context())
        self._production = Production(self.world, MediaLibrary(media_folder or folder / "media", media), publish)
        self.control = ControlApi(self.world, callback_url, control_port)

    @property
    def control_url(self) -> str:
        """Base URL of the control API."""
        return f"http://127.0.0.1:{self.control.port}"

    @property
    def tls_port(self) -> int:
        """The port that all served hosts share, for further routes."""
        return self._server.port

    @property
    def endpoint(self) -> str:
        """The ACS endpoint, reachable through the tunnel alone."""
        return f"https://{ACS_HOST}"

    def environment(self) -> dict[str, str]:
        """The environment variables that lead a process to this service instead of the real one."""
        bundle = str(self.certificates.ca_pem)
        return {
            "ACS_ENDPOINT": self.endpoint,
            "ACS_ACCESS_KEY": self.world.access_key,
            "ACS_RESOURCE_IDS": RESOURCE_ID,
            "HTTPS_PROXY": self.tunnel.url,
            "NO_PROXY": "127.0.0.1,localhost",
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "NODE_EXTRA_CA_CERTS": bundle,
        }

    async def _open(self) -> None:
        await self._server.start()
        self.tunnel.route(ACS_HOST, self._server.port)
        self.tunnel.route(CALLBACK_HOST, self._server.port)
        self.tunnel.route(MEDIA_SUFFIX, self._server.port)
        await self.tunnel.start()
        await self.control.start()

    def stop(self) -> None:
        """Stop the servers and cancel pending work."""
        self._production.stop()
        super().stop()

    async def _close(self) -> None:
        await self.control.stop()
        await self.tunnel.stop()
        await self._server.stop()
