import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.client.incoming import UNREADABLE, Unknown, read
from nearby.core import wire

SAID = {"type": "said", "room": "r", "seq": 7, "from": "m", "text": "hi", "at_ms": 1}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def frame(message: Any) -> bytes:
    return json.dumps(message).encode()


def test_a_field_that_came_later_is_ignored() -> None:
    assert read(frame(SAID | {"mood": {"is": "new"}})) == read(frame(SAID))


def test_a_type_that_came_later_is_unknown() -> None:
    assert read(frame({"type": "weather", "text": "rain"})) == Unknown(None, None)


def test_an_unknown_event_of_a_log_keeps_its_place() -> None:
    assert read(frame({"type": "whispered", "room": "r", "seq": 8})) == Unknown("r", 8)


@pytest.mark.parametrize(
    "fields", [{"room": {"id": "r"}, "seq": 8}, {"room": "r"}, {"seq": 8}, {"room": "r", "seq": "8"}]
)
def test_an_unknown_message_that_only_looks_a_little_like_an_event_has_no_place(fields: dict[str, Any]) -> None:
    assert read(frame({"type": "weather"} | fields)) == Unknown(None, None)


@pytest.mark.parametrize(
    "garbage",
    [b"", b"{", b"[]", b"null", b"{}", b'{"type":7}', b"\xff\xfe", b"[" * 100_000, frame(SAID | {"seq": "7"})],
)
def test_a_frame_that_makes_no_sense_is_unreadable(garbage: bytes) -> None:
    with pytest.raises(UNREADABLE):
        read(garbage)


@given(st.binary(max_size=64) | JSON.map(frame) | st.dictionaries(st.sampled_from(list(SAID)), JSON).map(frame))
def test_any_frame_is_a_message_or_unknown_or_unreadable(data: bytes) -> None:
    try:
        message = read(data)
    except UNREADABLE:
        return
    assert isinstance(message, Unknown | wire.ServerMessage)
