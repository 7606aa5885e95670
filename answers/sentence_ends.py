"""Where sentences end in running text, whichever language it is in. Pure.

Answers and passages are cut by this. Chunks are not: `document_structure/chunking/cutting.py` has a simpler rule, and a
change of that would make all stored vectors anew.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from embeddings.stop_words import STOP_WORDS

#: A full stop that needs a blank behind it, and one that doesn't; closing marks go with it.
_STOP = re.compile(r"[.!?…]+[\"'”’»)\]*_]*(?=\s|$|[\[【])|[。！？]+[\"'”’」』）*_]*|[؟۔।]+[\"'”’»)*_]*")
_WORD_BEFORE = re.compile(r"[\w.&]+$")
_NEXT_WORD = re.compile(r"\s*(?:[\"'“‘«(\[*_$€£]|§\s*)*(?P<word>[^\W_]+)")
#: Behind a stop within a sentence: a quoted one, or of dots that lead to a page's number.
_NEXT_MARK = re.compile(r"\s*[.,;:…]")
#: Words that a full stop follows within a sentence, by what may come behind it.
_WITH_STOP = {
    behind: frozenset(words.split())
    for behind, words in {
        "goes on": """e.g i.e mr mrs ms dr prof st vs ed eds approx est cf dept gen gov rev z.b d.h bzw ca hrsg u.a evtl
            ggf inkl mme mlle p.ex c.-à-d env sr sra ud ej dott sig n.d""",
        "goes on before a number": """no nos fig figs p pp sec secs ch vol eq ex min max jan feb mar apr jun jul aug sep
            sept oct nov dec nr abs art bd pág núm al""",
        # Behind these a sentence may end: it does where a common word begins the next one.
        "may end": "inc corp ltd co llc plc jr u.s u.k u.s.a a.m p.m etc usw ecc mio mrd",
        "month": """januar februar märz april mai juni juli august september oktober november dezember quartal
            jahrhundert""",
    }.items()
}
#: As in U.S.C. or N.Y., whose last full stop may end a sentence.
_LETTERS_WITH_STOPS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_STARTERS = frozenset(word for words in STOP_WORDS.values() for word in words)


@dataclass(frozen=True, slots=True)
class Stop:
    """A mark that may end a sentence, with closing quotes and brackets: `text[start:end]`."""

    start: int
    end: int
    ends_sentence: bool


def stops(text: str, start: int, end: int) -> Iterator[Stop]:
    """Those of `text[start:end]`, in order."""
    for match in _STOP.finditer(text, start, end):
        yield Stop(match.start(), match.end(), not _goes_on(text, match, start, end))


def _goes_on(text: str, match: re.Match[str], start: int, end: int) -> bool:
    """Whether a full stop is that of an abbreviation, an initial or a German ordinal, or the next letter is small."""
    if match.group()[0] not in ".!?…":
        return False
    following = _NEXT_WORD.match(text, match.end(), end)
    next_word = following["word"] if following else ""
    if next_word[:1].islower() or _NEXT_MARK.match(text, match.end(), end):
        return True
    if text[max(start, match.start() - 4) : match.start()].rstrip().endswith((".", "…")):
        return True  # the last of the dots that lead to a page's number
    if match.group()[0] in "!?" or match.group().startswith(".."):
        return False
    before = _WORD_BEFORE.search(text, max(start, match.start() - 20), match.start())
    word = before.group().casefold() if before else ""
    if word in _WITH_STOP["may end"] or _LETTERS_WITH_STOPS.fullmatch(word):
        return bool(next_word) and next_word.casefold() not in _STARTERS
    if word.isdecimal():
        return len(word) <= 2 and next_word.casefold() in _WITH_STOP["month"]
    if next_word[:1].isdecimal() and word in _WITH_STOP["goes on before a number"]:
        return True
    is_letter = len(word) == 1 and word.isalpha()
    is_initial = is_letter and (len(next_word) == 1 or text[match.start() - 1].isupper())
    return bool(next_word) and (word in _WITH_STOP["goes on"] or is_initial)
