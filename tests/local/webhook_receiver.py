"""A webhook that answers the handshake, records what it receives, and answers with given statuses."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """The received events; `statuses` are the next answers, then 200."""

    url: str = ""
    polite: bool = True
    statuses: list[int] = field(default_factory=list)
    pause: float = 0.0
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ids(self) -> list[str]:
        """The ids of the events, in order of arrival."""
        with self.lock:
            return [event["id"] for body in self.bodies for event in (body if isinstance(body, list) else [body])]

    def take(self, body: object, headers: dict[str, str]) -> int:
        """Record one delivery; returns the status to answer."""
        with self.lock:
            self.bodies.append(body)
            self.headers.append(headers)
            return self.statuses.pop(0) if self.statuses else 200


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()

    class Webhook(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self.send_response(200)
            if receiver.polite:
                self.send_header("WebHook-Allowed-Origin", self.headers["WebHook-Request-Origin"])
            self.end_headers()

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer: dict[str, str] = {}
            status = 200
            if self.headers["aeg-event-type"] == "SubscriptionValidation":
                code = body[0]["data"]["validationCode"]
                answer = {"validationResponse": code if receiver.polite else "something else"}
            else:
                status = receiver.take(body, {key.lower(): value for key, value in self.headers.items()})
                time.sleep(receiver.pause)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?code=secret"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
