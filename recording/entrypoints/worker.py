"""What one worker process has once: the composed app, and the threads that take in events."""

import functools
import os
import threading

from recording.bootstrap import App, compose
from recording.entrypoints.intake import Intake
from recording.settings import Settings

_composing = threading.Lock()


def get_app() -> App:
    """The app, composed at the first call: a setting that is missing must not hide the functions.

    First calls come at one moment on several threads; two apps would have two memory budgets.

    Raises:
        SettingsInvalid: naming every setting that is missing or wrong.
    """
    with _composing:
        return _compose()


@functools.cache
def _compose() -> App:
    return compose(Settings.from_env(os.environ, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")))


@functools.cache
def get_intake() -> Intake:
    """The threads that take in events; called on the worker's event loop alone."""
    return Intake()
