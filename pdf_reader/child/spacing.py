"""Blanks that MuPDF made where there is only white between letters: kerning inside a word, and letterspaced titles."""

import re
from collections.abc import Sequence, Set
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from pdf_reader.child.mupdf import mupdf
from pdf_reader.child.words import DEFAULT_LANGUAGE, is_listed

#: A short word of a letterspaced title has at most so many characters, with its blanks.
SHORT_LINE_CHARACTERS = 5
#: Only lines this short are looked at letter by letter, and so many of a page.
MAX_LINE_CHARACTERS = 120
MAX_LINES_LOOKED_AT = 40
#: Of two unknown words one this short makes them suspicious.
SHORT_LETTERS = 3
#: White inside a word is narrower than this share of the type's size.
KERNING_SHARE = 0.26
#: Between words of a letterspaced line is this many times the white between its letters.
WORD_GAP_FACTOR = 1.6

_LETTERSPACED = re.compile(r"(?:\S ){3,}\S(?!\S)")
#: What is in every letterspaced line, and seldom in others: three blanks, a letter apart.
_SINGLE_LETTERS = re.compile(r" \S \S \S")
_FEW_LETTERS = re.compile(r"[^\W\d_](?: [^\W\d_]){1,2}")
_FRAGMENT = re.compile(r"(?<![\w'’.-])[b-hj-np-zB-HJ-NP-Z]{1,2}(?= [a-zA-Z]{2})")
#: Short words of European languages that stand alone.
_SHORT_WORDS = frozenset(
    """
    a ab af ai al am an as at au be by ce cm co da de di do du el em en er es et eu ex få ga go gt ha he hr hs i id if
    ii il im in is it iv ix je kg km kr la le lo lt m ma me mi mm mr ms mu my na ne no nr of og om on or os ou pm på re
    sa se si so st su ta te ti to tu ud uk um un up us va ve vi vs we wo xi ya yo zu å
    and any are but can day du end far few for get had has her him his how its let low may men new not now off old one
    our out own per put say see set she ten the too top two use via war was way who why yet you
    """.split()  # noqa: SIM905 (a list of 140 strings is not easier to read)
)

#: Words that `_may_end_in_fragment` said no to; and how many are remembered.
_whole_words: set[str] = set()
MAX_REMEMBERED_WORDS = 16_384


class Glyph(NamedTuple):
    """A letter with its left and right end along the line. `made` says that it is a blank that MuPDF made."""

    text: str
    left: float
    right: float
    made: bool


def suspicious(texts: Sequence[str], *, title_like: Sequence[bool]) -> list[int]:
    """Indices of a page's lines that may have blanks inside their words: letterspaced ones, and those in which two
    neighbours are one word. Of titles any two are looked at, of other lines those with a short word that is none."""
    # One look at the whole page, before a line is looked at closely: most pages have no such line.
    page = " ".join(texts)
    may_be_spaced = _SINGLE_LETTERS.search(page) is not None
    doubtful = _doubtful_words(page)
    found = []
    for index, (text, is_title) in enumerate(zip(texts, title_like, strict=True)):
        if not (is_title or doubtful or may_be_spaced) or " " not in text or len(text) > MAX_LINE_CHARACTERS:
            continue
        is_spaced = may_be_spaced and _SINGLE_LETTERS.search(text) and _LETTERSPACED.search(text)
        if is_spaced or ((is_title or _has_fragment(text, doubtful)) and _has_parted_word(text)):
            found.append(index)
    return found


def _doubtful_words(page: str) -> set[str]:
    """The words of a page that may end in a short word that is none of the usual ones; the others are remembered."""
    unknown = set(page.split(" ")) - _whole_words
    doubtful = set(filter(_may_end_in_fragment, unknown))
    if len(_whole_words) > MAX_REMEMBERED_WORDS:
        _whole_words.clear()
    _whole_words.update(unknown - doubtful)
    return doubtful


