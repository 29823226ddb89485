"""How callers are proven: the settings of tokens, for callbacks, Event Grid's webhook and the API."""

from dataclasses import dataclass
from typing import Annotated

from recording.core.callers import ApiAuth
from recording.settings import parsing
from recording.settings.mechanism import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Whose tokens are accepted. A list is separated by commas; an empty one accepts no token of its kind."""

    acs_resource_ids: Annotated[
        tuple[str, ...],
        Setting(
            "ACS_RESOURCE_IDS",
            "",
            parsing.guids,
            "immutable resource ids of the Communication resources whose callbacks are accepted; empty: none are",
        ),
    ]
    api_auth: Annotated[
        ApiAuth,
        Setting("API_AUTH", ApiAuth.KEY, parsing.api_auth, "what a caller of the API shows: key, entra or both"),
    ]
    api_audiences: Annotated[
        tuple[str, ...],
        Setting("API_AUDIENCES", "", parsing.audiences, "audiences of the Entra tokens that the API accepts"),
    ]
    event_grid_audiences: Annotated[
        tuple[str, ...],
        Setting(
            "EVENT_GRID_AUDIENCES",
            "",
            parsing.audiences,
            "audiences of the Entra tokens that Event Grid sends to its webhook; empty: the function key alone",
        ),
    ]
    tenant_id: Annotated[
        str, Setting("ENTRA_TENANT_ID", "", parsing.guid, "the tenant whose Entra tokens are accepted; no other's are")
    ]
