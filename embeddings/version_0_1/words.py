"""Words and titles: how the offline model and the sparse vectors read a text, stored or asked for.

Nothing here depends on a language's own resources: letters of any script are folded, scripts without blanks between
words give overlapping pairs of characters, and English plurals lose their ending.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
)
#: Numbers with their decimals, words, and runs of scripts that don't separate words.
_TOKENS = re.compile(rf"\d+(?:[.,]\d+)*|[{_UNSPACED}]+|[^\W\d_{_UNSPACED}](?:[^\W_{_UNSPACED}]|['’](?=[^\W_]))*")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
#: Where a title ends that runs into its text: "Rations. Rations consist of …".
_RUN_IN_END = re.compile(r"[.:;—](?:\s|$)")
#: Longer lines are sentences, not titles.
MAX_TITLE_WORDS = 8
_MAX_RUN_IN_WORDS = 6
_MAX_RUN_IN_CHARACTERS = 60
#: So common in English text that sharing one says nothing.
_STOP_WORD_LIST = """a about after all also an and any are as at be been but by can could do does each for from had has
have he her how i if in into is it its may more most must no not of on one only or other our over she should so some
such than that the their them then there these they this those to under up use was we were what when where which who
whose why will with would you your"""
STOP_WORDS = frozenset(_STOP_WORD_LIST.split())
_WORD_CACHE_SIZE = 1 << 16
_READING_CACHE_SIZE = 512


@dataclass(frozen=True, slots=True)
class Reading:
    """A text's words in order, and what could be a title in it, as its words joined by blanks, with how often.

    Titles are short lines, cells of tables and beginnings that run into their text. Most are none; as search terms they
    do no harm, because only a query that says exactly this meets them.
    """

    words: tuple[str, ...]
    titles: Mapping[str, int]


@lru_cache(maxsize=_READING_CACHE_SIZE)
def read(text: str) -> Reading:
    """Read a stored text. The same text is read twice in a row: for its dense and for its sparse vector."""
    found: list[str] = []
    titles: Counter[str] = Counter()
    for line in text.split("\n"):
        of_line = words(line)
        if not of_line:
            continue
        found.extend(of_line)
        if "|" in line:
            titles.update(" ".join(cell) for part in line.split("|") if len(cell := words(part)) <= MAX_TITLE_WORDS)
        elif len(of_line) <= MAX_TITLE_WORDS:
            titles[" ".join(of_line)] += 1
        end = _RUN_IN_END.search(line, 2, _MAX_RUN_IN_CHARACTERS)
        if end and len(run_in := words(line[: end.start()])) <= _MAX_RUN_IN_WORDS and run_in != of_line:
            titles[" ".join(run_in)] += 1
    del titles[""]
    return Reading(tuple(found), titles)


def words(text: str) -> list[str]:
    """The words of a text in order, folded and stemmed; unspaced scripts give pairs of characters."""
    found: list[str] = []
    for token in _TOKENS.findall(text if text.isascii() else unicodedata.normalize("NFKC", text)):
        found.extend(_forms(token))
    return found


@lru_cache(maxsize=_WORD_CACHE_SIZE)
def _forms(token: str) -> tuple[str, ...]:
    if token[0].isdigit():
        return (token.replace(",", "."),)
    if _IS_UNSPACED.match(token):
        return tuple(token[at : at + 2] for at in range(max(1, len(token) - 1)))
    folded = fold(token)
    return (folded,) if folded else ()


def fold(word: str) -> str:
    """One form for a word's spellings: case, accents, possessives and English plurals.

    The plural rules are Harman's S-stemmer (How effective is suffixing?, 1991) and one for hissing endings (classes,
    boxes), which join what a search must join and little else.
    """
    word = word.casefold().replace("’", "'")
    if not word.isascii():
        decomposed = unicodedata.normalize("NFKD", word)
        word = "".join(character for character in decomposed if not unicodedata.combining(character))
    word = word.removesuffix("'s").replace("'", "")
    if len(word) <= 3 or not word.endswith("s"):
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word if word.endswith(("us", "ss")) else word[:-1]


def as_title(text: str) -> str:
    """The title as `read` would find it; empty when it has too many words for one."""
    found = words(text)
    return " ".join(found) if len(found) <= MAX_TITLE_WORDS else ""


def phrases(query_words: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Every run of a query's words that could be a title, with the share of what the query says that it makes up.

    Runs that begin or end in a word that says nothing are left out, except for the query as a whole.
    """
    telling = [word not in STOP_WORDS for word in query_words]
    total = sum(telling)
    for length in range(1, min(len(query_words), MAX_TITLE_WORDS) + 1):
        for start in range(len(query_words) - length + 1):
            end = start + length
            if length == len(query_words):
                yield " ".join(query_words), 1.0
            elif telling[start] and telling[end - 1]:
                yield " ".join(query_words[start:end]), sum(telling[start:end]) / total
