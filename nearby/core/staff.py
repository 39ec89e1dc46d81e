"""Names that only those who run a place could rightly bear, and that nobody is given: moderator, support, nearby.

A name is one if a word of it is, or up to three words in a row are together: "Ana Support" and "ad min" are,
"Modi" and "Stafford" are not. Words that are people's names as well, such as Root or Guide, are no part of this.
"""

from functools import cache

from nearby.core.likeness import PUNCTUATION, SCRIPT_MARKS, likeness_of

_WORDS = (
    "admin admins administrator administrators administration sysadmin superadmin webmaster moderator moderators mod "
    "mods moderation staff support supporter helpdesk help official officially verified verify nearby system security "
    "service services customer team operator robot account accounts everyone anonymous "
    "administrador administradora administrateur administratrice amministratore amministrazione administratör "
    "moderador moderadora modérateur modératrice moderatore moderateur moderátor moderatör soporte suporte supporto "
    "assistance assistenza oficial officiel officielle ufficiale offiziell verificado verificada verificato vérifié "
    "vérifiée verifiziert kundendienst kundenservice hilfe verwaltung ayuda ajuda beheerder klantenservice ylläpito "
    "ylläpitäjä správce podpora adminisztrátor rendszergazda yönetici destek quản-trị-viên hỗ-trợ pentadbir bantuan "
    "админ админы администратор администрация модератор модераторы поддержка техподдержка служба официальный "
    "адмін адміністратор адміністрація підтримка διαχειριστής συντονιστής υποστήριξη επίσημος "
    "ադմին ադմինիստրատոր მოდერატორი ადმინი ადმინისტრატორი אדמין מנהל מנהלת תמיכה רשמי צוות "
    "المشرف المشرفون الإدارة المدير الدعم أدمن ادمین پشتیبانی مدیر "
    "एडमिन एडमिनिस्ट्रेटर मॉडरेटर सहायता आधिकारिक অ্যাডমিন মডারেটর நிர்வாகி நிர்வாகம் నిర్వాహకుడు "
    "แอดมิน ผู้ดูแล ผู้ดูแลระบบ เจ้าหน้าที่ ฝ่ายสนับสนุน "
    "管理员 管理員 管理者 版主 客服 客服中心 官方 系统 系統 运营 運営 運営者 事務局 公式 "
    "アドミン モデレーター サポート スタッフ 관리자 운영자 운영진 고객센터 공식 어드민 모더레이터"
)
STAFF_WORDS = tuple(_WORDS.split())
"""Of none of them is it known that a person is called so: Root, Bot, Null and Rasmi are names, and not here."""

WORDS_TOGETHER = 3
_DIGITS_READ_AS_LETTERS = str.maketrans("34578", "eastb")
_SPACES = dict.fromkeys(map(ord, PUNCTUATION), " ")


@cache
def _skeletons() -> frozenset[str]:
    return frozenset(likeness_of(word).skeleton.lstrip(SCRIPT_MARKS) for word in STAFF_WORDS)


def is_staff_name(name: str) -> bool:
    """Return whether somebody could take the bearer of a cleaned ``name`` for staff."""
    words = name.translate(_SPACES).split()
    spans = ((first, last) for first in range(len(words)) for last in range(first + 1, len(words) + 1))
    return any(_is_staff_word("".join(words[first:last])) for first, last in spans if last - first <= WORDS_TOGETHER)


def _is_staff_word(word: str) -> bool:
    """Return whether a word is one of them, or several written as one, with a number behind or not."""
    plain = word.rstrip("0123456789") or word
    looks = set().union(*(likeness_of(spelling).looks for spelling in {word, plain}))
    looks = {look.lstrip(SCRIPT_MARKS) for look in looks}
    looks |= {look.translate(_DIGITS_READ_AS_LETTERS) for look in looks}
    return any(_is_made_of(look) for look in looks)


def _is_made_of(look: str) -> bool:
    """Return whether ``look`` is one or more staff words without a rest."""
    staff = _skeletons()
    reached = {0}
    for end in range(1, len(look) + 1):
        if any(look[start:end] in staff for start in reached):
            reached.add(end)
    return look != "" and len(look) in reached
