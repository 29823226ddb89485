"""The process of a local Functions host: start, stop, kill, restart, and its log."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from azure.storage.queue import QueueClient

from local.azurite import Azurite
from local.host import FunctionsHost, HostNotReadyError
from tests.local.hosts import EVERY_TRIGGER, NEVER, Reply, Seen, call, until

type StartHost = Callable[..., FunctionsHost]
type MakeQueue = Callable[[str], QueueClient]

ROOT = Path(__file__).parents[2]


@contextmanager
def calling(url: str) -> Iterator[list[Reply]]:
    """Calls in the background; the reply is complete when the block has ended."""
    replies: list[Reply] = []
    thread = Thread(target=lambda: replies.append(call(url)))
    thread.start()
    try:
        yield replies
    finally:
        thread.join()


@pytest.mark.usefixtures("interruptible")
def test_the_host_says_what_it_serves(tmp_path: Path, azurite: Azurite, names: Mapping[str, str]) -> None:
    """One line of JSON on stdout: URL, keys, and each function with its type and route."""
    settings = tmp_path / "local.settings.json"
    values = {
        "AzureWebJobsStorage": azurite.connection_string,
        "TICKS": NEVER,
        "SEEN": str(tmp_path),
        **names,
    }
    settings.write_text(json.dumps({"IsEncrypted": False, "Values": values}))
    command = [sys.executable, "-m", "local.host", "--app", str(EVERY_TRIGGER), "--settings", str(settings)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        reply = call(f"{ready['url']}/api/echo/a?code={ready['functionKey']}")
        process.send_signal(signal.SIGINT)

    assert (True, 201, 0) == (ready["ready"], reply.status, process.returncode)
    assert 3 == len({ready["functionKey"], ready["masterKey"], ready["systemKey"]})
    assert {"name": "echo", "type": "httpTrigger", "route": "/api/echo/{name}/{number:int?}"} in ready["functions"]
    assert {"name": "work", "type": "queueTrigger"} in ready["functions"]


def test_a_host_outlives_no_parent(tmp_path: Path, azurite: Azurite, names: Mapping[str, str]) -> None:
    """With --end-with-stdin it stops when its standard input is closed."""
    settings = tmp_path / "local.settings.json"
    values = {
        "AzureWebJobsStorage": azurite.connection_string,
        "TICKS": NEVER,
        "SEEN": str(tmp_path),
        **names,
    }
    settings.write_text(json.dumps({"Values": values}))
    options = ["--app", str(EVERY_TRIGGER), "--settings", str(settings), "--end-with-stdin"]
    with subprocess.Popen(
        [sys.executable, "-m", "local.host", *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        process.stdin.close()

    assert 0 == process.returncode


def test_told_to_stop_it_lets_a_running_function_end(start_host: StartHost, seen: Seen) -> None:
    """Its caller gets the answer; new callers are refused; the exit status is 0."""
    host = start_host()
    statuses: list[int] = []
    with calling(f"{host.url}/api/wait/go") as replies:
        seen.wait("waits")
        stopping = Thread(target=lambda: statuses.append(host.stop()))
        stopping.start()
        until(lambda: not answers(host), "a host that takes no more calls")
        seen.release("go")
        stopping.join()

    assert ([0], [(200, b"waited")]) == (statuses, [(reply.status, reply.body) for reply in replies])


def test_told_to_stop_it_lets_a_message_be_done(start_host: StartHost, make_queue: MakeQueue, seen: Seen) -> None:
    """It deletes the message, and receives no other."""
    host = start_host(AzureFunctionsJobHost__extensions__queues__batchSize="1")
    queue = make_queue("WORK_QUEUE")
    queue.send_message("wait:go")
    seen.wait("work")
    stopping = Thread(target=host.stop)
    stopping.start()
    until(lambda: not answers(host), "a host that takes no more calls")
    queue.send_message("too late")
    seen.release("go")
    stopping.join()

    assert ["wait:go"] == [run["body"] for run in seen.of("done")]
    assert ["too late"] == [message.content for message in queue.peek_messages()]


def test_told_to_stop_it_lets_a_run_end_that_nobody_waits_for(start_host: StartHost, seen: Seen) -> None:
    """A timer's run, or one started through the admin endpoint."""
    host = start_host()
    headers = {"x-functions-key": host.master_key}
    call(f"{host.url}/admin/functions/work", "POST", b'{"input": "wait:go"}', headers)
    seen.wait("work")
    stopping = Thread(target=host.stop)
    stopping.start()
    until(lambda: not answers(host), "a host that takes no more calls")
    seen.release("go")
    stopping.join()

    assert ["wait:go"] == [run["body"] for run in seen.of("done")]


