"""Consent over HTTP: withdraw it, and attest it for those who have joined later."""

import azure.functions as func

from recording.core.formats import api
from recording.entrypoints.answers import problem_details
from recording.entrypoints.callers import caller_of
from recording.entrypoints.pages import answer_recording, recording_id_of
from recording.entrypoints.worker import get_app

blueprint = func.Blueprint()


@blueprint.route("recordings/{id}/consent/withdraw", methods=["POST"])
@problem_details
def withdraw_consent(req: func.HttpRequest) -> func.HttpResponse:
    """Withdraw the consent of a recording: it is stopped or paused at once, and what lies before is marked."""
    app = get_app()
    caller = caller_of(req, app, "withdraw_consent")
    asked = api.parse_withdrawal(req.get_body(), caller)
    return answer_recording(app.withdrawing.withdraw(recording_id_of(req), asked.reason, by=asked.by))


@blueprint.route("recordings/{id}/consent/attest", methods=["POST"])
@problem_details
def attest_consent(req: func.HttpRequest) -> func.HttpResponse:
    """Attest that those who have joined later consent: a recording that was paused for them goes on."""
    app = get_app()
    caller = caller_of(req, app, "attest_consent")
    asked = api.parse_attestation(req.get_body(), caller)
    return answer_recording(app.consenting.attest(recording_id_of(req), asked.reason, by=asked.by))
