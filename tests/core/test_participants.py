"""What a participant is, by the form of the raw id: as Microsoft's own reader has it."""

import pytest
from azure.communication.callautomation import (
    CommunicationUserIdentifier,
    MicrosoftTeamsAppIdentifier,
    MicrosoftTeamsUserIdentifier,
    PhoneNumberIdentifier,
    UnknownIdentifier,
)
from azure.communication.callautomation._shared.models import TeamsExtensionUserIdentifier, identifier_from_raw_id
from hypothesis import given
from hypothesis import strategies as st

from recording.core.model import ParticipantKind
from recording.core.participants import (
    is_program,
    kind_of,
    kinds_of,
    lacks_country,
    names_nobody,
    one_spelling,
    without_identities,
)

K = ParticipantKind
GUID = "b6372803-0c35-4ec0-833b-c19b798cef2d"
THREE = f"{GUID}_{GUID}_{GUID}"
CASES = {
    "4:+15551230001": K.PHONE_NUMBER,
    "4:anonymous": K.PHONE_NUMBER,
    f"8:orgid:{GUID}": K.TEAMS_USER,
    f"8:dod:{GUID}": K.TEAMS_USER,
    f"8:gcch:{GUID}": K.TEAMS_USER,
    f"8:teamsvisitor:{GUID}": K.TEAMS_VISITOR,
    f"8:acs:{GUID}_0000000e-3240": K.COMMUNICATION_USER,
    f"8:acs:{THREE}": K.TEAMS_EXTENSION_USER,
    f"8:dod-acs:{THREE}": K.TEAMS_EXTENSION_USER,
    f"8:gcch-acs:{THREE}": K.TEAMS_EXTENSION_USER,
    f"8:spool:{GUID}_x": K.COMMUNICATION_USER,
    f"28:orgid:{GUID}": K.TEAMS_APP,
    f"28:dod:{GUID}": K.TEAMS_APP,
    f"28:gcch:{GUID}": K.TEAMS_APP,
    f"28:{GUID}": K.BOT,
    "48:something": K.UNKNOWN,
    "8:acs:": K.UNKNOWN,
    "28:": K.UNKNOWN,
    "": K.UNKNOWN,
}
THEIRS = {
    PhoneNumberIdentifier: {K.PHONE_NUMBER},
    MicrosoftTeamsUserIdentifier: {K.TEAMS_USER, K.TEAMS_VISITOR},
    MicrosoftTeamsAppIdentifier: {K.TEAMS_APP},
    TeamsExtensionUserIdentifier: {K.TEAMS_EXTENSION_USER},
    CommunicationUserIdentifier: {K.COMMUNICATION_USER},
    UnknownIdentifier: {K.UNKNOWN, K.BOT},
}


@pytest.mark.parametrize(("raw_id", "kind"), CASES.items())
def test_the_form_of_an_id_says_what_it_is(raw_id: str, kind: K) -> None:
    assert kind is kind_of(raw_id)


@pytest.mark.parametrize("raw_id", [raw_id for raw_id in CASES if not raw_id.endswith(":")])
def test_microsofts_reader_says_the_same(raw_id: str) -> None:
    """It knows no bots by their id."""
    theirs = identifier_from_raw_id(raw_id)
    assert kind_of(raw_id) in THEIRS[type(theirs)]


@given(st.text())
def test_any_text_has_a_kind(raw_id: str) -> None:
    assert kind_of(raw_id) in K


def test_kinds_are_counted_and_ids_are_not_kept() -> None:
    """The same id twice is one participant."""
    people = ["4:+1", "4:+2", "4:+2", f"8:acs:{THREE}"]
    assert ((K.PHONE_NUMBER, 2), (K.TEAMS_EXTENSION_USER, 1)) == kinds_of(people)


def test_an_application_is_told_and_asked_nothing() -> None:
    assert {True} == {is_program(raw_id) for raw_id in ("28:orgid:a", "28:a", "28:gcch:a")}
    assert {False} == {is_program(raw_id) for raw_id in ("4:+49301", "8:acs:a_b", "8:orgid:a", "", "28:")}


