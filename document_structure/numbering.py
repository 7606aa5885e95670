"""Section numbers: `Chapter 3`, `Item 7A.`, `2.1.4`, `IV.`, `b)`, `Anhang A`, `第3章` in front of a title."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from document_structure.numerals import NUMBER_WORDS

#: The shapes a section number has. Decimals carry their depth in `Numbering.depth`.
Shape = Literal["chapter", "decimal", "appendix", "roman", "upper", "lower", "bracket"]

#: Words of one rank, by the name of that rank.
_WORDS_OF_RANK = {
    "part": "part|book|volume|teil|buch|partie|livre|parte|libro|часть",
    "title": "titel|titre|título|titulo|titolo|title",
    "chapter": "chapter|kapitel|chapitre|capítulo|capitulo|capitolo|hoofdstuk|глава",
    "section": "section|sec|abschnitt|sección|seccion|sezione|seção|раздел|§",
    "article": "article|artikel|art|artículo|articulo|articolo|artigo|статья",
    "item": "items|item",
    "note": "note|anmerkung|nota",
    "appendix": "appendix|annex|annexe|anhang|anlage|anexo|apéndice|appendice|allegato|bijlage|приложение",
    "exhibit": "exhibit",
}
_OTHER_WORDS = "unit|module|lesson|schedule|subpart|subchapter|subtitle|division|attachment"
_CHAPTER_WORDS = "|".join((*_WORDS_OF_RANK.values(), _OTHER_WORDS))
_CHAPTER = re.compile(
    rf"(?P<word>{_CHAPTER_WORDS})(?:\.?[\s\u00a0]+|(?<=§)|\.(?=\d))"
    rf"(?P<number>\d{{1,4}}(?:[.\-–]\d{{1,3}})*(?:er|re|º|°)?(?:[A-Za-z]\b)?|[ivxlc]+|(?:{NUMBER_WORDS})|[a-z])"
    r"(?![^\W_])(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ORDINAL_CHAPTER = re.compile(
    rf"(?P<number>{NUMBER_WORDS})\s+(?P<word>teil|kapitel|abschnitt|titel|buch|partie|chapitre|section|livre|titre)\b"
    r"(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ENCLOSED_CHAPTER = re.compile(
    r"[第제]\s?(?P<number>[0-9０-９〇零一二三四五六七八九十百千两]+)\s?"
    r"(?P<word>部分|[编編篇部卷章节節條条款장절편부조])(?P<rest>.*)",
    re.DOTALL,
)
_ENCLOSED_APPENDIX = re.compile(
    r"(?P<word>附录|附錄|附件|附表|付録|附属書|別表|別紙|別添|부록)\s?"
    r"(?:第\s?)?(?P<number>[0-9０-９]{1,3}|[一二三四五六七八九十]{1,3}|[A-Za-zＡ-Ｚ])(?![0-9A-Za-z年月])(?P<rest>.*)",
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
    rf"[\d(第제附付別부§]|[A-Za-z]{{1,7}}[.:)\-]|(?:{_CHAPTER_WORDS})[\s.]|{_CLOSE_CHAPTER_WORDS}|(?:{NUMBER_WORDS})\s",
    re.IGNORECASE,
)
#: Whole words among these beginnings, in lower case; other plain words begin nothing.
_FIRST_WORDS = frozenset(f"{_CHAPTER_WORDS}|{NUMBER_WORDS}".split("|"))
#: Words of the same rank; parts contain chapters.
_CHAPTER_KEYS = {
    **{word: rank for rank, words in _WORDS_OF_RANK.items() for word in words.split("|")},
    **dict.fromkeys(("編", "编", "篇", "卷", "部", "部分", "편", "부", "חלק"), "part"),
    **dict.fromkeys(("章", "장", "باب", "فصل", "الباب", "الفصل", "פרק"), "chapter"),
    **dict.fromkeys(("节", "節", "절"), "section"),
    **dict.fromkeys(("条", "條", "조"), "article"),
    **dict.fromkeys(("附录", "附錄", "附件", "附表", "付録", "附属書", "別表", "別紙", "別添", "부록"), "appendix"),
}
#: `Part III, Item 10. Directors` is an item that names its part.
_INSIDE_PARTS = frozenset({"item", "items"})


@dataclass(frozen=True, slots=True)
class Numbering:
    """A section number. `depth` counts its components (`2.1.4` has 3); `title` is what follows it.

    `key` names numbers of the same rank: `decimal1`, `decimal2`, `part`, `chapter`, `roman`, …
    `label` is the rank of the word in front of the number (`part`, `item`, `article`, …), empty without one.
    """

    shape: Shape
    depth: int
    number: str
    title: str
    key: str
    label: str = ""

    @property
    def is_strong(self) -> bool:
        """Hardly anything but a heading starts like this; `1.` and `a)` start list items too."""
        return self.shape in ("chapter", "appendix") or (self.shape == "decimal" and self.depth > 1)


@lru_cache(maxsize=1_024)
def parse_numbering(text: str) -> Numbering | None:
    """The section number that `text` starts with, or None."""
    if not _may_begin(text):
        return None
    if match := _labelled(text):
        word = match["word"].lower()
        rest = match["rest"].lstrip(" .:-–—\t\n\u3000")
        key = _CHAPTER_KEYS.get(word, word)
        if key == "part" and (inner := _labelled(rest.lstrip(", "))) and inner["word"].lower() in _INSIDE_PARTS:
            return parse_numbering(rest.lstrip(", "))
        shape: Shape = "appendix" if key == "appendix" else "chapter"
        depth = 1 + len(re.findall(r"[.\-–]", match["number"]))
        return Numbering(shape, depth, match["number"], rest, key if depth == 1 else f"decimal{depth}", label=key)
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


def _may_begin(text: str) -> bool:
    """Whether text begins like a number. Asked of every line: most begin with a plain word, and need no expression."""
    first = text.split(maxsplit=1)[0] if text and text[0].isalpha() else ""
    if first.isascii() and first.isalpha() and first.lower() not in _FIRST_WORDS:
        return False
    return _BEGINNING.match(text) is not None


def _labelled(text: str) -> re.Match[str] | None:
    return (
        _CHAPTER.match(text)
        or _ENCLOSED_CHAPTER.match(text)
        or _ENCLOSED_APPENDIX.match(text)
        or _CLOSE_CHAPTER.match(text)
        or _ORDINAL_CHAPTER.match(text)
    )
