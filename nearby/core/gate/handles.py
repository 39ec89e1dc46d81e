"""Names on other services, mail addresses, and addresses that money is sent to."""
# ruff: noqa: RUF001, SIM905  Letters of all scripts are the matter here; lists of words read best as words.

import re
from collections.abc import Collection

_CALLED = re.compile(r"(?<![\w@])@([^\W\d][\w.]*+)")
_MAIL = re.compile(r"[\w.+-]@[\w-]{2}")
_AT_IN_BRACKETS = re.compile(r"\w\s?[(\[{]\s?(?:at|@|arroba)\s?[)\]}]\s?\w")
MAIL_WORDS = frozenset("gmail googlemail hotmail outlook yahoo icloud protonmail proton gmx yandex mail naver".split())
"""What follows the at sign where that is written out, a word by itself."""
_AT_WRITTEN_OUT = re.compile(
    rf"[\w.-]\s{{1,3}}(?:at|arroba|chez|bei|ät|собака)\s{{1,3}}(?:{'|'.join(sorted(MAIL_WORDS))})(?!\w)"
)
_MAIL_HINTS = ("mail", "outlook", "yahoo", "icloud", "proton", "gmx", "yandex", "naver")
_EVERYBODY = frozenset({"all", "everyone", "everybody", "here", "alle", "todos", "tous", "tutti", "все"})

_SERVICES = (
    "instagram|insta|ig|snapchat|snap|telegram|telega|tg|whatsapp|whats app|whatsap|wechat|weixin|vx|kik|discord|"
    "tiktok|twitter|facebook|messenger|viber|threema|skype|onlyfans|kakaotalk|kakao|zalo|wickr|vk|вк|инстаграм|инста|"
    "телеграм|телеграмм|телега|тг|ватсап|вотсап|вайбер|微信|电报|电报号|カカオ|ライン|카톡|카카오톡|인스타|انستا|تلجرام|واتساب|وتساب"
)
_ASKS = r"(?:\s?(?:id|name|nick|nickname|user|username|handle|account|acc|konto|ник|号|아이디))?"
_ACCOUNT = r"@?(?=[^\W\d][\w.]*[\d_]|[^\W\d]\w*\.\w)[\w.]{4}"
"""A word that is none: with a digit, a line or a dot in it."""
_SERVICE = re.compile(rf"(?<![^\W_])(?:{_SERVICES}){_ASKS}\s{{0,3}}(?:[:=→»>]|[-–—]{{1,2}}>?)\s{{0,3}}@?[\w.]{{3}}")
_WEAK_SERVICE = re.compile(
    rf"(?<![^\W_])(?:(?:line|signal|steam|psn|xbox|wa|sc|fb|of)\s?(?:id|name|user|username)"
    rf"(?:\s?[:=]\s?[\w.]{{3}}|\s{{1,3}}{_ACCOUNT})|(?:line|psn|xbox|steam|wa|sc|fb)\s(?:id|username)\s{{1,3}}[\w.]{{3}})"
)
"""Names of services that are plain words too ("full of ideas"): more must say that an account follows."""
_MINE = re.compile(
    rf"(?<![^\W_])(?:my|mein|meine|mi|mon|mio|meu|mijn|mój|min|mitt|мой|моя|моё|me on|me at)\s{{1,3}}"
    rf"(?:{_SERVICES}){_ASKS}\s{{1,3}}(?:(?:is|ist|es|est|è|é|jest|är|er|это)\s{{1,3}})?{_ACCOUNT}"
)
_BESIDE = re.compile(rf"(?<![^\W_])(?:insta|ig|snap|telegram|tg|kik|discord|vx|тг|вк|инста)\s{{1,3}}{_ACCOUNT}")
WEAK_HINTS = ("id", "name", "user")
"""Parts of words, one of which follows the name of a service that is a word of its own."""
_TAGGED = re.compile(r"[^\W\d]\w{1,31}#\d{4}(?!\d)")
_LEADS_TO = re.compile(r"[\d_:=→»>\-–—]|\.\w")
"""What every text that names an account has."""
_LONG = re.compile(r"(?<![a-zA-Z0-9])[a-zA-Z0-9]{26,}+")


def has_handle(low: str, names: Collection[str]) -> bool:
    """Return whether a text in small letters names an account or a mail address; ``names`` may be called by ``@``."""
    if "@" in low:
        if _MAIL.search(low) is not None:
            return True
        called = {word.lower() for name in names for word in name.split()}
        if any(found[1] not in _EVERYBODY and found[1].rstrip(".") not in called for found in _CALLED.finditer(low)):
            return True
    if "#" in low and _TAGGED.search(low) is not None:
        return True
    if ("(" in low or "[" in low or "{" in low) and _AT_IN_BRACKETS.search(low) is not None:
        return True
    if has_written_out_handle(low):
        return True
    return _LEADS_TO.search(low) is not None and _names_account(low)


def has_written_out_handle(low: str) -> bool:
    """Return whether a text in small letters names a mail address in words, or an account by "id"."""
    if any(hint in low for hint in _MAIL_HINTS) and _AT_WRITTEN_OUT.search(low) is not None:
        return True
    return any(hint in low for hint in WEAK_HINTS) and _WEAK_SERVICE.search(low) is not None


def has_wallet(shown: str) -> bool:
    """Return whether a text has a word of 26 letters and digits or more with both in it.

    That is what addresses of Bitcoin (base58 and bech32), Ethereum, Tron, Litecoin, Monero, Solana and their like
    have in common, and keys as well.
    """
    return any(not found[0].isalpha() and not found[0].isdigit() for found in _LONG.finditer(shown))


def _names_account(low: str) -> bool:
    return any(form.search(low) is not None for form in (_SERVICE, _MINE, _BESIDE))
