"""No tracked file contains what belongs to one machine, one registry or one owner of keys."""

import json
import re

import pytest

from tests.package.tracked import tracked_files, tracked_links
from tools.package import ROOT

UNWANTED = {
    "a registry's host": r"pypi\.org|pythonhosted\.org|registry\.npmjs|registry\.yarnpkg|npmmirror\.com",
    "a registry's choice": r"--(?:extra-)?index-url|^\s*(?:@[\w-]+:)?registry\s*=",
    "a path of one machine": r"(?<![\w.*}-])/(?:work|root|Users|home(?!/site))/\w|[A-Z]:\\Users\\",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    # Every Azurite has the one that begins with Eby8; it is in Microsoft's documentation.
    "an account key": r"(?:AccountKey|accesskey|SharedAccessKey)=(?!Eby8vdM02xNO)[A-Za-z0-9+/]{40,}",
    "a shared access signature": r"[?&]sig=[A-Za-z0-9%+/]{30,}",
    "a bearer's token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.",
    "a service's token": r"\b(?:gh[pousr]_|npm_|pypi-)\w{30,}|\bAKIA[0-9A-Z]{16}\b",
}
PLACES = r"\.\./(?:shared|\.library)\b"


@pytest.mark.parametrize("pattern", UNWANTED.values(), ids=UNWANTED.keys())
def test_no_file_holds(pattern: str) -> None:
    """No line of any tracked file matches."""
    assert [] == lines_with(pattern)


def test_no_file_is_a_link() -> None:
    """Whoever checks one out in place of a folder that git ignores, such as .venv, loses what is in that."""
    assert [] == tracked_links()


def test_only_ci_looks_beside_the_checkout() -> None:
    """Only .ci/run names files beside the checkout."""
    assert [] == [line for line in lines_with(PLACES) if not line.startswith(".ci/run:")]


@pytest.mark.parametrize("folder", ["local", "tests/clients", "tools/viewer"])
def test_a_lock_file_names_no_registry(folder: str) -> None:
    """It contains versions and hashes; each machine has its own registry."""
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    packages = {name: fields for name, fields in lock["packages"].items() if name}
    assert [] == [name for name, fields in packages.items() if "resolved" in fields]
    assert [] == [name for name, fields in packages.items() if not fields["integrity"].startswith("sha512-")]


def test_every_requirement_is_pinned() -> None:
    """Also those of the development tools and of the older client."""
    for name in ("requirements.txt", "requirements-dev.txt", "tests/clients/requirements.txt"):
        lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
        loose = [line for line in lines if line and not re.fullmatch(r"[\w.-]+==[\w.]+|-r requirements\.txt", line)]
        assert [] == loose


def lines_with(pattern: str) -> list[str]:
    """Each line of a tracked file that matches, as `path:line number: what matched`."""
    wanted = re.compile(pattern, re.MULTILINE)
    found = []
    for path in tracked_files():
        text = (ROOT / path).read_text(encoding="utf-8", errors="ignore")
        found += [f"{path}:{text.count('\n', 0, hit.start()) + 1}: {hit[0]}" for hit in wanted.finditer(text)]
    return found
