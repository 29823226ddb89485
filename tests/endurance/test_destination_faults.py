"""Every fault of the storage at each operation, by its name in the fault proxy's table.

Each case has its own chunk, proxy and worker process, so that all run concurrently.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from local.faultproxy.faults import FAULTS, Fault, Moment
from local.faultproxy.operations import Operation
from tests.endurance.scene import (
    DONE,
    MEBIBYTE,
    MOST_TRIES,
    WAITS,
    Given,
    Scene,
    assert_archived,
    assert_waiting,
    sound,
)
from tests.endurance.workers import Try

LENGTH = 2 * MEBIBYTE + 200_000
SHORT = 200_000
AT_ONCE = 36


@dataclass(frozen=True)
class Case:
    """A fault at an operation, after `after` of its requests; `code` is how a lasting one is counted.

    `comes_back`: the first try fails at the commit, by another fault, so that a message must be put.
    """

    name: str
    operation: Operation
    moment: Moment | None = None
    after: int = 0
    length: int = LENGTH
    code: str = ""
    comes_back: bool = False

    def __str__(self) -> str:
        """The id of its test."""
        which = f" {self.after + 1}" if self.after else ""
        size = " of a small chunk" if self.length == SHORT else ""
        return f"{self.name} {self.moment or FAULTS[self.name].moment} {self.operation}{which}{size}"


WHERE: Mapping[str, tuple[Operation, int]] = {
    "put the metadata": ("put", 0),
    "list staged blocks": ("get_block_list", 0),
    "stage": ("stage", 0),
    "stage again": ("stage", 2),
    "commit": ("commit", 0),
    "verify": ("get_block_list", 1),
    "save the proof": ("upsert", 0),
    "look before the release": ("head", 0),
    "own the source object": ("insert", 0),
    "put the manifest": ("put", 1),
    "save the release and the completion": ("upsert", 1),
}
"""The requests for one message, by purpose: the operation, and how many of its requests come before."""


def _everywhere(name: str) -> list[Case]:
    return [Case(name, operation, after=after) for operation, after in WHERE.values()]


ONCE = (
    *_everywhere("server_busy_503"),
    *(Case("operation_timed_out_500", operation, "after") for operation in ("put", "stage", "commit", "upsert")),
    *(Case("reset_before", operation) for operation in ("put", "stage", "commit", "upsert", "get_entity")),
    *(Case("reset_mid_body", operation) for operation in ("put", "stage", "commit", "upsert")),
    *_everywhere("response_lost"),
    *(Case("too_many_requests_429", operation) for operation in ("stage", "commit", "upsert")),
    *(Case("authorization_failure_403", operation) for operation in ("stage", "commit", "upsert", "get_entity")),
    *(Case("container_not_found_404", operation) for operation in ("stage", "commit", "head")),
    Case("table_not_found_404", "upsert", after=1),
    Case("internal_error_500", "commit", "after"),
    Case("internal_error_500", "get_entity"),
    Case("hang", "stage"),
    Case("hang", "commit"),
    Case("hang", "get_entity"),
    Case("delay", "stage"),
    Case("damaged_body", "put"),
    Case("damaged_body", "stage", after=1),
    Case("damaged_body", "stage", after=2),
    Case("blob_immutable_409", "commit"),
    Case("operation_timed_out_500", "put", "after", 1, SHORT),
    *(Case(name, "put", None, 1, SHORT) for name in ("server_busy_503", "reset_mid_body", "response_lost")),
    Case("damaged_body", "put", None, 1, SHORT),
    *(Case(name, "enqueue", comes_back=True) for name in ("server_busy_503", "authorization_failure_403")),
    *(Case(name, "enqueue", comes_back=True) for name in ("reset_mid_body", "response_lost", "hang")),
)
"""Faults that occur once: the SDK's retry or the next try succeeds."""

LASTING = (
    *(Case("server_busy_503", operation, code="archive_busy") for operation in ("put", "stage", "commit", "head")),
    Case("operation_timed_out_500", "stage", "after", code="archive_busy"),
    Case("operation_timed_out_500", "commit", "after", code="archive_busy"),
    Case("too_many_requests_429", "stage", code="archive_busy"),
    Case("too_many_requests_429", "get_block_list", after=1, code="archive_busy"),
    Case("authorization_failure_403", "put", code="archive_refused"),
    Case("authorization_failure_403", "get_block_list", code="archive_refused"),
    Case("authorization_failure_403", "stage", after=1, code="archive_refused"),
    Case("authorization_failure_403", "commit", code="archive_refused"),
    Case("authorization_failure_403", "head", code="archive_refused"),
    Case("container_not_found_404", "get_block_list", code="archive_refused"),
    Case("container_not_found_404", "head", code="archive_refused"),
    Case("container_not_found_404", "stage", code="archive_refused"),
    Case("blob_immutable_409", "commit", code="staged_blocks_gone"),
    Case("reset_before", "stage", code="archive_busy"),
    Case("reset_mid_body", "stage", after=1, code="archive_busy"),
    Case("response_lost", "get_block_list", code="archive_busy"),
    Case("damaged_body", "stage", after=1, code="archive_damaged"),
    Case("damaged_body", "put", after=1, length=SHORT, code="archive_damaged"),
    Case("server_busy_503", "insert", code="archive_busy"),
    # While the catalog cannot be written, the failure cannot be counted either; while the queue cannot be written, no
    # message can be put: then the host retries the message.
    Case("server_busy_503", "enqueue", code="staged_blocks_gone", comes_back=True),
    Case("authorization_failure_403", "enqueue", code="staged_blocks_gone", comes_back=True),
    Case("server_busy_503", "upsert"),
    Case("authorization_failure_403", "upsert"),
    Case("table_not_found_404", "upsert"),
    Case("response_lost", "upsert"),
    Case("server_busy_503", "get_entity"),
)
"""Faults that last for the whole first try."""


