"""Section numbers: `Chapter 3`, `2.1.4`, `IV.`, `b)`, `Anhang A`, `第3章` in front of a title."""

import re
from dataclasses import dataclass
from typing import Literal

#: The shapes a section number has. Decimals carry their depth in `Numbering.depth`.
Shape = Literal["chapter", "decimal", "appendix", "roman", "upper", "lower", "bracket"]

_CHAPTER_WORDS = (
    "chapter|part|book|volume|unit|module|lesson|title|appendix|annex|annexe|exhibit|schedule|article|section|sec|"
    "subpart|attachment|kapitel|teil|abschnitt|anhang|chapitre|partie|capítulo|capitulo|parte|anexo|sección|capitolo|"
    "appendice|allegato|hoofdstuk|bijlage|глава|часть|приложение|раздел"
)
_CHAPTER = re.compile(
    rf"(?P<word>{_CHAPTER_WORDS})\s+(?P<number>\d{{1,3}}(?:[.\-–]\d{{1,3}})*|[ivxlc]+|[a-z])\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ENCLOSED_CHAPTER = re.compile(
    r"[第제]\s?(?P<number>[0-9〇一二三四五六七八九十百]+)\s?(?P<word>[章节節编編部回条款장절편부])(?P<rest>.*)",
    re.DOTALL,
)
_CLOSE_CHAPTER_WORDS = "باب|فصل|الباب|الفصل|פרק|חלק"
_CLOSE_CHAPTER = re.compile(
    rf"(?P<word>{_CLOSE_CHAPTER_WORDS})\s?(?P<number>\d{{1,3}}(?:\.\d{{1,3}})*)\b(?P<rest>.*)", re.DOTALL
)
_DECIMAL = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3})*)(?P<mark>[.:)]?)(?P<rest>\s+.*|)$", re.DOTALL)
_LETTERED = re.compile(r"(?P<number>[A-Z](?:[.\-]\d{1,3})+)(?P<mark>[.:)]?)(?P<rest>\s+.*)$", re.DOTALL)
_ROMAN = re.compile(r"(?P<number>[IVXLC]{1,7}|[ivxlc]{1,7})(?P<mark>[.:])(?P<rest>\s+.*|)$", re.DOTALL)
_ALPHA = re.compile(r"(?P<number>(?P<letter>[A-Za-z])(?P=letter)?)(?P<mark>[.)])(?P<rest>\s+.*|)$", re.DOTALL)
_BRACKET = re.compile(r"\((?P<number>\d{1,3}|[A-Za-z]|[ivxlc]{1,6})\)(?P<rest>\s+.*)$", re.DOTALL)
#: How everything above begins, and few other lines do.
_BEGINNING = re.compile(
    rf"[\d(第제]|[A-Za-z]{{1,7}}[.:)\-]|(?:{_CHAPTER_WORDS})\s|{_CLOSE_CHAPTER_WORDS}", re.IGNORECASE
)
_APPENDIX_WORDS = ("appendix", "annex", "anhang", "anexo", "appendice", "allegato", "bijlage", "приложение")
#: Words of the same rank; parts contain chapters.
_CHAPTER_KEYS = {
    **dict.fromkeys(
        ("part", "book", "volume", "teil", "partie", "parte", "часть", "部", "編", "编", "편", "부"), "part"
    ),
    **dict.fromkeys(("chapter", "kapitel", "chapitre", "capítulo", "capitulo", "capitolo", "hoofdstuk"), "chapter"),
    **dict.fromkeys(("глава", "章", "장", "باب", "فصل", "الباب", "الفصل", "פרק"), "chapter"),
}


@dataclass(frozen=True, slots=True)
class Numbering:
    """A section number. `depth` counts its components (`2.1.4` has 3); `title` is what follows it.

    `key` names numbers of the same rank: `decimal1`, `decimal2`, `part`, `chapter`, `roman`, …
    """

    shape: Shape
    depth: int
    number: str
    title: str
    key: str

    @property
    def is_strong(self) -> bool:
        """Hardly anything but a heading starts like this; `1.` and `a)` start list items too."""
        return self.shape in ("chapter", "appendix") or (self.shape == "decimal" and self.depth > 1)


def parse_numbering(text: str) -> Numbering | None:
    """The section number that `text` starts with, or None."""
    if not _BEGINNING.match(text):
        return None
    if match := _CHAPTER.match(text) or _ENCLOSED_CHAPTER.match(text) or _CLOSE_CHAPTER.match(text):
        word = match["word"].lower()
        rest = match["rest"].lstrip(" .:-–—\t\n")
        if match["rest"] and match["rest"][0].isalpha() and match.re is _CHAPTER:
            return None
        shape: Shape = "appendix" if word.startswith(_APPENDIX_WORDS) else "chapter"
        depth = 1 + len(re.findall(r"[.\-–]", match["number"]))
        key = _CHAPTER_KEYS.get(word, shape if shape == "appendix" else word) if depth == 1 else f"decimal{depth}"
        return Numbering(shape, depth, match["number"], rest, key)
    if match := _DECIMAL.match(text) or _LETTERED.match(text):
        depth = 1 + len(re.findall(r"[.\-]", match["number"]))
        if match["mark"] == ")" and depth == 1:
            return Numbering("bracket", 1, match["number"], match["rest"].strip(), "bracket")
        return Numbering("decimal", depth, match["number"], match["rest"].strip(), f"decimal{depth}")
    if match := _ROMAN.match(text):
        number = match["number"]
        if len(number) > 1 or number in "IVXivx":
            case = "Roman" if number[0].isupper() else "roman"
            return Numbering("roman", 1, number, match["rest"].strip(), case)
    if match := _ALPHA.match(text):
        upper = match["number"].isupper()
        if match["mark"] == ")":
            return Numbering("bracket", 1, match["number"], match["rest"].strip(), "bracket")
        return Numbering(
            "upper" if upper else "lower", 1, match["number"], match["rest"].strip(), "upper" if upper else "lower"
        )
    if match := _BRACKET.match(text):
        return Numbering("bracket", 1, match["number"], match["rest"].strip(), "bracket")
    return None
