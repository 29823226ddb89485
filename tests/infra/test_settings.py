"""Bicep, the app's settings, host.json, requirements.txt and the Python version agree."""

import json
import re

import pytest

from recording.settings import OURS, Settings
from tests.infra.compiler import Bicep
from tests.infra.conftest import INFRA, NATIVE, Evaluate
from tests.infra.deployment import Deployment
from tools.package import ROOT

# The only settings that one side has and the other does not, and why.
PLATFORM = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "telemetry is sent by identity",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "where telemetry goes; the host reads it",
    "AzureWebJobsStorage__blobServiceUri": "the host's own account, by a URI that every cloud has; its blobs only",
    "AzureWebJobsStorage__clientId": "the identity by which the host reaches it",
    "AzureWebJobsStorage__credential": "that it is an identity",
    "OTEL_TRACES_SAMPLER": "the host's exporter drops no log line; the host reads it",
    "OTEL_TRACES_SAMPLER_ARG": "all of them",
    "PYTHON_THREADPOOL_THREAD_COUNT": "how many functions one worker runs at once; the worker reads it",
}
KEYS_OF_MACHINES = {
    "ACS_ACCESS_KEY": "a key, which Azure has no use for",
    "ARCHIVE_STORAGE": "a connection string, which holds a key; the __ forms take its place",
    "ARCHIVED_TOPIC_KEY": "a key",
    "OVERFLOW_STORAGE": "a connection string; the __ form takes its place",
}
REFUSED_ON_FLEX = ("FUNCTIONS_", "WEBSITE_", "SCM_DO_BUILD", "ENABLE_ORYX")
SILENCES_THE_HOST = {"PYTHON_ENABLE_OPENTELEMETRY", "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"}
"""With one of them the host no longer exports what functions log, which is what alert rules search."""
KNOWN_AT_DEPLOYMENT = {
    "ACS_ENDPOINT": "https://acs.communication.azure.com",
    "ARCHIVED_TOPIC_ENDPOINT": "https://topic.westeurope-1.eventgrid.azure.net/api/events",
}


def test_every_setting_is_declared_and_every_declared_one_set(deployment: Deployment) -> None:
    """Except for the platform's own and for keys."""
    assert set(OURS) - set(KEYS_OF_MACHINES) | set(PLATFORM) == set(deployment.settings())


def test_no_setting_is_one_that_flex_refuses(deployment: Deployment) -> None:
    """Runtime and version are in functionAppConfig."""
    assert [] == [name for name in deployment.settings() if name.startswith(REFUSED_ON_FLEX)]


def test_every_log_line_is_exported_once_and_none_is_sampled(deployment: Deployment) -> None:
    """By the host, whose own sampler would take five traces a second."""
    settings = deployment.settings()
    assert ("microsoft.fixed_percentage", "1") == (settings["OTEL_TRACES_SAMPLER"], settings["OTEL_TRACES_SAMPLER_ARG"])
    assert set() == SILENCES_THE_HOST & set(settings)


def test_defaults_are_the_apps(plain: Deployment) -> None:
    """Bicep sets the app's default of each setting."""
    settings = plain.settings()
    defaults = {name: key.default for name, key in OURS.items() if key.default and name in settings}
    assert len(defaults) > 8
    assert defaults == {name: settings[name] for name in defaults}


@pytest.mark.parametrize("suffix", ["core.windows.net", "core.chinacloudapi.cn"])
def test_the_app_starts_with_them(deployment: Deployment, suffix: str) -> None:
    """The settings are valid, in every cloud."""
    found = started(deployment, suffix)
    assert f".blob.{suffix}" in found.storage.blob_uri
    assert ("", "", "") == (found.communication.access_key, found.storage.connection_string, found.topic.key)
    assert ("topicless" in deployment.name) == (not found.topic.endpoint)
    native = [f"https://stnative.blob.{suffix}/{each['container']}" for each in NATIVE]
    assert native * ("existing" in deployment.name) == [*found.native.containers]
    assert ("existing" in deployment.name) == bool(deployment.settings()["PARTICIPANT_KEY"])


def test_tokens_are_of_the_tenant_of_the_deployment(plain: Deployment) -> None:
    assert "[tenant().tenantId]" == plain.settings()["ENTRA_TENANT_ID"]


def test_what_is_chosen_reaches_the_app(evaluate: Evaluate) -> None:
    """Each option sets the setting that it names."""
    app = {
        "archivePathTemplate": "short/{recording_id}/{index}-{document_id}",
        "sourceRetentionHours": 48,
        "releaseAtSource": "event",
        "archiveTier": "Cool",
        "immutableDays": 30,
        "immutableLocked": True,
        "legalHold": True,
        "overflowHours": 6,
        "copyBlockMib": 8,
        "copyMemoryMib": 96,
        "copyConnections": 4,
        "copySliceSeconds": 600,
        "retryFirstSeconds": 60,
        "retryLongestSeconds": 3600,
        "sweepSeconds": 60,
        "overdueSeconds": 900,
        "fileEventSeconds": 7200,
        "pauseLimitSeconds": 900,
        "retentionClasses": "{version: 1, classes: [{name: usual, days: 90, afterwards: delete}]}",
        "retentionMostADay": 50,
        "exportDays": 7,
        "apiAuth": "both",
    }
    audiences = {"apiAudiences": ["api://archive", "archive"], "eventGridAudiences": ["api://events"]}
    settings = evaluate(app={**app, **audiences}).settings()
    for name, value in {**app, **{name: ",".join(each) for name, each in audiences.items()}}.items():
        key = re.sub(r"([A-Z])", r"_\1", name).upper()
        assert str(value).lower() == settings[key if key in settings else f"ARCHIVE_{key}"].lower()


