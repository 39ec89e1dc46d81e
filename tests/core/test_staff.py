# ruff: noqa: RUF001  Characters that look alike are what this is about.
import pytest

from nearby.core.naming import clean_name
from nearby.core.staff import STAFF_WORDS, is_staff_name
from nearby.errors import ErrorCode, Refused


@pytest.mark.parametrize(
    "name",
    [
        "admin",
        "ADMIN",
        "Adm1n",
        "АDМІN",
        "аdmin",
        "ad min",
        "a-d.min",
        "Ana Admin",
        "Support Ana",
        "Nearby",
        "nearbysupport",
        "Nearby Support Team",
        "mod2",
        "Mod 7",
        "Moderatör",
        "moderator",
        "supp0rt",
        "5upport",
        "Ѕupport",
        "ЅУРРОRТ".replace("У", "U"),
        "Администратор",
        "администратор анна",
        "ДДМИН".replace("Д", "А", 1).replace("Д", "Д"),
        "Διαχειριστής",
        "客服",
        "官方客服",
        "管理员",
        "サポート",
        "관리자",
        "المشرف",
        "تمیکه".replace("تمیکه", "پشتیبانی"),
        "תמיכה",
        "एडमिन",
        "แอดมิน",
    ],
)
def test_what_reads_like_staff_is_found(name: str) -> None:
    assert is_staff_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "Modi",
        "Stafford",
        "Adminah",
        "Hosta",
        "Root",
        "Ben Bot",
        "Teamo",
        "Helper",
        "Supphi",
        "Resmi",
        "رسمي",
        "李",
        "י",
        "",
    ],
)
def test_names_that_only_begin_so_are_not(name: str) -> None:
    assert not is_staff_name(name)


def test_every_word_is_itself_refused_as_a_name() -> None:
    for word in STAFF_WORDS:
        with pytest.raises(Refused) as refused:
            clean_name(word)
        assert refused.value.code is ErrorCode.NAME_TAKEN, word
