"""The deep health check of the whole app, with storage and a service that misbehave: it fails as copies would."""

import pytest

from local.acs import LocalAcs
from local.faultproxy import FaultProxy
from local.faultproxy.operations import Operation
from local.stack import ARCHIVE, NATIVE, PROBE
from recording.bootstrap import App, compose
from recording.settings import QUEUES
from tests.contracts.apps import settings_of

STORAGE_CHECKS = {
    "archive",
    "catalog",
    "open work",
    "container recordings",
    "index",
    "container recordings-deadletter",
    "container recordings-exports",
    "container recordings-journal",
    "container recordings-quarantine",
    "container recordings-trail",
    *(f"queue {queue}" for queue in QUEUES),
}


pytestmark = pytest.mark.usefixtures("closed_connections")


@pytest.fixture
def app(acs: LocalAcs, proxy: FaultProxy) -> App:
    """The app over them."""
    return compose(settings_of(acs, proxy.connection_string))


def problems(app: App) -> dict[str, str]:
    """What is wrong, by check."""
    return {finding.name: finding.problem for finding in app.probing.ask().result() if finding.problem}


def test_all_is_well_and_no_probe_is_left(app: App, proxy: FaultProxy) -> None:
    before = len(proxy.requests)
    findings = app.probing.ask().result()

    assert STORAGE_CHECKS | {"communication", "people", "retention", "starting", "sweep"} == {
        finding.name for finding in findings
    }
    assert [] == [finding for finding in findings if finding.problem]
    asked = [request for request in proxy.requests[before:] if f"/{PROBE}/" in request.path]
    assert ("delete", 1) == (asked[-1].operation, len({request.path for request in asked}))


@pytest.mark.parametrize(
    ("operation", "check"),
    [
        ("stage", "archive"),
        ("commit", "archive"),
        ("put", "archive"),
        ("read", "archive"),
        ("delete", "archive"),
    ],
)
def test_what_a_copy_may_not_do_is_found(app: App, proxy: FaultProxy, operation: Operation, check: str) -> None:
    proxy.arm("authorization_failure_403", operation, count=None)
    found = problems(app)

    assert {check} == set(found)
    assert "403 AuthorizationFailure" in found[check]
    assert "role" in found[check]


@pytest.mark.parametrize("fault", ["damaged_reply", "container_not_found_404"])
def test_what_a_copy_would_not_believe_is_found(app: App, proxy: FaultProxy, fault: str) -> None:
    proxy.arm(fault, "read", count=None)

    assert {"archive"} == set(problems(app))


def test_a_storage_account_that_refuses_is_found_at_every_service(app: App, proxy: FaultProxy) -> None:
    proxy.arm("authorization_failure_403", count=None)

    assert STORAGE_CHECKS | {"sweep"} == set(problems(app))


@pytest.mark.parametrize(
    ("setting", "value", "checks"),
    [
        ("PROBE_CONTAINER", "missing-probe", {"archive"}),
        ("ARCHIVE_CONTAINER", "missing-archive", {"container missing-archive"}),
        ("DEAD_LETTER_CONTAINER", "missing-letters", {"container missing-letters"}),
        ("CATALOG_TABLE", "missing", {"catalog"}),
        ("RECORDS_TABLE", "missing", {"index"}),
        ("EXPORT_CONTAINER", "missing-exports", {"container missing-exports"}),
        ("OPEN_TABLE", "missing", {"open work", "sweep"}),
    ],
)
def test_what_was_never_deployed_is_found(
    acs: LocalAcs, proxy: FaultProxy, setting: str, value: str, checks: set[str]
) -> None:
    found = problems(compose(settings_of(acs, proxy.connection_string, **{setting: value})))

    assert checks == set(found)
    assert all("exists" in problem for problem in found.values())


def test_a_native_container_that_cannot_be_read_is_found(acs: LocalAcs, proxy: FaultProxy) -> None:
    """The others are well: what the service writes elsewhere is no reason to doubt the archive."""
    accounts = [part.partition("=")[2] for part in proxy.connection_string.split(";") if part.startswith("Blob")]
    (account,) = (url.rstrip("/") for url in accounts)
    wanted = {"NATIVE_CONTAINERS": f"{account}/{ARCHIVE}-native,{account}/{NATIVE}"}
    found = problems(compose(settings_of(acs, proxy.connection_string, **wanted)))

    assert {f"container {account.partition('://')[2]}/{ARCHIVE}-native"} == set(found)


def test_a_wrong_key_of_the_service_is_found(acs: LocalAcs, proxy: FaultProxy) -> None:
    assert {"communication"} == set(
        problems(compose(settings_of(acs, proxy.connection_string, ACS_ACCESS_KEY="d3Jvbmc=")))
    )
