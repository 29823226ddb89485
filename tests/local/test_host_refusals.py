"""What the local Functions host refuses at start, as the real one does, and its messages."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.host import FunctionsHost, HostNotReadyError
from local.host.bindings import (
    Function,
    HttpTrigger,
    QueueOutput,
    QueueTrigger,
    TimerTrigger,
    Trigger,
    function_from,
)
from local.host.hostjson import HostJson, load_host_json
from local.host.plan import Limits, plan_for
from local.host.refusal import AppRefusedError
from local.host.routes import Routes
from local.host.settings import connection_string, load_settings, resolve

HEAD = "import azure.functions as func\nimport typing\napp = func.FunctionApp()\n"
HOST_JSON = {"version": "2.0", "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle"}}


def refused(folder: Path, source: str | None, **environment: str) -> str:
    """The message of a host that does not start: with an app of this source, or without an app."""
    app = folder / "app"
    app.mkdir()
    (app / "host.json").write_text(json.dumps(HOST_JSON))
    if source is not None:
        (app / "function_app.py").write_text(source)
    host = FunctionsHost(app, environment, log=folder / "log")
    with pytest.raises(HostNotReadyError) as error:
        host.start()
    return str(error.value)


def reasons(*functions: Function, **environment: str) -> tuple[str, ...]:
    """Why these functions cannot be served in this environment."""
    with pytest.raises(AppRefusedError) as error:
        plan_for(functions, host_json(), environment)
    return error.value.reasons


def host_json(folder: Path | None = None, content: object = None, **environment: str) -> HostJson:
    """Reads a host.json of this content."""
    if folder is None:
        folder = Path(__file__).parent / "apps" / "every_trigger"
    else:
        (folder / "host.json").write_text(json.dumps(HOST_JSON if content is None else content))
    return load_host_json(folder / "host.json", environment)


def function(name: str, trigger: Trigger, *outputs: QueueOutput) -> Function:
    """A function of this trigger."""
    return Function(name, "id", trigger, outputs)


def http(route: str, *methods: str) -> HttpTrigger:
    """An HTTP trigger; without methods it accepts all."""
    return HttpTrigger("req", route, frozenset(methods), "anonymous")


def test_an_exception_at_import_is_said_aloud(tmp_path: Path) -> None:
    """Azure hides it and finds 0 functions."""
    said = refused(tmp_path, HEAD + "raise ValueError('no luck')\n")

    assert "the app could not be indexed: ValueError: no luck" in said
    assert 'function_app.py", line 4, in <module>' in said


def test_a_missing_module_is_named(tmp_path: Path) -> None:
    """Modules of the folder in which the host was started are not importable, as on the platform."""
    assert "No module named 'tests'" in refused(tmp_path, HEAD + "import tests.local\n")


@pytest.mark.parametrize("source", [None, HEAD])
def test_no_function_at_all_is_an_error(tmp_path: Path, source: str | None) -> None:
    """Without function_app.py, or without a function in it."""
    assert "0 functions found in" in refused(tmp_path, source)


def test_a_binding_that_the_worker_library_refuses(tmp_path: Path) -> None:
    """Out[list[str]], which unit tests do not notice."""
    source = HEAD + (
        "@app.route('a')\n@app.queue_output('out', 'queue', 'C')\n"
        "def a(req: func.HttpRequest, out: func.Out[list[str]]) -> str: return ''\n"
    )
    said = refused(tmp_path, source)

    assert "FunctionLoadError: cannot load the a function: " in said


def test_every_reason_is_said_at_once(tmp_path: Path) -> None:
    """All reasons in the whole app, not only the first."""
    source = HEAD + (
        "@app.queue_trigger('m', 'Bad_Name', 'NOWHERE')\ndef a(m: func.QueueMessage) -> None: ...\n"
        "@app.timer_trigger('t', '%NO_SETTING%')\ndef b(t: func.TimerRequest) -> None: ...\n"
        "@app.route('same')\ndef c(req: func.HttpRequest) -> str: ...\n"
        "@app.route('Same/')\ndef d(req: func.HttpRequest) -> str: ...\n"
    )
    said = refused(tmp_path, source)

    assert "function 'a': connection 'NOWHERE' is not set" in said
    assert "function 'a': 'Bad_Name' is no valid queue name" in said
    assert "function 'b': '%NO_SETTING%' does not resolve to a value" in said
    assert "function 'd': the route 'Same' conflicts with the route defined by function 'c'" in said


def test_an_unknown_trigger_is_named(tmp_path: Path) -> None:
    """The message lists the known ones."""
    source = HEAD + "@app.blob_trigger('b', 'a/{n}', 'C')\ndef a(b: func.InputStream) -> None: ...\n"

    assert "function 'a': the local host does not know the trigger type 'blobTrigger'; it knows httpTrigger" in (
        refused(tmp_path, source)
    )


@pytest.mark.parametrize("kind", ["eventGrid", "table"])
def test_an_unknown_binding_is_named(kind: str) -> None:
    """No binding is ignored."""
    raw = [
        {"type": "httpTrigger", "name": "req", "direction": "IN"},
        {"type": kind, "name": "o", "direction": "OUT"},
    ]
    with pytest.raises(AppRefusedError, match=f"does not know the binding type '{kind}'"):
        function_from("a", "id", map(json.dumps, raw))


@pytest.mark.parametrize("name", ["ab", "a" * 64, "Upper", "under_score", "-a-b", "a-b-", "a--b", "a b c", "ä-b-c"])
def test_an_invalid_queue_name(name: str) -> None:
    """The storage service would refuse it later, with a less clear message."""
    trigger = QueueTrigger("m", name, "C", binary=False)

    assert (
        f"function 'a': {name!r} is no valid queue name: 3 to 63 of a-z, 0-9 and single hyphens between them",
    ) == reasons(function("a", trigger), C="x")


def test_an_output_is_checked_as_a_trigger_is() -> None:
    """Both its connection and its queue."""
    said = reasons(function("a", http("a"), QueueOutput("o", "%Q%", "C")))

    assert [
        "function 'a': connection 'C' is not set: no setting AzureWebJobsC, none C",
        "function 'a': '%Q%' does not resolve to a value: no such setting",
    ] == list(said)


def test_a_wrong_schedule() -> None:
    """The message names the function."""
    assert ("function 'a': schedule '* *' has 2 fields; an NCRONTAB expression has six",) == reasons(
        function("a", TimerTrigger("t", "* *", run_on_startup=False))
    )


def test_extension_bindings_want_the_extension_bundle(tmp_path: Path) -> None:
    """Without it the real host has no queue trigger."""
    trigger = QueueTrigger("m", "queue", "C", binary=False)
    with pytest.raises(AppRefusedError, match=r"host\.json has no extensionBundle"):
        plan_for([function("a", trigger)], host_json(tmp_path, {"version": "2.0"}), {"C": "x"})


@pytest.mark.parametrize(
    ("first", "second"),
    [(http("a"), http("A")), (http("a", "GET"), http("a")), (http("a", "GET", "PUT"), http("a", "PUT"))],
)
def test_two_functions_on_one_route(first: HttpTrigger, second: HttpTrigger) -> None:
    """Only if they share a method."""
    with pytest.raises(AppRefusedError, match="conflicts with the route defined by function 'one'"):
        Routes([function("one", first), function("two", second)], "api")


@pytest.mark.parametrize("route", ["admin/x", "runtime", "Administration"])
def test_the_hosts_own_routes(route: str) -> None:
    """The real host compares only the beginning."""
    with pytest.raises(AppRefusedError, match="conflicts with the host's own"):
        Routes([function("a", http(route))], "api")


@pytest.mark.parametrize("route", ["a/{", "a/{x:odd}", "a/x{y}z", "{a=1}"])
def test_a_route_that_cannot_be_read(route: str) -> None:
    """It would never match."""
    with pytest.raises(AppRefusedError, match="function 'a': route"):
        Routes([function("a", http(route))], "api")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], '"version" must be "2.0"'),
        ({"version": "1.0"}, '"version" must be "2.0"'),
        (HOST_JSON | {"functionTimeout": "5 min"}, "functiontimeout is '5 min'"),
        (
            HOST_JSON | {"extensions": {"queues": {"batchSize": 33}}},
            "batchsize is 33; it must be a whole number",
        ),
        (HOST_JSON | {"extensions": {"queues": {"maxDequeueCount": 0}}}, "maxdequeuecount is 0"),
        (HOST_JSON | {"extensions": {"queues": {"messageEncoding": "utf8"}}}, "must be base64 or none"),
        (HOST_JSON | {"extensions": {"queues": {"visibilityTimeout": 30}}}, "a time span hh:mm:ss"),
        (HOST_JSON | {"extensions": {"queues": {"maxPollingInterval": "00:00:00"}}}, "at least 0.1 s"),
    ],
)
def test_a_wrong_host_json(tmp_path: Path, content: object, said: str) -> None:
    """The message has the value and the allowed ones."""
    with pytest.raises(AppRefusedError, match=said):
        host_json(tmp_path, content)


def test_host_json_is_overridden_by_the_environment(tmp_path: Path) -> None:
    """Case-insensitively, as in the real host."""
    read = host_json(
        tmp_path,
        HOST_JSON | {"extensions": {"queues": {"batchSize": 4}}},
        AzureFunctionsJobHost__extensions__queues__batchSize="8",
        AZUREFUNCTIONSJOBHOST__extensions__http__routePrefix="",
        AzureFunctionsJobHost__functionTimeout="1.02:03:04.5",
    )

    assert (8, 4, "", 93784.5) == (
        read.queues.batch_size,
        read.queues.new_batch_threshold,
        read.route_prefix,
        read.function_timeout,
    )


def test_the_defaults_are_the_real_hosts(tmp_path: Path) -> None:
    """With an empty host.json: five deliveries within seconds, base64, half an hour."""
    read = host_json(tmp_path)

    assert ("api", 1800) == (read.route_prefix, read.function_timeout)
    assert (16, 8, 5, 60, 0, True) == (
        read.queues.batch_size,
        read.queues.new_batch_threshold,
        read.queues.max_dequeue_count,
        read.queues.max_polling_interval,
        read.queues.visibility_timeout,
        read.queues.base64,
    )


def test_a_function_timeout_of_minus_one_is_none(tmp_path: Path) -> None:
    assert host_json(tmp_path, HOST_JSON | {"functionTimeout": "-1"}).function_timeout is None


def test_a_connection_is_found_under_its_prefixed_name_first() -> None:
    """AzureWebJobsNAME, then NAME; the default name is Storage."""
    environment = {"AzureWebJobsStorage": "one", "AzureWebJobsOther": "two", "Other": "three", "Last": "four"}

    assert ["one", "one", "two", "four"] == [
        connection_string(name, environment) for name in ("Storage", "AzureWebJobsStorage", "Other", "Last")
    ]


def test_development_storage_is_spelled_out() -> None:
    """The SDK for Python does not support UseDevelopmentStorage=true."""
    found = connection_string("C", {"C": "UseDevelopmentStorage=true"})

    assert "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1" in found


def test_an_identity_connection_is_refused_with_the_way_out() -> None:
    """One machine has no identity."""
    with pytest.raises(AppRefusedError, match="speaks connection strings only; set C to one"):
        connection_string("C", {"C__queueServiceUri": "https://x.queue.core.windows.net"})


@pytest.mark.parametrize(
    ("text", "expected"), [("queue", "queue"), ("%A%", "a"), ("x-%A%-%B%", "x-a-b"), ("50%", "50%")]
)
def test_settings_in_bindings(text: str, expected: str) -> None:
    """Each %SETTING% is replaced, and nothing else."""
    assert expected == resolve(text, {"A": "a", "B": "b"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "settings file"),
        ("[]", "the shape is"),
        ('{"Values": []}', "the shape is"),
        ('{"Values": {"A": 1}}', "the value of A must be a string"),
        ('{"IsEncrypted": true, "Values": {}}', "encrypted"),
    ],
)
def test_a_wrong_settings_file(tmp_path: Path, content: str, said: str) -> None:
    """The message has the file and the problem."""
    (tmp_path / "settings.json").write_text(content)
    with pytest.raises(AppRefusedError, match=said):
        load_settings(tmp_path / "settings.json", {})


def test_the_environment_wins_over_the_settings_file(tmp_path: Path) -> None:
    """As with Core Tools."""
    (tmp_path / "settings.json").write_text('{"IsEncrypted": false, "Values": {"A": "file", "B": "file"}}')
    environment = {"A": "environment"}
    load_settings(tmp_path / "settings.json", environment)

    assert {"A": "environment", "B": "file"} == environment


@pytest.mark.parametrize("environment", [{"LOCAL_HOST_LEASE_SECONDS": "soon"}, {"LOCAL_HOST_DRAIN_SECONDS": "0"}])
def test_the_hosts_own_times_are_checked_too(environment: Mapping[str, str]) -> None:
    """The message has the name."""
    with pytest.raises(AppRefusedError, match=next(iter(environment))):
        Limits.from_env(environment)
