from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def guarded(pytester: pytest.Pytester) -> pytest.Pytester:
    """Return a place for small test files that run under our own conftest and options."""
    pytester.makeconftest((HERE / "conftest.py").read_text())
    pytester.makepyprojecttoml((HERE.parent / "pyproject.toml").read_text())
    return pytester


def failures(guarded: pytest.Pytester, code: str, *options: str) -> str:
    guarded.makepyfile(test_inline=code)
    result = guarded.runpytest_subprocess("-q", "test_inline.py", *options)
    assert result.ret == pytest.ExitCode.TESTS_FAILED, result.stdout.str()
    return result.stdout.str()


def test_a_well_behaved_test_passes_under_the_guards(guarded: pytest.Pytester) -> None:
    guarded.makepyfile(test_inline="import asyncio\nasync def test_it():\n    await asyncio.sleep(0)\n")
    assert guarded.runpytest_subprocess("-q", "test_inline.py").ret == pytest.ExitCode.OK


def test_a_blocking_call_on_the_loop_fails_the_test(guarded: pytest.Pytester) -> None:
    package = guarded.mkpydir("nearby")
    (package / "slow.py").write_text("import time\n\nasync def nap():\n    time.sleep(0.01)\n")
    code = "from nearby.slow import nap\n\nasync def test_it():\n    await nap()\n"
    assert "BlockingError" in failures(guarded, code, "-o", "pythonpath=.")


def test_an_exception_in_a_callback_fails_the_test(guarded: pytest.Pytester) -> None:
    code = """
import asyncio

async def test_it():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
"""
    assert "ZeroDivisionError" in failures(guarded, code)


def test_a_task_that_died_unheard_fails_the_test(guarded: pytest.Pytester) -> None:
    code = """
import asyncio

async def fail():
    raise ValueError("unheard")

async def test_it():
    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
"""
    assert "unheard" in failures(guarded, code)


def test_a_test_that_hangs_is_ended(guarded: pytest.Pytester) -> None:
    code = "import asyncio\nasync def test_it():\n    await asyncio.Event().wait()\n"
    guarded.makepyfile(test_inline=code)
    result = guarded.runpytest_subprocess("-q", "test_inline.py", "-o", "timeout=1")
    assert "Timeout" in result.stdout.str() + result.stderr.str()


def test_a_warning_fails_the_test(guarded: pytest.Pytester) -> None:
    assert "UserWarning" in failures(guarded, "import warnings\ndef test_it():\n    warnings.warn('careful')\n")
