import json
import re
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core import wire
from nearby.core.ids import RoomId

MEMBER = wire.Member(member="m", name="Calm Otter", verified=False)
SAID = wire.Said(room="r", seq=1, from_="m", text="hi", at_ms=2)
FROM_SERVER: list[wire.ServerMessage] = [
    wire.Welcome(user="u", ping_s=25.0, window_s=600.0, server_ms=1, resumed=False),
    wire.Ack(id=1),
    wire.Ack(id="x", seq=1, at_ms=2, area=None, window=wire.Window(start_ms=0, end_ms=1)),
    wire.Error(code="moved", detail="why", id=7, retry_ms=5),
    SAID,
    wire.Joined(room="r", seq=1, member=MEMBER),
    wire.Left(room="r", seq=1, member="m"),
    wire.Changed(room="r", seq=1, member=MEMBER),
    wire.Placed(
        room=wire.RoomInfo(id="r", epoch=1, capacity=8, opened_ms=0),
        area=wire.Area(cell="851f8ecbfffffff", resolution=5),
        you="m",
        quiet=True,
        members=[MEMBER],
        messages=[SAID],
        seq=1,
        why="new",
    ),
    wire.Skipped(room="r", seq=1),
    wire.Greeted(room="r", member="m"),
    wire.Known(room="r", member="m", person="p", name=None),
    wire.Shaken(room="r"),
    wire.Unplaced(why="left"),
    wire.Expiring(in_ms=1),
    wire.Bye(reconnect_ms=1),
    wire.Pong(),
]
FROM_CLIENT: list[wire.ClientMessage] = [
    wire.Hello(token="t", resume=wire.Resume(room="r", epoch=1, after=2)),
    wire.CheckIn(id=1, lat=1.0, lon=2.0, accuracy_m=3.0, tags=["a"], lang="de-CH", venue="v", with_=["p"]),
    wire.Say(id="1", room=RoomId("r"), text="hi"),
    wire.Next(id=1, room="r"),
    wire.Leave(),
    wire.Shake(id=1),
    wire.Mute(id=1, room="r", member="m"),
    wire.Unmute(member="m"),
    wire.Block(id=1, member="m"),
    wire.Report(id=1, member="m", reason="spam"),
    wire.Greet(id=1, room="r", member="m"),
    wire.Renew(token="t"),
    wire.Ping(id=1),
]


ALL_FIELDS = wire.CheckIn(lat=1.0, lon=2.0, tags=["a"], lang="de", venue="v", with_=["p"])


def position(**changes: object) -> bytes:
    return json.dumps({"type": "checkin", "lat": 1, "lon": 2} | changes).encode()


@pytest.mark.parametrize("message", FROM_SERVER, ids=lambda message: type(message).__name__)
def test_what_a_server_sends_a_client_reads_back(message: wire.ServerMessage) -> None:
    assert wire.decode_from_server(wire.encode(message)) == message


@pytest.mark.parametrize("message", FROM_CLIENT, ids=lambda message: type(message).__name__)
def test_what_a_client_sends_a_server_reads_back(message: wire.ClientMessage) -> None:
    assert wire.decode_from_client(wire.encode(message)) == message


def test_every_message_type_is_in_the_samples() -> None:
    assert {type(message) for message in FROM_CLIENT} == set(get_args(wire.ClientMessage))
    assert {type(message) for message in FROM_SERVER} == set(get_args(wire.ServerMessage))


def test_the_author_of_a_saying_is_called_from_on_the_wire() -> None:
    assert json.loads(wire.encode(SAID)) == {
        "type": "said",
        "room": "r",
        "seq": 1,
        "from": "m",
        "text": "hi",
        "at_ms": 2,
    }


def test_optional_fields_that_are_not_there_are_left_out() -> None:
    assert json.loads(wire.encode(wire.Ack(id=1))) == {"type": "ack", "id": 1}
    assert json.loads(wire.encode(wire.Ack(id=1, area=None))) == {"type": "ack", "id": 1, "area": None}
    assert json.loads(wire.encode(wire.Hello())) == {"type": "hello"}


