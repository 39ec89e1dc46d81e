import msgspec

from nearby.core import people_wire as wire


def test_somebody_without_a_name_is_shown_with_null() -> None:
    known = wire.KnownPerson(person="p", name=None, verified=False, followed=True, muted=False, blocked=False)
    answer = msgspec.json.encode(wire.PeopleAnswer(people=[known]))
    assert msgspec.json.decode(answer) == {
        "people": [{"person": "p", "name": None, "verified": False, "followed": True, "muted": False, "blocked": False}]
    }


def test_a_block_is_shown_by_its_id_alone() -> None:
    answer = msgspec.json.encode(wire.BlocksAnswer(blocks=[wire.BlockAnswer(block="b")]))
    assert msgspec.json.decode(answer) == {"blocks": [{"block": "b"}]}
