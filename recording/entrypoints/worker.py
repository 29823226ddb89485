"""What a worker process has once: the composed app, and the threads of the intake."""

import functools
import os
import threading

from recording.adapters.monitor import export_to_monitor
from recording.bootstrap import App, compose
from recording.entrypoints.intake import Intake
from recording.settings import Settings

_composing = threading.Lock()


def get_app() -> App:
    """The app, composed at the first call and not at import: with a wrong setting the functions still load.

    The lock makes concurrent first calls compose one app; two apps would have two memory budgets.

    Raises:
        SettingsInvalid: naming every setting that is missing or wrong.
    """
    with _composing:
        return _compose()


@functools.cache
def _compose() -> App:
    settings = Settings.from_env(os.environ, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    export_to_monitor(os.environ.get("APPLICATIONINSIGHTS_CONNECTION_STRING", ""))  # the platform's setting
    return compose(settings)


@functools.cache
def get_intake() -> Intake:
    """The threads of the intake; called only on the worker's event loop."""
    return Intake()