def test_unknown_fields_are_ignored() -> None:
    assert wire.decode_from_client(b'{"type":"ping","id":1,"colour":"red"}') == wire.Ping(id=1)


@pytest.mark.parametrize(
    "data",
    [
        *(position(lat=90.1), position(lon=-180.1), position(lat="1"), position(accuracy_m=10_001)),
        *(position(accuracy_m=-1), position(tags=["a"] * 4), position(lang="not a tag"), position(venue="no spaces")),
        *(b'{"type":"checkin","lat":NaN,"lon":1}', b'{"type":"checkin","lat":1e999,"lon":1}'),
        *(b'{"type":"checkin","lat":1}', position(id=2**63), position(id="x" * 65), position(id=1.5)),
        *(position(id=True), b"[]", b"null", b"", b"{", b'{"type":"fly"}'),
    ],
)
def test_what_is_out_of_range_or_of_another_type_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        wire.decode_from_client(data)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 10_000))
def test_every_position_on_earth_is_taken(lat_deg: float, lon_deg: float, accuracy_m: float) -> None:
    read = wire.decode_from_client(position(lat=lat_deg, lon=lon_deg, accuracy_m=accuracy_m))
    assert isinstance(read, wire.CheckIn)
    assert (read.lat, read.lon) == (lat_deg, lon_deg)


def frame(kind: str, fields: dict[str, object]) -> bytes:
    return json.dumps({"type": kind} | fields).encode()


def resume(**changes: object) -> dict[str, object]:
    return {"resume": {"room": "r", "epoch": 0, "after": 0} | changes}


HERE: dict[str, object] = {"lat": 90, "lon": -180}


@pytest.mark.parametrize(
    ("kind", "longest", "too_much"),
    [
        ("checkin", HERE, {"lat": 90.000001, "lon": 0}),
        ("checkin", {"lat": -90, "lon": 180}, {"lat": 0, "lon": 180.000001}),
        ("checkin", HERE | {"accuracy_m": 10_000}, HERE | {"accuracy_m": 10_000.1}),
        ("checkin", HERE | {"accuracy_m": 0}, HERE | {"accuracy_m": -0.1}),
        ("checkin", HERE | {"tags": ["x" * 32] * 3}, HERE | {"tags": ["x"] * 4}),
        ("checkin", HERE | {"tags": ["x"]}, HERE | {"tags": [""]}),
        ("checkin", HERE | {"tags": []}, HERE | {"tags": ["x" * 33]}),
        ("checkin", HERE | {"lang": "de"}, HERE | {"lang": "d"}),
        ("checkin", HERE | {"lang": "x" * 35}, HERE | {"lang": "x" * 36}),
        ("checkin", HERE | {"with": ["p"] * 7}, HERE | {"with": ["p"] * 8}),
        ("checkin", HERE | {"venue": "v" * 64}, HERE | {"venue": "v" * 65}),
        ("next", {"room": "aZ09_-"}, {"room": ""}),
        ("next", {"room": "a"}, {"room": "a b"}),
        ("next", {"room": "abc"}, {"room": "abc\n"}),
        ("say", {"text": "x", "room": "abc"}, {"text": "x", "room": "abc\n"}),
        ("say", {"text": "x", "room": "aZ09_-"}, {"text": "x", "room": ""}),
        ("say", {"text": "x", "room": "a" * 64}, {"text": "x", "room": "a" * 65}),
        ("checkin", HERE | {"lang": "de"}, HERE | {"lang": "de\n"}),
        ("checkin", HERE | {"with": ["p"]}, HERE | {"with": ["p\n"]}),
        ("checkin", HERE | {"venue": "v"}, HERE | {"venue": "v\n"}),
        ("mute", {"member": "m" * 64}, {"member": "m" * 65}),
        ("greet", {"member": "m"}, {}),
        ("block", {"member": "m"}, {"member": "m\n"}),
        ("report", {"member": "m", "reason": "x" * 64}, {"member": "m", "reason": "x" * 65}),
        ("report", {"member": "m"}, {"member": "m", "reason": ""}),
        ("ping", {"id": 2**63 - 1}, {"id": 2**63}),
        ("ping", {"id": -(2**63)}, {"id": -(2**63) - 1}),
        ("ping", {"id": "x" * 64}, {"id": "x" * 65}),
        ("ping", {"id": None}, {"id": 10**400}),
        ("renew", {"token": "t" * 8_192}, {"token": "t" * 8_193}),
        ("hello", {"token": "t" * 8_192}, {"token": "t" * 8_193}),
        ("hello", resume(after=2**63 - 1), resume(after=2**63)),
        ("hello", resume(), resume(after=-1)),
        ("hello", resume(), resume(room="r\n")),
        ("hello", resume(epoch=2**63 - 1), resume(epoch=-1)),
    ],
)
def test_every_field_is_taken_up_to_its_bound_and_not_beyond(
    kind: str, longest: dict[str, object], too_much: dict[str, object]
) -> None:
    assert wire.decode_from_client(frame(kind, longest))
    with pytest.raises(msgspec.ValidationError):
        wire.decode_from_client(frame(kind, too_much))


