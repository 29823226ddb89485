"""RETENTION_CLASSES: a mistake keeps recordings from ending, and none from being started or archived."""

from pathlib import Path

import pytest

from recording.core.errors import SettingsInvalid
from recording.core.retention import RetentionClasses
from recording.settings.policy import parse_retention_classes
from tests.core.policy.policies import rule, text_of
from tests.environments import settings_of

CLASSES = "{version: 1, classes: [{name: short, days: 10, afterwards: delete}]}"


def test_without_the_setting_there_are_no_classes() -> None:
    settings = settings_of()

    assert RetentionClasses() == settings.retention.classes
    assert settings.retention.classes.are_known
    settings.check_all()


def test_a_file_in_the_package_is_read(tmp_path: Path) -> None:
    (tmp_path / "classes.yaml").write_text(CLASSES)

    assert parse_retention_classes(CLASSES) == parse_retention_classes("classes.yaml", tmp_path)
    with pytest.raises(ValueError, match="out of the app's package"):
        parse_retention_classes("../classes.yaml", tmp_path)


def test_classes_that_cannot_be_read_are_named_and_stop_no_start() -> None:
    settings = settings_of(RETENTION_CLASSES="{version: 1, classes: [{name: A, days: 0}]}")

    assert not settings.retention.classes.are_known
    settings.check_starting()
    with pytest.raises(SettingsInvalid) as caught:
        settings.check_all()
    assert ["RETENTION_CLASSES: line 1"] == sorted({problem[:25] for problem in caught.value.problems})


def test_a_rule_that_names_a_class_which_is_not_declared_is_a_mistake() -> None:
    """The classes themselves are right, so that what has one of them ends; and recordings are started."""
    policy = text_of(rule("a", more="\n    retention: long"), rule("b", more="\n    retention: short"))
    settings = settings_of(RETENTION_CLASSES=CLASSES, RECORDING_POLICY=policy)

    assert settings.retention.classes.are_known
    settings.check_starting()
    assert (
        "RETENTION_CLASSES: lacks the class long, which rule a of RECORDING_POLICY names",
    ) == settings.wrong_for_retention
    settings_of(RECORDING_POLICY=policy).check_all()
