"""Break servers that share a hub while a crowd talks, and report what became of the promises."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from nearby.errors import ConfigError, ServerFailed
from nearby.sim.aftermath import Aftermath, Fault, Round, aftermath, as_tables
from nearby.sim.crowd import Shape
from nearby.sim.files import allow_connections
from nearby.sim.load import Crowd, Load
from nearby.sim.players import Players
from nearby.testing.fleet import Fleet, fleet
from scripts.tools.common import (
    EXIT_BROKEN,
    EXIT_SIGNAL,
    End,
    JsonOption,
    SeedOption,
    SlicesOption,
    check_writable,
    interrupted,
    main,
    minter,
    progress_bar,
)
from scripts.tools.faulting import Faulting

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

WINDOW_S = 60
"""Windows pass fast enough for cells to open while one watches; seats are held for as long as ever."""

CROWD_SPEED = 20.0
"""People stay so many times as short as in a city's evening: somebody always comes or goes."""

ROUND_WITHIN_S = 150.0
"""A round that takes longer is given up, and the run with it."""

LONGEST_S = 3_600.0
"""A crowd stays no longer than this; a hundred rounds are shorter."""

FILES_A_PHONE = 3
"""Its own connection and both ends of the balancer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run is to be."""

    faults: Sequence[Fault]
    times: int
    phones: int
    says_per_s: float
    gateways: int
    is_cluster: bool
    wait: int
    hub_slices: int
    ramp_s: float
    settle_s: float
    gone_s: float
    drain_s: float
    accept_rate: float | None
    within_s: float | None
    seed: int

    def check(self) -> None:
        """Refuse what cannot be done.

        Raises:
            ConfigError: The sentence names the option.
        """
        if Fault.PRIMARY_KILL in self.faults and not self.is_cluster:
            raise ConfigError("single", "a server alone has nobody who takes over; leave it out to kill a primary")
        if self.wait and not self.is_cluster:
            raise ConfigError("wait", "a server alone has no replica to wait for; leave single out")
        allow_connections(FILES_A_PHONE * self.phones, setting="phones")

    def may_lose(self, fault: Fault) -> bool:
        """Return whether a fault may lose what was acknowledged in its last moment."""
        return fault is Fault.PRIMARY_KILL and not self.wait


@app.command()
def faults(
    faults: Annotated[
        list[Fault] | None, typer.Argument(help="Which ones, one after the other; all of them if none is named.")
    ] = None,
    *,
    times: Annotated[int, typer.Option(min=1, max=100, help="How often each is done.")] = 10,
    phones: Annotated[int, typer.Option(min=8, help="Phones there at a time; a stampede is worth 1000.")] = 200,
    says: Annotated[float, typer.Option(min=0, help="Sayings a second, over all phones.")] = 60.0,
    gateways: Annotated[int, typer.Option(min=2, max=16, help="Servers that share the hub.")] = 2,
    single: Annotated[
        bool, typer.Option("--single", help="One server as hub, in place of a cluster of 3 + 3.")
    ] = False,
    wait: Annotated[int, typer.Option(min=0, max=1, help="Replicas that must have a write before it counts.")] = 0,
    hub_slices: SlicesOption = 1,
    ramp_s: Annotated[float, typer.Option("--ramp", min=1, help="Seconds in which the crowd comes.")] = 20.0,
    settle_s: Annotated[float, typer.Option("--settle", min=0, help="Seconds between two faults.")] = 4.0,
    gone_s: Annotated[
        float, typer.Option("--gone", min=1, max=120, help="Seconds a hub that is gone stays so.")
    ] = 30.0,
    drain_s: Annotated[
        float, typer.Option("--drain", min=0, max=20, help="Seconds a stopped server drains over.")
    ] = 3.0,
    accept_rate: Annotated[
        float | None, typer.Option(min=0, help="Connections a gateway takes a second; a server's default without it.")
    ] = None,
    within_s: Annotated[
        float | None,
        typer.Option(
            "--within",
            min=1,
            help="Seconds after which every phone must talk again; 10, or 30 after a stampede or the hub's return.",
        ),
    ] = None,
    seed: SeedOption = 1,
    json_file: JsonOption = None,
) -> None:
    """Break servers that share a hub while a crowd talks, and report what became of the promises.

    Starts a hub (three primaries with a replica each), a PostgreSQL, gateways and a balancer before them, all on
    free ports of loopback, and ends them. Phones come back to any gateway, and resume.

    gateway-kill: one gateway after the other ends by SIGKILL and is started again. primary-kill: the primary that
    has the live state, or the slice with most people, ends by SIGKILL, its replica takes over, and it is started
    again as a replica. rolling-restart: every gateway drains by SIGTERM and is started again, one after the other.
    stampede: all connections are cut at once and all phones come back at once. hub-gone: every node of the hub ends
    by SIGKILL and is started, empty, after --gone seconds.

    After each fault every phone says something until that is acknowledged: that is "talking again". A saying is
    lost if it was acknowledged and its room, in its next epoch, does not have it.

    Exit code 1: anything but a primary's death lost what was acknowledged, or that lost what was acknowledged more
    than a second before, or anything with --wait 1; something was said twice, out of order or at a seq that was
    used before; a room was over capacity or somebody in two rooms; a phone did not talk again within 10 s (30 s
    after a stampede or the hub's return), or could not come back. Exit code 2: a wrong argument, or PostgreSQL
    or Redis is missing. Ctrl-C ends a run with the figures so far.
    """
    chosen = (
        list(dict.fromkeys(faults)) if faults else [one for one in Fault if not single or one is not Fault.PRIMARY_KILL]
    )
    asked = Asked(
        faults=chosen,
        times=times,
        phones=phones,
        says_per_s=says,
        gateways=gateways,
        is_cluster=not single,
        wait=wait,
        hub_slices=hub_slices,
        ramp_s=ramp_s,
        settle_s=settle_s,
        gone_s=gone_s,
        drain_s=drain_s,
        accept_rate=accept_rate,
        within_s=within_s,
        seed=seed,
    )
    asked.check()
    if json_file is not None:
        check_writable(json_file)
    results, signalled = uvloop.run(_run(asked))
    Console().print(as_tables(results))
    if json_file is not None:
        json_file.write_text(json.dumps([one.as_json() for one in results], indent=2) + "\n")
    broken = [sentence for one in results for sentence in one.broken()]
    for sentence in broken:
        typer.echo(f"broken: {sentence}", err=True)
    if signalled is not None:
        raise typer.Exit(EXIT_SIGNAL + signalled)
    raise typer.Exit(EXIT_BROKEN if broken else 0)


