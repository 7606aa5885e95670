"""Which sentences of a passage stand for it: those with the rarest of the words that are asked for. Pure."""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from answers.passage_sentences import Range
from answers.table_marks import is_header, pieces_of
from answers.titles import is_heading
from embeddings.bm25 import terms

_WORD = re.compile(r"\w+")


def best_sentences(
    query: str,
    text: str,
    sentences: Sequence[Range],
    language: str,
    limit: int,
    titles: Collection[str] = (),
) -> list[int]:
    """Which sentences have the rarest of the asked terms, in order, at most `limit`; each must add a term.

    `titles` are the headings above the passage. One that it begins with is chosen only where nothing else has a term.

    A table's row is read under the names of its columns: it has their terms too, once it has one of its own. Those
    names alone are no answer where a row has a term. Of equal ones the row wins whose first cell is asked for ("Easy"
    before "Very easy"), then the earlier.
    """
    asked = terms(query, language)
    own = [terms(text[start:end], language) & asked for start, end in sentences]
    counts = Counter(term for one in own for term in one)
    weights = {term: math.log(1 + len(own) / count) for term, count in counts.items()}
    found, named = _read_with_headers(query, asked, text, sentences, language, own)
    headings = [is_heading(text, start, end, titles) for start, end in sentences]
    if any(one for one, is_one in zip(found, headings, strict=True) if not is_one):
        found = [frozenset() if is_one else one for one, is_one in zip(found, headings, strict=True)]
    chosen: list[int] = []
    said: set[int] = set()
    while len(chosen) < limit:
        gains = [(sum(weights[term] for term in sorted(one - said)), named[at]) for at, one in enumerate(found)]
        best = max(range(len(gains)), key=gains.__getitem__, default=0)
        if not gains or gains[best][0] <= 0:
            break
        chosen.append(best)
        said |= found[best]
    return sorted(chosen)


def _read_with_headers(
    query: str,
    asked: frozenset[int],
    text: str,
    sentences: Sequence[Range],
    language: str,
    own: Sequence[frozenset[int]],
) -> tuple[list[frozenset[int]], list[tuple[float, float]]]:
    """The asked terms of each sentence: its `own`, and for a table's row those of the header; and the shares of a row's
    first cell that are asked for, by terms and by words."""
    words = set(_WORD.findall(query.casefold()))
    found = list(own)
    named = [(0.0, 0.0)] * len(own)
    header: int | None = None
    for index, (start, end) in enumerate(sentences):
        if is_header(text, start, end):
            header = index
        elif text[start] != "|":
            header = None
        elif header is not None and own[index]:
            found[index] = own[index] | own[header]
            found[header] = frozenset()
            first = next((cell for cell in pieces_of(text[start:end]) if cell), "")
            # Terms know other forms of a word, words know "very" and other stop words.
            named[index] = _share(terms(first, language), asked), _share(set(_WORD.findall(first.casefold())), words)
    return found, named


def shown_for(
    index: int, text: str, sentences: Sequence[Range], titles: Collection[str], max_characters: int
) -> tuple[int, int]:
    """The first and last of the sentences that are shown for a chosen one: of what names others, those.

    A heading gives way to what stands below it, the header of a table to its first rows: as many as `max_characters`
    hold, one at least.
    """
    first = index
    while first + 1 < len(sentences) and is_heading(text, *sentences[first], titles):
        first += 1
    if not is_header(text, *sentences[first]):
        return first, first
    rows = first
    while rows + 1 < len(sentences) and _is_next_line(text, sentences[rows], sentences[rows + 1]):
        rows += 1
    if rows == first:
        return first, first
    begin = sentences[first + 1][0]
    held = [row for row in range(first + 1, rows + 1) if sentences[row][1] - begin <= max_characters]
    return first + 1, max([first + 1, *held])


def _is_next_line(text: str, row: Range, after: Range) -> bool:
    """Whether `after` is the row below `row`; a rule may stand between."""
    return text.startswith("|", after[0]) and "\n\n" not in text[row[1] : after[0]]


def _share(found: AbstractSet[object], asked: AbstractSet[object]) -> float:
    return len(found & asked) / len(found) if found else 0.0
