"""Reads RECORDING_POLICY and RETENTION_CLASSES: each is a text, or the path of a file in the app's package."""

import re
from pathlib import Path

import recording
from recording.adapters.policy_text import MOST_TEXT, policy_of, retention_classes_of
from recording.core.policy import Policy
from recording.core.retention import RetentionClasses

_PATH = re.compile(r"[A-Za-z0-9_./-]{1,200}\.(?:ya?ml|json)")
_PACKAGE = Path(recording.__file__).parents[1]
"""The folder of function_app.py."""


def parse_policy(text: str, package: Path = _PACKAGE) -> Policy:
    """The policy of the setting; the one without rules if it is empty.

    Raises:
        PolicyInvalid: names what is wrong with the policy.
        ValueError: the file cannot be read, or is outside of the package.
    """
    if not text:
        return Policy()
    return policy_of(_text(text, package))


def parse_retention_classes(text: str, package: Path = _PACKAGE) -> RetentionClasses:
    """The retention classes of the setting; none if it is empty.

    Raises:
        PolicyInvalid: names what is wrong with them.
        ValueError: the file cannot be read, or is outside of the package.
    """
    return retention_classes_of(_text(text, package)) if text else RetentionClasses()


def _text(text: str, package: Path) -> str:
    return _file(text, package) if _PATH.fullmatch(text) else text


def _file(name: str, package: Path) -> str:
    path = (package / name).resolve()
    if not path.is_relative_to(package.resolve()):
        raise ValueError("a path out of the app's package")
    try:
        with path.open("rb") as opened:
            found = opened.read(MOST_TEXT + 1)
    except OSError as error:
        raise ValueError("a path of no file in the app's package, or of one that cannot be read") from error
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("a file that is not UTF-8") from error