async def _run(asked: Asked) -> tuple[list[Aftermath], int | None]:
    """Return what each fault came to, and the signal that ended the run before its end if one did."""
    flags = ["--window-s", str(WINDOW_S), "--drain-s", str(asked.drain_s)]
    if asked.accept_rate is not None:
        flags += ["--accept-rate", str(asked.accept_rate)]
    results: list[Aftermath] = []
    interrupt = asyncio.create_task(interrupted())
    try:
        starting = fleet(
            gateways=asked.gateways,
            is_cluster=asked.is_cluster,
            wait=asked.wait,
            slices=asked.hub_slices,
            flags=flags,
        )
        async with starting as servers:
            with progress_bar() as progress:
                for number, fault in enumerate(asked.faults):
                    share = partial(_share, progress, number, len(asked.faults))
                    results.append(await Run(asked, fault, servers).play(interrupt, share))
                    if results[-1].cut_short:
                        break
    except RuntimeError as missing:
        raise ConfigError("faults", str(missing)) from missing
    finally:
        interrupt.cancel()
        await asyncio.wait([interrupt])
    return results, None if interrupt.cancelled() else interrupt.result().signalled


def _share(progress: Callable[[float], None], number: int, faults: int, share: float) -> None:
    """Tell the share of the whole run that a share of one fault's is."""
    progress((number + share) / faults)


class Run:
    """One kind of fault, done to a crowd of its own."""

    def __init__(self, asked: Asked, fault: Fault, servers: Fleet) -> None:
        self._asked = asked
        self._fault = fault
        self._servers = servers
        self._faulting = Faulting(servers, gone_s=asked.gone_s)
        self._rounds: list[Round] = []
        mint = minter(servers.key.encode())
        self._players = Players(servers.url, mint, established=0.9, random=Random(asked.seed))

    async def play(self, interrupt: asyncio.Task[End], progress: Callable[[float], None]) -> Aftermath:
        """Let the crowd come, do the fault as often as asked, and return what that came to."""
        asked, players = self._asked, self._players
        load = Load(
            shape=Shape.EVENING,
            phones=asked.phones,
            says_per_s=asked.says_per_s,
            ramp_s=asked.ramp_s,
            duration_s=LONGEST_S,
            speed=CROWD_SPEED,
        )
        living = players.start(Crowd(load, players).live(lambda _: None))
        try:
            cut_short = await self._do_all(living, interrupt, progress)
            living.cancel()
            await asyncio.wait([living])
            await players.finish()
            return aftermath(
                self._fault,
                self._rounds,
                players,
                may_lose=asked.may_lose(self._fault),
                hub_contradictions=await self._servers.contradictions(),
                talking_within_s=asked.within_s,
                cut_short=cut_short,
            )
        finally:
            living.cancel()
            await players.close()

    async def _do_all(
        self, living: asyncio.Task[None], interrupt: asyncio.Task[End], progress: Callable[[float], None]
    ) -> str:
        """Do the fault as often as asked; return why it was less, "" if it was not."""
        doing = asyncio.ensure_future(self._do(progress))
        await asyncio.wait({doing, living, interrupt}, return_when=asyncio.FIRST_COMPLETED)
        doing.cancel()
        await asyncio.wait([doing])
        if not doing.cancelled():
            return doing.result()
        return interrupt.result().sentence if interrupt.done() else "the crowd ended by itself"

    async def _do(self, progress: Callable[[float], None]) -> str:
        asked = self._asked
        total_s = asked.ramp_s + asked.times * asked.settle_s
        await asyncio.sleep(asked.ramp_s)
        for number in range(asked.times):
            progress((asked.ramp_s + number * asked.settle_s) / total_s)
            await asyncio.sleep(asked.settle_s)
            try:
                async with asyncio.timeout(ROUND_WITHIN_S + asked.gone_s):
                    self._rounds.append(await self._faulting.do(self._fault, self._players))
            except (AssertionError, ServerFailed, TimeoutError) as failed:
                return f"round {number + 1} did not come to its end: {failed or type(failed).__name__}"
        await asyncio.sleep(asked.settle_s)
        return ""


if __name__ == "__main__":
    main(app, "scripts/faults")
