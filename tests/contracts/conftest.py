"""The services that the adapters are tested against, started once for all suites; each test has its own names."""

import ssl
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import trustme
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueClient

from local.acs import LocalAcs
from local.azurite import Azurite
from local.eventgrid import LocalEventGrid
from local.faultproxy import FaultProxy
from local.net.hosts import TOPIC_HOST
from local.stack import provision
from recording.adapters import clients
from recording.adapters.catalog import TableCatalog
from recording.adapters.http_transport import Urllib3Transport
from recording.adapters.index import TableIndex
from recording.adapters.ledger import TableLedger
from recording.adapters.queue import StorageEventQueue, StorageQueue
from recording.core.model import RecordingId
from recording.ports import Catalog, Index
from tests.contracts.catalogs import TABLE, RealCatalog
from tests.contracts.containers import Container, FakeContainer, RealContainer
from tests.contracts.exchanges import HOST
from tests.contracts.faulty_transport import FaultyTransport
from tests.contracts.inventories import FakeListed, Listed, RealListed
from tests.contracts.queues import InMemory, Queue, RealQueue
from tests.contracts.stores import FakeStore, OfContainer, OfService, Readable, RealStore, Store
from tests.contracts.trails import FakeTrails, RealTrails, Trails
from tests.fakes import FakeCatalog, FakeIndex

SURROUNDINGS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Blob, Queue and Table storage."""
    with Azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture(scope="session")
def acs_started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAcs]:
    """Local Communication Services behind their tunnel."""
    with LocalAcs(tmp_path_factory.mktemp("acs"), lambda _: None) as running:
        yield running


@pytest.fixture
def acs(acs_started: LocalAcs, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAcs]:
    """The same, without faults after each test. Each test uses the tunnel, as the app does."""
    for name, value in acs_started.environment().items():
        monkeypatch.setenv(name, value)
    yield acs_started
    acs_started.world.faults.clear()


@pytest.fixture(scope="session")
def event_grid_started(acs_started: LocalAcs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEventGrid]:
    """The custom topic, behind the same tunnel."""
    with LocalEventGrid(tmp_path_factory.mktemp("grid"), acs_started.certificates) as running:
        acs_started.tunnel.route(TOPIC_HOST, running.topic.port)
        yield running


@pytest.fixture
def event_grid(event_grid_started: LocalEventGrid, acs: LocalAcs) -> LocalEventGrid:
    """The same, reached through the tunnel."""
    return event_grid_started


@pytest.fixture
def mark() -> str:
    """A text that is unique to this test."""
    return uuid.uuid4().hex[:16]


@pytest.fixture
def real_container(azurite: Azurite, mark: str) -> Iterator[RealContainer]:
    """A container in Azurite."""
    container = RealContainer(azurite, f"c-{mark}")
    yield container
    container.close()


@pytest.fixture(params=["fake", "real"])
def container(request: pytest.FixtureRequest) -> Container:
    """The fake, then the real one."""
    found: Container = FakeContainer() if request.param == "fake" else request.getfixturevalue("real_container")
    return found


@pytest.fixture
def real_listed(azurite: Azurite, mark: str) -> Iterator[RealListed]:
    """A container in Azurite."""
    listed = RealListed(azurite, f"l-{mark}")
    yield listed
    listed.close()


@pytest.fixture(params=["fake", "real"])
def listed(request: pytest.FixtureRequest) -> Listed:
    """The fake, then the real one."""
    found: Listed = FakeListed() if request.param == "fake" else request.getfixturevalue("real_listed")
    return found


@pytest.fixture
def real_trails(azurite: Azurite, mark: str) -> Iterator[RealTrails]:
    """A container in Azurite."""
    trails = RealTrails(azurite, f"t-{mark}")
    yield trails
    trails.close()


@pytest.fixture(params=["fake", "real"])
def trails(request: pytest.FixtureRequest) -> Trails:
    """The fake, then the real one."""
    found: Trails = FakeTrails() if request.param == "fake" else request.getfixturevalue("real_trails")
    return found


@pytest.fixture
def real_store(acs: LocalAcs) -> Iterator[RealStore]:
    """The source's adapter and the local service."""
    store = RealStore(acs)
    yield store
    store.close()


@pytest.fixture(params=["fake", "real"])
def store(request: pytest.FixtureRequest) -> Store:
    """The fake, then the real one."""
    found: Store = FakeStore() if request.param == "fake" else request.getfixturevalue("real_store")
    return found


@pytest.fixture(params=["fake_store", "real_store", "fake_container", "real_container"])
def readable(request: pytest.FixtureRequest) -> Readable:
    """Each source that can be read: the service's and our own, the fake and then the real one."""
    if request.param == "fake_store":
        return OfService(FakeStore())
    if request.param == "fake_container":
        return OfContainer(FakeContainer())
    found = request.getfixturevalue(request.param)
    return OfService(found) if request.param == "real_store" else OfContainer(found)


