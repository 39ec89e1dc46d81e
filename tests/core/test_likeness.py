# ruff: noqa: RUF001  Characters that look alike are what this is about.
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.likeness import likeness_of
from nearby.core.scripts import scripts_of


def is_like(name: str, other: str) -> bool:
    """Return whether ``name`` can be taken for ``other``."""
    return likeness_of(other).skeleton in likeness_of(name).looks


@pytest.mark.parametrize(
    "names",
    [
        (
            "Anna Smith",
            "ANNA SMITH",
            "anna smith",
            "AnnaSmith",
            "Anna-Smith",
            "Anna. Smith",
            "Ánna Śmith",
            "Аnnа Ѕmith",
        ),
        ("Ivan", "lvan", "IVAN", "ivan", "1van", "lVAN", "Iván"),
        ("Bob", "BOB", "B0b", "Вов".replace("в", "b")),
        ("Mario", "MARIO", "rnario"),
        ("José", "Jose", "JOSÉ"),
        ("Иван", "ИВАН", "иван", "Иван"),
        ("Анна", "АННА", "анна"),
        ("Νίκος", "ΝΙΚΟΣ", "νίκος", "Νικος"),
        ("יוסי", "'וס'", "יוסי"),
        ("محمد", "مُحَمَّد"),
        ("علی", "على"),
    ],
)
def test_spellings_of_one_name_are_all_like_it(names: tuple[str, ...]) -> None:
    assert {other for other in names if not is_like(other, names[0])} == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AHHA", "АННА"),
        ("Ahha", "АННА"),
        ("Nina", "ΝΙΝΑ"),
        ("Niva", "Νίνα"),
        ("vova", "νονα"),
        ("Cocop", "Сосор"),
        ("lo", "ןס"),
        ("lo", "اه"),
        ("POCA", "Роса"),
        ("ОПА", "ΟΠΑ"),
    ],
)
def test_names_of_two_scripts_are_like_each_other_if_they_look_so_in_some_case(one: str, other: str) -> None:
    assert is_like(one, other)
    assert is_like(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna", "Hanna"),
        ("Nina", "Vina"),
        ("Hana", "Nana"),
        ("Uta", "Yta"),
        ("Анна", "Anna"),
        ("राम", "रीम"),
        ("たか", "だか"),
        ("Mona", "Nona"),
        ("王芳", "玉芳"),
        ("김민준", "김민중"),
    ],
)
def test_other_names_are_not(one: str, other: str) -> None:
    assert not is_like(one, other)
    assert not is_like(other, one)


@given(st.text(max_size=40))
def test_any_text_looks_like_itself(text: str) -> None:
    assert is_like(text, text)


LATIN = [chr(code) for code in range(0x180) if chr(code).isalpha() and scripts_of(chr(code))]


@given(st.text(st.sampled_from([*LATIN, " ", "-"]), max_size=20))
def test_case_makes_no_difference(name: str) -> None:
    for form in (name.upper(), name.lower(), name.swapcase()):
        assert is_like(form, name) or len(form) != len(name)


@given(st.text(st.characters(max_codepoint=0x7E, min_codepoint=0x20), max_size=20))
def test_of_ascii_the_likeness_says_it_all(name: str) -> None:
    """Names in it are like each other both ways or not at all: the own skeleton is that of every case."""
    assert len({likeness_of(form).skeleton for form in (name, name.upper(), name.lower(), name.title())}) == 1
