import hmac
import json
import math
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode

from nearby.errors import ErrorCode, Refused
from nearby.server.auth import RENEWABLE_S, Claims, Verifier, mint_token, read_key_set

SECRET, OLD, OTHER = (name * 32 for name in (b"s", b"o", b"x"))
NOW_MS = 1_800_000_000_000
SOON_S = NOW_MS // 1000 + 60
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def key_set() -> dict[str, Any]:
    rsa_jwk = json.loads(RSAAlgorithm.to_jwk(RSA_KEY.public_key()))
    ec_jwk = json.loads(ECAlgorithm.to_jwk(EC_KEY.public_key()))
    ed_jwk = json.loads(OKPAlgorithm.to_jwk(ED_KEY.public_key()))
    return {
        "keys": [
            rsa_jwk | {"kid": "rsa", "alg": "RS256"},
            ec_jwk | {"kid": "ec", "alg": "ES256"},
            ed_jwk | {"kid": "ed", "alg": "EdDSA"},
        ]
    }


VERIFIER = Verifier([SECRET, OLD], read_key_set(key_set()))


def refused(token: str, **options: Any) -> str:
    with pytest.raises(Refused) as refusal:
        VERIFIER.verify(token, NOW_MS, **options)
    assert refusal.value.code is ErrorCode.BAD_TOKEN
    return refusal.value.detail


def signed(key: Any, algorithm: str, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
    return jwt.encode({"sub": "ana", "exp": SOON_S} | claims, key, algorithm=algorithm, headers=headers)


def unsigned(header: dict[str, str]) -> str:
    parts = (header, {"sub": "ana", "exp": SOON_S})
    return ".".join(base64url_encode(json.dumps(part).encode()).decode() for part in parts)


def test_a_minted_token_says_what_was_asked_for() -> None:
    token = mint_token(SECRET, "ana", expires_s=SOON_S, name="Ana", established=True, scope="operator")
    claims = VERIFIER.verify(token, NOW_MS)
    assert (claims.caller.person, claims.caller.name) == ("ana", "Ana")
    assert (claims.caller.verified, claims.caller.established, claims.is_guest) == (False, True, False)
    assert (claims.expires_ms, claims.scope) == (SOON_S * 1000, "operator")


def test_the_previous_key_is_still_believed() -> None:
    assert VERIFIER.verify(mint_token(OLD, "ana", expires_s=SOON_S), NOW_MS).caller.person == "ana"


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(RSA_KEY, "RS256", "rsa"), (EC_KEY, "ES256", "ec"), (ED_KEY, "EdDSA", "ed")]
)
@pytest.mark.parametrize("names_its_key", [True, False])
def test_tokens_of_an_issuers_public_keys_are_good(key: Any, algorithm: str, kid: str, names_its_key: bool) -> None:
    token = signed(key, algorithm, headers={"kid": kid} if names_its_key else None)
    assert VERIFIER.verify(token, NOW_MS).caller.person == "ana"


def test_forged_tokens_are_refused() -> None:
    none = unsigned({"alg": "none"}) + "."
    wrong_key = mint_token(OTHER, "ana", expires_s=SOON_S)
    cut = mint_token(SECRET, "ana", expires_s=SOON_S)[:-2]
    another_kid = signed(RSA_KEY, "RS256", headers={"kid": "ec"})
    for token in (
        none,
        wrong_key,
        cut,
        another_kid,
        unsigned({"alg": "HS256"}) + ".",
        "",
        "a.b.c",
        "x" * 8_000,
        "é.è.à",
    ):
        refused(token)


def test_a_public_key_does_not_serve_as_a_shared_secret() -> None:
    pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = unsigned({"alg": "HS256", "kid": "rsa"})
    signature = hmac.digest(pem, text.encode(), "sha256")
    refused(f"{text}.{base64url_encode(signature).decode()}")