def test_the_lines_of_the_classes_reach_the_app(evaluate: Evaluate) -> None:
    """As a file of the environment has them."""
    text = "version: 1\nclasses:\n  - name: trades\n    days: 1826\n    wormDays: 1826\n    afterwards: ask\n"
    settings = started(evaluate(app={"retentionClasses": text}, archive={"blobHolds": True}))
    found = settings.retention.classes.find("trades")
    assert found is not None
    assert (1826, 1826, ()) == (found.days, found.worm_days, settings.wrong_to_start)


def test_each_hosting_option_reaches_the_app(bicep: Bicep, evaluate: Evaluate) -> None:
    """Plan and app have what was chosen."""
    chosen: dict[str, object] = {
        "instanceMemoryMB": 4096,
        "maximumInstanceCount": 7,
        "alwaysReady": [{"name": "function:archive_chunk", "instanceCount": 2}],
        "zoneRedundant": True,
        "updateStrategy": "RollingUpdate",
    }
    kind = bicep.template(INFRA / "types.bicep")["definitions"]["hostingOptions"]
    assert set(kind["properties"]) == set(chosen)
    found = evaluate(hosting=chosen)
    config = found.one("Web/sites")["properties"]["functionAppConfig"]
    assert chosen == {
        **{name: each for name, each in config["scaleAndConcurrency"].items() if name != "triggers"},
        "zoneRedundant": found.one("Web/serverfarms")["properties"]["zoneRedundant"],
        "updateStrategy": config["siteUpdateStrategy"]["type"],
    }


def test_telemetry_goes_to_what_the_rules_search(deployment: Deployment) -> None:
    """By the connection string, which the host needs, of the one Application Insights."""
    value = deployment.settings()["APPLICATIONINSIGHTS_CONNECTION_STRING"]
    assert value.endswith(").ConnectionString]")
    assert f"'{deployment.one('Insights/components')['id']}'" in value


def test_the_python_version_is_one(plain: Deployment) -> None:
    """In .python-version, pyproject.toml and the app."""
    runtime = plain.one("Web/sites")["properties"]["functionAppConfig"]["runtime"]
    version = (ROOT / ".python-version").read_text().strip()
    assert {"name": "python", "version": version} == runtime
    assert f'requires-python = ">={version}' in (ROOT / "pyproject.toml").read_text()


def test_the_package_has_what_the_app_needs() -> None:
    """azure-functions 2.x requires Python 3.13; the extensions come with the bundle."""
    pins = dict(re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    assert pins["azure-functions"].startswith("2.")
    assert {"azure-storage-blob", "azure-communication-callautomation", "azure-eventgrid", "azure-identity"} <= set(
        pins
    )
    bundle = json.loads((ROOT / "host.json").read_text())["extensionBundle"]
    assert ("Microsoft.Azure.Functions.ExtensionBundle", "[4.*, 5.0.0)") == (bundle["id"], bundle["version"])


def test_host_json_agrees_with_what_runs(plain: Deployment) -> None:
    """Messages are plain text; no more copies at once than threads.

    The host exports by OpenTelemetry, which reads no sampling settings of this file.
    """
    host = json.loads((ROOT / "host.json").read_text())
    queues = host["extensions"]["queues"]
    threads = int(plain.settings()["PYTHON_THREADPOOL_THREAD_COUNT"])
    assert "none" == queues["messageEncoding"]
    assert queues["batchSize"] + queues["newBatchThreshold"] < threads
    assert "OpenTelemetry" == host["telemetryMode"]
    assert {"logLevel"} == set(host["logging"])
    hours, minutes, seconds = map(int, host["functionTimeout"].split(":"))
    assert int(plain.settings()["COPY_SLICE_SECONDS"]) < hours * 3600 + minutes * 60 + seconds


def test_buffers_fit_into_an_instance(plain: Deployment) -> None:
    """With memory left for the host, the worker and its libraries."""
    memory = plain.one("Web/sites")["properties"]["functionAppConfig"]["scaleAndConcurrency"]["instanceMemoryMB"]
    assert int(plain.settings()["COPY_MEMORY_MIB"]) < memory / 4


def started(deployment: Deployment, suffix: str = "core.windows.net") -> Settings:
    """What the app reads when it starts."""
    return Settings.from_env({name: resolved(name, value, suffix) for name, value in deployment.settings().items()})


def resolved(name: str, value: str, suffix: str) -> str:
    """A setting with values in place of what only Azure knows."""
    if form := re.fullmatch(r"\[format\('([^']+)', '([^']+)', environment\(\)\.suffixes\.storage\)\]", value):
        return form[1].format(form[2], suffix)
    if value.startswith("[join(createArray("):
        listed = re.findall(r"format\('([^']+)', '([^']+)', environment\(\)\.suffixes\.storage, '([^']+)'\)", value)
        return ",".join(form.format(account, suffix, container) for form, account, container in listed)
    if value.startswith("[coalesce(format('@Microsoft.KeyVault(SecretUri={0}secrets/{1})', reference("):
        assert value.endswith((".vaultUri, 'participant-key'), '')]", ".vaultUri, 'people-index-key'), '')]"))
        return "YSBrZXk="  # the platform gives the app the secret that it names
    if value.startswith("["):
        assert "reference(" in value or "[tenant().tenantId]" == value
        return KNOWN_AT_DEPLOYMENT.get(name, "00000000-0000-0000-0000-000000000009")
    return value
