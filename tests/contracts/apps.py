"""The whole app in this process, over the services that the adapters are tested against."""

from local.acs import LocalAcs
from recording.settings import Settings


def settings_of(acs: LocalAcs, storage: str, **settings: str) -> Settings:
    """The settings of an app over these services, `storage` being a connection string."""
    environment = {
        "ACS_ENDPOINT": acs.endpoint,
        "ACS_ACCESS_KEY": acs.world.access_key,
        "ARCHIVE_STORAGE": storage,
        **settings,
    }
    return Settings.from_env(environment)
