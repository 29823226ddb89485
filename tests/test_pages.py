"""The pages for people: README.md leads to each, and each link leads somewhere."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tools.package import ROOT

README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "infra" / "README.md"]


def text_of(page: Path) -> str:
    """Without blocks of code."""
    return re.sub(r"^( *)```.*?^\1```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors_of(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def links_of(page: Path) -> list[str]:
    """Those to other files of the repository, and within the page."""
    links = re.findall(r"\]\(([^)\s]+)\)", text_of(page))
    return [link for link in links if not urlsplit(link).scheme]


def test_the_readme_leads_to_every_page() -> None:
    led = {(ROOT / link.partition("#")[0]).resolve() for link in links_of(README)}
    assert [] == [page.name for page in DOCS if page.resolve() not in led]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link
