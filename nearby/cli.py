"""The ``nearby`` command."""

import asyncio
import inspect
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
import uvloop

from nearby import __version__
from nearby.core.brakes import What
from nearby.core.ids import is_id
from nearby.errors import BadArea, ConfigError, StoreDown
from nearby.server import database, moderation_commands
from nearby.server.app import serve
from nearby.server.auth import mint_token
from nearby.server.config import Settings, load_settings
from nearby.server.logs import log_to_stderr
from nearby.server.masking import masked
from nearby.server.workers import serve_in_workers

EXIT_FAILED = 1
EXIT_WRONG_SETTING = 2


def _commands(text: str) -> typer.Typer:
    return typer.Typer(
        help=text, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )


app = _commands("The backend for people nearby: small rooms, scattered by cell and window.")
db = _commands("Look after the database.")
areas = _commands("Areas, such as quiet ones, in which nobody is placed. Running servers know of a change within 5 s.")
app.add_typer(db, name="db")
brakes = _commands("Stop something for now, such as new seats. Running servers know of a change within 5 s.")
people = _commands("People: who they are, whether they may come in, whose name is theirs. In force within 1 s.")
reports = _commands("The queue of reports, and what becomes of them. In force within 1 s.")
app.add_typer(areas, name="areas")
app.add_typer(brakes, name="brakes")
app.add_typer(people, name="people")
app.add_typer(reports, name="reports")

WhatArgument = Annotated[What, typer.Argument(metavar="WHAT", help="placement, guests, shake or bottle.")]
ReasonOption = Annotated[str, typer.Option(help="Why, in 1 to 1000 characters; it is in the audit.")]
AreaOption = Annotated[str, typer.Option(help="For placement: the cell to stop it in; everywhere without.")]
PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="The id: the sub of the person's token.")]
ReportArgument = Annotated[str, typer.Argument(metavar="REPORT", help="As nearby reports list prints it.")]
DecisionArgument = Annotated[
    Literal["reject", "nothing", "suspend", "ban"],
    typer.Argument(
        metavar="WHAT",
        help="reject: it was wrong, which counts against the reporter. It was right: nothing, suspend, ban.",
    ),
]
DaysOption = Annotated[int | None, typer.Option(help="For so many days; a ban without is for good.")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="TOML file with settings.", envvar="NEARBY_CONFIG")]


def main() -> None:
    """Run the command line; exit codes: 0 fine, 1 failed while running, 2 a wrong setting."""
    try:
        app(prog_name="nearby")
    except (ConfigError, BadArea) as error:
        typer.echo(f"nearby: {error}", err=True)
        sys.exit(EXIT_WRONG_SETTING)
    except StoreDown as error:
        typer.echo(f"nearby: {error}", err=True)
        sys.exit(EXIT_FAILED)


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give ``command(settings, ...)`` a flag for every setting, and ``--config``, in place of ``settings``."""
    return _with_flags(command, *Settings.model_fields)


def with_database(*more: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Do the same with the flags alone that say which database, and ``more``; other settings come from elsewhere."""
    return lambda command: _with_flags(command, "data_dir", "database_url", *more)


def _with_flags(command: Callable[..., None], *names: str) -> Callable[..., None]:
    def run(config: Path | None = None, **arguments: Any) -> None:
        given = {name: arguments.pop(name) for name in names}
        command(load_settings(given, config), **arguments)

    own = list(inspect.signature(command).parameters.values())[1:]
    flags = [_flag(name) for name in names]
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
    log_to_stderr(settings.log_level)
    if settings.workers > 1:
        sys.exit(serve_in_workers(settings, announce=_say_at_once))
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
    if not is_id(user):
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
        typer.echo(f"{name} = {masked(name, getattr(settings, name))}")


@db.command("init")
@with_database()
def init_command(settings: Settings) -> None:
    """Make the tables, or bring them to this version. Rows stay; may be repeated.

    PostgreSQL needs it before the first start and after an update; an SQLite file is brought up to date by itself.
    """
    _print(database.init(settings))


@db.command("purge")
@with_database("window_s", "speed")
def purge_command(settings: Settings) -> None:
    """Delete what is past its time, and print how many rows of what. Safe beside a running server."""
    _print(database.purge(settings, _now_ms()))


@areas.command("import")
@with_database()
def import_areas_command(
    settings: Settings,
    file: Annotated[Path, typer.Argument(help="GeoJSON: a FeatureCollection, a Feature, a Polygon or MultiPolygon.")],
    *,
    reason: ReasonOption,
    kind: Annotated[
        Literal["quiet", "venue"] | None, typer.Option(help="What areas are whose properties do not say.")
    ] = None,
) -> None:
    """Put every area of FILE in force; one whose id is there already is replaced.

    A feature's properties may hold id, name and kind. An area counts by the whole cells of about 350 m across that
    it touches. If one of them cannot be used none is imported.
    """
    _print(database.import_areas(settings, file, kind, reason, _now_ms()))


