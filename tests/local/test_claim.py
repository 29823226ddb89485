"""A folder that one process at a time uses."""

import subprocess
import sys
from pathlib import Path

import pytest

from local import claim, status
from local.claim import LOCAL, FolderInUseError, claimed, folder_for, is_claimed

HOLDS = "import sys; from pathlib import Path; from local.claim import claimed\nwith claimed(Path(sys.argv[1]), 'me'): "


def test_a_folder_is_empty_for_whoever_claims_it(tmp_path: Path) -> None:
    """The content of an earlier run is removed."""
    folder = tmp_path / "stacks" / "up"
    for _ in range(2):
        with claimed(folder, "me"):
            assert [] == list(folder.iterdir())
            (folder / "left").touch()
            assert is_claimed(folder)
        assert not is_claimed(folder)


def test_a_claimed_folder_is_left_alone_and_who_has_it_is_told(tmp_path: Path) -> None:
    """Another process gets an error until the first has ended, even if that was killed."""
    program = f"{HOLDS}print('holds', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, str(tmp_path / "up")]
    with subprocess.Popen(
        command, cwd=LOCAL.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert "holds\n" == holder.stdout.readline()
        (tmp_path / "up" / "kept").touch()
        with pytest.raises(FolderInUseError, match=f"^me, process {holder.pid}$"), claimed(tmp_path / "up", "us"):
            pass
        assert (tmp_path / "up" / "kept").exists()
        holder.kill()
    with claimed(tmp_path / "up", "us"):
        assert not (tmp_path / "up" / "kept").exists()


def test_a_folder_that_nobody_ever_claimed_is_free(tmp_path: Path) -> None:
    """The check does not create it."""
    assert not is_claimed(tmp_path / "up")
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "folder"), [("", "up"), ("second", "up-second"), ("2", "up-2")])
def test_each_name_has_a_folder_of_its_own(name: str, folder: str) -> None:
    """It is below `.local`, and never one with other content."""
    assert LOCAL / folder == folder_for("up", name)


@pytest.mark.parametrize("name", ["..", "a/b", "-a", "A", "x" * 40, " "])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    """The folder would be emptied."""
    with pytest.raises(SystemExit, match="--name"):
        folder_for("up", name)


def test_who_asks_for_the_stack_without_a_name_hears_of_those_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of those that run; one that is over has left its lock."""
    monkeypatch.setattr(claim, "LOCAL", tmp_path)
    with claimed(folder_for("up", "over"), "me"):
        pass
    with claimed(folder_for("up", "second"), "me"):
        assert 1 == status.main([])

    said = capsys.readouterr().err
    assert "make status ARGS='--name second'" in said
    assert "over" not in said