@pytest.fixture(scope="session")
def table(azurite: Azurite) -> str:
    """One table for all tests: each test has its own recordings."""
    with TableServiceClient.from_connection_string(azurite.connection_string) as service:
        service.create_table(TABLE)
    return azurite.connection_string


@pytest.fixture
def real_catalog(table: str) -> Iterator[RealCatalog]:
    """The adapter over that table."""
    network = FaultyTransport()
    with (
        closing(clients.table(TABLE, table, transport=network, retries=0)) as mine,
        closing(clients.table(TABLE, table)) as rivals,
        closing(clients.table("missing", table, transport=network, retries=0)) as missing,
        TableServiceClient.from_connection_string(table) as aside,
    ):
        yield RealCatalog(
            TableCatalog(mine), TableCatalog(rivals), TableCatalog(missing), network, aside.get_table_client(TABLE)
        )


@pytest.fixture
def real_ledger(table: str) -> Iterator[tuple[TableLedger, FaultyTransport]]:
    """The adapter over that table, and the network to it; nothing is retried."""
    network = FaultyTransport()
    with closing(clients.table(TABLE, table, transport=network, retries=0)) as rows:
        yield TableLedger(rows), network


@pytest.fixture
def real_index(table: str) -> Iterator[TableIndex]:
    """The adapter over that table; nothing is retried."""
    with closing(clients.table(TABLE, table, retries=0)) as rows:
        yield TableIndex(rows)


@pytest.fixture(params=["fake", "real"])
def index(request: pytest.FixtureRequest) -> Index:
    """The fake, then the real one."""
    if request.param == "fake":
        return FakeIndex()
    found: Index = request.getfixturevalue("real_index")
    return found


@pytest.fixture(params=["fake", "real"])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    """The fake, then the real one."""
    if request.param == "fake":
        return FakeCatalog()
    found: Catalog = request.getfixturevalue("real_catalog").catalog
    return found


@pytest.fixture
def real_queue(azurite: Azurite, mark: str) -> Iterator[RealQueue]:
    """The adapter over a queue that is unique to this test."""
    network = FaultyTransport()
    storage = azurite.connection_string
    with (
        QueueClient.from_connection_string(storage, f"q{mark}", transport=network, retry_total=0) as client,
        QueueClient.from_connection_string(storage, f"q{mark}-missing", transport=network, retry_total=0) as no,
        QueueClient.from_connection_string(storage, f"q{mark}") as aside,
    ):
        aside.create_queue()
        yield RealQueue(StorageQueue(client, client), StorageEventQueue(client), StorageQueue(no, no), network, aside)


@pytest.fixture(params=["fake", "real"])
def queue(request: pytest.FixtureRequest) -> Queue:
    """The fake, then the real one."""
    found: Queue = InMemory() if request.param == "fake" else request.getfixturevalue("real_queue")
    return found


@pytest.fixture(scope="session")
def provisioned(azurite: Azurite) -> Azurite:
    """The storage, with all that the deployment creates."""
    provision(azurite.connection_string)
    return azurite


@pytest.fixture
def proxy(provisioned: Azurite) -> Iterator[FaultProxy]:
    """A fault proxy before it."""
    with FaultProxy(provisioned.connection_string) as running:
        yield running


@pytest.fixture
def closed_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Closes, after the test, the connections that a composed app keeps for as long as it lives."""
    with ExitStack() as made:
        monkeypatch.setattr(clients, "_transport", lambda: made.enter_context(closing(Urllib3Transport(8))))
        yield


@pytest.fixture
def recording_id(mark: str) -> RecordingId:
    """A recording that is unique to this test."""
    return RecordingId(f"recording-{mark}")


# The transport alone, with scripted servers


@pytest.fixture(scope="module")
def surroundings() -> Iterator[None]:
    """Hides the machine's own proxy and certificate settings from the suites that use this."""
    with pytest.MonkeyPatch.context() as patch:
        for name in SURROUNDINGS:
            patch.delenv(name, raising=False)
            patch.delenv(name.lower(), raising=False)
        yield


@pytest.fixture
def transport() -> Iterator[Urllib3Transport]:
    """The transport under test."""
    with closing(Urllib3Transport(8)) as opened:
        yield opened


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The authority that signs the servers' certificates."""
    return trustme.CA()


@pytest.fixture(scope="module")
def certified(authority: trustme.CA) -> ssl.SSLContext:
    """A server's TLS context."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", HOST).configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets the environment so that the servers are trusted."""
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))


@pytest.fixture(params=["plain", "tls"])
def tls(request: pytest.FixtureRequest) -> ssl.SSLContext | None:
    """Without TLS and with it."""
    if request.param == "plain":
        return None
    request.getfixturevalue("trusted")
    found: ssl.SSLContext = request.getfixturevalue("certified")
    return found
