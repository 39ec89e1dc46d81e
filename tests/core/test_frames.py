from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.frames import Opcode as Theirs
from websockets.uri import parse_uri

from nearby.core.frames import PING_FRAME, FrameReader, Opcode, close_frame, pong_frame, text_frame
from nearby.errors import CloseCode, Disconnect


def read(data: bytes) -> list[Frame]:
    """Read frames with an implementation that is not ours."""
    client = ClientProtocol(parse_uri("ws://x/"), max_size=None)
    client.state = client.state.__class__.OPEN
    client.parser = client.parse()
    next(client.parser)
    client.receive_data(data)
    return [event for event in client.events_received() if isinstance(event, Frame)]


@given(st.text(max_size=300) | st.integers(60_000, 70_000).map(lambda length: "x" * length))
def test_a_text_frame_is_read_back_by_another_implementation(text: str) -> None:
    assert read(text_frame(text.encode())) == [Frame(Theirs.TEXT, text.encode())]


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_every_form_of_length_is_read_back(length: int) -> None:
    assert read(text_frame(b"x" * length))[0].data == b"x" * length


def test_pings_and_pongs_are_read_back() -> None:
    assert [frame.opcode for frame in read(PING_FRAME + pong_frame(b"echo"))] == [Theirs.PING, Theirs.PONG]


@pytest.mark.parametrize("code", CloseCode)
def test_a_close_frame_carries_code_and_reason(code: CloseCode) -> None:
    data = read(close_frame(code))[0].data
    assert (int.from_bytes(data[:2]), bytes(data[2:]).decode()) == (code, code.reason)


MAX_BYTES = 1_000

Message = tuple[Opcode, bytes]
Cut = list[int]


def sent(message: Message, parts: int) -> bytes:
    """Return a client's frames for a message, written by an implementation that is not ours."""
    opcode, payload = message
    step = -(-len(payload) // parts) or 1
    pieces = [payload[start : start + step] for start in range(0, len(payload), step)] or [b""]
    frames = []
    for number, piece in enumerate(pieces):
        kind = Theirs(opcode) if number == 0 else Theirs.CONT
        frames.append(Frame(kind, piece, fin=number == len(pieces) - 1).serialize(mask=True))
    return b"".join(frames)


def outcome(data: bytes, cuts: Cut) -> tuple[list[Message], CloseCode | None]:
    """Return what our reader makes of ``data``, handed over in pieces, and how it refused the rest."""
    reader, found = FrameReader(MAX_BYTES), list[Message]()
    bounds = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    try:
        for start, end in pairwise(bounds):
            for message in reader.feed(data[start:end]):
                found.append(message)
    except Disconnect as refused:
        return found, refused.code
    return found, None


whole = st.tuples(st.sampled_from([Opcode.TEXT, Opcode.BINARY]), st.binary(max_size=MAX_BYTES))
control = st.tuples(st.sampled_from([Opcode.PING, Opcode.PONG, Opcode.CLOSE]), st.binary(max_size=125))
cuts = st.lists(st.integers(0, 10**6), max_size=20)


@given(st.lists(st.tuples(whole | control, st.integers(1, 5)), max_size=8), cuts)
def test_what_another_implementation_sends_is_read_whole_and_in_order(
    messages: list[tuple[Message, int]], cuts: Cut
) -> None:
    data = b"".join(sent(message, 1 if message[0] >= Opcode.CLOSE else parts) for message, parts in messages)
    assert outcome(data, cuts) == ([message for message, _ in messages], None)


@given(st.binary(min_size=2, max_size=300), st.binary(max_size=60), cuts)
def test_control_frames_between_the_parts_of_a_message_come_first(payload: bytes, echo: bytes, cuts: Cut) -> None:
    half = len(payload) // 2
    data = (
        Frame(Theirs.TEXT, payload[:half], fin=False).serialize(mask=True)
        + Frame(Theirs.PING, echo).serialize(mask=True)
        + Frame(Theirs.CONT, payload[half:]).serialize(mask=True)
    )
    assert outcome(data, cuts) == ([(Opcode.PING, echo), (Opcode.TEXT, payload)], None)


@given(st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=6))
def test_whatever_comes_is_read_or_refused_alike_however_it_is_cut(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    every_byte = list(range(len(data)))
    assert outcome(data, every_byte) == outcome(data, [])


def masked(first: int, length: bytes, payload: bytes = b"") -> bytes:
    return bytes((first,)) + length + bytes(4) + payload


GOOD = masked(0x81, b"\x82", b"hi")


@pytest.mark.parametrize(
    "bad",
    [
        b"\x81\x02hi",
        masked(0xC1, b"\x80"),
        masked(0x83, b"\x80"),
        masked(0x09, b"\x80"),
        masked(0x80, b"\x80"),
        masked(0x00, b"\x80"),
        masked(0x89, b"\xfe\x00\x7e", bytes(126)),
        masked(0x81, b"\xfe\x00\x7d", bytes(125)),
        masked(0x81, b"\xfe\x03\xe9"),
        masked(0x81, b"\xff" + bytes(7) + b"\x05", b"hello"),
        masked(0x01, b"\x81", b"a") + masked(0x81, b"\x81", b"b"),
        masked(0x01, b"\xfe\x03\xe8", bytes(1_000)) + masked(0x80, b"\x81", b"b"),
    ],
    ids=[
        "unmasked",
        "reserved bit",
        "unknown opcode",
        "control frame in parts",
        "last part of nothing",
        "part of nothing",
        "long control frame",
        "length in too many bytes",
        "too long",
        "length in eight bytes",
        "message within a message",
        "parts too long together",
    ],
)
def test_frames_that_break_the_protocol_are_refused_after_what_came_before(bad: bytes) -> None:
    assert outcome(GOOD + bad, []) == ([(Opcode.TEXT, b"hi")], CloseCode.BROKE_PROTOCOL)


@pytest.mark.parametrize("length", [125, 126, 127, MAX_BYTES])
def test_a_message_cut_anywhere_in_its_head_is_read(length: int) -> None:
    message = (Opcode.TEXT, b"x" * length)
    for cut in range(9):
        assert outcome(sent(message, 1), [cut]) == ([message], None)


def test_a_message_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(Disconnect):
        list(FrameReader(MAX_BYTES).feed(masked(0x81, b"\xfe\x03\xe9")))
