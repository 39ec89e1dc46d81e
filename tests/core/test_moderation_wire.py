import msgspec
import pytest

from nearby.core.moderation_wire import (
    BanRequest,
    DecisionRequest,
    PersonAnswer,
    ReasonRequest,
    ReportCounts,
    SanctionAnswer,
    SuspendRequest,
)


@pytest.mark.parametrize("reason", ["", "x" * 1_001, 7, None])
def test_what_an_operator_does_needs_a_reason(reason: object) -> None:
    for kind, more in ((ReasonRequest, {}), (BanRequest, {}), (DecisionRequest, {"decision": "ban"})):
        body = msgspec.json.encode({"reason": reason, **more})
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(body, type=kind)


@pytest.mark.parametrize("days", [0, -1, 3_651, 1.5, "7"])
def test_days_are_whole_and_at_most_ten_years(days: object) -> None:
    for kind in (BanRequest, SuspendRequest):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode({"reason": "x", "days": days}), type=kind)


def test_a_decision_is_one_of_four_and_a_suspension_without_days_is_for_one() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"decision": "warn", "reason": "x"}', type=DecisionRequest)
    assert msgspec.json.decode(b'{"reason": "x"}', type=SuspendRequest).days == 1
    assert msgspec.json.decode(b'{"reason": "x"}', type=BanRequest).days is None


def test_a_person_comes_back_as_they_were_sent() -> None:
    sanction = SanctionAnswer(kind="ban", since_ms=1, until_ms=None, reason="x", appeal=None)
    sent = PersonAnswer(
        person="ana",
        is_erased=False,
        is_guest=False,
        created_ms=1,
        verified_name=None,
        verdict="revoked",
        sanctions=[sanction],
        reported=ReportCounts(open=2),
        reports=ReportCounts(),
    )
    assert msgspec.json.decode(msgspec.json.encode(sent), type=PersonAnswer) == sent
