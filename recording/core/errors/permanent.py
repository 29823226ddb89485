"""Errors for which no retry can succeed: a person decides."""

from collections.abc import Mapping
from typing import ClassVar

from recording.core.errors.families import Permanent
from recording.core.model import RecordingId

_NO_SUCH = 404


class MalformedEvent(Permanent):
    """An event lacks a field, or has one of the wrong type; `field` is its path."""

    code = "malformed_event"

    def __init__(self, field: str, cause: str, *, ids: Mapping[str, str] | None = None) -> None:
        super().__init__("read event", f"{field}: {cause}", ids=ids)
        self.field = field


class InvalidRequest(Permanent):
    """A caller's request is invalid; `field` names what to correct."""

    code = "invalid_request"

    def __init__(self, field: str, cause: str) -> None:
        super().__init__("read request", f"{field}: {cause}")
        self.field = field


class RequestTooLarge(InvalidRequest):
    """A caller's request is larger than the limit."""

    code = "request_too_large"


class RequestIdReused(Permanent):
    """The caller has used this request id for another request; `field` names the header to correct."""

    code = "request_id_reused"
    field: ClassVar[str] = "Repeatability-Request-ID"


class ConditionMissing(InvalidRequest):
    """A request that must name the version that it is made for (If-Match) names none."""

    code = "condition_missing"


class RecordingChanged(Permanent):
    """The recording is not as the caller has seen it: look again, and decide again."""

    code = "recording_changed"


class DecisionRefused(Permanent):
    """A person's decision cannot be carried out in the state of the chunk."""

    code = "decision_refused"


class UnknownJob(Permanent):
    """There is no such job."""

    code = "unknown_job"


class PlanChanged(Permanent):
    """What an erasure would do is not what its plan said: look at the new `plan`, and decide again."""

    code = "plan_changed"

    def __init__(
        self, operation: str, cause: str, *, plan: object = None, ids: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(operation, cause, ids=ids)
        self.plan = plan


class UnknownHold(Permanent):
    """There is no such hold."""

    code = "unknown_hold"


class HoldChanged(Permanent):
    """The hold is not as the caller has seen it: look again, and decide again."""

    code = "hold_changed"


class JobRefused(Permanent):
    """A job cannot be done, or what is asked of it not in its state: the cause says which."""

    code = "job_refused"


class NotSealed(Permanent):
    """A recording has no seal: it has not been read once more yet, or nothing of it is archived."""

    code = "not_sealed"


class UnknownPerson(Permanent):
    """Nothing is known of this key of a person."""

    code = "unknown_person"


class PersonChanged(Permanent):
    """The key stands for other raw ids than the caller has seen: look again, and save again."""

    code = "person_changed"


class PeopleIndexOff(Permanent):
    """Recordings are not filed under their people, as there is no key to hash them with."""

    code = "people_index_off"


class BlobProtected(Permanent):
    """A blob is not removed: a legal hold, or the time that it must be kept for, forbids it. Later it can be."""

    code = "blob_protected"


class CallerUnproven(Permanent):
    """It is not known who calls: there is no token, or one that proves nothing; `cause` has nothing of it."""

    code = "caller_unproven"


class CallerNotAllowed(Permanent):
    """It is known who calls, and that they may not do this."""

    code = "caller_not_allowed"


class HostileLocation(Permanent):
    """A URL that is not one of the service's recording locations; nothing was sent to it."""

    code = "hostile_location"


class BlobExists(Permanent):
    """A blob of this name exists (409, 412): read what is there and compare."""

    code = "blob_exists"


class ForeignBlocks(Permanent):
    """Blocks that this app did not stage are staged under the blob's name, so that ours are refused."""

    code = "foreign_blocks"


class CopyLost(Permanent):
    """A copy in our own storage, from which the archive was to be filled, is gone or no longer what was proven."""

    code = "copy_lost"


class CopyInTheWay(Permanent):
    """Another blob has the name in the archive that a copy in our own storage was to get."""

    code = "copy_in_the_way"


class RecordingErased(Permanent):
    """The recording was erased: whatever comes of it is refused."""

    code = "recording_erased"


class RecordingOpen(Permanent):
    """The recording cannot be erased yet: something of it is still being recorded, copied or decided."""

    code = "recording_open"


class EntryTooLarge(Permanent):
    """The entry of this recording does not fit into a row of the catalog."""

    code = "entry_too_large"


class EntryUnreadable(Permanent):
    """A row of the catalog cannot be decoded; `cause` names the place in it, never a value."""

    code = "entry_unreadable"


class ManifestUnreadable(Permanent):
    """A blob that has the name of a manifest is none that this version can read; `cause` names the place in it."""

    code = "manifest_unreadable"


class CatalogRefused(Permanent):
    """The catalog refuses what it was given, such as a text that is not UTF-8; a retry would be refused too."""

    code = "catalog_refused"


class UnknownRecording(Permanent):
    """Neither the catalog nor the service knows this recording id."""

    code = "unknown_recording"


class UnknownChunk(Permanent):
    """The catalog knows the recording, and no chunk of it with this document id."""

    code = "unknown_chunk"


class UnknownRoute(Permanent):
    """The API has no such path."""

    code = "unknown_route"


class MethodNotAllowed(Permanent):
    """The path does not take this method."""

    code = "method_not_allowed"


class UnknownAsset(Permanent):
    """The page that shows the API has no such file."""

    code = "unknown_asset"


class PageMissing(Permanent):
    """A file of the page that shows the API was not packed with the app."""

    code = "page_missing"


class CallRefused(Permanent):
    """Call Automation refuses the operation because of the state of the call or the recording; nothing was done.

    `status` is its HTTP status, `running` the recording of the same call that runs already, if it is known.
    """

    code = "call_refused"

    def __init__(
        self,
        operation: str,
        cause: str,
        *,
        status: int,
        hint: str = "",
        ids: Mapping[str, str] | None = None,
        running: RecordingId | None = None,
    ) -> None:
        super().__init__(operation, cause, hint=hint, ids=ids)
        self.status = status
        self.running = running

    @property
    def says_no_such(self) -> bool:
        """Whether the service answers that it has no such call, or no such recording: it is over, or unknown to it."""
        return self.status == _NO_SUCH


class PolicyRefused(Permanent):
    """The policy says that this call is not recorded; nothing was asked of the service. `cause` is its reason.

    `rule` is the rule that says so; empty if none matches.
    """

    code = "policy_refused"

    def __init__(self, cause: str, rule: str = "", *, hint: str = "", ids: Mapping[str, str] | None = None) -> None:
        super().__init__("start recording", cause, hint=hint, ids={**(ids or {}), **({"rule": rule} if rule else {})})
        self.rule = rule


class ConsentMissing(PolicyRefused):
    """The policy allows the recording only on a consent that there is not; nothing was recorded."""

    code = "consent_missing"


class ConsentRefused(Permanent):
    """What is asked of a recording does not agree with its consent, such as to resume it after a withdrawal."""

    code = "consent_refused"


class PolicyInvalid(Permanent):
    """A policy is wrong; `problems` names every place, with line and column."""

    code = "policy_invalid"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("read policy", "; ".join(problems), hint="docs/policy.md has the format")
        self.problems = problems


class SettingsInvalid(Permanent):
    """Settings are missing or wrong; `problems` names every one of them."""

    code = "settings_invalid"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("read settings", "; ".join(problems), hint="set them in the app's settings")
        self.problems = problems
