from random import Random

import pytest

from nearby.client.comeback import Comeback, Drop
from nearby.client.settings import PhoneSettings
from nearby.errors import CloseCode

SETTINGS = PhoneSettings(base_s=1.0, cap_s=4.0, longest_wait_s=60.0)


class AlmostOne(Random):
    def random(self) -> float:
        return 1 - 2**-53


def comeback(*, can_ask: bool = False) -> Comeback:
    return Comeback(SETTINGS, can_ask=can_ask, random=AlmostOne())


@pytest.mark.parametrize("code", CloseCode)
def test_the_catalogue_says_which_codes_are_final(code: CloseCode) -> None:
    back_in_s = comeback().after(Drop(code=code), connected_s=0)
    assert (back_in_s is not None) is code.may_reconnect


@pytest.mark.parametrize(
    ("code", "comes_back"),
    [
        (None, True),
        (1000, True),
        (1001, True),
        (1006, True),
        (1011, True),
        (3000, True),
        (3499, True),
        (3500, False),
        (3999, False),
        (4000, True),
    ],
)
def test_only_3500_to_3999_are_final(code: int | None, comes_back: bool) -> None:
    assert (comeback().after(Drop(code=code), connected_s=0) is not None) is comes_back


def test_a_refused_token_is_replaced_once_until_the_next_welcome() -> None:
    policy = comeback(can_ask=True)
    assert policy.after(Drop(code=3500), connected_s=0) is not None
    assert policy.after(Drop(error=OSError()), connected_s=0) is not None
    assert policy.after(Drop(code=3500), connected_s=0) is None
    policy.welcomed()
    assert policy.after(Drop(code=3500), connected_s=9) is not None


def test_bye_names_the_delay_of_the_next_attempt_and_of_no_other() -> None:
    policy = comeback()
    policy.bye(2_345)
    assert policy.after(Drop(code=3001), connected_s=0) == 2.345
    assert policy.after(Drop(error=OSError()), connected_s=0) == pytest.approx(1.0)


def test_bye_does_not_soften_a_final_code() -> None:
    policy = comeback()
    policy.bye(10)
    assert policy.after(Drop(code=3504), connected_s=0) is None


@pytest.mark.parametrize(("reconnect_ms", "back_in_s"), [(-5, 0.0), (10**15, 60.0)])
def test_a_senseless_bye_is_bounded(reconnect_ms: int, back_in_s: float) -> None:
    policy = comeback()
    policy.bye(reconnect_ms)
    assert policy.after(Drop(code=3001), connected_s=0) == back_in_s


@pytest.mark.parametrize(("wait_s", "back_in_s"), [(7.0, 8.0), (10.0**9, 61.0)])
def test_a_wait_the_server_asks_for_is_kept_and_jittered_on_top(wait_s: float, back_in_s: float) -> None:
    assert comeback().after(Drop(error=OSError(), wait_s=wait_s), connected_s=0) == pytest.approx(back_in_s)


def test_a_server_that_drops_right_after_its_welcome_is_asked_less_and_less_often() -> None:
    policy, delays_s = comeback(), list[float | None]()
    for _ in range(4):
        policy.welcomed()
        delays_s.append(policy.after(Drop(error=OSError()), connected_s=0.01))
    assert delays_s == pytest.approx([1, 2, 4, 4])
    assert policy.after(Drop(error=OSError()), connected_s=30) == pytest.approx(1)
