import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ed25519
from jwt.algorithms import OKPAlgorithm

from nearby.errors import ConfigError
from nearby.server.keys import MAX_DOCUMENT_BYTES, load_keys

JWK = json.loads(OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate().public_key())) | {"kid": "a"}
DOCUMENT = json.dumps({"keys": [JWK]})


async def test_keys_are_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(DOCUMENT)
    assert [key.id for key in await load_keys(str(tmp_path / "keys.json"))] == ["a"]


@pytest.mark.parametrize("text", ["", "[]", '{"keys": []}', '{"keys": 7}', "\x00"])
async def test_a_file_without_usable_keys_is_a_wrong_setting(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(ConfigError, match="jwks: the key set cannot be used"):
        await load_keys(str(tmp_path / "keys.json"))


async def issuer(body: str, status: int = 200) -> tuple[web.AppRunner, str]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=body, status=status)

    app = web.Application()
    app.router.add_get("/keys", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/keys"


async def test_keys_are_fetched_from_an_address() -> None:
    runner, address = await issuer(DOCUMENT)
    assert [key.id for key in await load_keys(address)] == ["a"]
    await runner.cleanup()


@pytest.mark.parametrize(
    ("body", "status"), [(DOCUMENT, 500), ("<html>", 200), (" " * MAX_DOCUMENT_BYTES + DOCUMENT, 200)]
)
async def test_an_issuer_that_answers_nonsense_is_a_wrong_setting(body: str, status: int) -> None:
    runner, address = await issuer(body, status)
    with pytest.raises(ConfigError, match="jwks"):
        await load_keys(address)
    await runner.cleanup()


async def test_an_issuer_that_is_not_there_is_a_wrong_setting() -> None:
    runner, address = await issuer(DOCUMENT)
    await runner.cleanup()
    with pytest.raises(ConfigError, match="jwks"):
        await load_keys(address)


async def test_a_document_that_comes_in_pieces_is_read_whole() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for start in range(0, len(DOCUMENT), 20):
            await response.write(DOCUMENT[start : start + 20].encode())
            await asyncio.sleep(0)
        return response

    app = web.Application()
    app.router.add_get("/keys", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        assert [key.id for key in await load_keys(f"http://127.0.0.1:{runner.addresses[0][1]}/keys")] == ["a"]
    finally:
        await runner.cleanup()


async def test_an_address_that_fails_is_told_without_what_it_holds() -> None:
    runner, address = await issuer("no", status=404)
    try:
        with pytest.raises(ConfigError, match="its address answers with status 404") as refused:
            await load_keys(f"{address}?apikey=S3CRET")
        assert "S3CRET" not in str(refused.value)
    finally:
        await runner.cleanup()
    with pytest.raises(ConfigError, match="cannot be read") as refused:
        await load_keys(f"{address}?apikey=S3CRET")
    assert "S3CRET" not in str(refused.value)


async def test_a_document_nested_beyond_reading_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("[" * 100_000)
    with pytest.raises(ConfigError, match="jwks"):
        await load_keys(str(tmp_path / "keys.json"))
