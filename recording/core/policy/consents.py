"""Reads the consent of a rule, or of a country."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from recording.core.consent import MOST_PROMPTS, USUAL_PROMPTS, LateJoiners, MustAgree, OtherWay
from recording.core.model import ConsentKind, Prompt, Withdrawal
from recording.core.policy.model import (
    Announced,
    Attested,
    Consent,
    Declined,
    Keypress,
    NotNeeded,
)
from recording.core.policy.values import Section, Value

_MOST_PROMPT = 2000
_USUAL_WAIT = 10
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_AUDIO = re.compile(r"https://[a-z0-9.-]{3,200}/[A-Za-z0-9._~/-]{1,500}")
_TONE = re.compile(r"[0-9*#]")
_ASKED = ("prompt", "prompts", "declined", "lateJoiners")
_NO_PROMPT = Prompt("none", "none", "none")
"""In place of one that is wrong."""
_FIELDS: Mapping[ConsentKind, tuple[str, ...]] = {
    ConsentKind.NOT_NEEDED: ("reason",),
    ConsentKind.ATTESTED: (),
    ConsentKind.ANNOUNCED: _ASKED,
    ConsentKind.KEYPRESS: (*_ASKED, "agree", "decline", "waitSeconds", "mustAgree"),
}


class _Countries(StrEnum):
    """Whose country counts for the consent."""

    STRICTEST = "strictest"


def consent(value: Value, *, in_rule: bool) -> tuple[Consent, bool]:
    """A consent, and whether the strictest country counts, which only a rule can say.

    Raises:
        UnfitError: it is no table.
    """
    section = value.section(
        "kind",
        "onWithdrawal",
        *dict.fromkeys(name for names in _FIELDS.values() for name in names),
        *(("countries",) if in_rule else ()),
    )
    by_country = section.read("countries", lambda one: one.one_of(_Countries), None) is not None
    kind = section.need("kind", lambda one: one.one_of(ConsentKind), None)
    if kind is None:
        return Attested(), by_country
    section.only(("kind", "countries", "onWithdrawal", *_FIELDS[kind]), f"makes no sense in a consent that is {kind}")
    return _of_kind(kind, section), by_country


def _of_kind(kind: ConsentKind, section: Section) -> Consent:
    withdrawal = section.read("onWithdrawal", lambda one: one.one_of(Withdrawal), Withdrawal.STOP)
    if kind is ConsentKind.NOT_NEEDED:
        return NotNeeded(section.need("reason", Value.text, ""), withdrawal)
    if kind is ConsentKind.ATTESTED:
        return Attested(withdrawal)
    prompt = section.need("prompt", _prompt, _NO_PROMPT)
    late = section.need("lateJoiners", lambda one: one.one_of(LateJoiners), LateJoiners.GO_ON)
    declined = section.read("declined", _declined, Declined())
    prompts = section.read("prompts", lambda one: one.whole(1, MOST_PROMPTS), USUAL_PROMPTS)
    if kind is ConsentKind.ANNOUNCED:
        return Announced(prompt, late, declined, prompts, withdrawal)
    agree, decline = section.need("agree", _tone, ""), section.need("decline", _tone, "")
    if agree and agree == decline:
        section.report("decline", "the same key as agree")
    wait = section.read("waitSeconds", lambda one: one.whole(1, 60), _USUAL_WAIT)
    must = section.read("mustAgree", lambda one: one.one_of(MustAgree), MustAgree.ALL)
    return Keypress(prompt, late, agree, decline, timedelta(seconds=wait), declined, prompts, must, withdrawal)


def _prompt(value: Value) -> Prompt:
    section = value.section("version", "language", "text", "audio")
    text = section.need("text", lambda one: one.text(_MOST_PROMPT), "")
    language = section.need("language", _language, "")
    version = section.need("version", lambda one: one.text(64), "")
    url = section.read("audio", _audio, "")
    return Prompt(text, language, version, url) if text and language and version else _NO_PROMPT


def _declined(value: Value) -> Declined:
    section = value.section("then", "prompt")
    return Declined(
        section.need("then", lambda one: one.one_of(OtherWay), OtherWay.GO_ON),
        section.read("prompt", _prompt, None),
    )


def _tone(value: Value) -> str:
    return value.fitting(_TONE, "not one of the keys 0 to 9, * and #")


def _language(value: Value) -> str:
    return value.fitting(_LANGUAGE, "not a language such as de or en-GB")


def _audio(value: Value) -> str:
    return value.fitting(_AUDIO, "not an https URL of letters, digits, dots, dashes and slashes")
