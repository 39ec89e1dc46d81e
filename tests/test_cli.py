"""The command as operators run it: real processes, real signals, real exit codes."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nearby import __version__
from nearby.server.auth import Verifier
from nearby.sim.child import own_server, serving
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import KEY, http_call

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("NEARBY_")}


def nearby(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nearby.cli", *arguments],
        capture_output=True,
        text=True,
        env=ENVIRONMENT | environment,
        timeout=30,
        check=False,
    )


def test_version_prints_the_version() -> None:
    assert nearby("version").stdout.strip() == __version__


def test_help_names_every_setting() -> None:
    from nearby.server.config import Settings

    text = nearby("serve", "--help", COLUMNS="200").stdout
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')}" in text
        if field.default not in ("", ()):
            assert f"[default: {field.default}]" in " ".join(text.replace("│", " ").split()), name


def test_a_token_is_signed_with_the_key_in_force_and_says_what_was_asked() -> None:
    flags = ("--established", "--verified", "--name", "Ana", "--scope", "operator", "--ttl", "2h")
    printed = nearby("token", "ana", *flags, NEARBY_KEY=KEY)
    claims = Verifier([KEY.encode()]).verify(printed.stdout.strip(), now_ms=0)
    assert (claims.caller.person, claims.caller.name, claims.scope) == ("ana", "Ana", "operator")
    assert claims.caller.established


@pytest.mark.parametrize(
    ("arguments", "setting"),
    [
        (("serve", "--port", "99999"), "port"),
        (("serve", "--key", "short"), "key"),
        (("serve", "--jwks", "/nowhere/keys.json"), "jwks"),
        (("serve", "--config", "/nowhere/nearby.toml"), "config"),
        (("check-config", "--window-s", "0"), "window_s"),
        (("token", "ana", "--ttl", "soon"), "ttl"),
        (("token", "an a"), "user"),
        (("serve", "--drain-s", "21"), "drain_s"),
    ],
)
def test_a_wrong_setting_exits_2_with_one_sentence(arguments: tuple[str, ...], setting: str, tmp_path: Path) -> None:
    done = nearby(*arguments, NEARBY_DATA_DIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"nearby: {setting}: ")
    assert done.stderr.count("\n") == 1


def test_check_config_masks_secrets() -> None:
    done = nearby("check-config", NEARBY_KEY=KEY)
    assert done.returncode == 0
    assert "key = (set)" in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_check_config_shows_an_address_without_what_it_holds_of_secrets() -> None:
    done = nearby("check-config", NEARBY_JWKS="https://user:hunter2@issuer.example:444/keys?apikey=S3CRET")
    assert "jwks = https://issuer.example:444/keys?(set)" in done.stdout
    assert not {"hunter2", "S3CRET"} & set(re.split(r"\W", done.stdout))


async def test_a_port_that_is_taken_exits_2(tmp_path: Path) -> None:
    async with own_server("--log-level", "error", key=KEY) as child:
        port = child.url.rsplit(":", 1)[1]
        done = await asyncio.to_thread(nearby, "serve", "--port", port, "--metrics-port", "0", NEARBY_KEY=KEY)
        assert (done.returncode, done.stderr.startswith("nearby: port: ")) == (2, True)


async def test_sigterm_sends_everybody_away_and_exits_0() -> None:
    async with own_server("--drain-s", "0", "--log-level", "error", key=KEY) as child:
        token = (await asyncio.to_thread(nearby, "token", "ana", NEARBY_KEY=KEY)).stdout.strip()
        phone = await RawPhone.connect(child.url, token=token)
        await phone.send({"type": "hello"})
        await phone.until("unplaced")
        child.process.send_signal(signal.SIGTERM)
        assert 0 <= (await phone.until("bye"))["reconnect_ms"] < 5_000
        assert await phone.close_code() == 3001
        assert await child.process.wait() == 0


async def test_after_sigkill_and_a_restart_a_resuming_phone_checks_in_again(tmp_path: Path) -> None:
    flags = ("--port", "0", "--metrics-port", "0", "--data-dir", str(tmp_path), "--log-level", "error")
    resume = None
    for _ in range(2):
        async with serving(flags) as child:
            guest = json.loads((await http_call(f"{child.url}/v1/guests", method="POST")).body)
            phone = await RawPhone.connect(child.url, token=guest["token"])
            await phone.send({"type": "hello", **({"resume": resume} if resume else {})})
            assert (await phone.until("unplaced"))["why"] == "none"
            await phone.send({"type": "checkin", "lat": 47.37, "lon": 8.54})
            placed = await phone.until("placed")
            resume = {"room": placed["room"]["id"], "epoch": placed["room"]["epoch"], "after": placed["seq"]}
            child.process.kill()
            assert await phone.close_code() == 1006
            assert await child.process.wait() == -signal.SIGKILL


async def test_a_guests_token_outlives_a_restart(tmp_path: Path) -> None:
    flags = (
        "--port",
        "0",
        "--metrics-port",
        "0",
        "--data-dir",
        str(tmp_path),
        "--drain-s",
        "0",
        "--log-level",
        "error",
    )
    async with serving(flags) as child:
        guest = json.loads((await http_call(f"{child.url}/v1/guests", method="POST")).body)
    async with serving(flags) as child:
        answer = await http_call(
            f"{child.url}/v1/checkins", method="POST", body=b'{"lat":1,"lon":2}', token=guest["token"]
        )
        assert answer.status == 200
