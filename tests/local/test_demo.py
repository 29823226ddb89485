"""`make demo` for a new user: eighty columns, behind a proxy, and with a file that it cannot use."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from local.acs.media import MediaLibrary
from local.acs.outputs import OUTPUTS
from local.claim import LOCAL
from local.demo.media import UnusableMediaError, usable_media
from local.demo.report import Finding, table_of
from local.demo.story import Shown

ROOT = LOCAL.parent
WIDTH = 80
NAME = f"test-{os.getpid()}"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A second of each format."""
    library = MediaLibrary(tmp_path_factory.mktemp("media"))
    return {kind: library.file(OUTPUTS[kind], 1_000, 1) for kind in ("wav", "mp3", "mp4")}


@pytest.fixture(scope="module")
def nothing_stays() -> Iterator[None]:
    """Removes what the demo has left below `.local`."""
    yield
    for left in LOCAL.glob(f"demo-{NAME}*"):
        left.unlink() if left.is_file() else shutil.rmtree(left)


@pytest.mark.parametrize("kind", ["wav", "mp3", "mp4"])
def test_whole_media_is_taken(whole: dict[str, Path], tmp_path: Path, kind: str) -> None:
    """A file name may contain any character, and its ending may be in capitals."""
    path = tmp_path / f"it's a call.{kind.upper()}"
    shutil.copy(whole[kind], path)
    assert (kind, path.resolve()) == usable_media(path)


def empty(path: Path, whole: dict[str, Path]) -> None:
    path.touch()


def cut(path: Path, whole: dict[str, Path]) -> None:
    content = whole[path.suffix[1:]].read_bytes()
    path.write_bytes(content[: len(content) // 2])


def of_wav(path: Path, whole: dict[str, Path]) -> None:
    shutil.copy(whole["wav"], path)


def of_text(path: Path, whole: dict[str, Path]) -> None:
    path.write_text("not media at all")


def without_samples(path: Path, whole: dict[str, Path]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))


def absent(path: Path, whole: dict[str, Path]) -> None:
    """A path without a file."""


def folder(path: Path, whole: dict[str, Path]) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("call.wav", empty, "is empty"),
        ("call.mp4", cut, "cut off"),
        ("call.mp3", of_wav, "is wav, and not the mp3 that its name says"),
        ("call.flac", of_wav, "does not end in"),
        ("call.wav", of_text, "it is not wav, mp3 or mp4"),
        ("call.wav", without_samples, "would be kept apart"),
        ("call.wav", absent, "does not exist"),
        ("call.wav", folder, "cannot be read"),
    ],
)
def test_media_that_cannot_be_shown_is_refused_with_its_reason(
    whole: dict[str, Path], tmp_path: Path, name: str, make: Callable[[Path, dict[str, Path]], None], words: str
) -> None:
    """The message is one line, and names the file."""
    path = tmp_path / name
    make(path, whole)
    with pytest.raises(UnusableMediaError, match=words) as caught:
        usable_media(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_make_takes_a_path_with_an_apostrophe(tmp_path: Path) -> None:
    """A file that it cannot use is refused before anything starts."""
    path = tmp_path / "it's empty.wav"
    path.touch()
    command = ["make", "--old-file=setup", "demo", f"MEDIA={path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"MEDIA: {path} is empty" == done.stderr.splitlines()[0]
    assert "Azurite" not in done.stdout


def test_the_widest_table_fits_a_terminal() -> None:
    """No cell is cut."""
    now = datetime.now(UTC)
    proven = now + timedelta(seconds=100)
    chunk = {"verifiedAt": proven.isoformat(), "due": (now + timedelta(hours=24)).isoformat(), "state": "released"}
    state = {"announcedAt": now.isoformat(), "chunks": [chunk]}
    shown = Shown("three chunks", "audioVideo-mixed-mp4", [], state=state)
    told = io.StringIO()
    console = Console(width=WIDTH, file=told)
    console.print(table_of([Finding(shown, files=[Path()] * 10, length=9_999 << 20)]))
    assert "…" not in told.getvalue()


SHOWN_BY_RULE = {
    "refused": (
        "A call connects that the policy does not want recorded: "
        r"not recorded: private calls are not recorded \(rule private\) "
        "rule hotline does not match: context is another one"
    ),
    "declined": (
        "The participants of a call are asked to press one, or two to decline: "
        "not recorded: its consent is declined: a participant declined"
    ),
    "announced": (
        "The participants of another hear that it is recorded; it starts when they have: "
        r"\S+ announced: prompt 1 en-US"
    ),
    "attested": (
        "Another attests the consent, so that its rule allows it. "
        r"Its signed callback comes twice; the recording starts once: audio-mixed-wav \S+ Three more"
    ),
    "native": (
        r"One is written by the service itself, into a container of ours: \S+ .*What the service has written itself "
        r"is verified where it stands; nothing is copied or deleted: [1-9][\d,]+ bytes"
    ),
    "who did what": (
        "The trail of the call that was attested says who did what: "
        "Started by callback, Archived by app, Released by app, Completed by app"
    ),
    "a changed byte": (
        "It verifies. With one byte changed it does not: of link 2, its bytes are not those that were written"
    ),
}


def assert_each_rule_is_shown(words: str) -> None:
    """One call is announced, one declined by a key, one attested, one refused, one native, and why; and the trail."""
    assert [] == [what for what, shown in SHOWN_BY_RULE.items() if re.search(shown, words) is None], words


def assert_consent_is_kept(folder: Path) -> None:
    """The manifests that are read back say by which rule and on whose consent; there is none of the other calls."""
    manifests = [json.loads(path.read_bytes()) for path in folder.rglob("*.manifest*.json")]
    found = {one["rule"]["id"]: (one["consent"]["kind"], one["consent"]["basis"]) for one in manifests}
    assert {"hotline", "announced", "asked-for"} == found.keys()
    assert ("attested", "a demo") == found["hotline"]
    assert "announced" == found["announced"][0]


@pytest.mark.timeout(600)
def test_the_demo_keeps_its_promises_and_says_what_is_next(nothing_stays: None) -> None:
    """On eighty columns, with proxies that do not exist and a read-only home folder."""
    nowhere = dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:1")
    environment = {"PATH": os.environ["PATH"], "HOME": "/proc/none", "COLUMNS": str(WIDTH), **nowhere}
    command = [sys.executable, "-m", "local", "demo", "--name", NAME]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    *shown, log, media, up = done.stdout.splitlines()
    assert "Every byte is where it belongs, and every source is gone." in shown
    words = " ".join(done.stdout.split())
    assert_each_rule_is_shown(words)
    assert_consent_is_kept(LOCAL / f"demo-{NAME}" / "recordings")
    for claim in (
        "silent for the whole recording",
        "it proves itself",
        "names nobody",
        "is refused, on record",
        "the hold holds",
    ):
        assert claim in words
    assert f"Log of the app: .local/demo-{NAME}/host.log" == log
    assert (ROOT / log.partition(": ")[2]).is_file()
    assert "make demo MEDIA=" in media
    assert "make up" in up
    assert [] == [line for line in done.stdout.splitlines() if len(line) > WIDTH]
