import re

import pytest

from nearby import errors
from nearby.errors import FIRST_FINAL_CODE, PROBLEMS, CloseCode, ErrorCode, NearbyError, Refused


def test_the_drawing_of_the_tree_is_the_tree() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
    assert drawn == {kind.__name__ for kind in NearbyError.__subclasses__()}


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_says_what_to_do_in_one_sentence(code: ErrorCode) -> None:
    problem = PROBLEMS[code]
    assert 400 <= problem.status < 600
    assert re.fullmatch(r"[A-Z][^\n]*\.", problem.advice)


@pytest.mark.parametrize("code", CloseCode)
def test_every_close_reason_fits_a_close_frame(code: CloseCode) -> None:
    assert 0 < len(code.reason.encode()) <= 123
    assert code.may_reconnect == (3000 <= code < FIRST_FINAL_CODE)


def test_a_refusal_advises_unless_it_has_something_better_to_say() -> None:
    assert Refused(ErrorCode.MOVED).detail == PROBLEMS[ErrorCode.MOVED].advice
    assert Refused(ErrorCode.MOVED, "that way").detail == "that way"
