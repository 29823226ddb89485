"""Ids in the form and length that the service uses."""

import base64
import binascii
import json
import uuid


def new_recording_id() -> str:
    """Base64url of a small JSON object, as real recordingIds are."""
    ids = {"PlatformEndpointId": str(uuid.uuid4()), "ResourceSpecificId": str(uuid.uuid4())}
    text = json.dumps(ids, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def new_server_call_id() -> str:
    """Base64 of a URL; its alphabet has `/`, `+` and `=`, as real ones do."""
    conversation, epoch = uuid.uuid4().hex[:22], uuid.uuid4().int % 10**15
    where = f"https://conv-weu-01.conv.skype.com/conv/{conversation}?i=10&e=638{epoch:015d}"
    return base64.b64encode(where.encode()).decode()


def is_base64(text: str) -> bool:
    """Whether the service can decode it as a server call id."""
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False
