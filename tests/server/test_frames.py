import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from nearby.errors import CloseCode
from nearby.server.frames import PING_FRAME, close_frame, pong_frame, text_frame


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
    assert read(text_frame(text.encode())) == [Frame(Opcode.TEXT, text.encode())]


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_every_form_of_length_is_read_back(length: int) -> None:
    assert read(text_frame(b"x" * length))[0].data == b"x" * length


def test_pings_and_pongs_are_read_back() -> None:
    assert [frame.opcode for frame in read(PING_FRAME + pong_frame(b"echo"))] == [Opcode.PING, Opcode.PONG]


@pytest.mark.parametrize("code", CloseCode)
def test_a_close_frame_carries_code_and_reason(code: CloseCode) -> None:
    data = read(close_frame(code))[0].data
    assert (int.from_bytes(data[:2]), bytes(data[2:]).decode()) == (code, code.reason)
