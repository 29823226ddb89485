"""Reads the consent of a rule, or of a country."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from recording.core.model import ConsentKind
from recording.core.policy.model import (
    Afterwards,
    Announced,
    Attested,
    Consent,
    Declined,
    Keypress,
    LateJoiners,
    NotNeeded,
    Prompt,
)
from recording.core.policy.values import Section, Value

_MOST_PROMPT = 2000
_USUAL_WAIT = 10
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_AUDIO = re.compile(r"https://[a-z0-9.-]{3,200}/[A-Za-z0-9._~/-]{1,500}")
_TONE = re.compile(r"[0-9*#]")
_ASKED = ("prompt", "declined", "lateJoiners")
_FIELDS: Mapping[ConsentKind, tuple[str, ...]] = {
    ConsentKind.NOT_NEEDED: ("reason",),
    ConsentKind.ATTESTED: (),
    ConsentKind.ANNOUNCED: _ASKED,
    ConsentKind.KEYPRESS: (*_ASKED, "agree", "decline", "waitSeconds"),
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
        *dict.fromkeys(name for names in _FIELDS.values() for name in names),
        *(("countries",) if in_rule else ()),
    )
    by_country = section.read("countries", lambda one: one.one_of(_Countries), None) is not None
    kind = section.need("kind", lambda one: one.one_of(ConsentKind), None)
    if kind is None:
        return Attested(), by_country
    section.only(("kind", "countries", *_FIELDS[kind]), f"makes no sense in a consent that is {kind}")
    return _of_kind(kind, section), by_country


def _of_kind(kind: ConsentKind, section: Section) -> Consent:
    if kind is ConsentKind.NOT_NEEDED:
        return NotNeeded(section.need("reason", Value.text, ""))
    if kind is ConsentKind.ATTESTED:
        return Attested()
    prompt = section.need("prompt", _prompt, Prompt("", ""))
    late = section.need("lateJoiners", lambda one: one.one_of(LateJoiners), LateJoiners.GO_ON)
    declined = section.read("declined", _declined, Declined())
    if kind is ConsentKind.ANNOUNCED:
        return Announced(prompt, late, declined)
    agree, decline = section.need("agree", _tone, ""), section.need("decline", _tone, "")
    if agree and agree == decline:
        section.report("decline", "the same key as agree")
    wait = section.read("waitSeconds", lambda one: one.whole(1, 60), _USUAL_WAIT)
    return Keypress(prompt, late, agree, decline, timedelta(seconds=wait), declined)


def _prompt(value: Value) -> Prompt:
    section = value.section("version", "language", "text", "audio")
    if section.has("text") == section.has("audio"):
        value.report("either text or audio is needed")
    return Prompt(
        version=section.need("version", lambda one: one.text(64), ""),
        language=section.need("language", _language, ""),
        text=section.read("text", lambda one: one.text(_MOST_PROMPT), ""),
        audio=section.read("audio", _audio, ""),
    )


def _declined(value: Value) -> Declined:
    section = value.section("then", "prompt")
    return Declined(
        section.need("then", lambda one: one.one_of(Afterwards), Afterwards.GO_ON),
        section.read("prompt", _prompt, None),
    )


def _tone(value: Value) -> str:
    return value.fitting(_TONE, "not one of the keys 0 to 9, * and #")


def _language(value: Value) -> str:
    return value.fitting(_LANGUAGE, "not a language such as de or en-GB")


def _audio(value: Value) -> str:
    return value.fitting(_AUDIO, "not an https URL of letters, digits, dots, dashes and slashes")