def test_a_token_is_good_up_to_its_end_and_a_guests_may_be_renewed_for_30_days() -> None:
    token = mint_token(SECRET, "g-1", expires_s=NOW_MS // 1000, guest=True)
    assert refused(token) == "the token has expired"
    assert VERIFIER.verify(token, NOW_MS - 1).is_guest
    assert VERIFIER.verify(token, NOW_MS + RENEWABLE_S * 1000 - 1, expired_for_s=RENEWABLE_S).is_guest
    with pytest.raises(Refused):
        VERIFIER.verify(token, NOW_MS + RENEWABLE_S * 1000, expired_for_s=RENEWABLE_S)


@pytest.mark.parametrize("person", ["", "a b", "x" * 65, "a/b", None, 7])
def test_a_token_without_a_well_formed_person_is_refused(person: object) -> None:
    # PyJWT checks that sub is text by itself; ours is the rest.
    refused(jwt.encode({"sub": person, "exp": SOON_S}, SECRET, algorithm="HS256"))


@pytest.mark.parametrize("expires", [None, "soon", True, -1, 10**12])
def test_a_token_without_a_time_to_end_is_refused(expires: object) -> None:
    refused(jwt.encode({"sub": "ana", "exp": expires}, SECRET, algorithm="HS256"))


def claims_of(**claims: Any) -> Claims:
    return VERIFIER.verify(signed(SECRET, "HS256", **claims), NOW_MS)


def test_guests_are_neither_verified_nor_established_whatever_they_claim() -> None:
    guest = claims_of(guest=True, verified=True, established=True)
    assert (guest.caller.verified, guest.caller.established) == (False, False)


def test_who_is_verified_is_established() -> None:
    assert claims_of(verified=True).caller.established
    assert not claims_of().caller.established


@given(
    st.dictionaries(
        st.sampled_from(["name", "verified", "established", "scope", "guest"]),
        st.none() | st.integers() | st.text(max_size=80),
    )
)
def test_claims_of_the_wrong_type_count_for_nothing(claims: dict[str, Any]) -> None:
    caller = claims_of(**claims).caller
    assert (caller.verified, caller.established) == (False, False)
    assert caller.name is None or (caller.name == claims["name"] and len(caller.name) <= 64)


@pytest.mark.parametrize(
    "document", [None, [], {}, {"keys": []}, {"keys": [{}]}, {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}]
)
def test_what_is_no_usable_key_set_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="JWKS"):
        read_key_set(document)


def test_replaced_keys_are_in_force_at_once() -> None:
    verifier = Verifier([], read_key_set(key_set()))
    token = signed(ED_KEY, "EdDSA")
    assert verifier.verify(token, NOW_MS).caller.person == "ana"
    verifier.replace_keys(())
    with pytest.raises(Refused):
        verifier.verify(token, NOW_MS)


@pytest.mark.parametrize("name", ["Ann \ud83d", "", "x" * 65, 7, None])
def test_a_name_that_cannot_be_shown_is_as_good_as_none(name: object) -> None:
    assert VERIFIER.verify(signed(SECRET, "HS256", name=name, verified=True), NOW_MS).caller.name is None


@pytest.mark.parametrize("not_before", [SOON_S, "soon", math.nan, math.inf, True, None])
def test_a_token_is_not_good_before_its_time(not_before: object) -> None:
    assert "not good yet" in refused(unchecked(nbf=not_before))


def test_a_token_is_good_from_its_time_on() -> None:
    assert VERIFIER.verify(unchecked(nbf=NOW_MS // 1000), NOW_MS).caller.person == "ana"


def unchecked(**claims: object) -> str:
    """Return a token with claims that a library would refuse to sign."""
    parts = ({"alg": "HS256"}, {"sub": "ana", "exp": SOON_S} | claims)
    signed_part = ".".join(base64url_encode(json.dumps(part).encode()).decode() for part in parts)
    return f"{signed_part}.{base64url_encode(hmac.digest(SECRET, signed_part.encode(), 'sha256')).decode()}"


@pytest.mark.parametrize("token", ["a.\xff.c", "\ud800", "é"])
def test_a_token_of_other_than_ascii_is_none(token: str) -> None:
    assert refused(token) == "this is not a token"
