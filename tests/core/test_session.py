import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core import wire
from nearby.core.session import TRANSITIONS, Patience, Phase, Session, Step, explain, id_in
from nearby.errors import CloseCode, Disconnect, ErrorCode, IllegalTransition, Refused

PATIENCE = Patience()
FAR_MS = 10**12
HELLO = b'{"type":"hello","token":"t"}'
PING = b'{"type":"ping"}'


def in_phase(phase: Phase) -> Session:
    session = Session(0, PATIENCE)
    if phase in (Phase.GREETING, Phase.OPEN):
        session.receive(HELLO, 0)
    if phase is Phase.OPEN:
        session.welcome(0, FAR_MS)
    if phase is Phase.CLOSED:
        session.close()
    assert session.phase is phase
    return session


def take(session: Session, step: Step) -> None:
    match step:
        case Step.HELLO:
            session.receive(HELLO, 0)
        case Step.WELCOME:
            session.welcome(0, FAR_MS)
        case Step.MESSAGE:
            session.receive(PING, 0)
        case Step.CLOSE:
            session.close()


# What the phone may do wrong is answered; what we may do wrong is a bug of ours.
THEIRS = {
    (Phase.OPEN, Step.HELLO): Refused,
    (Phase.EXPECTING_HELLO, Step.MESSAGE): Disconnect,
}


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("step", Step)
def test_every_step_of_every_phase_does_what_the_table_says(phase: Phase, step: Step) -> None:
    session = in_phase(phase)
    after = TRANSITIONS.get((phase, step))
    if after is not None:
        take(session, step)
        assert session.phase is after
    else:
        with pytest.raises(THEIRS.get((phase, step), IllegalTransition)):
            take(session, step)
        assert session.phase is phase


def outcome(session: Session, data: bytes | str) -> wire.ClientMessage | Refused | Disconnect:
    try:
        return session.receive(data, 0)
    except (Refused, Disconnect) as refused:
        return refused


@given(st.sampled_from([Phase.EXPECTING_HELLO, Phase.OPEN]), st.binary(max_size=200) | st.text(max_size=50))
def test_whatever_arrives_is_a_message_a_refusal_or_the_end_of_the_connection(phase: Phase, data: bytes | str) -> None:
    came_to = outcome(in_phase(phase), data)
    if phase is Phase.EXPECTING_HELLO:
        assert isinstance(came_to, wire.Hello) or getattr(came_to, "code", None) is CloseCode.BROKE_PROTOCOL
    elif isinstance(came_to, Refused):
        assert came_to.code in (ErrorCode.BAD_MESSAGE, ErrorCode.UNKNOWN_TYPE, ErrorCode.BAD_POSITION)
    else:
        assert not isinstance(came_to, wire.Hello | Disconnect)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "lat", "text", "x"]), inner),
    max_leaves=6,
)
almost = st.builds(
    lambda kind, fields: json.dumps({"type": kind} | fields),
    st.sampled_from(["checkin", "say", "next", "leave", "renew", "ping", "hello", "fly"]),
    st.dictionaries(st.sampled_from(["id", "lat", "lon", "text", "room", "token", "tags", "with"]), json_values),
)


@given(almost)
def test_messages_of_almost_the_right_shape_are_read_or_refused_without_repeating_what_they_hold(data: str) -> None:
    came_to, position = outcome(in_phase(Phase.OPEN), data), json.loads(data).get("lat")
    if isinstance(came_to, Refused) and isinstance(position, float) and len(str(position)) > 4:
        assert str(position) not in came_to.detail
    else:
        assert not isinstance(came_to, Disconnect)


@pytest.mark.parametrize("data", [b"x" * (wire.MAX_FRAME_BYTES + 1), "x" * (wire.MAX_FRAME_BYTES + 1)])
def test_an_oversize_frame_ends_the_connection(data: bytes | str) -> None:
    with pytest.raises(Disconnect) as disconnect:
        in_phase(Phase.OPEN).receive(data, 0)
    assert disconnect.value.code is CloseCode.BROKE_PROTOCOL


def test_a_message_of_exactly_the_greatest_size_is_read() -> None:
    frame = json.dumps({"type": "say", "text": ""})
    full = json.dumps({"type": "say", "text": "x" * (wire.MAX_FRAME_BYTES - len(frame))})
    assert len(full) == wire.MAX_FRAME_BYTES
    assert isinstance(in_phase(Phase.OPEN).receive(full, 0), wire.Say)


