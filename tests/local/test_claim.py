"""A folder that one process at a time runs in."""

import subprocess
import sys
from pathlib import Path

import pytest

from local.claim import LOCAL, FolderInUseError, claimed, folder_for, is_claimed

HOLDS = "import sys; from pathlib import Path; from local.claim import claimed\nwith claimed(Path(sys.argv[1]), 'me'): "


def test_a_folder_is_empty_for_whoever_claims_it(tmp_path: Path) -> None:
    """What an earlier run has left is gone, and stays gone after it."""
    folder = tmp_path / "stacks" / "up"
    for _ in range(2):
        with claimed(folder, "me"):
            assert [] == list(folder.iterdir())
            (folder / "left").touch()
            assert is_claimed(folder)
        assert not is_claimed(folder)


def test_a_claimed_folder_is_left_alone_and_who_has_it_is_told(tmp_path: Path) -> None:
    """Another process finds it in use, whose claim ends with it, even killed."""
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
    """And is not made by asking."""
    assert not is_claimed(tmp_path / "up")
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "folder"), [("", "up"), ("second", "up-second"), ("2", "up-2")])
def test_each_name_has_a_folder_of_its_own(name: str, folder: str) -> None:
    """Below `.local`, and never one that holds something else."""
    assert LOCAL / folder == folder_for("up", name)


@pytest.mark.parametrize("name", ["..", "a/b", "-a", "A", "x" * 40, " "])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    """The folder is emptied."""
    with pytest.raises(SystemExit, match="--name"):
        folder_for("up", name)