NAMES = [
    *(raw_id for raw_id, kind in CASES.items() if kind is not K.UNKNOWN),
    "+49 30 (123) 45-67",
    "ann@contoso.example",
    "sip:ann@contoso.example",
]


@pytest.mark.parametrize("named", NAMES)
def test_what_the_service_says_names_no_participant(named: str) -> None:
    """Whatever stands around it."""
    for text in (f"Participant {named} has left", f"participant '{named}', 404", f"[{named}]", f"to:{named}", named):
        assert named.removeprefix("sip:") not in without_identities(text)


@pytest.mark.parametrize(
    "text", ["", "400 8501: the call is not established", "at 2026-03-01T14:05:28Z +00:00", f"trace {GUID}, v4"]
)
def test_what_names_nobody_stays_as_it_is(text: str) -> None:
    assert text == without_identities(text)


@pytest.mark.parametrize("text", ["+1" * 2048, "4:" * 2048, "a" * 4096, "@" * 4096, "+1" + "(" * 4096])
def test_a_long_text_takes_no_long_time(text: str) -> None:
    """It is of somebody else's making; each form is tried over a bounded length."""
    assert without_identities(text) is not None


SPELLINGS = {
    "+49 (0)30 1234567": "4:+49301234567",
    "0049 30 1234567": "4:+49301234567",
    "4:+49301234567": "4:+49301234567",
    "4:49301234567": "4:+49301234567",
    "4:+49301234567_a1b2": "4:+49301234567",
    " +49-30-123.45/67 ": "4:+49301234567",
    "+49\u00a030\u20111234567": "4:+49301234567",
    "tel:+49-30-1234567;ext=1": "4:+49301234567",
    "TEL:+1 (555) 123-0001": "4:+15551230001",
    f"8:orgid:{GUID.upper()}": f"8:orgid:{GUID}",
    f"8:ACS:{GUID}_{GUID.upper()}": f"8:acs:{GUID}_{GUID}",
    "48:Something": "48:Something",
    "4:anonymous": "4:anonymous",
    "030 1234567": "030 1234567",
    "tel:030": "tel:030",
    "+0301": "+0301",
    "": "",
}


@pytest.mark.parametrize(("given", "spelling"), SPELLINGS.items())
def test_a_person_is_spelt_in_one_way(given: str, spelling: str) -> None:
    """Telephone numbers in any spelling with the country, and ids of known forms in any case."""
    assert spelling == one_spelling(given)


@given(st.text() | st.from_regex(r"(4:|tel:|\+|00)?[0-9 ()+.-]{0,20}", fullmatch=True))
def test_the_one_spelling_of_a_spelling_is_itself(text: str) -> None:
    assert one_spelling(text) == one_spelling(one_spelling(text))


@given(st.from_regex(r"[1-9][0-9]{3,14}", fullmatch=True), st.data())
def test_separators_do_not_matter_in_a_number(digits: str, data: st.DataObject) -> None:
    spelt = "".join(digit + data.draw(st.sampled_from(["", " ", "-", ".", "/", "\u2011"])) for digit in digits)

    assert {f"4:+{digits}"} == {one_spelling(start + spelt) for start in ("+", "00", "4:", "4:+", "tel:+")}


@pytest.mark.parametrize(
    ("raw_id", "is_nobody"),
    [("4:anonymous", True), ("4:Restricted", True), ("4:+1", False), ("8:acs:a_b", False), ("anonymous", False)],
)
def test_a_withheld_number_names_nobody(raw_id: str, is_nobody: bool) -> None:  # noqa: FBT001 - of a table
    assert is_nobody == names_nobody(raw_id)


@pytest.mark.parametrize(
    ("given", "lacks"),
    [("030 1234567", True), ("(030) 12 34", True), ("+49 30 1", False), ("0049301", False), ("8:acs:1", False)],
)
def test_a_number_without_its_country_is_known(given: str, lacks: bool) -> None:  # noqa: FBT001 - of a table
    assert lacks == lacks_country(given)
