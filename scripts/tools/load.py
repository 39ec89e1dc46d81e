"""Let a generated crowd live in a server and report whether every promise held."""

from collections.abc import Callable
from random import Random
from typing import Annotated

import typer

from nearby.sim.crowd import Shape
from nearby.sim.load import Crowd, Load
from nearby.sim.players import Players
from scripts.tools.common import (
    DatabaseOption,
    EstablishedOption,
    HubOption,
    JsonOption,
    KeyOption,
    SaysOption,
    SeedOption,
    ServerOption,
    SlicesOption,
    SpeedOption,
    Target,
    main,
    run,
)

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def load(
    *,
    shape: Annotated[Shape, typer.Option(help="What the crowd does.")] = Shape.EVENING,
    phones: Annotated[int, typer.Option(min=2, help="Phones there at a time.")] = 200,
    says: SaysOption = 40.0,
    duration_s: Annotated[float, typer.Option("--duration", min=1, help="Seconds with the whole crowd there.")] = 120.0,
    ramp_s: Annotated[float, typer.Option("--ramp", min=1, help="Seconds until it is; a stadium takes 10 min.")] = 20.0,
    speed: SpeedOption = 30.0,
    established: EstablishedOption = 0.9,
    server: ServerOption = None,
    key: KeyOption = None,
    database_url: DatabaseOption = None,
    hub_url: HubOption = None,
    hub_slices: SlicesOption = 1,
    seed: SeedOption = 1,
    json_file: JsonOption = None,
) -> None:
    """Let a generated crowd arrive, check in every 0.5 to 0.8 windows, talk and leave, and report what held.

    evening: a dozen busy places of a city, people coming and going. stadium: everybody into one
    place within 10 minutes of the crowd's time. reconnect: an evening in which all connections are cut at
    once every 30 s, or three times in a shorter run.

    --speed shortens windows, limits and holding times of the server started for the run, so that
    catchments open while you watch: 30 makes a window 20 s. Against a server of your own, choose its
    --speed alike.

    Exit code 1: something was lost, said twice or out of order, an answer was missing or wrong, a room
    was over capacity, a phone waited more than 5 s for a room or had none, or could not come back, the
    server ended, or nobody ever sat in a room of resolution 7 though people are established. Exit code 2:
    a wrong argument. Ctrl-C ends a run with the figures so far.
    """
    asked = Load(shape=shape, phones=phones, says_per_s=says, ramp_s=ramp_s, duration_s=duration_s, speed=speed)

    async def live(players: Players, progress: Callable[[float], None]) -> None:
        await Crowd(asked, players).live(progress)

    target = Target(
        server=server, key=key, speed=speed, database_url=database_url, hub_url=hub_url, hub_slices=hub_slices
    )
    run(target, live, phones=phones, established=established, random=Random(seed), json_file=json_file)


if __name__ == "__main__":
    main(app, "scripts/load")
