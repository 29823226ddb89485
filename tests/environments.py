"""The least environment that the app's settings accept, for apps whose services are never asked."""

from local.policies import EVERYTHING
from recording.settings import Settings

CONNECTION = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net"
LEAST = {"ACS_ENDPOINT": "https://contoso.communication.azure.com", "ARCHIVE_STORAGE": CONNECTION}


def settings_of(**changed: str) -> Settings:
    """The settings of an app that lacks nothing and records every call, with some set otherwise."""
    return Settings.from_env({**LEAST, "RECORDING_POLICY": EVERYTHING, **changed})
