"""RECORDING_POLICY: the text itself, or a file in the app's package; every mistake in it is named."""

from pathlib import Path

import pytest

from recording.core.errors import SettingsInvalid
from recording.settings import Settings
from recording.settings.policy import parse_policy
from tests.core.policy.policies import rule, text_of
from tests.environments import LEAST, settings_of


def test_a_file_in_the_package_is_read(tmp_path: Path) -> None:
    """Its digest is that of the file; a byte order mark is no part of the text."""
    text = text_of(rule())
    for name in ("policy.yaml", "rules.json"):
        (tmp_path / name).write_text(text, encoding="utf-8-sig")

        assert parse_policy(text) == parse_policy(name, tmp_path)


@pytest.mark.parametrize("name", ["../policy.yaml", "/etc/policy.yaml", "a/../../policy.yaml", "out/policy.yaml"])
def test_a_file_out_of_the_package_is_not_read(tmp_path: Path, name: str) -> None:
    """Neither by its path nor by a link."""
    package = tmp_path / "package"
    package.mkdir()
    (tmp_path / "policy.yaml").write_text(text_of(rule()))
    (package / "out").symlink_to(tmp_path)

    with pytest.raises(ValueError, match="out of the app's package"):
        parse_policy(name, package)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "latin.yaml").write_bytes(b"version: 1 # \xe4")
    for name, cause in (("none.yaml", "no file"), ("folder.yaml", "no file"), ("latin.yaml", "not UTF-8")):
        with pytest.raises(ValueError, match=cause):
            parse_policy(name, tmp_path)


def test_every_mistake_of_a_policy_is_a_problem_of_its_setting() -> None:
    """Beside those of the other settings."""
    text = text_of(rule("a b"), rule("c", record="maybe"))
    with pytest.raises(SettingsInvalid) as caught:
        Settings.from_env({**LEAST, "RECORDING_POLICY": text, "COPY_CONNECTIONS": "0"})

    assert ["COPY_CONNECTIONS: not a", "RECORDING_POLICY: line 4", "RECORDING_POLICY: line 11"] == [
        problem[: problem.index(" ", problem.index(": ") + 7)] for problem in caught.value.problems
    ]


def test_a_policy_is_not_in_what_settings_print() -> None:
    assert "because r says so" not in repr(settings_of(RECORDING_POLICY=text_of(rule())))


def test_a_thousand_rules_are_a_policy() -> None:
    """Of which each has conditions and a consent of its own."""
    rules = (
        rule(f"r{number}", match=f"context: [c{number}, 'd{number}/*'], numbers: [+1{number}], call: [room]")
        for number in range(1000)
    )
    policy = settings_of(RECORDING_POLICY=text_of(*rules)).recordings.policy

    assert 1000 == len(policy.rules)
