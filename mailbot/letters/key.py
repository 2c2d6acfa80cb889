"""The letter key: an unguessable name for each letter, from which its Message-ID and its reference are derived.

It stands in X-Mailbot-Letter and first in References, which answers copy (RFC 5322, section 3.6.4): servers may replace
the Message-ID of what we submit, but not the References of who answers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable

from mailbot.registration.records import Draft

_LENGTH = 32  # 160 bits in base32, without padding
# A prefix of ours and then exactly a key; what stands between (".", "%2E", "=2E") varies with who mangled the id.
_OURS = re.compile(rf"mailbot(?:-letter)?(?:[._\-]|%2e|=2e)([a-z2-7]{{{_LENGTH}}})(?![a-z2-7])", re.IGNORECASE)
_MOST_CHARACTERS = 20_000


def letter_key(secret: bytes, draft: Draft) -> str:
    """HMAC-SHA256 over what makes a draft unique, as 32 lower-case letters and digits of base32."""
    parts = [draft.subject_of, draft.kind.value, draft.to.email.lower(), draft.version, draft.course]
    digest = hmac.new(secret, json.dumps(parts).encode(), hashlib.sha256).digest()
    return base64.b32encode(digest)[:_LENGTH].decode("ascii").lower()


def message_id(key: str, domain: str) -> str:
    """The letter's own Message-ID, with angle brackets."""
    return f"<mailbot.{key}@{domain}>"


def reference(key: str, domain: str) -> str:
    """The id that stands first in References, with angle brackets; it names no message, it carries the key."""
    return f"<mailbot-letter.{key}@{domain}>"


def keys_in(references: Iterable[str]) -> tuple[str, ...]:
    """The keys in References and In-Reply-To of an answer, latest first, each once; ids may be folded or mangled."""
    text = "\n".join("".join(r.split()) for r in references)[-_MOST_CHARACTERS:]
    return tuple(dict.fromkeys(key.lower() for key in reversed(_OURS.findall(text))))
