"""Compiles and runs the source and the sink: small C programs, which take little CPU beside the clients."""

import http.client
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme

from bench.measuring import Failed

NATIVE = Path(__file__).parent / "native"
SOURCE_HOST = "bench.asm.skype.com"
"""A host in the app's allow-list; it is reached only through the source's own CONNECT."""
ACCOUNT = "bench"
ACCOUNT_KEY = "YmVuY2g="
TOKEN = "sv=2021-12-02&sr=c&sp=rwcdl&se=2036-01-01T00:00:00Z&sig=none"  # noqa: S105 - the sink checks no signature
"""A shared access signature: some contenders accept nothing else, and a deployed app signs no request either."""
CONTAINER = "recordings"
_FLAGS = ["-O2", "-Wall", "-Wextra", "-pthread"]


class Unavailable(Exception):
    """Something that a case or a contender needs is not installed; the message says what, and how to install it."""


class Programs:
    """The compiled programs.

    Attributes:
        folder: contains them, and the CA.
        ca: the certificate to trust; None without TLS.
    """

    def __init__(self, folder: Path) -> None:
        """Compile into `folder`.

        Raises:
            Unavailable: this is not Linux, or there is no C compiler.
        """
        if sys.platform != "linux":
            raise Unavailable("it needs Linux: /proc, sendfile and the like")
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise Unavailable("no C compiler; on Debian: apt-get install gcc libc6-dev")
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        tls = ["-DWITH_TLS", "-lssl", "-lcrypto"] if _has_openssl(compiler) else []
        for program in ("source", "sink"):
            _compile(compiler, NATIVE / f"{program}.c", folder / program, tls)
        self.ca: Path | None = None
        self.certificate: Path | None = None
        if tls:
            self._certify()

    def _certify(self) -> None:
        authority = trustme.CA(organization_name="Bench")
        leaf = authority.issue_cert("127.0.0.1", "localhost", SOURCE_HOST)
        self.ca, self.certificate = self.folder / "ca.pem", self.folder / "server.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        leaf.private_key_and_cert_chain_pem.write_to_path(str(self.certificate))
        self.certificate.chmod(0o600)

    def source(self, rate: int = 0, latency_ms: int = 0) -> "Server":
        """A source; `rate` in bytes per second for each connection, 0 for no limit."""
        return Server([self.folder / "source", str(rate), str(latency_ms)], self.certificate)

    def sink(self, *, keep: bool = False) -> "Server":
        """A sink that discards bodies, or keeps them in memory."""
        return Server([self.folder / "sink", "keep" if keep else "null"], self.certificate)


def _compile(compiler: str, source: Path, program: Path, extra: list[str]) -> None:
    libraries = [flag for flag in extra if flag.startswith("-l")]
    defines = [flag for flag in extra if not flag.startswith("-l")]
    subprocess.run([compiler, *_FLAGS, *defines, str(source), "-o", str(program), *libraries], check=True)


def _has_openssl(compiler: str) -> bool:
    tried = subprocess.run(
        [compiler, "-fsyntax-only", "-x", "c", "-"],
        input=b"#include <openssl/ssl.h>\n",
        capture_output=True,
        check=False,
    )
    return tried.returncode == 0


class Server:
    """One running source or sink; it ends with this process, however that ends."""

    def __init__(self, command: list[Path | str], certificate: Path | None) -> None:
        """Start it and read its port."""
        full = [str(part) for part in command] + ([str(certificate)] if certificate else [])
        self._process = subprocess.Popen(full, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout  # noqa: S101 - PIPE was asked for; Popen's type cannot say so
        self.port = int(self._process.stdout.readline())
        self._control = http.client.HTTPConnection("127.0.0.1", self.port)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    @property
    def http(self) -> str:
        """Base URL without TLS."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def https(self) -> str:
        """Base URL with TLS, by address."""
        return f"https://127.0.0.1:{self.port}"

    def stats(self) -> dict[str, int]:
        """Its counters since the last reset."""
        return self._ask("stats")

    def reset(self) -> None:
        """Count from zero; a sink forgets its blobs."""
        self._ask("reset")

    def _ask(self, what: str) -> dict[str, int]:
        self._control.request("GET", f"/-/{what}")
        found: dict[str, int] = json.loads(self._control.getresponse().read())
        return found


@dataclass(frozen=True, slots=True)
class Place:
    """A source and a sink. With `ca` both use TLS: the source by name through its own CONNECT, the sink by address."""

    source: Server
    sink: Server
    ca: Path | None = None

    def source_url(self, size: int) -> str:
        """The URL of a chunk of this size, for a tool."""
        base = f"https://{SOURCE_HOST}" if self.ca else self.source.http
        return f"{base}/v1/objects/bench/content/{size}"

    @property
    def source_base(self) -> str | None:
        """The source's base URL without TLS; None with TLS, where the engine uses its real transport."""
        return None if self.ca else self.source.http

    @property
    def sink_base(self) -> str:
        """The sink's base URL."""
        return self.sink.https if self.ca else self.sink.http

    def environment(self) -> dict[str, str]:
        """The proxy and certificate settings for a client."""
        if self.ca is None:
            return {}
        trusted = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(self.ca))
        return {**trusted, "HTTPS_PROXY": self.source.http, "NO_PROXY": "127.0.0.1"}

    def reset(self) -> None:
        """Count from zero."""
        self.source.reset()
        self.sink.reset()

    def check(self, name: str, size: int) -> None:
        """Compare a run with the servers' counters.

        Raises:
            Failed: the bytes read or committed are not those of the chunk.
        """
        read, committed = self.source.stats()["bytes"], self.sink.stats()["committed"]
        if read < size or committed != size:
            raise Failed(f"{name}: read {read} of {size} bytes, and committed {committed}")