@dataclass(frozen=True)
class Result:
    """A chunk, the fault at its storage, and the result of every try."""

    given: Given
    fault: Fault
    tries: list[Try]


Results = Mapping[Case, Future[Result]]


@pytest.fixture(scope="module")
def results(scene: Scene) -> Iterator[tuple[Results, Results]]:
    """All cases, concurrently: those with a single fault, and those with a lasting one, which wait for SDK retries."""

    def run_case(case: Case, seed: int, count: int | None, tries: int) -> Result:
        given = scene.given(sound(case.length, seed))
        with scene.another_proxy() as proxy:
            other = proxy.arm("blob_immutable_409", "commit", count=None) if case.comes_back else None
            fault = proxy.arm(case.name, case.operation, case.moment, after=case.after, count=count, seconds=0.5)
            found = scene.start(given, proxy=proxy).wait()
            if other is not None:
                other.stop()
            if tries > 1 and found != [DONE]:
                if found == [WAITS]:
                    scene.messages.take(given.message)
                found += scene.drive(given, proxy=proxy, tries=tries)[0]
        return Result(given, fault, found)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        lasting = {case: pool.submit(run_case, case, seed, None, 1) for seed, case in enumerate(LASTING)}
        once = {case: pool.submit(run_case, case, 1000 + seed, 1, MOST_TRIES) for seed, case in enumerate(ONCE)}
        yield once, lasting


@pytest.fixture(scope="module")
def failed_once(results: tuple[Results, Results]) -> Results:
    """The result for every chunk whose storage fails once."""
    return results[0]


@pytest.fixture(scope="module")
def kept_failing(results: tuple[Results, Results]) -> Results:
    """The result for every chunk whose storage keeps failing, after one try."""
    return results[1]


@pytest.fixture(scope="module")
def after_faults(scene: Scene, kept_failing: Results) -> None:
    """After the faults, one worker processes all chunks, by their own messages where possible."""
    finished = [one.result() for one in kept_failing.values()]
    for one in finished:
        if one.tries == [WAITS]:
            scene.messages.take(one.given.message)
    scene.finish(*(one.given for one in finished), threads=6)


@pytest.mark.parametrize("case", ONCE, ids=str)
def test_a_fault_that_strikes_once_costs_nothing(scene: Scene, failed_once: Results, case: Case) -> None:
    """The SDK's retry succeeds, or the failure is counted and the next try does; archived, released, published once."""
    result = failed_once[case].result()

    assert 1 == result.fault.hits
    assert DONE == result.tries[-1]
    assert {"Transient"} >= {one["family"] for one in result.tries if "error" in one}
    assert_archived(result.given)
    failed = 1 if case.comes_back else result.tries.count(WAITS)
    assert failed <= sum(count for _, count in result.given.chunk.failures)


@pytest.mark.parametrize("case", LASTING, ids=str)
def test_nothing_is_lost_while_a_fault_lasts(scene: Scene, kept_failing: Results, case: Case) -> None:
    """The try fails as transient and is counted by its cause; the source is kept."""
    result = kept_failing[case].result()
    given = result.given

    (failed,) = result.tries
    assert result.fault.hits > 0
    assert failed == WAITS if case.code and not case.comes_back else "Transient" == failed["family"]
    assert_waiting(given)
    if case.code:
        assert {case.code} == given.failures


@pytest.mark.parametrize("case", LASTING, ids=str)
def test_a_fault_that_ends_at_last_costs_nothing(
    scene: Scene, kept_failing: Results, after_faults: None, case: Case
) -> None:
    """The next try does everything."""
    assert_archived(kept_failing[case].result().given)


def test_every_fault_of_the_table_is_suffered_here() -> None:
    """A new fault of the proxy needs a case; `pause` serves to build races and is not a fault."""
    covered = {case.name for case in (*ONCE, *LASTING)}

    assert set(FAULTS) - {"pause", "damaged_reply"} == covered


def test_a_container_that_is_not_there_is_waited_for(scene: Scene) -> None:
    """With Azurite's own error; the message names what to check."""
    given = scene.given(sound(LENGTH, 1))
    assert [WAITS] == scene.start(given, settings={"ARCHIVE_CONTAINER": "not-made-yet"}).wait()

    assert {"archive_refused"} == given.failures
    assert given.chunk.last_failure is not None
    assert "check that the container exists" in given.chunk.last_failure.hint
    assert_waiting(given)
    scene.messages.take(given.message)
    assert [DONE] == scene.finish(given)
    assert_archived(given)