def bad(session: Session, now_ms: int) -> type[Exception]:
    with pytest.raises((Refused, Disconnect)) as raised:
        session.receive(b"nonsense", now_ms)
    return raised.type


def test_the_tenth_bad_message_within_a_minute_ends_the_connection() -> None:
    session = in_phase(Phase.OPEN)
    assert [bad(session, 100 * number) for number in range(10)] == [Refused] * 9 + [Disconnect]


def test_bad_messages_of_more_than_a_minute_ago_do_not_count() -> None:
    session = in_phase(Phase.OPEN)
    assert [bad(session, 60_000 * number // 9) for number in range(40)] == [Refused] * 40


@pytest.mark.parametrize("frame", [b"{", b"[]", b"7", b"{}", b'{"type":7}', b'{"type":null}', b"\xff"])
def test_ten_frames_that_are_no_object_with_a_type_end_the_connection(frame: bytes) -> None:
    session = in_phase(Phase.OPEN)
    for _ in range(9):
        with pytest.raises(Refused):
            session.receive(frame, 0)
    with pytest.raises(Disconnect):
        session.receive(frame, 0)


def test_mistakes_in_messages_end_no_connection_however_many() -> None:
    session = in_phase(Phase.OPEN)
    for _ in range(30):
        for frame in (b'{"type":"say"}', b'{"type":"hello"}', b'{"type":"say","text":7}'):
            with pytest.raises(Refused) as mistaken:
                session.receive(frame, 0)
            assert mistaken.value.code is ErrorCode.BAD_MESSAGE
        with pytest.raises(Refused) as unknown:
            session.receive(b'{"type":"fly","id":3}', 0)
        assert (unknown.value.code, unknown.value.answers) == (ErrorCode.UNKNOWN_TYPE, 3)
        with pytest.raises(Refused) as misplaced:
            session.receive(b'{"type":"checkin","id":"a","lat":91,"lon":0}', 0)
        assert (misplaced.value.code, misplaced.value.answers) == (ErrorCode.BAD_POSITION, "a")


@pytest.mark.parametrize(
    "data",
    [
        b'{"type":"checkin","lon":0}',
        b'{"type":"checkin","lat":0}',
        b'{"type":"checkin","lat":0,"lon":0,"accuracy_m":-1}',
    ],
)
def test_a_position_that_is_missing_or_out_of_range_is_a_bad_position(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        in_phase(Phase.OPEN).receive(data, 0)
    assert refused.value.code is ErrorCode.BAD_POSITION


@pytest.mark.parametrize(
    ("data", "found"), [(b'{"id":1,"type":3}', 1), (b'{"id":[]}', None), (b"\xff", None), ("x", None)]
)
def test_the_id_of_a_bad_message_is_found_if_it_is_a_good_one(data: bytes | str, found: int | None) -> None:
    assert id_in(data) == found


def test_a_second_hello_is_refused_by_its_id() -> None:
    with pytest.raises(Refused) as refused:
        in_phase(Phase.OPEN).receive(b'{"type":"hello","id":7}', 0)
    assert (refused.value.code, refused.value.answers) == (ErrorCode.BAD_MESSAGE, 7)


@pytest.mark.parametrize("data", [b'{"type":1}', b"{}", b"[]", b"3", b'{"x":' + b"[" * 10_000])
def test_what_has_no_readable_type_is_a_bad_message(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        in_phase(Phase.OPEN).receive(data, 0)
    assert refused.value.code is ErrorCode.BAD_MESSAGE


def test_nonsense_during_the_greeting_is_refused_and_counted_as_in_the_open() -> None:
    session = in_phase(Phase.GREETING)
    assert [bad(session, 0) for _ in range(9)] == [Refused] * 9
    session.welcome(0, FAR_MS)
    assert bad(session, 1) is Disconnect


def test_a_refusal_does_not_carry_the_frame_in_its_cause() -> None:
    with pytest.raises(Refused) as refused:
        in_phase(Phase.OPEN).receive(b'{"type":"checkin","lat":91.2345,"lon":0}', 0)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@given(st.lists(st.integers(0, 15_000), min_size=10, max_size=60))
def test_a_connection_ends_by_the_tenth_bad_message_that_a_scan_finds_in_a_minute(waits_ms: list[int]) -> None:
    session, times_ms, now_ms = in_phase(Phase.OPEN), list[int](), 0
    for wait_ms in waits_ms:
        now_ms += wait_ms
        times_ms.append(now_ms)
        recent = [at_ms for at_ms in times_ms if at_ms > now_ms - 60_000]
        assert bad(session, now_ms) is (Disconnect if len(recent) >= 10 else Refused)


def test_the_greeting_counts_as_a_sign_of_life() -> None:
    session = in_phase(Phase.GREETING)
    session.welcome(4_000, FAR_MS)
    assert session.due_ms() == 4_000 + PATIENCE.ping_ms


@pytest.mark.parametrize("phase", [Phase.GREETING, Phase.CLOSED])
def test_a_greeting_may_take_long_and_is_looked_at_again_later(phase: Phase) -> None:
    session = in_phase(phase)
    for now_ms in (session.due_ms(), session.due_ms() + 60_000):
        assert session.on_time(now_ms) == (False, None)
        assert session.due_ms() == now_ms + PATIENCE.hello_ms


def test_text_that_is_no_json_is_explained_in_one_sentence() -> None:
    assert explain(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"))[0] is ErrorCode.BAD_MESSAGE


def test_a_hello_that_never_comes_ends_the_connection_in_time() -> None:
    session = Session(0, PATIENCE)
    assert session.due_ms() == PATIENCE.hello_ms
    assert session.on_time(PATIENCE.hello_ms - 1) == (False, None)
    with pytest.raises(Disconnect) as disconnect:
        session.on_time(PATIENCE.hello_ms)
    assert disconnect.value.code is CloseCode.HELLO_TOO_LATE


def test_a_silent_phone_is_pinged_once_and_given_up_without_a_pong() -> None:
    session = in_phase(Phase.OPEN)
    assert session.on_time(PATIENCE.ping_ms - 1) == (False, None)
    assert session.on_time(PATIENCE.ping_ms) == (True, None)
    assert session.on_time(PATIENCE.ping_ms + 1) == (False, None)
    assert session.due_ms() == PATIENCE.ping_ms + PATIENCE.pong_ms
    with pytest.raises(Disconnect) as disconnect:
        session.on_time(session.due_ms())
    assert disconnect.value.code is CloseCode.NO_PONG


def test_a_pong_buys_another_ping_interval() -> None:
    session = in_phase(Phase.OPEN)
    session.on_time(PATIENCE.ping_ms)
    session.pong(PATIENCE.ping_ms + 1)
    assert session.due_ms() == 2 * PATIENCE.ping_ms + 1
    assert session.on_time(PATIENCE.ping_ms + PATIENCE.pong_ms) == (False, None)


def test_a_token_is_warned_of_once_and_then_ends_the_connection_unless_renewed() -> None:
    session = in_phase(Phase.GREETING)
    session.welcome(0, 20_000)
    assert session.on_time(0) == (False, wire.Expiring(in_ms=20_000))
    assert session.on_time(1) == (False, None)
    assert session.due_ms() == 20_000
    session.renew(200_000)
    assert session.on_time(20_000) == (False, None)
    session.on_time(25_000)
    session.pong(100_000)
    session.on_time(125_000)
    session.pong(139_000)
    assert session.on_time(140_000) == (False, wire.Expiring(in_ms=60_000))
    session.on_time(164_000)
    session.pong(199_000)
    with pytest.raises(Disconnect) as disconnect:
        session.on_time(200_000)
    assert disconnect.value.code is CloseCode.BAD_TOKEN


@pytest.mark.parametrize("phase", [Phase.GREETING, Phase.CLOSED])
def test_a_connection_that_is_being_greeted_or_closed_is_left_alone(phase: Phase) -> None:
    assert in_phase(phase).on_time(FAR_MS) == (False, None)


@given(st.lists(st.integers(0, 40_000), max_size=20), st.integers(1, 400_000))
def test_nothing_is_ever_due_before_the_time_a_session_names(waits_ms: list[int], expires_ms: int) -> None:
    session = in_phase(Phase.GREETING)
    session.welcome(0, expires_ms)
    now_ms = 0
    for wait_ms in waits_ms:
        due_ms = session.due_ms()
        if due_ms - 1 > now_ms:
            assert session.on_time(due_ms - 1) == (False, None)
        now_ms = max(now_ms, due_ms) + wait_ms
        try:
            happened = session.on_time(now_ms)
        except Disconnect:
            return
        assert happened != (False, None)
        session.pong(now_ms)
