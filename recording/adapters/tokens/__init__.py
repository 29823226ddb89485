"""Tokens of Call Automation and of Entra, checked by PyJWT with keys that are asked for at the issuer's own host."""

from recording.adapters.tokens.checking import TokenCallers, Trust
from recording.adapters.tokens.key_cache import KeyCache
from recording.adapters.tokens.key_documents import ask_for_keys

__all__ = ["KeyCache", "TokenCallers", "Trust", "ask_for_keys"]
