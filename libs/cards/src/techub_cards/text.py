"""Text from strangers made safe to set: no control or bidi characters, no disguised letters."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 1200
MARKS_PER_LETTER: Final = 3

_JOINERS: Final = "\u200c\u200d"
_DISGUISED: Final = re.compile(
    "[\u2100-\u214f\uff01-\uff5e\U0001d400-\U0001d7ff\U0001f130-\U0001f189]"
)
_DISGUISED_KEPT: Final = frozenset("℃℉№℗℠™Ω\u212e")
_SQUARED: Final = {0x1F130: 26, 0x1F150: 26, 0x1F170: 26}
_STRIPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Me"})
_EMOJI_PLANE: Final = range(0x1F000, 0x1FB00)
_UNITS: Final = ((10**9, "G"), (10**6, "M"), (10**3, "k"), (1, ""))
_HUNDRED: Final = 100
_BETWEEN_WORDS: Final = re.compile(r"[\s_.-]+")
_FIRST_UNCASED_SCRIPT: Final = 0x0590
_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


def clean(text: str) -> str:
    """Return the text as it may be set: one line, no control or bidi character, few marks."""
    plain = unicodedata.normalize("NFC", _DISGUISED.sub(_undisguise, text[:LONGEST]))
    kept: list[str] = []
    marks = 0
    for character in plain:
        category = unicodedata.category(character)
        marks = marks + 1 if category == "Mn" and not _is_selector(character) else 0
        if marks > MARKS_PER_LETTER:
            continue
        if character.isspace():
            kept.append(" ")
        elif _may_be_set(character, category):
            kept.append(character)
    return " ".join("".join(kept).split()).strip(_JOINERS + " ")


def short_count(number: int) -> str:
    """Return the number in at most four characters: 999, 1.2k, 123k, 1.2M."""
    scale, unit = next((scale, unit) for scale, unit in _UNITS if number >= scale or scale == 1)
    tenths = number * 10 // scale
    if scale > 1 and tenths < _HUNDRED and tenths % 10:
        return f"{tenths // 10}.{tenths % 10}{unit}"
    return f"{tenths // 10}{unit}"


def initials(name: str, login: str) -> str:
    """Return one or two letters that stand for a person whose picture is missing."""
    for source in (name, login):
        words = [word for word in _BETWEEN_WORDS.split(source) if word and word[0].isalpha()]
        if words and ord(words[0][0]) >= _FIRST_UNCASED_SCRIPT:
            return words[0][0]
        if words:
            return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
    return login[:1].upper() or "?"


def day(year: int, month: int, number: int) -> str:
    """Return a date as people write it, whatever the machine's locale."""
    return f"{number} {_MONTHS[month - 1]} {year}"


def has_tall_script(text: str) -> bool:
    """Tell whether the text stacks marks above and below its letters and so wants more leading."""
    return any("\u0590" <= character <= "\u0eff" for character in text)


def han_language(text: str) -> str:
    """Return the language whose Han glyphs suit this text: kana is Japanese, hangul is Korean."""
    if any("\u3040" <= character <= "\u30ff" for character in text):
        return "ja"
    if any("\uac00" <= character <= "\ud7a3" for character in text):
        return "ko"
    return "zh" if any("\u3400" <= character <= "\u9fff" for character in text) else "en"


def _undisguise(match: re.Match[str]) -> str:
    character = match.group()
    if character in _DISGUISED_KEPT:
        return character
    for first, count in _SQUARED.items():
        if 0 <= ord(character) - first < count:
            return chr(ord("A") + ord(character) - first)
    return unicodedata.normalize("NFKC", character)


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f"


def _may_be_set(character: str, category: str) -> bool:
    if character in _JOINERS:
        return True
    if category == "Cn":
        return ord(character) in _EMOJI_PLANE
    return category not in _STRIPPED or _is_keycap(character)


def _is_keycap(character: str) -> bool:
    return character == "\u20e3"
