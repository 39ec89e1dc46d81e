"""A crowd shakes at once: everybody of one area within a second, over sockets, until all sit with those they met."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from rich.console import Console

from nearby.core.rules import Rules
from scripts.benches.crowd import Crowd
from scripts.benches.raw import Phone, client_frame
from scripts.benches.servers import BenchFailed, Kind, Server, running

SPREAD_S = 1.0
STEPS = 50
ACK_P99_MS = 250.0
MATCHED_WITHIN_S = 1.0
WAIT_S = 60.0

_LAT, _LON = 40.0, -73.9
_SHAKE = client_frame({"type": "shake", "id": 2})


@dataclass(frozen=True, slots=True)
class Shaking:
    """What came of it. ``matched_s`` counts from the end of the wait that the first shake began."""

    people: int
    met: int
    rooms: int
    largest_room: int
    one_sided: int
    ack_p50_ms: float
    ack_p99_ms: float
    matched_s: float
    cpu_s: float

    @property
    def is_met(self) -> bool:
        """Return whether everybody met, both ways, in rooms of at most eight, and in time."""
        is_whole = self.met == self.people and not self.one_sided and self.largest_room <= Rules().capacity
        return is_whole and self.ack_p99_ms <= ACK_P99_MS and self.matched_s <= MATCHED_WITHIN_S

    def show(self, console: Console) -> None:
        """Print what came of it and a verdict."""
        acked = f"acknowledged within {self.ack_p50_ms:.0f} ms (p50) and {self.ack_p99_ms:.0f} ms (p99)"
        met = (
            f"{self.met:,} met in {self.rooms:,} rooms, the largest of {self.largest_room}, {self.one_sided} one-sided"
        )
        last = f"the last sat {self.matched_s:.2f} s after the wait ended, for {self.cpu_s:.2f} s of the server's CPU"
        console.print(f"{self.people:,} people shook within {SPREAD_S:.0f} s: {acked}; {met}; {last}")
        target = f"all meet, ack p99 at most {ACK_P99_MS:.0f} ms, matched at most {MATCHED_WITHIN_S:g} s after the wait"
        console.print(f"target: {target}: {'met' if self.is_met else 'missed'}")


async def shake(people: int, advance: Callable[[], None]) -> Shaking:
    """Let people check in at one place and all shake; ``advance`` is called at each of the four stages.

    Raises:
        BenchFailed: Not everybody was placed, or the load could not be carried out.
    """
    async with running(Kind.OURS, {}) as server:
        with _Shakers(server) as crowd:
            await crowd.connect(people)
            advance()
            await crowd.be_placed(_LAT, _LON)
            advance()
            cpu_s = await asyncio.to_thread(server.process.cpu_s)
            began_s = await crowd.shake_all()
            advance()
            await crowd.all_met()
            advance()
            cpu_s = await asyncio.to_thread(server.process.cpu_s) - cpu_s
        wait_s = Rules().shake_wait_ms / 1_000
        return crowd.result(began_s + wait_s, cpu_s)


class _Shakers(Crowd):
    """Phones that shake, and what each heard of it."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._sent_s: dict[Phone, float] = {}
        self._acked_s: dict[Phone, float] = {}
        self._sat_s: dict[Phone, float] = {}
        self._placed: dict[Phone, bytes] = {}
        self._all_met = asyncio.Event()

    def hear(self, phone: Phone, payload: bytes) -> None:
        """Note when, and leave the reading for later."""
        if phone not in self._sent_s:
            super().hear(phone, payload)
        elif payload.startswith(b'{"type":"ack"'):
            self._acked_s[phone] = perf_counter()
        elif payload.startswith(b'{"type":"placed"'):
            self._sat_s[phone] = perf_counter()
            self._placed[phone] = payload
            if len(self._placed) == len(self.phones):
                self._all_met.set()
        elif payload.startswith(b'{"type":"error"'):
            self.fail(f"the server refused a shake: {payload.decode()}")

    async def shake_all(self) -> float:
        """Let everybody shake, evenly over a second; return when the first did."""
        began_s = perf_counter()
        for step in range(STEPS):
            await asyncio.sleep(max(0.0, began_s + SPREAD_S * step / STEPS - perf_counter()))
            for phone in self.phones[step::STEPS]:
                self._sent_s[phone] = perf_counter()
                phone.write(_SHAKE)
        return began_s

    async def all_met(self) -> None:
        """Return when everybody was placed, or after a minute."""
        try:
            async with asyncio.timeout(WAIT_S):
                await self._all_met.wait()
        except TimeoutError:
            if not self._placed:
                raise BenchFailed("nobody who shook was placed") from None

    def result(self, wait_ended_s: float, cpu_s: float) -> Shaking:
        """Return what came of it."""
        rooms: defaultdict[str, set[str]] = defaultdict(set)
        shown: defaultdict[str, list[set[str]]] = defaultdict(list)
        for payload in self._placed.values():
            placed = json.loads(payload)
            rooms[placed["room"]["id"]].add(placed["you"])
            shown[placed["room"]["id"]].append({member["member"] for member in placed["members"]})
        waits_ms = sorted((self._acked_s[phone] - sent_s) * 1e3 for phone, sent_s in self._sent_s.items())
        return Shaking(
            people=len(self.phones),
            met=len(self._placed),
            rooms=len(rooms),
            largest_room=max(map(len, rooms.values())),
            one_sided=sum(members != seen for room, members in rooms.items() for seen in shown[room]),
            ack_p50_ms=waits_ms[len(waits_ms) // 2],
            ack_p99_ms=waits_ms[len(waits_ms) * 99 // 100],
            matched_s=max(self._sat_s.values()) - wait_ended_s,
            cpu_s=cpu_s,
        )
