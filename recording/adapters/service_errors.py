"""Errors of Call Automation."""

from collections.abc import Callable
from typing import Any

from azure.core.exceptions import AzureError, DecodeError

from recording.adapters.sdk_errors import code_of, is_an_answer, is_busy, message_of, retry_after_of, status_of
from recording.core.errors import CallRefused, RecordingError, ServiceBusy, ServiceRefused
from recording.core.participants import without_identities


def translated(operation: str, ids: dict[str, str], call: Callable[[], Any]) -> Any:
    """What the SDK returns; its errors are translated."""
    try:
        return call()
    except AzureError as error:
        raise service_error(operation, ids, error) from error


def service_error(operation: str, ids: dict[str, str], error: AzureError) -> RecordingError:
    """The error for a failed call.

    Of what the service says, the participants whom it names are left out: errors are logged, and shown to callers.
    It is a refusal only if the service itself answered; after any other reply the outcome is unknown.
    """
    status, said = status_of(error), without_identities(message_of(error))
    if status is None:
        return ServiceBusy(operation, said, hint="check ACS_ENDPOINT and the network", ids=ids)
    cause = f"{status} {said}"
    if code := code_of(error):
        ids = {**ids, "code": code}
    if status in {401, 403}:
        hint = "check ACS_ACCESS_KEY, or the managed identity and its role on the Communication resource, and the clock"
        return ServiceRefused(operation, cause, hint=hint, ids=ids)
    if isinstance(error, DecodeError):
        return ServiceBusy(operation, f"{cause}: the reply cannot be read", ids=ids)
    if not 400 <= status < 500 or is_busy(status) or not is_an_answer(error):
        return ServiceBusy(operation, cause, ids=ids, retry_after=retry_after_of(error))
    return CallRefused(operation, cause, status=status, ids=ids)
