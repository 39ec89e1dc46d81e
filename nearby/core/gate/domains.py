"""Links: with a scheme, as bare domains in any script, and with the dot written out.

A domain and a full stop without a space after it look alike: "ana.me" is one, "hello.me" may be the other. So top-level
domains are of four kinds, by how likely their letters are a word of their own where a sentence begins. The lists are
not complete, and need not be: what they lack is what nobody uses to sell something.
"""
# ruff: noqa: RUF001, SIM905  Letters of all scripts are the matter here; lists of words read best as words.

import re
from itertools import pairwise

_ALWAYS = frozenset(
    "com net org info biz edu gov xyz icu vip app dev io tech shop store site club online "
    "website click top page blog mobi asia name casino poker porn xxx webcam adult "
    "download stream bid loan eth onion ac ae aero ag ar au az ba bd bg bh bo br bz ca cc "
    "cd ch ci cl cn cr cu cy cz dk dz ec ee eg fi fj fr ge gh gr gt hk hn hr hu il iq ir "
    "jm jo jp ke kg kh kr kw kz lb lk lt lu lv ly md mk mn mx mz ng ni nl np nz om pe ph "
    "pk pl pt py qa ro rs ru sa sd sg sk su sv sy tj tk tm tn tr tw tz ua ug uk uy uz ve "
    "vn ye za zm zw cat coop рф рус укр бел мкд срб қаз сайт онлайн орг ком дети москва 中国 "
    "中國 公司 网络 网址 在线 中文网 香港 台灣 台湾 新加坡 한국 "
    "닷컴 닷넷 コム みんな ストア ไทย भारत संगठन ভারত السعودية مصر "
    "امارات ایران الاردن المغرب קום ישראל ελ ευ გე հայ".split()
)
"""Held wherever they stand: of names of the whole world, and of countries whose letters are no word."""
_MOSTLY = frozenset(
    "ai co de es eu fm ga gg id la live link life chat social bio pro sex cam bet win date review "
    "men work party money news media tv re pw ws ml cf gq st video photos games space fun world "
    "today love one dating trade finance gift".split()
)
"""Held if they stand as domains do: in small letters, after a word of four letters or more."""
_SELDOM = frozenset("am an as at be by do in is it me my no se so to us im sh gl gd vc mu ms tt".split())
"""Words that begin sentences: held after a long word, or where no word follows."""
_AFTER_THE_FIRST = frozenset("world today love one life".split())
"""Words that end them: held after a word with a digit or a hyphen."""

_SCHEME = re.compile(r"://|\bh[tx]{2}ps?\s?:|\bwww\s?\.\s?\w|\bxn--\w")
_DOTTED = re.compile(r"(?<![\w-])[\w-]++(?:\.[\w-]++)++/?")
_SPACED_DOT = re.compile(r"[\w-]\s{1,3}\.\s{0,3}([^\W\d_]{2,6})(?![\w-])")
_IN_BRACKETS = re.compile(r"\w\s{0,3}[(\[{<]\s{0,3}(?:\.|d[o0]t|punkt|punto|ponto|point|точка)\s{0,3}[)\]}>]\s{0,3}\w")
DOT_WORDS = frozenset("dot d0t punkt punto ponto kropka nokta точка".split())
"""What stands for a dot where it is written out, a word by itself."""
_WRITTEN_OUT = re.compile(
    rf"(?<![^\W_])(?!the\b)([\w-]{{1,63}})[\s*_-]{{1,3}}(?:{'|'.join(sorted(DOT_WORDS))})[\s*_-]{{1,3}}"
    r"(?:com|net|org|info|biz|io|co|de|uk|ru|fr|xyz|gg|tv|app|ly|ком|ру|рф)\b"
)
_SPELLED = re.compile(r"(?<!\w)\w(?: [\w.]){4,}+(?!\w)")
_BRACKETS = ("(", "[", "{", "<")
_DOT_HINTS = ("dot", "d0t", "unkt", "unto", "onto", "kropka", "nokta", "точка")
_INNER_DOT = re.compile(r"\.\w")
_NEXT_WORD = re.compile(r"\s{1,3}[^\W\d_]")
_HOMOGLYPHS = str.maketrans("асеорхуіјѕԁһӏьвмнткгпасα\u03bf\u03c1\u03c5\u03bd", "aceopxyijsdhlbbmhtkrnacaopuv")


def has_link(shown: str, low: str) -> bool:
    """Return whether a text names something on the net.

    Args:
        shown: The text as ``opened`` returns it.
        low: The same in small letters.
    """
    if (":" in low or "www" in low or "xn--" in low) and _SCHEME.search(low) is not None:
        return True
    if "." not in low:
        return has_written_out_link(low)
    return (
        any(_is_domain(shown, found) for found in _DOTTED.finditer(shown))
        or any(found[1] in _ALWAYS for found in _SPACED_DOT.finditer(low))
        or any(_has_domain(found[0].replace(" ", "")) for found in _SPELLED.finditer(low))
        or has_written_out_link(low)
    )


def has_written_out_link(low: str) -> bool:
    """Return whether a text in small letters names a domain with its dot written out, or in brackets."""
    if any(hint in low for hint in _BRACKETS) and _IN_BRACKETS.search(low) is not None:
        return True
    return any(hint in low for hint in _DOT_HINTS) and _WRITTEN_OUT.search(low) is not None


def has_inner_dot(low: str) -> bool:
    """Return whether a dot stands where none does that ends a sentence."""
    return "." in low and (_INNER_DOT.search(low) is not None or " ." in low or "\n." in low)


def _has_domain(text: str) -> bool:
    return any(_is_domain(text, found) for found in _DOTTED.finditer(text))


def _is_domain(text: str, found: re.Match[str]) -> bool:
    """Return whether words with dots and no spaces between them are a domain."""
    run = found[0]
    has_path = run.endswith("/") and found.end() < len(text) and not text[found.end()].isspace()
    labels = run.rstrip("/").split(".")
    for before, last in pairwise(labels):
        name = _in_one_script(before + last)[len(before) :] if not last.isascii() else last
        if len(name) < 2 or not name.isalpha() or not before or not _has_letter_or_digits(before):
            continue
        if _stands_as_domain(before, name, has_path=has_path, word_follows=_NEXT_WORD.match(text, found.end())):
            return True
    return False


def _stands_as_domain(before: str, name: str, *, has_path: bool, word_follows: object) -> bool:
    low = name.lower()
    if low in _ALWAYS:
        return True
    if has_path and (len(before) > 1 or low in _MOSTLY or low in _SELDOM):
        return True
    is_like_a_name = name.islower() and (len(before) >= 4 or "-" in before)
    if not is_like_a_name:
        return False
    has_number = not before.replace("-", "x").isalpha()
    if low in _AFTER_THE_FIRST:
        return has_number or "-" in before
    if low in _MOSTLY:
        return True
    return low in _SELDOM and (has_number or "-" in before or len(before) >= 9 or not word_follows)


def _has_letter_or_digits(label: str) -> bool:
    return any(character.isalnum() for character in label)


def _in_one_script(word: str) -> str:
    """Return a word that mixes Latin with letters that look Latin as it looks; any other as it is."""
    if not any(character.isascii() and character.isalpha() for character in word):
        return word
    return word.lower().translate(_HOMOGLYPHS)
