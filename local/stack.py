"""The whole stack on one machine: Azurite, the local ACS and Event Grid, and the Functions host with the app."""

import base64
import contextlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import requests
from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueServiceClient

from local.acs import LocalAcs
from local.azurite import Azurite
from local.entra import LocalEntra
from local.eventgrid import LocalEventGrid
from local.eventgrid.deadletters import ContainerStore
from local.host import FunctionsHost
from local.net.hosts import APP_HOST, LOGIN_HOST, TOPIC_HOST
from local.policies import everything
from recording.core.formats.events import RECORDING_FILE_STATUS_UPDATED
from recording.settings import CHUNK_QUEUE, EVENT_QUEUE, OURS, QUEUES

ROOT = Path(__file__).parents[1]
CONTAINERS = tuple(str(OURS[f"{key}_CONTAINER"].default) for key in ("ARCHIVE", "QUARANTINE", "JOURNAL", "DEAD_LETTER"))
ARCHIVE, QUARANTINE, JOURNAL, DEAD_LETTERS = CONTAINERS
TABLE, OPEN_TABLE, RECORDS_TABLE = (str(OURS[key].default) for key in ("CATALOG_TABLE", "OPEN_TABLE", "RECORDS_TABLE"))
EXPORTS = str(OURS["EXPORT_CONTAINER"].default)
PROBE, TRAIL = (str(OURS[f"{key}_CONTAINER"].default) for key in ("PROBE", "TRAIL"))
NATIVE = "customer-recordings"
"""A container of the customer's, into which the local service may write."""
Delivery = Literal["function", "queue"]
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.25
"""Seconds between two looks at what is awaited: mostly a request to the app, which keeps it from its work."""
_QUICK = {
    # Seconds instead of minutes, by settings that the app and the real host also read from the environment.
    "RETRY_FIRST_SECONDS": "1",
    "RETRY_LONGEST_SECONDS": "4",
    "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01",
    "AzureFunctionsJobHost__extensions__queues__maxDequeueCount": "1000000",
    "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:00.500",
    "LOCAL_HOST_LEASE_SECONDS": "5",
}


