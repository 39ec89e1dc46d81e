"""Build the documents as a site that calls no other host, and serve it on the loopback."""

import subprocess
import sys
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated

import typer

from scripts.tools.site_pages import ROOT, stage

SITE = ROOT / "site"
DEFAULT_PORT = 8090

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def site(
    *,
    out: Annotated[Path, typer.Option(file_okay=False, help="Where the site goes.")] = SITE,
    serve: Annotated[bool, typer.Option("--serve", help="Serve it on the loopback until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Where --serve listens.")] = DEFAULT_PORT,
) -> None:
    """Build the documents as a site. A warning, such as a dead link or a page without a place, fails it."""
    code = build(out)
    if code:
        raise typer.Exit(code)
    typer.echo(f"the site is in {out}")
    if serve:
        _serve(out, port)


def build(out: Path) -> int:
    """Build the site into ``out``; return Sphinx's exit code."""
    with tempfile.TemporaryDirectory(prefix="nearby-docs-") as directory:
        source = Path(directory)
        stage(source)
        # -E and no cache: a build says the same whatever was built before. --fail-on-warning after all were told.
        flags = ("-b", "html", "-E", "-q", "--fail-on-warning", "-d", str(source / ".doctrees"))
        done = subprocess.run([sys.executable, "-m", "sphinx", *flags, str(source), str(out)], check=False)
    (out / ".buildinfo").unlink(missing_ok=True)
    return done.returncode


def _serve(out: Path, port: int) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(out))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        typer.echo(f"http://127.0.0.1:{server.server_address[1]}/ ; Ctrl-C ends it")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("ended")


if __name__ == "__main__":
    app(prog_name="scripts/docs")
