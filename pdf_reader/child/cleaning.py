"""Makes any string that a PDF may hold fit to be stored, searched and printed."""

import re
import unicodedata

#: Control characters, lone surrogates, noncharacters, and what only steers direction or breaking: none is text.
#: Zero-width joiner and non-joiner stay: Persian, Indic scripts and emoji need them.
_NONCHARACTERS = "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufdd0-\ufdef\ud800-\udfff" + _NONCHARACTERS + "]+"
)
#: Soft hyphens and kinds of hyphens: some fonts say all of them at once for a single one.
_HYPHENS = re.compile("[-\u2010\u2011]*(?:\u00ad[-\u2010\u2011]*)+|[\u2010\u2011]")
#: What most Western lines are made of: nothing to clean but white space.
_PLAIN = re.compile("[\t\n\r\x20-\x7e\xa0-\xac\xae-\u017f\u2013\u2014\u2018-\u201d\u2022\u2026]*")


def clean_line(text: str) -> str:
    """NFC, ligatures and presentation forms apart, white space collapsed to single blanks, nothing unwanted.

    Blanks at the ends stay: they say whether a word ends there.
    """
    # Of white space only blanks are printable: with single ones there is nothing to collapse.
    is_collapsed = text.isprintable() and "  " not in text
    if is_collapsed and text.isascii():
        return text
    if _PLAIN.fullmatch(text):
        return text if is_collapsed else _collapsed(text)
    text = _HYPHENS.sub(_one_hyphen, _UNWANTED.sub("", text))
    text = unicodedata.normalize("NFC", text.translate(_DECOMPOSED))
    return _collapsed(text)


def _collapsed(text: str) -> str:
    """Any white space, line ends included, made single blanks."""
    words = " ".join(text.split())
    if not words:
        return text and " "
    return f"{' ' if text[0].isspace() else ''}{words}{' ' if text[-1].isspace() else ''}"


def _one_hyphen(found: re.Match[str]) -> str:
    """A hyphen; a soft one only where a word is broken: at the end."""
    if found.group().strip("\u00ad"):
        return "-"
    return "\u00ad" if not found.string[found.end() :].strip() else ""


def clean_string(text: object, max_characters: int) -> str:
    """One line, stripped and cut to length; "" for anything but a string."""
    if not isinstance(text, str):
        return ""
    return clean_line(text[: max_characters * 4]).strip()[:max_characters].rstrip()


def _presentation_forms() -> dict[int, str]:
    """Latin ligatures, and the Arabic and Hebrew forms that a font's shaping left behind."""
    forms = {}
    for first, last in ((0xFB00, 0xFB4F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)):
        for code in range(first, last + 1):
            plain = unicodedata.normalize("NFKC", chr(code))
            if plain != chr(code):
                # Isolated marks decompose to a blank and the mark; a lone mark belongs to the letter before it.
                forms[code] = plain.lstrip(" ") or plain
    return forms


_DECOMPOSED = _presentation_forms()
