"""Other people's programs, run as their users run them."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
GIVE_UP_S = 40.0


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response as ``curl -i`` showed it. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def path_of(program: str) -> str:
    """Return where a program is.

    Raises:
        AssertionError: It is not installed. A test that cannot run has failed; it is not skipped.
    """
    found = shutil.which(program)
    package = {"node": "nodejs"}.get(program, program)
    assert found, f"{program} is not installed: install Debian's package {package}, or run scripts/test, which does"
    return found


@contextlib.asynccontextmanager
async def started(program: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program, its three streams piped, while the block runs.

    Raises:
        TimeoutError: The block did not end within 40 s.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        path_of(program), *arguments, stdin=pipe, stdout=pipe, stderr=pipe, cwd=HERE
    )
    try:
        async with asyncio.timeout(GIVE_UP_S):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def curl(*arguments: str, given: bytes | None = None) -> Response:
    """Return the response that curl shows; ``given`` is what ``--data-binary @-`` sends.

    Raises:
        AssertionError: curl reports that the transfer went wrong.
    """
    flags = ("-q", "-sS", "-i", "--noproxy", "*", "--max-time", "20")
    async with started("curl", *flags, *arguments) as process:
        output, errors = await process.communicate(given)
    assert process.returncode == 0, errors.decode()
    return parse(output)


def parse(shown: bytes) -> Response:
    """Return the final response in the output of ``curl -i``; a ``100 Continue`` before it is passed over."""
    head, _, body = shown.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    status = int(first.split()[1])
    if status == 100:
        return parse(body)
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return Response(status, headers, body)


async def script(file: str | Path, name: str, *arguments: str) -> None:
    """Carry out one exported function of a JavaScript module with Node.

    Raises:
        AssertionError: As ``telling``.
    """
    async with telling(file, name, *arguments):
        pass


@contextlib.asynccontextmanager
async def telling(file: str | Path, name: str, *arguments: str) -> AsyncIterator[asyncio.StreamReader]:
    """Carry out one exported function of a JavaScript module with Node, and listen to what it prints meanwhile.

    Raises:
        AssertionError: It threw or was left hanging; the message is what Node printed.
    """
    async with started("node", "run.js", str(file), name, *arguments) as process:
        assert process.stdout is not None
        yield process.stdout
        _, errors = await process.communicate()
    assert process.returncode == 0, f"{name} failed with exit code {process.returncode}: {errors.decode()}"
