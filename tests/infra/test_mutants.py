"""Known mistakes are found by the claims that they name: here a few of them, all of them by `make infra-mutants`."""

import re
from pathlib import Path

import pytest

from tests.infra.conftest import program
from tests.infra.hunting import hunt_all
from tests.infra.mutants import HARMLESS, MUTANTS, Mutant
from tools.package import ROOT

SAMPLE = ("silence is noticed late", "nobody approves", "a message is given up after five tries")


def test_a_few_are_found() -> None:
    """One of Bicep, one of a workflow, one of host.json; and what is no mistake is not found."""
    program()  # without a compiler there is nothing to find
    found = {each.name: each.problem for each in hunt_all([*SAMPLE, HARMLESS.name], workers=1)}
    assert {**dict.fromkeys(SAMPLE, ""), HARMLESS.name: "NOT FOUND"} == found


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=lambda mutant: mutant.name)
def test_each_changes_a_text_that_is_there(mutant: Mutant) -> None:
    """Once, in its file; one whose text has moved is written anew."""
    before = (ROOT / mutant.path).read_text(encoding="utf-8")
    if mutant.path.startswith("infra/environments/") and mutant.old not in before:
        pytest.skip("the customer has changed it: it is theirs")
    assert before != mutant.apply(before)


@pytest.mark.parametrize("claim", sorted({mutant.claim for mutant in MUTANTS.values()}))
def test_each_names_a_claim_that_is_there(claim: str) -> None:
    file, _, name = claim.partition("::")
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    assert re.search(rf"^def {name}\b", text, re.MULTILINE)


def test_a_text_that_has_moved_is_an_error() -> None:
    with pytest.raises(AssertionError, match="has the text 0 times"):
        MUTANTS[SAMPLE[0]].apply("")
