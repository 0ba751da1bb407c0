"""Who calls: bearer tokens, kept as keyed hashes and compared in constant time."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sungaze_vps.errors import ProblemError

_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True, eq=False)
class Principal:
    """The holder of a token; there is one of each, equal to itself only."""

    devices: frozenset[str]
    can_write: bool

    def require_read(self, device_id: str) -> None:
        """Raise a 403 unless the device is the caller's; it says nothing about whether such a device exists."""
        if device_id not in self.devices:
            raise ProblemError("not-allowed", "This token does not belong to the device asked for.")

    def require_write(self) -> None:
        """Raise a 403 for a token that may only read."""
        if not self.can_write:
            raise ProblemError("not-allowed", "This token may read and not write.")


class Tokens:
    """The known tokens; only digests of them are kept, under a key that this process alone knows and never tells.

    A digest is looked up and then compared in constant time, with a digest of nothing when there is none. What the
    look-up may tell by its time is about the digest, and without the key nobody can choose a token by its digest; so it
    says nothing of a token, and a server of a thousand homes answers as quickly as one of a single home.
    """

    def __init__(self, writers: Mapping[str, frozenset[str]], readers: Mapping[str, frozenset[str]]) -> None:
        """Take token -> devices for the tokens that may write and for those that only read."""
        self._key = secrets.token_bytes(_DIGEST_BYTES)
        self._principals: dict[bytes, tuple[bytes, Principal]] = {}
        for known, can_write in ((writers, True), (readers, False)):
            for token, devices in known.items():
                digest = self._digest(token.encode())
                self._principals[digest] = digest, Principal(devices, can_write=can_write)
        self.devices = frozenset().union(*(principal.devices for _, principal in self._principals.values()))
        """Of all tokens."""
        self._nobody: tuple[bytes, Principal | None] = (bytes(_DIGEST_BYTES), None)

    def identify(self, token: bytes) -> Principal | None:
        """Find the token's holder; takes equally long whether, and where, it is found."""
        digest = self._digest(token)
        known, principal = self._principals.get(digest, self._nobody)
        return principal if hmac.compare_digest(digest, known) else None

    def _digest(self, token: bytes) -> bytes:
        return hashlib.blake2b(token, key=self._key, digest_size=_DIGEST_BYTES).digest()
