"""The consent of a rule, as terms by which participants are told or asked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.core.consent import TONES, ConsentTerms, LateJoiners, MustAgree, OtherWay
from recording.core.errors import ConsentMissing
from recording.core.model import Attestation, ConsentKind, Prompt, Withdrawal
from recording.core.policy import Announced, Attested, Keypress, NotNeeded, terms_of
from recording.core.policy.model import Declined
from tests.core.policy.policies import CALL, SUNDAY, policy, rule

PROMPT, SORRY = Prompt("This call is recorded.", "en-US", "3"), Prompt("Goodbye.", "en-US", "1")
(RULE,) = policy(rule()).rules
KEYS = "0123456789*#"


def test_who_need_not_consent_is_not_asked() -> None:
    wanted = ConsentTerms(ConsentKind.NOT_NEEDED, "nobody takes part", on_withdrawal=Withdrawal.PAUSE)

    assert wanted == terms_of(NotNeeded("nobody takes part", Withdrawal.PAUSE), RULE, CALL, SUNDAY)


def test_an_attestation_is_the_basis() -> None:
    """Of a clock that is a little ahead as well."""
    attested = Attestation("contract 7", "somebody", SUNDAY + timedelta(minutes=4))
    found = terms_of(Attested(), RULE, replace(CALL, attested=attested), SUNDAY)

    assert ("contract 7", attested, False) == (found.basis, found.attestation, found.is_asked)


@pytest.mark.parametrize("ahead", [None, timedelta(minutes=6)])
def test_without_an_attestation_there_are_no_terms(ahead: timedelta | None) -> None:
    attested = Attestation("contract 7", "somebody", SUNDAY + ahead) if ahead else None
    with pytest.raises(ConsentMissing) as caught:
        terms_of(Attested(), RULE, replace(CALL, attested=attested), SUNDAY)

    assert RULE.id == caught.value.rule


def test_an_announcement_has_all_that_the_rule_says() -> None:
    """Its basis is why the rule records."""
    said = Announced(PROMPT, LateJoiners.GO_ON, Declined(OtherWay.HANG_UP, SORRY), 5, Withdrawal.PAUSE)

    assert terms_of(said, RULE, CALL, SUNDAY) == ConsentTerms(
        ConsentKind.ANNOUNCED,
        RULE.reason,
        prompt=PROMPT,
        prompts=5,
        other_way=OtherWay.HANG_UP,
        other_prompt=SORRY,
        late_joiners=LateJoiners.GO_ON,
        on_withdrawal=Withdrawal.PAUSE,
    )


@given(st.permutations(KEYS))
def test_every_key_has_the_services_word(keys: list[str]) -> None:
    """And no two have the same."""
    said = Keypress(
        PROMPT,
        LateJoiners.PAUSE_UNTIL_ATTESTED,
        keys[0],
        keys[1],
        timedelta(seconds=7),
        must_agree=MustAgree.CALLER,
    )
    found = terms_of(said, RULE, CALL, SUNDAY)

    assert {found.agree, found.decline} <= TONES
    assert found.agree != found.decline
    assert (timedelta(seconds=7), MustAgree.CALLER, LateJoiners.PAUSE_UNTIL_ATTESTED) == (
        found.silence,
        found.must_agree,
        found.late_joiners,
    )


def test_the_keys_are_those_of_a_telephone() -> None:
    words = [
        terms_of(Keypress(PROMPT, LateJoiners.GO_ON, agree, decline, timedelta(seconds=7)), RULE, CALL, SUNDAY).agree
        for agree, decline in (("0", "1"), ("1", "2"), ("9", "1"), ("*", "1"), ("#", "1"))
    ]

    assert ["zero", "one", "nine", "asterisk", "pound"] == words
