"""The TypeScript client against a real server: whatever the network does, what was acknowledged is heard once."""

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from nearby.testing.serving import LiveServer
from nearby.testing.waiting import eventually

if TYPE_CHECKING:
    from tests.client.conftest import Network

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "web"
ZURICH = {"lat": 47.37, "lon": 8.54}
GIVE_UP_S = 100.0


class Phones:
    """A program of phones: told what to do line by line, and all that it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.facts: list[dict[str, Any]] = []

    def do(self, who: int, deed: str, given: Any = None) -> None:
        """Let a phone do something."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"who": who, "deed": deed, "given": given}).encode() + b"\n")

    def of(self, who: int, kind: str) -> list[Any]:
        """Return what a phone told of one kind."""
        return [fact[kind] for fact in self.facts if fact["who"] == who and kind in fact]

    async def until(self, who: int, kind: str, count: int) -> list[Any]:
        """Wait until a phone told so many facts of one kind; return them."""

        async def told() -> list[Any]:
            return self.of(who, kind)

        return await eventually(told, lambda facts: len(facts) >= count, what=f"{kind} of {who}")

    async def look(self, who: int) -> dict[str, Any]:
        """Return how a phone sees its room now."""
        self.do(who, "look")
        found: dict[str, Any] = (await self.until(who, "looked", len(self.of(who, "looked")) + 1))[-1]
        return found

    async def listen(self) -> None:
        """Take down what the program says until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.facts.append(json.loads(line))


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client as JavaScript, made as the npm package is."""
    compiler = WEB / "node_modules" / ".bin" / "tsc"
    assert compiler.exists(), "npm --prefix web ci installs the compiler, or run scripts/test, which does"
    out = tmp_path_factory.mktemp("client")
    command = (str(compiler), "-p", str(WEB / "src" / "wire" / "tsconfig.build.json"), "--outDir", str(out))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (out / "package.json").write_text('{"type": "module"}')
    return out / "index.js"


@contextlib.asynccontextmanager
async def phones_of(client: Path, url: str, *tokens: str) -> AsyncIterator[Phones]:
    """Run phones with these tokens until the block ends."""
    pipe = asyncio.subprocess.PIPE
    ws = str(WEB / "node_modules" / "ws")
    process = await asyncio.create_subprocess_exec(
        "node", str(HERE / "typescript_phones.mjs"), str(client), ws, url, *tokens, stdin=pipe, stdout=pipe, stderr=pipe
    )
    phones = Phones(process)
    listening = asyncio.create_task(phones.listen())
    try:
        async with asyncio.timeout(GIVE_UP_S):
            yield phones
    finally:
        process.kill()
        await process.wait()
        await listening
        assert process.stderr is not None
        assert not (said := await process.stderr.read()), said.decode()


async def seat(phones: Phones, *people: int, where: Any = None) -> None:
    for who in people:
        phones.do(who, "checkin", where or ZURICH)
    for who in people:
        await phones.until(who, "checked_in", 1)

    async def sizes() -> list[int]:
        return [(phones.of(who, "members") or [0])[-1] for who in people]

    await eventually(sizes, lambda found: found == [len(people)] * len(people), what="members seen")


async def play(phones: Phones, network: "Network", random: Random) -> list[int]:
    """Let the network do its worst while both talk; return how many texts each asked to say."""
    asked = [0, 0]
    for _ in range(random.randrange(20, 40)):
        who = random.randrange(2)
        match random.choice(["say", "say", "say", "drop", "cut", "cut after", "freeze", "come back", "go on", "go on"]):
            case "say":
                phones.do(who, "say", f"{who} {asked[who]}")
                asked[who] += 1
            case "drop":
                phones.do(who, "drop")
            case "cut":
                network.thaw()
            case "cut after":
                network.cut_after(random.randrange(2_000))
            case "freeze":
                network.freeze()
            case "come back":
                network.thaw(cut=False)
            case "go on":
                for _ in range(random.randrange(1, 9)):
                    await phones.look(who)
    network.thaw()
    for who in (0, 1):
        # Whoever is answered from here on has come back after the last cut, and will not come back once more.
        phones.do(who, "say", f"{who} {asked[who]}")
        asked[who] += 1
    return asked


@pytest.mark.parametrize("seed", range(4))
async def test_what_was_acknowledged_is_heard_once_in_order_by_both_and_a_fresh_snapshot_agrees(
    server: LiveServer, network: "Network", client: Path, seed: int
) -> None:
    names = ("ana", "ben")
    async with phones_of(client, network.url, *map(server.token, names)) as phones:
        await seat(phones, 0, 1)
        asked = await play(phones, network, Random(seed))
        promised = [pair for who in (0, 1) for pair in await phones.until(who, "acked", asked[who])]
        for who in (0, 1):
            await phones.until(who, "said", len(promised))
            assert phones.of(who, "said") == sorted(promised)
            assert phones.of(who, "failed") == []
            seen = await phones.look(who)
            assert (seen["statistics"]["gaps"], seen["statistics"]["repeats"], seen["pending"]) == (0, 0, 0)
            fresh = await (await server.phone(names[who])).until("placed")
            assert (seen["room"], seen["seq"], seen["you"]) == (fresh["room"]["id"], fresh["seq"], fresh["you"])
            assert seen["members"] == sorted(member["member"] for member in fresh["members"])
            assert seen["messages"] == [[said["seq"], said["text"]] for said in fresh["messages"]]
            await phones.until(who, "code", 1)
            assert phones.of(who, "code")[-1] == 3504


async def test_what_was_said_meanwhile_follows_the_reconnect_and_nothing_else(
    server: LiveServer, network: "Network", client: Path
) -> None:
    async with phones_of(client, network.url, server.token("ana")) as phones:
        await seat(phones, 0)
        ben = await server.seated("ben")
        await phones.until(0, "members", 2)
        network.is_up = False
        network.cut()
        for number in range(3):
            assert (await ben.ask({"type": "say", "id": number, "text": str(number)}))["type"] == "ack"
        network.is_up = True
        assert [text for _, text in await phones.until(0, "said", 3)] == ["0", "1", "2"]
        seen = await phones.look(0)
        assert (seen["statistics"]["resumes"], len(phones.of(0, "members"))) == (1, 2)


async def test_a_ban_closes_the_phone_for_good(server: LiveServer, client: Path) -> None:
    async with phones_of(client, server.url, server.token("ana")) as phones:
        await seat(phones, 0)
        operator = server.token("boss", scope="operator")
        body = b'{"reason":"threats"}'
        assert (await server.call("POST", "/v1/admin/people/ana/ban", body=body, token=operator)).status == 200
        await phones.until(0, "code", 1)
        assert [fact for fact in phones.facts if fact.get("code")][-1] == {"who": 0, "state": "closed", "code": 3501}
        phones.do(0, "say", "hello?")
        assert await phones.until(0, "failed", 1) == ["acked"]


async def test_another_room_is_asked_for_and_the_view_is_of_that_one(server: LiveServer, client: Path) -> None:
    async with phones_of(client, server.url, server.token("ana"), server.token("ben")) as phones:
        await seat(phones, 0, 1)
        before = await phones.look(0)
        phones.do(0, "next")
        await phones.until(0, "moved_on", 1)
        await phones.until(0, "members", 3)
        after = await phones.look(0)
        assert after["room"] != before["room"]
        assert after["members"] == [after["you"]]
