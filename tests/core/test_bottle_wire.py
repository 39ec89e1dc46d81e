import msgspec
import pytest

from nearby.core.bottle_wire import ReleaseRequest, ReplyRequest, ReportRequest, ThreadAnswer, ThreadsAnswer


@pytest.mark.parametrize("token", ["", "a" * 65, "a b", "a\n", "é"])
def test_a_token_that_no_catch_gave_is_no_message(token: str) -> None:
    for kind, more in ((ReplyRequest, {"text": "hello"}), (ReleaseRequest, {})):
        body = msgspec.json.encode({"token": token, **more})
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(body, type=kind)


@pytest.mark.parametrize("reason", ["", "x" * 65, 7, None])
def test_a_report_needs_a_word_for_what_is_wrong(reason: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({"reason": reason}), type=ReportRequest)


def test_a_report_need_say_no_more_than_that_and_what_is_unknown_is_passed_over() -> None:
    assert msgspec.json.decode(b'{"reason": "spam", "shade": 3}', type=ReportRequest) == ReportRequest(reason="spam")


def test_threads_come_back_as_they_were_sent() -> None:
    thread = ThreadAnswer(thread="t", bottle="b", origin="841f1d5ffffffff", created_ms=7, thrown=True)
    sent = ThreadsAnswer(threads=[thread])
    assert msgspec.json.decode(msgspec.json.encode(sent), type=ThreadsAnswer) == sent
