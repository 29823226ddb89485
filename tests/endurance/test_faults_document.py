"""docs/faults.md has every fault, and names only tests that exist."""

import re
from pathlib import Path

from local.acs.fault_table import FAULTS as SOURCE_FAULTS
from local.eventgrid.oddities import ODDITIES
from local.faultproxy.faults import FAULTS as DESTINATION_FAULTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+)::(test_\w+)`", PAGE)))


def test_every_fault_is_on_the_page() -> None:
    """By its name in the table of faults."""
    known = {*SOURCE_FAULTS, *DESTINATION_FAULTS, *ODDITIES}

    assert set() == {name for name in known if f"`{name}`" not in PAGE}


def test_every_test_on_the_page_exists() -> None:
    """In the file that is named."""
    missing = [
        f"{file}::{name}"
        for file, name in NAMED
        if f"def {name}(" not in (ROOT / "tests" / f"{file}.py").read_text(encoding="utf-8")
    ]

    assert NAMED
    assert [] == missing
