"""App settings on one machine: local.settings.json, `%SETTING%` in bindings, and connections by name."""

import json
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from local.host.refusal import AppRefusedError

_DEVELOPMENT_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)


def load_settings(path: Path, environment: MutableMapping[str, str]) -> None:
    """Puts the file's Values into the environment; a variable that is set takes precedence, as with Core Tools.

    Raises:
        AppRefusedError: unreadable, encrypted, or not of the shape {"Values": {"NAME": "text"}}.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AppRefusedError(f"settings file {path}: {error}") from error
    values = content.get("Values", {}) if isinstance(content, dict) else None
    if not isinstance(values, dict):
        raise AppRefusedError(f'settings file {path}: the shape is {{"IsEncrypted": false, "Values": {{...}}}}')
    if content.get("IsEncrypted"):
        raise AppRefusedError(f"settings file {path}: encrypted settings are for Core Tools only; decrypt them")
    for name, value in values.items():
        if not isinstance(value, str):
            raise AppRefusedError(f"settings file {path}: the value of {name} must be a string")
        environment.setdefault(name, value)


def resolve(expression: str, environment: Mapping[str, str]) -> str:
    """Replaces each `%SETTING%`.

    Raises:
        AppRefusedError: a setting is not there, or is empty.
    """

    def value(match: re.Match[str]) -> str:
        found = environment.get(match[1], "")
        if not found:
            raise AppRefusedError(f"'%{match[1]}%' does not resolve to a value: no such setting")
        return found

    return re.sub(r"%([^%]+)%", value, expression)


def connection_string(name: str, environment: Mapping[str, str]) -> str:
    """Finds a connection as the real host does: the setting AzureWebJobsNAME first, then NAME.

    Raises:
        AppRefusedError: neither is set, or the connection is given in an identity form.
    """
    for setting in (f"AzureWebJobs{name}", name):
        found = environment.get(setting, "")
        if found:
            return found.replace("UseDevelopmentStorage=true", _DEVELOPMENT_STORAGE)
        if any(other.startswith(f"{setting}__") for other in environment):
            raise AppRefusedError(
                f"connection {name!r} is given by identity ({setting}__...): the local host speaks "
                f"connection strings only; set {setting} to one"
            )
    raise AppRefusedError(f"connection {name!r} is not set: no setting AzureWebJobs{name}, none {name}")