def test_told_to_stop_it_cuts_off_what_runs_over_the_bound(
    start_host: StartHost, make_queue: MakeQueue, seen: Seen
) -> None:
    """The exit status is 0, and the message becomes visible again after its lease."""
    host = start_host(LOCAL_HOST_DRAIN_SECONDS="0.2", LOCAL_HOST_LEASE_SECONDS="1")
    make_queue("WORK_QUEUE").send_message("wait:go")
    seen.wait("work")
    status = host.stop()
    seen.release("go")
    host.start()
    seen.wait("done")

    assert (0, [1, 2]) == (status, [run["dequeue_count"] for run in seen.of("work")])


def answers(host: FunctionsHost) -> bool:
    """Whether a new call is accepted."""
    try:
        return call(f"{host.url}/api/open").status == 200
    except OSError:
        return False


def test_port_and_keys_stay_over_a_restart(start_host: StartHost) -> None:
    """So existing subscriptions stay valid."""
    host = start_host()
    before = (host.url, host.event_grid_url("on_event"), host.function_key, host.master_key)
    host.restart()

    assert before == (host.url, host.event_grid_url("on_event"), host.function_key, host.master_key)
    assert 201 == call(f"{host.url}/api/echo/a?code={host.function_key}").status


def test_the_functions_found_are_named(shared_host: FunctionsHost) -> None:
    """They are in the app's order."""
    assert ["echo", "open_to_all", "inner"] == shared_host.functions[:3]


def test_no_outgoing_connection_can_take_the_port_of_a_host_that_is_down(start_host: StartHost) -> None:
    """The port is below the ephemeral ports."""
    port = int(start_host().url.rpartition(":")[2])

    assert 1024 < port < 32_768


def test_a_taken_port_is_said(start_host: StartHost, tmp_path: Path) -> None:
    """The error contains the end of the log."""
    taken = int(start_host().url.rpartition(":")[2])
    second = FunctionsHost(EVERY_TRIGGER, start_environment(tmp_path), log=tmp_path / "second.log", port=taken)
    with pytest.raises(HostNotReadyError, match=r"(?s)ended before it was ready.*address already in use"):
        second.start()


def start_environment(tmp_path: Path) -> dict[str, str]:
    """Settings of the fixture app, without storage."""
    storage = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:9/a;"
    return {
        "SEEN": str(tmp_path),
        "TICKS": NEVER,
        "AzureWebJobsStorage": storage,
        "WORK_QUEUE": "work",
        "OUTBOX": "outbox",
    }


def test_each_run_is_one_line_in_the_log(start_host: StartHost, tmp_path: Path) -> None:
    """The functions' own log and stdout are there too."""
    host = start_host()
    call(f"{host.url}/api/open")
    call(f"{host.url}/api/raise")
    host.stop()
    log = (tmp_path / "host.log").read_text()
    ended = [line for line in log.splitlines() if "function.ended" in line]

    assert [("name=open_to_all", "outcome=succeeded"), ("name=raises", "outcome=failed")] == [
        (line.split()[5], line.split()[-1]) for line in ended
    ]
    assert "INFO root seen by the function's own log" in log
    assert "\nprinted by the function\n" in log
    assert "ValueError: a secret of the inside" in log


def test_no_key_and_no_query_is_in_the_log(start_host: StartHost, tmp_path: Path) -> None:
    """Not at the start, not of a webhook, not of a function."""
    host = start_host()
    call(f"{host.url}/api/echo/a?code={host.function_key}&who=4:+4912345")
    call(host.event_grid_url("on_event"), "POST", b"{", {"aeg-event-type": "Notification"})
    call(f"{host.url}/admin/functions/tick", "POST", b"", {"x-functions-key": host.master_key})
    host.stop()
    log = (tmp_path / "host.log").read_text()

    assert [] == [
        secret for secret in (host.function_key, host.master_key, host.system_key, "4912345") if secret in log
    ]


def test_a_function_that_exits_takes_the_host_with_it(start_host: StartHost, tmp_path: Path) -> None:
    """As with the real worker: the process ends instead of hanging."""
    app = tmp_path / "app"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0"}')
    (app / "function_app.py").write_text(
        "import sys, azure.functions as func\napp = func.FunctionApp(func.AuthLevel.ANONYMOUS)\n"
        "@app.route('exit')\ndef leave(req: func.HttpRequest) -> str: sys.exit(3)\n"
    )
    host = start_host(app)
    with pytest.raises(ConnectionError):
        call(f"{host.url}/api/exit")

    assert "worker.died" in (tmp_path / "host.log").read_text()
