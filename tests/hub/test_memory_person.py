"""What the record of one person holds and takes: a city has millions of them."""

import gc
import sys

from nearby.core.ids import PersonId, RoomId
from nearby.hub.base import Caller
from nearby.hub.memory.person import Lifted, Person

ANA, BEN = PersonId("ana"), PersonId("ben")


def test_what_is_usual_takes_no_record_of_its_own() -> None:
    ana, ben = Person.of(Caller(ANA)), Person.of(Caller(BEN))
    ana.shunned, ana.lifted, ana.has_lapsed, ana.say_tat_ms = {}, None, False, 0
    assert ana.rare is ben.rare
    assert ana.claims is ben.claims


def test_what_is_unusual_about_one_person_is_so_about_nobody_else() -> None:
    ana, ben = Person.of(Caller(ANA)), Person.of(Caller(BEN))
    ana.lifted, ana.shunned = Lifted(6, 9), {RoomId("left"): 5}
    ben.say_tat_ms = 7
    assert (ana.lifted, ana.shunned, ana.say_tat_ms) == (Lifted(6, 9), {"left": 5}, 0)
    assert (ben.lifted, ben.shunned, ben.say_tat_ms) == (None, {}, 7)
    assert (Person.of(Caller(ANA)).lifted, Person.of(Caller(BEN)).say_tat_ms) == (None, 0)


def test_a_person_is_who_their_token_says_by_the_id_that_is_known() -> None:
    caller = Caller(ANA, name="Ana", verified=True, established=True)
    assert Person.of(caller).caller == caller


def test_a_person_takes_128_bytes_and_none_of_the_collectors_time() -> None:
    ana = Person.of(Caller(ANA))
    ana.joins_ms, ana.cells_ms = (1_700_000_000_000,), (1_700_000_000_000, 1_700_000_000_001)
    assert sys.getsizeof(ana) <= 128
    assert not gc.is_tracked(ana)
    assert ana.joins_ms == (1_700_000_000_000,)
    assert ana.cells_ms == (1_700_000_000_000, 1_700_000_000_001)
