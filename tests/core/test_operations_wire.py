from typing import Any

import msgspec
import pytest

from nearby.core.nearby_wire import NearbyAnswer, NearbyPerson
from nearby.core.operations_wire import AuditAnswer, AuditEntryAnswer, BrakeAnswer, BrakeRequest, CloseRequest


def read(kind: type, body: bytes) -> Any:
    return msgspec.json.decode(body, type=kind)


def test_a_brake_names_what_it_stops_and_why_and_may_name_a_cell() -> None:
    everywhere = read(BrakeRequest, b'{"what":"shake","reason":"noise","more":1}')
    assert (everywhere.what, everywhere.reason, everywhere.area) == ("shake", "noise", None)
    assert read(BrakeRequest, b'{"what":"placement","reason":"x","area":"871f1d489ffffff"}').area == "871f1d489ffffff"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (BrakeRequest, b'{"what":"everything","reason":"x"}'),
        (BrakeRequest, b'{"what":"shake"}'),
        (BrakeRequest, b'{"reason":"x"}'),
        (CloseRequest, b'{"room":"no room","reason":"x"}'),
        (CloseRequest, b'{"room":"","reason":"x"}'),
        (CloseRequest, b'{"room":"r"}'),
    ],
)
def test_what_is_not_of_the_documented_form_is_not_read(kind: type, body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(kind, body)


def test_what_names_nobody_is_null_in_an_answer() -> None:
    entry = AuditEntryAnswer(entry="e", at_ms=1, operator=None, action="room_close", target=None, detail=None)
    told = msgspec.json.decode(msgspec.json.encode(AuditAnswer(entries=[entry], before=None)))
    assert (told["before"], told["entries"][0]["operator"], told["entries"][0]["target"]) == (None, None, None)
    brake = BrakeAnswer(what="shake", area=None, since_ms=1, reason="x")
    assert msgspec.json.decode(msgspec.json.encode(brake))["area"] is None


def test_people_nearby_are_told_without_an_area_too() -> None:
    ana = NearbyPerson(person="h", name="Calm Otter", verified=False)
    answer = NearbyAnswer(area=None, people=[ana])
    assert read(NearbyAnswer, msgspec.json.encode(answer)) == answer
