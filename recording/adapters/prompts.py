"""Prompts and keys in a call, over `CallAutomationClient`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime

from azure.communication.callautomation import (
    CallAutomationClient,
    CallConnectionClient,
    CommunicationIdentifier,
    CommunicationUserIdentifier,
    FileSource,
    MicrosoftTeamsUserIdentifier,
    PhoneNumberIdentifier,
    RecognizeInputType,
    TextSource,
    UnknownIdentifier,
    VoiceKind,
)

from recording.adapters.service_errors import translated
from recording.core.model import CallConnectionId, Prompt
from recording.ports import InCall, PromptOrder

_PHONE, _USER, _TEAMS = "4:", "8:acs:", "8:orgid:"


class AcsPrompts:
    """`Prompts` over the SDK's client. Reports come to where the callbacks of the connection go."""

    def __init__(self, client: CallAutomationClient, now: Callable[[], datetime]) -> None:
        self._client, self._now = client, now

    def participants(self, connection_id: CallConnectionId) -> InCall:
        """See `ports.Prompts.participants`."""
        connection, ids = self._client.get_call_connection(connection_id), _ids(connection_id)
        listed = translated("list participants", ids, lambda: list(connection.list_participants()))
        call = translated("find call", ids, connection.get_call_properties)
        people = (one.identifier.raw_id for one in listed if one.identifier is not None)
        return InCall(tuple(people), call.source.raw_id if call.source is not None else "")

    def play_to_all(self, order: PromptOrder) -> None:
        """See `ports.Prompts.play_to_all`."""
        translated(
            "play prompt",
            _ids(order.connection_id),
            lambda: self._connection(order).play_media(_source(order.prompt), "all", operation_context=order.context),
        )

    def ask_for_key(self, order: PromptOrder, participant: str, silence: timedelta) -> None:
        """See `ports.Prompts.ask_for_key`."""
        translated(
            "ask for key",
            _ids(order.connection_id),
            lambda: self._connection(order).start_recognizing_media(
                RecognizeInputType.DTMF,
                _identifier(participant),
                initial_silence_timeout=int(silence.total_seconds()),
                play_prompt=_source(order.prompt),
                interrupt_prompt=False,  # who has not heard it whole has not agreed to it
                dtmf_max_tones_to_collect=1,
                operation_context=order.context,
            ),
        )

    def hang_up(self, connection_id: CallConnectionId) -> None:
        """See `ports.Prompts.hang_up`."""
        connection = self._client.get_call_connection(connection_id)
        sent = {"Repeatability-First-Sent": format_datetime(self._now(), usegmt=True)}
        translated("hang up", _ids(connection_id), lambda: connection.hang_up(is_for_everyone=True, headers=sent))

    def _connection(self, order: PromptOrder) -> CallConnectionClient:
        return self._client.get_call_connection(order.connection_id)


def _source(prompt: Prompt) -> TextSource | FileSource:
    if prompt.url:
        return FileSource(prompt.url)
    return TextSource(text=prompt.text, source_locale=prompt.language, voice_kind=VoiceKind.FEMALE)


def _identifier(raw_id: str) -> CommunicationIdentifier:
    """The SDK's value for a raw id. Of the kinds that have no keys the service gets the raw id alone."""
    if raw_id.startswith(_PHONE):
        return PhoneNumberIdentifier(raw_id.removeprefix(_PHONE), raw_id=raw_id)
    if raw_id.startswith(_USER):
        return CommunicationUserIdentifier(raw_id)
    if raw_id.startswith(_TEAMS):
        return MicrosoftTeamsUserIdentifier(raw_id.removeprefix(_TEAMS), raw_id=raw_id)
    return UnknownIdentifier(raw_id)


def _ids(connection_id: CallConnectionId) -> dict[str, str]:
    return {"call_connection_id": str(connection_id)}
