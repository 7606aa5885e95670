"""Which sentences of a passage stand for it: those with the rarest of the words that are asked for. Pure."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from answers.passage_sentences import Range
from answers.table_marks import is_header, pieces_of
from embeddings.bm25 import terms

_WORD = re.compile(r"\w+")


def best_sentences(query: str, text: str, sentences: Sequence[Range], language: str, limit: int) -> list[int]:
    """Which sentences have the rarest of the asked terms, in order, at most `limit`; each must add a term.

    A table's row is read under the names of its columns: it has their terms too, once it has one of its own. Those
    names alone are no answer where a row has a term. Of equal ones the row wins whose first cell is asked for ("Easy"
    before "Very easy"), then the earlier.
    """
    asked = terms(query, language)
    words = set(_WORD.findall(query.casefold()))
    own = [terms(text[start:end], language) & asked for start, end in sentences]
    counts = Counter(term for one in own for term in one)
    weights = {term: math.log(1 + len(own) / count) for term, count in counts.items()}
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


def _share(found: AbstractSet[object], asked: AbstractSet[object]) -> float:
    return len(found & asked) / len(found) if found else 0.0