def test_the_documents_show_patterns_in_the_dialect_of_json_schema() -> None:
    patterns = set(re.findall(r'"pattern": ("(?:[^"]|\\.)*")', json.dumps(msgspec.json.schema(wire.CheckIn))))
    assert {json.loads(pattern) for pattern in patterns} == {
        r"^[A-Za-z0-9_-]{1,64}$(?!\n)",
        r"^[A-Za-z0-9-]{2,35}$(?!\n)",
    }


@pytest.mark.parametrize(("length", "is_good"), [(0, False), (1, True), (64, True), (65, False)])
def test_a_guests_name_has_one_to_sixty_four_characters(length: int, is_good: bool) -> None:
    body = json.dumps({"name": "x" * length}).encode()
    if is_good:
        assert msgspec.json.decode(body, type=wire.GuestRequest).name == "x" * length
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(body, type=wire.GuestRequest)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"9" * 400])
@pytest.mark.parametrize("field", [b"lat", b"lon", b"accuracy_m"])
def test_a_position_that_is_no_finite_number_is_refused(field: bytes, number: bytes) -> None:
    fields = {b"lat": b"1", b"lon": b"2", b"accuracy_m": b"3"} | {field: number}
    pairs = b",".join(b'"%s":%s' % pair for pair in fields.items())
    with pytest.raises(msgspec.DecodeError):
        wire.decode_from_client(b'{"type":"checkin",%s}' % pairs)


def test_companions_are_called_with_on_the_wire() -> None:
    assert json.loads(wire.encode(ALL_FIELDS)) == {
        "type": "checkin",
        "lat": 1.0,
        "lon": 2.0,
        "tags": ["a"],
        "lang": "de",
        "venue": "v",
        "with": ["p"],
    }


@pytest.mark.parametrize("message", [*FROM_CLIENT, *FROM_SERVER], ids=lambda message: type(message).__name__)
def test_no_message_minds_a_field_it_does_not_know(message: wire.ClientMessage | wire.ServerMessage) -> None:
    more = json.dumps(json.loads(wire.encode(message)) | {"colour": ["red"]}).encode()
    decode = wire.decode_from_client if message in FROM_CLIENT else wire.decode_from_server
    assert decode(more) == message


def test_a_room_that_is_no_id_is_refused_in_the_same_words_whatever_is_asked() -> None:
    said = []
    for kind in ("say", "next"):
        with pytest.raises(msgspec.ValidationError) as refused:
            wire.decode_from_client(msgspec.json.encode({"type": kind, "text": "x", "room": "a b"}))
        said.append(str(refused.value))
    assert said[0] == said[1]
    assert said[0].endswith("`$.room`")
