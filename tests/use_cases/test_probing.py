"""The deep health check: it fails when copies would, ends in time, and leaves nothing behind."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from recording.core.errors import ArchiveBusy, ArchiveRefused, CallRefused, ServiceBusy, ServiceRefused
from recording.core.model import BlobName, RecordingId
from recording.watch.checks import Checks
from recording.watch.probing import Probing
from tests.copying.copies import Clock
from tests.fakes import FakeArchive, FakeCalls, FakeCatalog, FakeIndex, FakeOpenWork, FakeProbe, FakeProbeQueue
from tests.fakes.archive import Blob

FOREVER = 30.0


@dataclass
class Services:
    """All services of a health check."""

    probe: FakeArchive = field(default_factory=FakeArchive)
    archive: FakeArchive = field(default_factory=FakeArchive)
    queue: FakeProbeQueue = field(default_factory=FakeProbeQueue)
    catalog: FakeCatalog = field(default_factory=FakeCatalog)
    open_work: FakeOpenWork = field(default_factory=FakeOpenWork)
    calls: FakeCalls = field(default_factory=FakeCalls)
    tier: str = "Hot"
    expected_tier: str = "Hot"

    def problems(self) -> Mapping[str, str]:
        """What is wrong, by check."""
        checks = Checks(
            probe=self.probe,
            probed=FakeProbe(self.probe, self.tier),
            tier=self.expected_tier,
            containers={"recordings": self.archive},
            queues={"chunks": self.queue},
            catalog=self.catalog,
            open_work=self.open_work,
            index=FakeIndex(),
            calls=self.calls,
            new_id=uuid.uuid4,
        )
        findings = Probing(checks.all(), Clock()).ask().result()
        assert [
            "archive",
            "container recordings",
            "queue chunks",
            "catalog",
            "open work",
            "index",
            "communication",
        ] == [finding.name for finding in findings]
        return {finding.name: finding.problem for finding in findings if finding.problem}


def test_all_is_well_and_nothing_is_left() -> None:
    services = Services()

    assert {} == services.problems()
    assert ({}, {}) == (services.probe.blobs, services.probe.uncommitted)
    assert {"stage", "commit", "find", "read", "put"} == {operation for operation, _ in services.probe.calls}


@pytest.mark.parametrize("operation", ["stage", "commit", "put", "find", "read"])
@pytest.mark.parametrize("error", [ArchiveBusy("write", "503"), ArchiveRefused("write", "403", hint="check the role")])
def test_each_step_of_a_copy_that_fails_is_found(operation: str, error: Exception) -> None:
    services = Services()

    def fail(met: str, _name: BlobName) -> None:
        if met == operation:
            raise error

    services.probe.before = fail
    assert {"archive"} == set(services.problems())


def changed(blob: Blob, **fields: object) -> Blob:
    """The blob with other values."""
    return replace(blob, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda blob: changed(blob, content=blob.content[::-1]), "other bytes"),
        (lambda blob: changed(blob, content=blob.content[:-1]), "not there as it was"),
        (lambda blob: changed(blob, etag="other"), "not there as it was"),
        (lambda blob: changed(blob, blob_metadata={}), "metadata"),
    ],
    ids=["bytes", "length", "etag", "metadata"],
)
def test_an_archive_that_does_not_hold_what_was_written_is_found(change: Callable[[Blob], Blob], problem: str) -> None:
    services = Services()

    def rewrite(met: str, name: BlobName) -> None:
        if met == "commit":
            services.probe.blobs[name] = change(services.probe.blobs[name])

    services.probe.after = rewrite
    assert problem in services.problems()["archive"]
    assert {} == services.probe.blobs


def test_an_archive_that_overwrites_is_found() -> None:
    services = Services()

    def forget(met: str, name: BlobName) -> None:
        if met == "put":
            del services.probe.blobs[name]

    services.probe.before = forget
    assert "over another" in services.problems()["archive"]


def test_a_blob_in_another_tier_is_found() -> None:
    assert "in the tier Hot, and not in Cool" in Services(expected_tier="Cool").problems()["archive"]
    assert {} == Services(tier="Cool", expected_tier="").problems()


def test_a_container_or_queue_that_is_missing_is_found_with_what_to_do() -> None:
    services = Services(
        probe=FakeArchive(exists=False), archive=FakeArchive(exists=False), queue=FakeProbeQueue(exists=False)
    )
    problems = services.problems()

    assert {"archive", "container recordings", "queue chunks"} == set(problems)
    assert all("exists" in problem for problem in problems.values())


@pytest.mark.parametrize("error", [ServiceRefused("read state", "401"), ServiceBusy("read state", "503")])
def test_a_service_that_refuses_our_credential_or_is_busy_is_found(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    services = Services()

    def state(recording_id: RecordingId) -> str:
        raise error

    monkeypatch.setattr(services.calls, "state", state)

    assert {"communication"} == set(services.problems())


@pytest.mark.parametrize(("status", "is_well"), [(404, True), (400, True), (409, False)])
def test_a_service_that_does_not_know_the_recording_has_answered(
    monkeypatch: pytest.MonkeyPatch, status: int, *, is_well: bool
) -> None:
    """Its credential was accepted before that."""
    services = Services()

    def state(recording_id: RecordingId) -> str:
        raise CallRefused("get state", "refused", status=status)

    monkeypatch.setattr(services.calls, "state", state)
    assert is_well == ({} == services.problems())


# Time


def test_a_check_that_hangs_is_told_and_not_started_again() -> None:
    """The others are told all the same."""
    ended, started = threading.Event(), []

    def hang() -> None:
        started.append(1)
        ended.wait(FOREVER)

    probing = Probing({"hangs": hang, "well": lambda: None}, Clock(), limit=0.01)
    found = [{finding.name: finding.problem for finding in probing.ask().result()} for _ in range(2)]
    ended.set()

    assert [1] == started
    assert found[0]["hangs"].startswith("no answer within")
    assert found[0]["hangs"] == found[1]["hangs"]


class Unreadable(dict[str, Callable[[], None]]):
    """Checks that fail when they are first looked at."""

    is_first = True

    def items(self) -> Any:  # noqa: ANN401 - as the mapping has it
        """Fail once."""
        if self.is_first:
            self.is_first = False
            raise RuntimeError("can't start new thread")
        return super().items()


def test_who_asks_meanwhile_gets_the_same_findings() -> None:
    """One set of checks at a time: nobody can make the app check its services more often than that."""
    ended, started = threading.Event(), []

    def check() -> None:
        started.append(1)
        ended.wait(FOREVER)

    probing = Probing({"check": check}, Clock(), limit=FOREVER)
    asked = [probing.ask() for _ in range(100)]
    assert not any(one.done() for one in asked)
    assert not asked[0].cancel()
    ended.set()

    assert 1 == len({one.result() for one in asked})
    assert [1] == started
    probing.ask().result()
    assert [1, 1] == started


def test_checks_that_cannot_be_started_are_told_and_made_again() -> None:
    """No thread can be had: whoever waits hears that, and the next one tries again."""
    probing = Probing(Unreadable({"well": lambda: None}), Clock())
    with pytest.raises(RuntimeError, match="can't start"):
        probing.ask().result()

    assert ["well"] == [finding.name for finding in probing.ask().result()]


def test_a_bug_in_a_check_is_a_finding() -> None:
    def fail() -> None:
        raise ValueError("a secret")

    (finding,) = Probing({"check": fail}, Clock()).ask().result()
    assert "a fault of the app: ValueError" == finding.problem
