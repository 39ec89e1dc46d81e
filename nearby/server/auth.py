"""Tokens: who is calling, by whose word, until when."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jwt

from nearby.core.ids import PersonId, is_id
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Caller
from nearby.server.verdicts import Verdicts

GUEST_TTL_S = 24 * 3600
RENEWABLE_S = 30 * 24 * 3600
"""A guest's token may be renewed this long after it expired."""

ERASED_WITHIN_MS = 1_000
"""After how long it is worth asking again while somebody is being erased."""

MAX_NAME_CHARACTERS = 64
_SHARED_ALGORITHM = "HS256"
_PUBLIC_ALGORITHMS = ("RS256", "ES256", "EdDSA")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says. ``said`` is that alone; ``caller`` is who calls, by what operators decided of them."""

    caller: Caller
    said: Caller
    expires_ms: int
    is_guest: bool = False
    scope: str = ""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key of an issuer's key set (JWKS), for one algorithm."""

    id: str | None
    algorithm: str
    key: Any


class Verifier:
    """Checks tokens against the keys in force.

    A token is good for the algorithm its key was made for and no other, so ``alg: none`` and a
    public key abused as a shared secret (CVE-2015-9256 and kin) fail for want of a key.

    Args:
        secrets: Shared secrets for HS256; the first one signs, the others are still believed.
        keys: An issuer's public keys.
        verdicts: What operators decided of people; nothing of nobody if None.
    """

    def __init__(
        self, secrets: Sequence[bytes], keys: Sequence[PublicKey] = (), verdicts: Verdicts | None = None
    ) -> None:
        self._secrets = tuple(secrets)
        self._verdicts = verdicts or Verdicts()
        self._keys = tuple(keys)
        self._refused: Counter[PersonId] = Counter()

    @contextmanager
    def refusing(self, person: PersonId) -> Iterator[None]:
        """Refuse every token of a person until the block ends, so that nothing is begun for them meanwhile."""
        self._refused[person] += 1
        try:
            yield
        finally:
            self._refused[person] -= 1
            if not self._refused[person]:
                del self._refused[person]

    def is_refusing(self, person: PersonId) -> bool:
        """Return whether every token of a person is refused now."""
        return person in self._refused

    def replace_keys(self, keys: Sequence[PublicKey]) -> None:
        """Believe these public keys from now on instead."""
        self._keys = tuple(keys)

    def check(self, person: PersonId, now_ms: int, *, even_if_banned: bool = False) -> None:
        """Return if a person may come in now: ask again after whatever suspended since ``verify``.

        Raises:
            Refused: ``erasing``, while ``refusing`` the person; ``banned``, unless ``even_if_banned``.
        """
        if self.is_refusing(person):
            raise Refused(ErrorCode.ERASING, retry_ms=ERASED_WITHIN_MS)
        if not even_if_banned:
            self._verdicts.check(person, now_ms)

    def verify(self, token: str, now_ms: int, *, expired_for_s: int = 0, even_if_banned: bool = False) -> Claims:
        """Return what the token says.

        Args:
            token: A JWT in compact form.
            now_ms: The time; a token is good up to its ``exp``.
            expired_for_s: Accept a token that expired at most this long ago.
            even_if_banned: Accept that of somebody who may not come in: what is kept of them is theirs all the same.

        Raises:
            Refused: ``bad_token``; the detail says what is wrong and nothing of what the token holds. ``erasing``,
                of a good token, while ``refusing`` its person; ``banned``, of a good token.
        """
        payload = self._payload(token)
        person, expires_s = payload.get("sub"), payload.get("exp")
        if not isinstance(person, str) or not is_id(person):
            raise _bad("sub must be 1 to 64 characters of A-Z a-z 0-9 _ -")
        if isinstance(expires_s, bool) or not isinstance(expires_s, int | float) or not 0 < expires_s < 1e11:
            raise _bad("exp must be a time in seconds")
        if now_ms >= (expires_s + expired_for_s) * 1000:
            raise _bad("the token has expired")
        not_before_s = payload.get("nbf", 0)
        is_number = isinstance(not_before_s, int | float) and not isinstance(not_before_s, bool)
        # Asked this way round because a NaN, which JSON as Python reads it may hold, is before and after nothing.
        if not (is_number and not_before_s * 1000 <= now_ms):
            raise _bad("the token is not good yet")
        self.check(PersonId(person), now_ms, even_if_banned=even_if_banned)
        is_guest = payload.get("guest") is True
        verified = payload.get("verified") is True and not is_guest
        said = Caller(
            person=PersonId(person),
            name=_name(payload.get("name")),
            verified=verified,
            is_guest=is_guest,
            established=payload.get("established") is True and not is_guest,
        )
        return Claims(
            caller=self._verdicts.applied_to(said),
            said=said,
            expires_ms=int(expires_s * 1000),
            is_guest=is_guest,
            scope=payload["scope"] if isinstance(payload.get("scope"), str) else "",
        )

    def _payload(self, token: str) -> dict[str, Any]:
        if not token.isascii():
            raise _bad("this is not a token")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise _bad("this is not a token") from None
        algorithm = header.get("alg")
        for key in self._keys_for(algorithm, header.get("kid")):
            try:
                # Times are checked against our own clock, in verify.
                payload = jwt.decode(
                    token,
                    key,
                    algorithms=[str(algorithm)],
                    options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
                )
            except jwt.PyJWTError:
                continue
            return payload
        raise _bad("no key in force signed this token")

    def _keys_for(self, algorithm: object, key_id: object) -> list[Any]:
        if algorithm == _SHARED_ALGORITHM:
            return list(self._secrets)
        return [
            key.key for key in self._keys if key.algorithm == algorithm and (key_id is None or key.id in (None, key_id))
        ]


def mint_token(
    secret: bytes,
    person: str,
    *,
    expires_s: int,
    name: str | None = None,
    verified: bool = False,
    established: bool = False,
    guest: bool = False,
    scope: str | None = None,
) -> str:
    """Return a signed token (HS256) for ``person`` that is good until ``expires_s`` (Unix time)."""
    claims: dict[str, Any] = {"sub": person, "exp": expires_s}
    optional = {"name": name, "verified": verified, "established": established, "guest": guest, "scope": scope}
    claims |= {claim: value for claim, value in optional.items() if value}
    return jwt.encode(claims, secret, algorithm=_SHARED_ALGORITHM)


def read_key_set(document: Any) -> list[PublicKey]:
    """Return the keys of a JWKS document (RFC 7517) that sign RS256, ES256 or EdDSA; others are passed over.

    Raises:
        ValueError: It is not a JWKS document, or holds no such key.
    """
    try:
        found = jwt.PyJWKSet.from_dict(document).keys
    except (jwt.PyJWTError, AttributeError, TypeError, KeyError) as error:
        raise ValueError("this is not a JWKS document") from error
    keys = [
        PublicKey(key.key_id, key.algorithm_name, key.key) for key in found if key.algorithm_name in _PUBLIC_ALGORITHMS
    ]
    if not keys:
        raise ValueError("no key for RS256, ES256 or EdDSA in this JWKS document")
    return keys


def _name(name: object) -> str | None:
    """Return a name that can be shown, or None for one that cannot, such as half of a surrogate pair."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_CHARACTERS:
        return None
    try:
        name.encode()
    except UnicodeEncodeError:
        return None
    return name


def _bad(detail: str) -> Refused:
    return Refused(ErrorCode.BAD_TOKEN, detail)