def _has_fragment(text: str, doubtful: Set[str]) -> bool:
    """Whether a short word is none of the usual ones."""
    if not doubtful or doubtful.isdisjoint(text.split(" ")):
        return False
    return any(found.group().lower() not in _SHORT_WORDS for found in _FRAGMENT.finditer(text))


def _may_end_in_fragment(word: str) -> bool:
    end = word[-3:]
    return not (len(end) == 3 and end.isalpha()) and end[-1:].isalpha() and end.lower() not in _SHORT_WORDS


def _has_parted_word(text: str) -> bool:
    return any(_may_be_one(left, right) for left, right in pairwise(text.lower().split()))


@lru_cache(maxsize=4_096)
def _may_be_one(left: str, right: str) -> bool:
    right = right.rstrip(",.;:!?)")
    if not (left.isalpha() and right.isalpha()) or (left in _SHORT_WORDS and right in _SHORT_WORDS):
        return False
    known = [is_listed(word, DEFAULT_LANGUAGE) for word in (left, right)]
    odd = any(len(word) <= SHORT_LETTERS and word not in _SHORT_WORDS for word in (left, right))
    if all(known) and not odd:
        return False
    return is_listed(left + right, DEFAULT_LANGUAGE) or (not any(known) and min(len(left), len(right)) <= SHORT_LETTERS)


def glyphs_of(line: Any) -> list[Glyph]:
    """The letters of one of MuPDF's text lines (`fz_stext_line`), in its own direction of writing."""
    glyphs = []
    dx, dy = line.dir.x, line.dir.y
    character = line.first_char
    while character:
        quad = character.quad
        left, right = dx * quad.ll.x + dy * quad.ll.y, dx * quad.lr.x + dy * quad.lr.y
        made = bool(character.flags & mupdf.FZ_STEXT_SYNTHETIC)
        glyphs.append(Glyph(chr(character.c), left, right, made))
        character = character.next
    return glyphs


def wrong_blanks(glyphs: Sequence[Glyph], size: float, *, letterspaced: bool = False) -> list[int]:
    """Indices of the blanks that part no words; `letterspaced` says that the line is so, however short it is."""
    text = "".join(glyph.text for glyph in glyphs)
    if letterspaced or is_letterspaced(text):
        return _letter_gaps(glyphs)
    if not any(glyph.text == " " and not glyph.made for glyph in glyphs) and text.count(" ") > 1:
        return []  # every blank is made: the program places words, it does not kern them
    found = []
    for index in range(1, len(glyphs) - 1):
        before, blank, after = glyphs[index - 1 : index + 2]
        if not blank.made or not (before.text.isalpha() and after.text.isalpha()):
            continue
        same_case = before.text.isupper() == after.text.isupper() or (before.text.isupper() and index == 1)
        if same_case and after.left - before.right < KERNING_SHARE * size:
            found.append(index)
    return found


def may_be_letterspaced(text: str) -> bool:
    """Whether a text is two or three single letters, as `O F`."""
    return bool(_FEW_LETTERS.fullmatch(text))


def is_letterspaced(text: str) -> bool:
    words = text.split()
    single = sum(len(word) == 1 for word in words)
    return single >= 4 and single >= 0.75 * len(words)


def _letter_gaps(glyphs: Sequence[Glyph]) -> list[int]:
    """The blanks of a letterspaced line that are as narrow as most; of several between two words all but one."""
    runs: list[list[int]] = []
    for index, glyph in enumerate(glyphs):
        if not glyph.text.isspace():
            continue
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    inner = [indices for indices in runs if indices[0] > 0 and indices[-1] < len(glyphs) - 1]
    gaps = [(glyphs[indices[-1] + 1].left - glyphs[indices[0] - 1].right, indices) for indices in inner]
    usual = sorted(gap for gap, _ in gaps)[len(gaps) // 3]
    return [index for gap, indices in gaps for index in (indices if gap < WORD_GAP_FACTOR * usual else indices[1:])]