class Stack:
    """All parts, started in order and stopped in reverse; a context manager.

    Attributes:
        acs: the local Communication Services; tests read and change `acs.world`.
        event_grid: the local Event Grid.
        entra: the local Entra.
        subscription: to the app's trigger or its queue.
        before_publish: called with each file event before Event Grid gets it; a fault armed there affects the copy.
        host: the Functions host's process.
    """

    def __init__(  # noqa: PLR0913 - each has a default, and is named
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        policy: Callable[[str], str] = everything,
        media: Mapping[str, Path] | None = None,
        media_folder: Path | None = None,
        app: Path = ROOT,
        port: int = 0,
        delivery: Delivery = "function",
        with_host: bool = True,
    ) -> None:
        """Prepare.

        Args:
            folder: where all state and logs of this run go.
            settings: app settings beside those that the stack makes.
            policy: the text of the policy, given the native container.
            media: the user's own files by format, instead of made ones.
            media_folder: where made media is kept between runs.
            app: the folder of function_app.py.
            port: of the Functions host; 0 for a free one.
            delivery: of file events: to the Event Grid trigger, or directly into the queue of events.
            with_host: False leaves the host to Core Tools; `subscribe` once it runs.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._settings = dict(settings or {})
        self._policy = policy
        self._app = app
        self._port = port
        self._delivery = delivery
        self._with_host = with_host
        self._running = contextlib.ExitStack()
        self.azurite = Azurite(folder / "azurite")
        self.acs = LocalAcs(folder / "acs", self._publish, media=media, media_folder=media_folder)
        self.event_grid = LocalEventGrid(folder / "eventgrid", self.acs.certificates)
        self.entra = LocalEntra(self.acs.certificates)
        self.acs.control.token = lambda roles: self.entra.token(*roles)
        self.acs.control.published = lambda: self.event_grid.topic.received
        self.before_publish: Callable[[dict[str, Any]], None] = lambda _event: None
        self.host: FunctionsHost

    def _publish(self, event: dict[str, Any]) -> None:
        self.before_publish(event)
        self.event_grid.publish(event)

    def __enter__(self) -> Self:
        """Start everything; if one part cannot start, stop the others again."""
        try:
            return self._start()
        except BaseException:
            self._running.close()
            raise

    def _start(self) -> Self:
        self._running.enter_context(self.azurite)
        self._running.enter_context(self.acs)
        self._running.enter_context(self.event_grid)
        self._running.enter_context(self.entra)
        self.acs.tunnel.route(TOPIC_HOST, self.event_grid.topic.port)
        self.acs.tunnel.route(LOGIN_HOST, self.entra.port)
        provision(self.azurite.connection_string)
        self.acs.world.customer_storage = self.azurite.connection_string
        self.event_grid.dead_letters = ContainerStore(self.azurite.connection_string, DEAD_LETTERS)
        self.host = FunctionsHost(self._app, self.environment(), log=self.folder / "host.log", port=self._port)
        if self._with_host:
            self._running.enter_context(self.host)
            self.subscribe()
        return self

    def subscribe(self) -> None:
        """Send callbacks and file events to the app, which must answer the handshake.

        Raises:
            HandshakeError: it does not.
        """
        self.acs.world.front_ends[f"https://{APP_HOST}"] = self.host.url
        self.acs.control.callback_url = f"{self.host.url}/api/calls/callbacks"
        kinds = [RECORDING_FILE_STATUS_UPDATED]
        if self._delivery == "queue":
            self.subscription = self.event_grid.subscribe_queue(self.azurite.connection_string, EVENT_QUEUE, kinds)
        else:
            self.subscription = self.event_grid.subscribe(
                self.host.event_grid_url("recording_file_status_updated"), kinds
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self._running.close()

    def environment(self) -> dict[str, str]:
        """The environment of the Functions host: the app's settings, and the addresses of the local services."""
        acs = self.acs.environment()
        return {
            **_QUICK,
            "LOCAL_HOST_TELEMETRY": str(self.folder),
            "WEBSITE_HOSTNAME": APP_HOST,
            "PARTICIPANT_KEY": base64.b64encode(b"of this machine").decode(),
            "PEOPLE_INDEX_KEY": base64.b64encode(b"of this machine").decode(),
            "AzureWebJobsStorage": self.azurite.connection_string,
            "ARCHIVE_STORAGE": self.azurite.connection_string,
            "RECORDING_POLICY": self._policy(self.native_container),
            "NATIVE_CONTAINERS": self.native_container,
            **acs,
            # The names in lower case take precedence, and may be set on this machine.
            **{name.lower(): acs[name] for name in ("HTTPS_PROXY", "NO_PROXY")},
            **self.event_grid.environment(),
            **self.entra.environment(),
            **self._settings,
        }

    # --- for people and tests ---

    @property
    def native_container(self) -> str:
        """The URL of the container into which the service may write."""
        return self.container(NATIVE).url

    def call(self, method: str, path: str, **options: Any) -> requests.Response:  # noqa: ANN401 - passed on to requests
        """Send a request to the app's HTTP API, with its function key."""
        headers = {"x-functions-key": self.host.function_key, **options.pop("headers", {})}
        return requests.request(method, f"{self.host.url}/api/{path}", headers=headers, timeout=60, **options)

    def call_back(self, body: object, *, authorization: str | None = None) -> requests.Response:
        """Send a callback to the app as Call Automation does: with its token, or that one, and without a key."""
        headers = {
            "Authorization": authorization or self.acs.world.callback_authorization(),
            "Content-Type": "application/json",
        }
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return requests.post(f"{self.host.url}/api/calls/callbacks", content, headers=headers, timeout=60)

    def container(self, name: str = ARCHIVE) -> ContainerClient:
        """A container in Azurite."""
        return BlobServiceClient.from_connection_string(self.azurite.connection_string).get_container_client(name)

    def queue_length(self, name: str = CHUNK_QUEUE) -> int:
        """The number of messages in a queue, visible or not."""
        service = QueueServiceClient.from_connection_string(self.azurite.connection_string)
        return int(service.get_queue_client(name).get_queue_properties().approximate_message_count or 0)

    def clear_messages(self, name: str = CHUNK_QUEUE) -> None:
        """Delete all messages of a queue; without those of the chunks, quarantined chunks are not checked again."""
        service = QueueServiceClient.from_connection_string(self.azurite.connection_string)
        service.get_queue_client(name).clear_messages()

    def archived(self) -> dict[str, dict[str, Any]]:
        """The bodies of the RecordingArchived events that the custom topic has received, by recording id."""
        received = list(self.event_grid.topic.received)
        return {
            event["data"]["recordingId"]: event["data"]
            for event in received
            if event.get("eventType") == "RecordingArchived"
        }


def provision(connection_string: str) -> None:
    """Create what the deployment creates in Azure: containers, tables and queues; and the container of the customer."""
    blob = BlobServiceClient.from_connection_string(connection_string)
    for container in (*CONTAINERS, PROBE, TRAIL, EXPORTS, NATIVE):
        with contextlib.suppress(ResourceExistsError):
            blob.create_container(container)
    tables = TableServiceClient.from_connection_string(connection_string)
    for table in (TABLE, OPEN_TABLE, RECORDS_TABLE):
        tables.create_table_if_not_exists(table)
    for queue in QUEUES:
        with contextlib.suppress(ResourceExistsError):
            QueueServiceClient.from_connection_string(connection_string).create_queue(queue)


def wait_for[T](found: Callable[[], T], what: str, seconds: float = 60.0) -> T:
    """Evaluate until the result is true.

    Raises:
        TimeoutError: it never was; says what was awaited.
    """
    due, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while not (answer := found()):
        if time.monotonic() > due:
            message = f"waited {seconds:.0f} s in vain for {what}"
            raise TimeoutError(message)
        time.sleep(pause)
        pause = min(pause * 1.3, _LONGEST_PAUSE)
    return answer


logging.getLogger("azure").setLevel(logging.WARNING)
