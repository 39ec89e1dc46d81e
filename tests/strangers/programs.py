"""Other people's programs, run as their users run them."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
GIVE_UP_S = 40.0


@dataclass(frozen=True, slots=True)
class Done:
    """A program that ended: its exit code and what it wrote."""

    code: int
    output: bytes
    errors: str


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


async def run(program: str, *arguments: str, given: bytes | None = None) -> Done:
    """Run a program to its end, with ``given`` on its standard input.

    Raises:
        TimeoutError: It did not end within 40 s; it is gone.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        path_of(program), *arguments, stdin=pipe, stdout=pipe, stderr=pipe, cwd=HERE
    )
    try:
        async with asyncio.timeout(GIVE_UP_S):
            output, errors = await process.communicate(given)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Done(await process.wait(), output, errors.decode())


async def curl(*arguments: str, given: bytes | None = None) -> Response:
    """Return the response that curl shows; ``given`` is what ``--data-binary @-`` sends.

    Raises:
        AssertionError: curl reports that the transfer went wrong.
    """
    done = await run("curl", "-q", "-sS", "-i", "--noproxy", "*", "--max-time", "20", *arguments, given=given)
    assert done.code == 0, done.errors
    return parse(done.output)


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
        AssertionError: It threw; the message is what Node printed.
    """
    done = await run("node", "run.js", str(file), name, *arguments)
    assert done.code == 0, done.errors
