"""A local certificate authority, and the one server certificate that all local TLS servers share."""

import ssl
from pathlib import Path

import trustme

from local.net.hosts import CERTIFIED_NAMES


class Certificates:
    """Makes a CA and a server certificate; `ca_pem` is the file a client has to trust."""

    def __init__(self, folder: Path) -> None:
        """Write the CA's certificate into `folder` as `ca.pem`; private keys stay in memory."""
        folder.mkdir(parents=True, exist_ok=True)
        self._authority = trustme.CA(organization_name="Local recording archive")
        self._leaf = self._authority.issue_cert(*CERTIFIED_NAMES)
        self.ca_pem = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca_pem))

    def server_context(self) -> ssl.SSLContext:
        """A TLS context for a server of any certified name."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._leaf.configure_cert(context)
        return context
