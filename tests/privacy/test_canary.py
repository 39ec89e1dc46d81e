"""P18: positions go in by every way there is, others talk on, and no byte of them is left anywhere.

Searched are all answers, pages and the log; the database's files, its log of changes among them, while the server
runs and after it ended; and the server's memory. What the server lets go of is overwritten at once (``OVERWRITING``),
so what is found is held by something, while those of whom it is are silent. Others talk on before, over the few places
that are reused without being freed. Memory is searched before positions are sent over HTTP in ways that are refused.
"""

import asyncio
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import h3.api.basic_int as h3  # type: ignore[import-untyped]
import pytest

from nearby.server.auth import mint_token
from nearby.sim.child import Child, serving
from nearby.testing.postgres import OwnPostgres, postgres_with_schema
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import FAR_FUTURE_S, KEY, http_call
from nearby.testing.store_suite import Database
from tests.privacy.traces import CHUNK, NEAR_BYTES, Search, Trace, files_under, geohash, memory_of, traces_of

CANARIES = (
    (47.376912345678, 8.541698765432),
    (-33.868812398765, 151.209312387654),
    (64.146612378901, -21.942612365478),
    (1.352112349876, 103.819812341234),
)
OTHERS = 16
SOAK_ROUNDS = 30
"""Messages of each of the others: some thousand frames, as a town of a thousand people sends in a minute. They go over
what neither allocator sees: CPython's own list of numbers to use again, and the loop's buffer for what it reads."""

OVERWRITING = {"PYTHONMALLOC": "debug", "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"}
"""Make CPython and the C library fill memory that is freed. Else it keeps what was in it until it is used again, which
for a block below many others that were freed later is never, however much is said: nothing to tell from a position
that is held. glibc does not fill what it puts aside for its thread, so it puts nothing aside."""

TRACES = [trace for canary in CANARIES for trace in traces_of(*canary)]
SEARCH = Search(TRACES)
FORMS: tuple[tuple[str, Callable[[float, float], bytes]], ...] = (
    ("text", lambda lat, lon: b'{"lat":%r,"lon":0}' % lat),
    ("text, rounded", lambda lat, lon: f"at {lon:.7f}".encode()),
    ("digits", lambda lat, lon: str(round(abs(lon) * 10**9)).encode()),
    ("float64, little", lambda lat, lon: struct.pack("<d", lat)),
    ("float64, big", lambda lat, lon: struct.pack(">d", lon)),
    ("float32, little", lambda lat, lon: struct.pack("<ff", lat, lon)),
    ("float32, big", lambda lat, lon: struct.pack(">f8sf", lon, b"filler", lat)),
    ("geohash", lambda lat, lon: b"geo:" + geohash(lat, lon).encode() + b"x9"),
    ("cell as hex", lambda lat, lon: h3.int_to_str(h3.latlng_to_cell(lat, lon, 9)).encode()),
    ("cell as decimal", lambda lat, lon: str(h3.latlng_to_cell(lat, lon, 8)).encode()),
    ("cell as 8 bytes", lambda lat, lon: struct.pack(">Q", h3.latlng_to_cell(lat, lon, 15))),
)


def leaks(data: bytes) -> set[str]:
    """Return what in ``data`` is left of a canary."""
    return SEARCH.names_in(data)


@pytest.mark.parametrize("form", [form for _, form in FORMS], ids=[name for name, _ in FORMS])
@pytest.mark.parametrize("canary", CANARIES)
def test_the_search_finds_each_form_that_is_planted(
    canary: tuple[float, float], form: Callable[[float, float], bytes]
) -> None:
    noise = Random(1).randbytes(100_000)
    assert not leaks(noise)
    planted = form(*canary)
    assert leaks(noise[:50_000] + planted + noise[50_000:])


def test_the_search_finds_what_looking_for_one_trace_after_the_other_does() -> None:
    random = Random(2)
    for _ in range(200):
        # Few different bytes and short forms, so that most are there by chance, at every place and cut off at the end.
        traces = [Trace(str(number), bytes(random.choices(b"ab", k=random.randint(4, 7)))) for number in range(20)]
        traces += [trace._replace(name=f"{trace.name} near", beside=b"c") for trace in traces]
        data = bytes(random.choices(b"abc", [20, 20, 1], k=random.randrange(300)))
        found = {trace.name for trace in traces if any(True for _ in places_of(data, trace))}
        assert Search(traces).names_in(data) == found


