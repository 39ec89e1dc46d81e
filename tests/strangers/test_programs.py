"""The strangers' tests fail where they should: without the program, on a broken promise, on an unlocked package."""

import json
from pathlib import Path

import pytest

from tests.strangers.programs import HERE, curl, path_of, script


@pytest.mark.parametrize(("program", "package"), [("chromium", "chromium"), ("node", "nodejs"), ("curl", "curl")])
def test_a_missing_program_fails_the_test_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, package: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssertionError, match=f"{program} is not installed: install Debian's package {package}"):
        path_of(program)


@pytest.mark.parametrize(
    ("promise", "printed"),
    [
        ("broken", "not what was promised"),
        ("forgotten", "is not a function"),
        ("left_hanging", "exit code 13"),
    ],
)
async def test_a_promise_that_is_not_kept_fails_the_test(tmp_path: Path, promise: str, printed: str) -> None:
    module = tmp_path / "promises.mjs"
    module.write_text(
        "export async function broken() { throw new Error('not what was promised'); }\n"
        "export async function left_hanging() { await new Promise(() => {}); }\n"
    )
    with pytest.raises(AssertionError, match=printed):
        await script(module, promise)


async def test_a_transfer_that_fails_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="curl: "):
        await curl("http://127.0.0.1:1/")


def test_the_lock_names_every_package_by_its_hash_and_no_registry() -> None:
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    locked = {place: package for place, package in packages.items() if place}
    assert locked.keys() == {"node_modules/ws", "node_modules/playwright-core"}
    for package in locked.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package
