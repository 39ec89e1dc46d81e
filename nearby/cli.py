"""The ``nearby`` command."""

import inspect
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import urlsplit, urlunsplit

import typer
import uvloop

from nearby import __version__
from nearby.errors import ConfigError
from nearby.server.app import serve
from nearby.server.auth import PERSON, mint_token
from nearby.server.config import Settings, load_settings

SECRETS = frozenset({"key", "previous_key"})

EXIT_WRONG_SETTING = 2

app = typer.Typer(
    help="The backend for people nearby: small rooms, scattered by cell and window.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="TOML file with settings.", envvar="NEARBY_CONFIG")]


def main() -> None:
    """Run the command line; exit codes: 0 fine, 1 failed while running, 2 a wrong setting."""
    try:
        app(prog_name="nearby")
    except ConfigError as error:
        typer.echo(f"nearby: {error}", err=True)
        sys.exit(EXIT_WRONG_SETTING)


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give ``command(settings, ...)`` a flag for every setting, and ``--config``, in place of ``settings``."""

    def run(config: Path | None = None, **arguments: Any) -> None:
        given = {name: arguments.pop(name) for name in Settings.model_fields}
        command(load_settings(given, config), **arguments)

    own = list(inspect.signature(command).parameters.values())[1:]
    flags = [_flag(name) for name in Settings.model_fields]
    config = inspect.Parameter("config", inspect.Parameter.KEYWORD_ONLY, annotation=ConfigOption, default=None)
    positional = [parameter for parameter in own if parameter.kind is not inspect.Parameter.KEYWORD_ONLY]
    keyword = [parameter for parameter in own if parameter.kind is inspect.Parameter.KEYWORD_ONLY]
    run.__signature__ = inspect.Signature([*positional, *keyword, config, *flags])  # type: ignore[attr-defined]
    run.__doc__ = command.__doc__
    run.__name__ = command.__name__
    return run


def _flag(name: str) -> inspect.Parameter:
    """Return one setting as an option; None means it was not given."""
    field = Settings.model_fields[name]
    default = "" if field.default in ((), "") else f" [default: {field.default}]"
    kind = field.annotation if field.annotation in (int, float, Path) else str
    option = typer.Option(f"--{name.replace('_', '-')}", help=f"{field.description}{default}", show_default=False)
    choices = get_args(field.annotation) if get_origin(field.annotation) is not tuple else ()
    if choices:
        option.metavar = "|".join(choices)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind | None, option], default=None
    )


@app.command("serve")
@with_settings
def serve_command(settings: Settings) -> None:
    """Serve phones until SIGTERM, then drain."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    uvloop.run(serve(settings, announce=_say_at_once))


@app.command("token")
@with_settings
def token_command(
    settings: Settings,
    user: Annotated[str, typer.Argument(help="The person's id: 1 to 64 characters of A-Z a-z 0-9 _ -.")],
    *,
    scope: Annotated[str | None, typer.Option(help="operator, for operators' calls.")] = None,
    name: Annotated[str | None, typer.Option(help="A name; rooms show it only if verified.")] = None,
    verified: Annotated[bool, typer.Option("--verified", help="The issuer vouches for the name.")] = False,
    established: Annotated[bool, typer.Option("--established", help="The person counts for catchments.")] = False,
    lifetime: Annotated[str, typer.Option("--ttl", help="How long the token is good: 90s, 15m, 1h or 30d.")] = "1h",
) -> None:
    """Print a token for USER, signed with the key in force."""
    if not PERSON.fullmatch(user):
        raise ConfigError("user", "name a person by 1 to 64 characters of A-Z a-z 0-9 _ -")
    secrets = settings.secrets()
    if not secrets:
        raise ConfigError("key", "tokens are signed with a shared secret, and only public keys are set")
    typer.echo(
        mint_token(
            secrets[0],
            user,
            expires_s=int(time.time()) + _seconds(lifetime),
            name=name,
            verified=verified,
            established=established,
            scope=scope,
        )
    )


@app.command("check-config")
@with_settings
def check_config_command(settings: Settings) -> None:
    """Check the settings and print those in force, secrets masked."""
    settings.secrets()
    for name in Settings.model_fields:
        typer.echo(f"{name} = {_shown(name, getattr(settings, name))}")


@app.command("version")
def version_command() -> None:
    """Print the version."""
    typer.echo(__version__)


def _shown(name: str, value: Any) -> Any:
    """Return a setting's value without what must not be seen: secrets, and what an address may hold of them."""
    if value and name in SECRETS:
        return "(set)"
    if name == "jwks" and (parts := urlsplit(value)).scheme:
        return urlunsplit(
            (parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "(set)" if parts.query else "", "")
        )
    return value


def _say_at_once(line: str) -> None:
    """Print a line that another program may be waiting for."""
    typer.echo(line)
    sys.stdout.flush()


def _seconds(text: str) -> int:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    if text[-1:] in units and text[:-1].isdecimal() and int(text[:-1]) > 0:
        return int(text[:-1]) * units[text[-1]]
    raise ConfigError("ttl", "write a whole number and s, m, h or d, such as 1h")


if __name__ == "__main__":
    main()