@areas.command("list")
@with_database()
def list_areas_command(settings: Settings) -> None:
    """Print the areas in force: id, kind, number of cells and name."""
    _print(database.list_areas(settings))


@areas.command("remove")
@with_database()
def remove_area_command(
    settings: Settings,
    area: Annotated[str, typer.Argument(metavar="ID", help="As nearby areas list prints it.")],
    *,
    reason: ReasonOption,
) -> None:
    """Remove one area."""
    _print(database.remove_area(settings, area, reason, _now_ms()))


@brakes.command("list")
@with_database()
def list_brakes_command(settings: Settings) -> None:
    """Print what is stopped: where, since when and why."""
    _print(database.list_brakes(settings))


@brakes.command("pull")
@with_database()
def pull_brake_command(settings: Settings, what: WhatArgument, *, reason: ReasonOption, area: AreaOption = "") -> None:
    """Stop WHAT for now: new seats, new guests, shakes, or bottles. It holds until it is let go, over restarts."""
    _print(database.pull_brake(settings, what, area, reason, _now_ms()))


@brakes.command("release")
@with_database()
def release_brake_command(
    settings: Settings, what: WhatArgument, *, reason: ReasonOption, area: AreaOption = ""
) -> None:
    """Let WHAT go on."""
    _print(database.release_brake(settings, what, area, reason, _now_ms()))


@people.command("find")
@with_database()
def find_person_command(
    settings: Settings,
    person: Annotated[str, typer.Argument(metavar="NAME_OR_ID", help="An id, or a verified name however written.")],
) -> None:
    """Print who somebody is: verified or not, what is in force against them, how often reports were right."""
    _print(moderation_commands.find(settings, person, _now_ms()))


@people.command("verify")
@with_database()
def verify_person_command(
    settings: Settings,
    person: PersonArgument,
    *,
    name: Annotated[str, typer.Option(help="The name to vouch for.")],
    reason: ReasonOption,
) -> None:
    """Verify PERSON under a name, whatever their token says. Not guests, and no name that looks like another's."""
    _print(moderation_commands.verify(settings, person, name, reason, _now_ms()))


@people.command("revoke")
@with_database()
def revoke_person_command(settings: Settings, person: PersonArgument, *, reason: ReasonOption) -> None:
    """Let PERSON not be verified, whatever their token says. The name is free for others."""
    _print(moderation_commands.revoke(settings, person, reason, _now_ms()))


@people.command("ban")
@with_database()
def ban_person_command(
    settings: Settings, person: PersonArgument, *, reason: ReasonOption, days: DaysOption = None
) -> None:
    """Ban PERSON: sockets close, and nothing but what is kept of them is theirs to ask for."""
    _print(moderation_commands.ban(settings, person, days, reason, _now_ms()))


@people.command("suspend")
@with_database()
def suspend_person_command(
    settings: Settings,
    person: PersonArgument,
    *,
    reason: ReasonOption,
    days: Annotated[int, typer.Option(help="For so many days.")] = 1,
) -> None:
    """Suspend PERSON for some days."""
    _print(moderation_commands.suspend(settings, person, days, reason, _now_ms()))


@people.command("unban")
@with_database()
def unban_person_command(settings: Settings, person: PersonArgument, *, reason: ReasonOption) -> None:
    """End every ban and suspension of PERSON, also of somebody who was erased."""
    _print(moderation_commands.unban(settings, person, reason, _now_ms()))


@reports.command("list")
@with_database()
def list_reports_command(
    settings: Settings,
    *,
    decided: Annotated[bool, typer.Option("--decided", help="Those that were decided, the last one first.")] = False,
) -> None:
    """Print the first hundred open reports, the oldest first: who, about whom, why, and by when to decide."""
    _print(moderation_commands.list_reports(settings, is_open=not decided))


@reports.command("show")
@with_database()
def show_report_command(settings: Settings, report: ReportArgument) -> None:
    """Print one report with its last messages."""
    _print(moderation_commands.show_report(settings, report))


@reports.command("decide")
@with_database()
def decide_report_command(
    settings: Settings, report: ReportArgument, what: DecisionArgument, *, reason: ReasonOption, days: DaysOption = None
) -> None:
    """Decide REPORT. Over HTTP a decision can be taken back."""
    _print(moderation_commands.decide_report(settings, report, what, days, reason, _now_ms()))


@app.command("version")
def version_command() -> None:
    """Print the version."""
    typer.echo(__version__)


def _print(work: Coroutine[Any, Any, Sequence[str]]) -> None:
    for line in asyncio.run(work):
        typer.echo(line)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


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