def places_of(data: bytes, trace: Trace) -> Iterator[int]:
    """Yield where a trace is, by a look at each."""
    place = data.find(trace.form)
    while place >= 0:
        around = data[max(0, place - NEAR_BYTES) : place + len(trace.form) + NEAR_BYTES]
        if not trace.beside or trace.beside in around:
            yield place
        place = data.find(trace.form, place + 1)


def test_the_search_finds_a_trace_across_the_pieces_it_looks_at() -> None:
    for place in range(CHUNK - 9, CHUNK + 2):
        assert leaks(bytes(place) + TRACES[0].form + bytes(9)) == {TRACES[0].name}, place


def test_the_search_finds_what_a_process_keeps_in_its_memory() -> None:
    found = found_in_a_process(
        "import json,sys,h3.api.basic_int as h3\n"
        "text = sys.stdin.readline()\n"
        "kept = json.loads(text)\n"
        "cell = h3.latlng_to_cell(*kept, 9)\n"
    )
    assert {"lat as text", "lat as float64 <", "cell of resolution 9 as an int of Python"} <= found


@pytest.mark.parametrize("beside", [0, 40, 400, 4_000, 400_000])
def test_the_search_finds_nothing_that_a_process_let_go_of(beside: int) -> None:
    # By hand below the buffers of Python's files, which go on holding what they read.
    read = f"import os,sys\ntext = os.read(0, 1000)\nseveral = [text + bytes({beside} + n) for n in range(9)]\n"
    assert {"lat as text", "lon as text"} <= found_in_a_process(read)
    assert {"lat as text", "lon as text"} <= found_in_a_process(read + "del text, several[1:]\n")
    assert not found_in_a_process(read + "del text, several\n")


