"""Which facts are acts of the audit trail, and what an act says of each besides its name, time, actor and chunk.

To add something to an act, such as a rule or a consent, add a pair to the fact's line in `_DETAILS`.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from recording.core.lifecycle.changes import with_fields
from recording.core.lifecycle.facts import (
    Archived,
    Completed,
    Consented,
    ConsentWithdrawn,
    Damaged,
    Decided,
    Disputed,
    Expired,
    Fact,
    GivenUp,
    Kept,
    Looked,
    MetadataArchived,
    NeverCame,
    Paused,
    Released,
    Resumed,
    Started,
    Stopped,
)
from recording.core.lifecycle.records_facts import (
    EndDecided,
    Erased,
    ErasureBegun,
    Exported,
    Held,
    HoldEnded,
    Rewritten,
    UnlinkBegun,
    Unlinked,
    UnlinkGivenUp,
)
from recording.core.model import Act, Actor, CatalogEntry, ConsentEvidence, MetadataProof
from recording.core.naming import is_muted
from recording.core.times import format_time
from recording.core.trail import added, is_repeated

_MOST_TEXT = 1000
_BY_PEOPLE = Paused | Resumed | Stopped | Looked | Held | HoldEnded | EndDecided | Exported
"""These are acts also where they change nothing, such as a pause after the first chunk has been announced."""
RUNS = frozenset(
    fact.__name__ for fact in (Archived, MetadataArchived, Released, Kept, Completed, Expired, Damaged, Disputed)
)
"""Acts of the run of a chunk, which writes them at its end."""


def with_act(
    before: CatalogEntry | None, after: CatalogEntry, fact: Fact, now: datetime, by: Actor, *, is_new: bool
) -> CatalogEntry:
    """The entry with the act that the fact is, if it is one; `is_new`: it has changed the entry, or is a decision."""
    describe = _DETAILS.get(type(fact))
    if describe is None or not (is_new or isinstance(fact, _BY_PEOPLE)) or not _is_act(before, after, fact):
        return after
    details = tuple((name, text[:_MOST_TEXT]) for name, text in describe(fact).items() if text)
    act = Act(now, type(fact).__name__, without_name(by), getattr(fact, "document_id", None), details)
    trail = after.recording.trail
    if isinstance(fact, _BY_PEOPLE) and is_repeated(trail, act):
        return after
    return with_fields(after, trail=added(trail, act))


def without_name(by: Actor) -> Actor:
    """The actor; of a name that a caller gave themselves only the digest, as for a reason."""
    kind, _, name = by.partition(":")
    return Actor(f"{kind}:{digest(name)}") if kind == "key" and name else by


def _is_act(before: CatalogEntry | None, after: CatalogEntry, fact: Fact) -> bool:
    """Whether the fact did what its name says: one that is repeated, late or overtaken may change something else."""
    if isinstance(fact, Started):
        return before is None or before.recording.requested_at is None
    if isinstance(fact, Archived | MetadataArchived | Kept | Disputed | Damaged | Expired):
        known, chunk = before and before.chunk(fact.document_id), after.chunk(fact.document_id)
        return (known and (known.state, known.proof)) != (chunk and (chunk.state, chunk.proof))
    if isinstance(fact, Completed):
        return after.recording.completed_at is not None
    if isinstance(fact, ErasureBegun):
        return before is not None
    return True


def _started(fact: Started) -> dict[str, str]:
    rule = fact.applied
    return {
        "output": str(fact.output),
        "paused": str(fact.paused).lower(),
        **({"rule": rule.rule, "policy": rule.policy} if rule else {}),
        **({"template": rule.template, "retentionClass": rule.retention_class} if rule else {}),
        **(_consent(fact.consent) if fact.consent else {}),
    }


def _consent(evidence: ConsentEvidence) -> dict[str, str]:
    """The consent as far as it names nobody: the evidence itself is in catalog and manifest."""
    return {
        "consent": evidence.kind,
        "promptSha256": evidence.text_sha256,
        "operations": str(len(evidence.operations)) if evidence.operations else "",
    }


def _consented(fact: Consented) -> dict[str, str]:
    last = fact.evidence.operations[-1] if fact.evidence.operations else None
    attested = last.attested if last is not None else ""
    return {**_consent(fact.evidence), **(_reason(attested) if attested else {})}


def _archived(fact: Archived) -> dict[str, str]:
    proof = fact.proof
    return {
        "blob": proof.name,
        "length": str(proof.length),
        "sha256OfBlocks": proof.digest.sha256,
        "blockSize": str(proof.digest.block_size),
        "place": proof.place,
        **({"byItsOwnWord": "true"} if proof.by_its_own_word else {}),
        **(_metadata(proof.metadata) if proof.metadata else {}),
    }


def _metadata(metadata: MetadataProof) -> dict[str, str]:
    return {"metadataBlob": metadata.name, "metadataSha256": metadata.sha256}


def digest(text: str) -> str:
    """The digest of what a person wrote."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _reason(reason: str) -> dict[str, str]:
    """The digest of what a person wrote: the words are in the history, from which they can be removed."""
    return {"reasonSha256": digest(reason)}


_DETAILS: Mapping[type, Callable[[Any], dict[str, str]]] = {
    Started: _started,
    Paused: lambda _: {},
    Resumed: lambda _: {},
    Stopped: lambda _: {},
    Consented: _consented,
    ConsentWithdrawn: lambda fact: _reason(fact.reason),
    Looked: lambda fact: {"view": fact.view},
    Decided: lambda fact: {"ruling": fact.ruling, **_reason(fact.reason)},
    GivenUp: lambda fact: _reason(fact.reason),
    Archived: _archived,
    MetadataArchived: lambda fact: _metadata(fact.metadata),
    Disputed: lambda _: {},
    Damaged: lambda _: {},
    Released: lambda fact: {"releasedAt": format_time(fact.at)},
    Kept: lambda fact: {"conflict": str(fact.is_conflict).lower()},
    Expired: lambda fact: {"code": fact.failure.code},
    NeverCame: lambda _: {},
    Completed: lambda fact: {
        "manifest": fact.manifest_name,
        "revision": str(fact.revision),
        "lacks": str(len(fact.lacks)),
    },
    ErasureBegun: lambda fact: {"reason": fact.reason},
    Erased: lambda _: {},
    Held: lambda fact: {"hold": fact.hold_id},
    HoldEnded: lambda fact: {"hold": fact.hold_id},
    EndDecided: lambda fact: {
        "choice": fact.choice,
        "endsOn": fact.ends_on.isoformat(),
        **({} if fact.until is None else {"until": fact.until.isoformat()}),
        **_reason(fact.reason),
    },
    Exported: lambda fact: {
        "export": fact.export_id,
        "rule": fact.rule,
        "outcome": fact.outcome,
        "purposeSha256": digest(fact.purpose),
        "hashesSha256": fact.hashes,
    },
    UnlinkBegun: lambda fact: {
        "erasure": fact.erasure_id,
        "purposeSha256": digest(fact.purpose),
        "mutes": str(fact.is_muting).lower(),
    },
    Rewritten: lambda fact: {
        "erasure": fact.erasure_id,
        "metadataFiles": str(len(fact.proofs)),
        "muted": str(sum(is_muted(proof.name) for _, proof in fact.proofs)),
    },
    UnlinkGivenUp: lambda fact: {"erasure": fact.erasure_id},
    Unlinked: lambda fact: {"erasure": fact.erasure_id},
}
"""The facts that are acts. No text of a person, of an event or of the service is among the details, and no URL."""
