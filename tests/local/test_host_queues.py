"""Queue triggers and queue outputs of the local Functions host, on Azurite."""

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

from local.host import FunctionsHost
from tests.local.hosts import Seen, call, until

type StartHost = Callable[..., FunctionsHost]
type MakeQueue = Callable[[str], QueueClient]

QUEUES = "AzureFunctionsJobHost__extensions__queues__"


def messages(queue: QueueClient, count: int) -> list[QueueMessage]:
    """Peeks until there are this many messages."""

    def found() -> list[QueueMessage] | None:
        try:
            peeked = queue.peek_messages(max_messages=32)
        except ResourceNotFoundError:
            return None
        return peeked if len(peeked) >= count else None

    return until(found, f"{count} messages in {queue.queue_name}")


def texts(queue: QueueClient, count: int) -> list[str]:
    """The texts of this many messages, sorted."""
    return sorted(str(message.content) for message in messages(queue, count))


def emptied(queue: QueueClient) -> bool:
    """Waits until a queue has no messages, visible or not."""
    return until(lambda: queue.get_queue_properties().approximate_message_count == 0, "an empty queue")


def test_a_message_is_run_once_and_deleted(start_host: StartHost, make_queue: MakeQueue, seen: Seen) -> None:
    """The host creates the queue."""
    start_host()
    queue = make_queue("WORK_QUEUE")
    queue.send_message("hello ä <&>")
    seen.wait("done")
    emptied(queue)

    assert ["hello ä <&>"] == [run["body"] for run in seen.of("work")]


def test_the_message_carries_its_metadata(start_host: StartHost, make_queue: MakeQueue, seen: Seen) -> None:
    """In the form that the converter of azure-functions expects."""
    start_host()
    sent = make_queue("WORK_QUEUE").send_message("hello")
    run = seen.wait("work")[0]
    times = [datetime.fromisoformat(run[name]) for name in ("inserted", "expires", "next_visible")]

    assert (sent.id, 1) == (run["id"], run["dequeue_count"])
    assert run["pop_receipt"]
    assert [sent.inserted_on, sent.expires_on] == times[:2]
    assert datetime.now(UTC) < times[2]


def test_a_failed_run_is_tried_again_and_then_poison(start_host: StartHost, make_queue: MakeQueue, seen: Seen) -> None:
    """With maxDequeueCount 3; the poison queue is created when it is needed."""
    start_host()
    queue = make_queue("WORK_QUEUE")
    queue.send_message("fail")
    poison = texts(make_queue("WORK_QUEUE-poison"), 1)
    emptied(queue)

    assert ["fail"] == poison
    assert [1, 2, 3] == [run["dequeue_count"] for run in seen.of("work")]


def test_the_last_failed_run_is_poison_at_once(start_host: StartHost, make_queue: MakeQueue) -> None:
    """It does not wait for the visibility timeout."""
    start_host(**{f"{QUEUES}visibilityTimeout": "00:01:00", f"{QUEUES}maxDequeueCount": "1"})
    make_queue("WORK_QUEUE").send_message("fail")

    assert ["fail"] == texts(make_queue("WORK_QUEUE-poison"), 1)


def test_a_failed_run_waits_for_the_visibility_timeout(
    start_host: StartHost, make_queue: MakeQueue, seen: Seen
) -> None:
    """Set by host.json's visibilityTimeout, here overridden by the environment."""
    start_host(**{f"{QUEUES}visibilityTimeout": "00:01:00"})
    queue = make_queue("WORK_QUEUE")
    queue.send_message("fail")
    seen.wait("work")
    queue.send_message("later")
    seen.wait("done", body="later")
    until(lambda: queue.get_queue_properties().approximate_message_count == 1, "the other to be taken out")

    assert [] == queue.peek_messages()
    assert 1 == len(seen.of("work", body="fail"))


def test_a_long_run_keeps_its_message(start_host: StartHost, make_queue: MakeQueue, seen: Seen) -> None:
    """The lease, here one second, is renewed while the function runs: nobody else gets the message."""
    start_host(LOCAL_HOST_LEASE_SECONDS="1")
    queue = make_queue("WORK_QUEUE")
    queue.send_message("wait:go")
    seen.wait("work")
    began = time.monotonic()
    until(lambda: time.monotonic() > began + 2.5, "the time of some leases")
    seen.release("go")
    seen.wait("done")
    emptied(queue)

    assert 1 == len(seen.of("work"))


def test_what_a_killed_host_held_comes_back(start_host: StartHost, make_queue: MakeQueue, seen: Seen) -> None:
    """After its lease, with a higher dequeue count."""
    host = start_host(LOCAL_HOST_LEASE_SECONDS="1")
    queue = make_queue("WORK_QUEUE")
    queue.send_message("wait:go")
    seen.wait("work")
    host.kill()
    seen.release("go")
    host.start()
    seen.wait("done")
    emptied(queue)

    assert [1, 2] == [run["dequeue_count"] for run in seen.of("work")]