def found_in_a_process(program: str) -> set[str]:
    """Return what is found in the memory of a process that is given a position and has run ``program``."""
    lat_deg, lon_deg = CANARIES[0]
    with subprocess.Popen(
        [sys.executable, "-c", program + "print('done', flush=True)\nsys.stdin.readline()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | OVERWRITING,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(f"[{lat_deg}, {lon_deg}]\n")
        child.stdin.flush()
        assert child.stdout.readline() == "done\n"
        found = in_the_memory_of(child.pid)
        child.communicate("\n")
    return found


class Person:
    """Somebody with a phone, and all that came back."""

    def __init__(self, url: str, name: str, place: tuple[float, float]) -> None:
        self._url = url
        self._token = mint_token(KEY.encode(), name, expires_s=FAR_FUTURE_S)
        self._place = {"lat": place[0], "lon": place[1]}
        self.answers: list[Any] = []
        self.phone: RawPhone | None = None

    async def come(self) -> None:
        """Connect and take a seat."""
        self.phone = await RawPhone.connect(self._url, token=self._token)
        await self.phone.send({"type": "hello"})
        await self.phone.send({"type": "checkin", **self._place})
        await self.phone.until("placed")

    async def check_in_by_every_way(self) -> None:
        """Over both, rightly and wrongly, in one frame and in parts, with what a position does not belong to."""
        assert self.phone is not None
        place = self._place
        for number, body in enumerate([place, *self.wrong()]):
            await self.phone.ask({"type": "checkin", "id": number, **body})
        self.answers.append(await self.post(json.dumps(place).encode()))
        text = json.dumps({"type": "checkin", "id": "parts", **place})
        await self.phone.socket.send([text[:30], text[30:50], text[50:]])
        await self.phone.until("ack", id="parts")
        await self.phone.send(json.dumps({"type": "checkin", **place})[:-1])
        await self.phone.until("error")

    def wrong(self) -> list[dict[str, Any]]:
        """Return positions that are refused."""
        place = self._place
        return [
            {**place, "accuracy_m": -place["lat"]},
            {**place, "tags": place["lon"]},
            {"lat": place["lat"], "lon": str(place["lon"])},
            {"lat": 1000 + place["lat"], "lon": place["lon"]},
        ]

    async def be_refused_over_http(self) -> None:
        """Send what is no position, and positions in an address and a header, where nobody asks for them."""
        place = self._place
        for body in self.wrong():
            self.answers.append(await self.post(json.dumps(body).encode()))
        self.answers.append(await http_call(f"{self._url}/v1/checkins?lat={place['lat']}&lon={place['lon']}"))
        self.answers.append(await http_call(f"{self._url}/{place['lat']}", X_Where=str(place["lon"])))

    async def post(self, body: bytes) -> Any:
        """Check in over HTTP."""
        return await http_call(f"{self._url}/v1/checkins", method="POST", body=body, token=self._token)

    async def chat(self, rounds: int) -> None:
        """Say things, check in and ping, as people do."""
        assert self.phone is not None
        for number in range(rounds):
            await self.phone.ask({"type": "say", "id": f"s{number}", "text": f"something, the {number}th time " * 3})
            await self.phone.ask({"type": "checkin", "id": f"c{number}", **self._place})
            # Of every length, as other people's are: what was freed is overwritten by what is as long.
            spaces = b" " * (16 * number % 400)
            self.answers.append(await self.post(json.dumps(self._place).encode() + spaces))

    def received(self) -> bytes:
        """Return everything this person was told."""
        return repr((self.phone and self.phone.received, self.answers)).encode()


class Town:
    """Canaries, two of each, and others."""

    def __init__(self, url: str) -> None:
        self.canaries = [Person(url, f"canary{number}-{twin}", CANARIES[number]) for number, twin in ways()]
        self.others = [Person(url, f"other{number}", (48.1 + number / 50, 11.5)) for number in range(OTHERS)]

    async def soak(self) -> None:
        """Let canaries check in, half of them leave, and others talk on."""
        for person in (*self.canaries, *self.others):
            await person.come()
        for person in self.canaries:
            await person.check_in_by_every_way()
        for person in self.canaries[::2]:
            assert person.phone is not None
            await person.phone.cut()
        # Whoever stays says nothing: a server that keeps the last that somebody sent keeps a position.
        await asyncio.gather(*(person.chat(SOAK_ROUNDS) for person in self.others))

    def told(self) -> bytes:
        """Return everything that anybody was told."""
        return b"".join(person.received() for person in (*self.canaries, *self.others))


async def pages(child: Child) -> bytes:
    """Return what anybody may look at."""
    return repr(
        [await http_call(url) for url in (child.url + "/readyz", child.url + "/docs", child.metrics_url)]
    ).encode()


def ways() -> Iterator[tuple[int, int]]:
    """Yield two people for each canary."""
    return ((number, place) for number in range(len(CANARIES)) for place in range(2))


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    with postgres_with_schema() as server:
        yield server


def test_a_geohash_is_the_one_everybody_makes() -> None:
    assert geohash(57.64911, 10.40744) == "u4pruydq"  # The example of the form's inventor.


@pytest.fixture(params=["sqlite", "postgresql"])
def own_server(request: pytest.FixtureRequest) -> OwnPostgres | None:
    """Return the server of the database, None for a file."""
    return request.getfixturevalue("postgres") if request.param == "postgresql" else None


@pytest.mark.timeout(120)
async def test_nothing_of_a_position_is_left_anywhere(
    own_server: OwnPostgres | None,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in OVERWRITING.items():
        monkeypatch.setenv(name, value)
    directories = [tmp_path] if own_server is None else [tmp_path, own_server.directory]
    url = f"sqlite:///{tmp_path}/data/nearby.db" if own_server is None else own_server.url
    places = ("--port", "0", "--metrics-port", "0", "--data-dir", str(tmp_path / "data"), "--database-url", url)
    async with serving([*places, "--drain-s", "0", "--log-level", "debug", "--limits", "off"], key=KEY) as child:
        town = Town(child.url)
        await town.soak()
        in_memory = await asyncio.to_thread(in_the_memory_of, child.process.pid)
        for person in town.canaries:
            await person.be_refused_over_http()
        in_files = await asyncio.to_thread(in_the_files_of, directories)
        told = town.told() + await pages(child)
    log = capfd.readouterr().err.encode()
    assert len(await Database(url).rows("presence")) >= OTHERS
    in_files |= await asyncio.to_thread(in_the_files_of, directories)  # Once more, after the orderly end.
    assert {"told": leaks(told), "log": leaks(log), "files": in_files, "memory": in_memory} == {
        "told": set(),
        "log": set(),
        "files": set(),
        "memory": set(),
    }
    assert b"INFO" in log


def in_the_memory_of(pid: int) -> set[str]:
    return {name for piece in memory_of(pid) for name in leaks(piece)}


def in_the_files_of(directories: list[Path]) -> set[str]:
    return {
        f"{path.name}: {name}"
        for directory in directories
        for path, data in files_under(directory)
        for name in leaks(data)
    }
