"""nginx as we configure it, before servers of a test."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from nearby.testing.ports import free_port
from nearby.testing.waiting import eventually
from tests.documents import ROOT

CONFIGURATION = ROOT / "deploy" / "nginx.conf"
PLACES = (os.environ.get("PATH", ""), "/usr/sbin", str(ROOT / ".venv" / "debian" / "usr" / "sbin"))
"""Where the program may be: the last is where ``scripts/test`` unpacks it, as the package would start a service."""


def configured(directory: Path, gateways: tuple[int, int], port: int) -> Path:
    """Return a copy of our file that serves on ``port``, for servers at two ports of this machine."""
    text = CONFIGURATION.read_text().replace("listen 8000", f"listen 127.0.0.1:{port}")
    text = text.replace("/tmp/nginx", f"{directory}/nginx").replace("worker_processes auto", "worker_processes 1")
    for number, gateway in enumerate(gateways, 1):
        text = text.replace(f"gateway-{number}:8080", f"127.0.0.1:{gateway}")
    path = directory / "nginx.conf"
    path.write_text(text)
    return path


async def start(configuration: Path, *options: str) -> asyncio.subprocess.Process:
    """Start nginx in the foreground, and have what it prints in ``stderr``."""
    program = shutil.which("nginx", path=":".join(PLACES))
    assert program, "nginx is not installed: scripts/test without arguments fetches it"
    command = (program, "-e", "stderr", "-p", str(configuration.parent), "-c", str(configuration), *options)
    return await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )


@contextlib.asynccontextmanager
async def running_nginx(directory: Path, *gateways: int) -> AsyncIterator[str]:
    """Yield the URL of nginx before servers at two ports; it is stopped when the block ends."""
    port = free_port()
    process = await start(configured(directory, (gateways[0], gateways[1]), port), "-g", "daemon off;")
    try:
        await eventually(lambda: _listens(port), bool, what="whether nginx listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        return True
    return False