def test_a_run_past_the_function_timeout_leaves_its_message_to_the_lease(
    start_host: StartHost, make_queue: MakeQueue, seen: Seen
) -> None:
    """The message comes back with a higher dequeue count, and the old run continues beside the new one."""
    start_host(LOCAL_HOST_LEASE_SECONDS="1", AzureFunctionsJobHost__functionTimeout="00:00:01")
    queue = make_queue("WORK_QUEUE")
    queue.send_message("wait:go")
    seen.wait("work", dequeue_count=2)
    seen.release("go")
    seen.wait("done", 2)
    emptied(queue)


def test_no_more_run_at_once_than_batch_and_threshold_allow(
    start_host: StartHost, make_queue: MakeQueue, seen: Seen
) -> None:
    """With batchSize 2 and newBatchThreshold 0 the third message waits for the first two."""
    queue = make_queue("WORK_QUEUE")
    queue.create_queue()  # before the host polls: otherwise its first batch could be one message
    for number in range(3):
        queue.send_message(f"wait:go-{number}")
    start_host(**{f"{QUEUES}batchSize": "2", f"{QUEUES}newBatchThreshold": "0"}, TICKS="* * * * * *")
    first = {run["body"].partition(":")[2] for run in seen.wait("work", 2)}
    # Between two ticks of its timer the host would have polled several times.
    seen.wait("tick", len(seen.of("tick")) + 2)
    unseen = messages(queue, 1)
    for name in first:
        seen.release(name)
    seen.wait("work", 3)
    seen.release(str(unseen[0].content).partition(":")[2])
    emptied(queue)

    assert 1 == len(unseen)


def test_base64_is_decoded_and_what_is_none_is_poison_without_a_run(
    start_host: StartHost, make_queue: MakeQueue, seen: Seen
) -> None:
    """Base64 is the default of messageEncoding."""
    start_host(**{f"{QUEUES}messageEncoding": "base64"})
    queue = make_queue("WORK_QUEUE")
    queue.send_message("{plain}")
    queue.send_message(base64.b64encode("grüße".encode()).decode())
    seen.wait("done")
    poison = texts(make_queue("WORK_QUEUE-poison"), 1)

    assert ["{plain}"] == poison
    assert ["grüße"] == [run["body"] for run in seen.of("work")]


def test_a_list_set_on_an_output_is_one_message_each(start_host: StartHost, make_queue: MakeQueue, seen: Seen) -> None:
    """A function that listens to that queue in the same host gets them."""
    host = start_host()
    sent = ["one", '{"two": 2}', "drei ä"]

    assert 200 == call(f"{host.url}/api/send", "POST", json.dumps(sent).encode()).status
    assert sorted(sent) == sorted(run["body"] for run in seen.wait("done", 3))


@pytest.mark.parametrize(
    ("route", "body", "expected"),
    [
        ("send-one", "plain text", ["plain text"]),
        ("send-one", '["a", "b"]', ["a", "b"]),
        ("send-one", '{"a":1}', ['{\n  "a": 1\n}']),
        ("send-bytes", '{"a":1}', ['{"a":1}']),
    ],
)
def test_what_is_set_on_an_output_is_written_as_the_real_host_writes_it(
    start_host: StartHost, make_queue: MakeQueue, route: str, body: str, expected: list[str]
) -> None:
    """A string that is a JSON list becomes several messages, a JSON object is reformatted; bytes are unchanged."""
    host = start_host()
    call(f"{host.url}/api/{route}", "POST", body.encode())

    assert expected == texts(make_queue("OUTBOX"), len(expected))


def test_outputs_are_encoded_too(start_host: StartHost, make_queue: MakeQueue) -> None:
    """The setting messageEncoding applies in both directions."""
    host = start_host(**{f"{QUEUES}messageEncoding": "base64"})
    call(f"{host.url}/api/send-one", "POST", b"plain")

    assert [base64.b64encode(b"plain").decode()] == texts(make_queue("OUTBOX"), 1)


@pytest.mark.parametrize("body", [b"{not json}", b"x" * 65_537])
def test_an_output_that_cannot_be_written_fails_the_run(
    start_host: StartHost, make_queue: MakeQueue, body: bytes
) -> None:
    """The caller gets 500: for text that only looks like JSON, or over 64 KB."""
    host = start_host()

    assert 500 == call(f"{host.url}/api/send-one", "POST", body).status


def test_an_output_fails_the_run_when_storage_is_away(start_host: StartHost) -> None:
    """The run does not succeed without its output, and the host continues."""
    away = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:9/a;"
    host = start_host(AzureWebJobsStorage=away)

    assert 500 == call(f"{host.url}/api/send-one", "POST", b"plain").status
    assert 200 == call(f"{host.url}/api/open").status


def test_the_pool_has_as_many_threads_as_the_setting_says(
    start_host: StartHost, make_queue: MakeQueue, seen: Seen
) -> None:
    """With PYTHON_THREADPOOL_THREAD_COUNT 12, twelve messages run at once on any number of cores."""
    queue = make_queue("WORK_QUEUE")
    queue.create_queue()  # before the host polls: otherwise its first batch could be smaller
    for _ in range(12):
        queue.send_message("wait:go")
    start_host(PYTHON_THREADPOOL_THREAD_COUNT="12")
    seen.wait("work", 12)
    before = seen.of("done")
    seen.release("go")
    seen.wait("done", 12)

    assert [] == before
