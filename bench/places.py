"""Where a case is played: one source, one sink, with or without TLS, and what a client's environment says of them."""

from dataclasses import dataclass
from pathlib import Path

from bench.servers import ACCOUNT, CONTAINER, SOURCE_HOST, Server


@dataclass(frozen=True, slots=True)
class Place:
    """A source and a sink. With `ca` all is TLS: the source by name through its own CONNECT, the sink by address."""

    source: Server
    sink: Server
    ca: Path | None = None

    def source_url(self, size: int) -> str:
        """Where a tool finds a chunk of that size."""
        base = f"https://{SOURCE_HOST}" if self.ca else self.source.http
        return f"{base}/v1/objects/bench/content/{size}"

    @property
    def source_base(self) -> str | None:
        """For the engine's plain transport; None where it goes its real way."""
        return None if self.ca else self.source.http

    @property
    def sink_base(self) -> str:
        """The sink's base URL."""
        return self.sink.https if self.ca else self.sink.http

    def blob_url(self, name: str) -> str:
        """A blob's URL."""
        return f"{self.sink_base}/{ACCOUNT}/{CONTAINER}/{name}"

    def environment(self) -> dict[str, str]:
        """What a client needs to find and to trust both."""
        if self.ca is None:
            return {}
        trusted = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(self.ca))
        return {**trusted, "HTTPS_PROXY": self.source.http, "NO_PROXY": "127.0.0.1"}

    def reset(self) -> None:
        """Count from zero."""
        self.source.reset()
        self.sink.reset()
