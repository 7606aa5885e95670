"""Snippets: the sentences of a found passage that match a query, and where they stand on the page. Pure.

A sentence counts by the query's terms in it, a term that few of the passage's sentences have the most. Rows of a table
and items of a list are sentences here. Terms are those of BM25, so that what is marked is what was found.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from answers.passage_sentences import Range, plain, sentence_ranges
from answers.places import boxes_of
from answers.sentence_choice import best_sentences, shown_for
from answers.table_marks import header_above
from answers.titles import is_heading, titles_above
from embeddings.bm25 import DEFAULT_LANGUAGE, terms
from foundation.placed_box import PlacedBox
from vector_stores.points import Hit

#: Of one snippet. A longer sentence is cut around its densest matches.
MAX_CHARACTERS = 300
#: A sentence shorter than this goes on into the next one: "Yes." says nothing.
MIN_CHARACTERS = 60
MAX_SNIPPETS = 2
_WORD = re.compile(r"\w+")
#: What is written without blanks is matched by pairs of characters, as it is searched.
_UNSEPARATED = re.compile(
    "[\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Snippet:
    """Sentences that follow each other, as plain words: `text` is to be shown, `matches` are ranges of it to be marked.

    They are `passage[start:end]` of the passage's text. `header` is that of the table which a row is of, else empty.
    `boxes` has one box a printed line or table row; for what an older version stored, which doesn't know its lines,
    those of the whole passage.
    """

    text: str
    matches: tuple[Range, ...]
    start: int
    end: int
    boxes: tuple[PlacedBox, ...]
    header: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "matches": [list(match) for match in self.matches],
            "start": self.start,
            "end": self.end,
            "boxes": [box.as_json() for box in self.boxes],
            "header": self.header,
        }


def snippets_of(query: str, hit: Hit, limit: int = MAX_SNIPPETS) -> tuple[Snippet, ...]:
    """The best snippets of a hit, at most `limit`, in the order of the text.

    A passage that shares no word with the query was found by its meaning: its beginning stands for it, nothing marked.
    A heading and the header of a table answer nothing: what stands below them is shown.
    """
    return cut_snippets(query, hit.text, hit.metadata, limit)


def cut_snippets(query: str, text: str, metadata: Mapping[str, Any], limit: int = MAX_SNIPPETS) -> tuple[Snippet, ...]:
    """The same of a stored text and its point's metadata (`language`, `heading_path`, `line_boxes`, `boxes`)."""
    language = str(metadata.get("language") or DEFAULT_LANGUAGE)
    asked = terms(query, language)
    sentences = list(sentence_ranges(text))
    titles = titles_above(metadata)
    runs = _best_runs(query, text, sentences, language, titles, limit)
    if not runs and sentences:
        runs = [shown_for(0, text, sentences, titles, MAX_CHARACTERS)]
    found = []
    for first, last in _joined(runs, text, sentences, titles):
        whole = sentences[first][0], sentences[last][1]
        start, end = _cut_around(text, *whole, _matches(text[slice(*whole)], asked, language))
        shown = plain(text[start:end], is_in_row=text[whole[0]] == "|")
        shown = f"{_ELLIPSIS + ' ' if start > whole[0] else ''}{shown}{' ' + _ELLIPSIS if end < whole[1] else ''}"
        boxes = boxes_of(metadata, start, end)
        header = plain(header_above(text, whole[0]))
        found.append(Snippet(shown, _matches(shown, asked, language), start, end, boxes, header))
    return tuple(found)


def matching_sentences(query: str, hit: Hit, limit: int) -> tuple[Snippet, ...]:
    """The sentences themselves that `snippets_of` is made of, whole and each for itself; none where no word matches."""
    language = str(hit.metadata.get("language") or DEFAULT_LANGUAGE)
    asked = terms(query, language)
    ranges = list(sentence_ranges(hit.text))
    runs = _best_runs(query, hit.text, ranges, language, titles_above(hit.metadata), limit)
    found = []
    for index in sorted({index for first, last in runs for index in range(first, last + 1)}):
        start, end = ranges[index]
        text = plain(hit.text[start:end], is_in_row=hit.text[start] == "|")
        boxes = boxes_of(hit.metadata, start, end)
        header = plain(header_above(hit.text, start))
        found.append(Snippet(text, _matches(text, asked, language), start, end, boxes, header))
    return tuple(found)


def page_of(query: str, hit: Hit) -> int:
    """The page to open a hit at: where its best matching sentence begins, else where the hit does."""
    language = str(hit.metadata.get("language") or DEFAULT_LANGUAGE)
    sentences = list(sentence_ranges(hit.text)) if query else []
    for first, _ in _best_runs(query, hit.text, sentences, language, titles_above(hit.metadata), 1):
        if boxes := boxes_of(hit.metadata, *sentences[first]):
            return boxes[0].page
    return int(hit.metadata.get("page") or 1)


def _best_runs(
    query: str, text: str, sentences: Sequence[Range], language: str, titles: Collection[str], limit: int
) -> list[tuple[int, int]]:
    """First and last sentence of what is shown for each of the best sentences."""
    chosen = best_sentences(query, text, sentences, language, limit, titles)
    return [shown_for(index, text, sentences, titles, MAX_CHARACTERS) for index in chosen]


def _joined(
    chosen: Sequence[tuple[int, int]], text: str, sentences: Sequence[Range], titles: Collection[str]
) -> list[tuple[int, int]]:
    """First and last sentence of each snippet: chosen ones that follow each other are one, short ones go on.

    A heading and a row of a table end what goes before them, and a row never goes on: the next one is about something
    else.
    """
    runs: list[tuple[int, int]] = []
    for begin, end in chosen:
        if runs and begin <= runs[-1][1] + 1 and sentences[end][1] - sentences[runs[-1][0]][0] <= MAX_CHARACTERS:
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]))
        elif not runs or begin > runs[-1][1]:
            runs.append((begin, end))
        first, last = runs[-1]
        while (
            last + 1 < len(sentences)
            and sentences[last][1] - sentences[first][0] < MIN_CHARACTERS
            and sentences[last + 1][1] - sentences[first][0] <= MAX_CHARACTERS
            and not any(text.startswith("|", sentences[at][0]) for at in (last, last + 1))
            and not is_heading(text, *sentences[last + 1], titles)
        ):
            last += 1
        runs[-1] = (first, last)
    return runs


def _cut_around(text: str, start: int, end: int, matches: Sequence[Range]) -> Range:
    """At most MAX_CHARACTERS of `text[start:end]`, at words' ends, with as many of the matches as fit."""
    if end - start <= MAX_CHARACTERS:
        return start, end
    windows = [max(0, match[0] - MAX_CHARACTERS // 6) for match in matches] or [0]
    held = [sum(window <= match[0] and match[1] <= window + MAX_CHARACTERS for match in matches) for window in windows]
    begin = windows[held.index(max(held))]
    stop = begin + MAX_CHARACTERS
    if begin > 0 and (blank := text.find(" ", start + begin, start + begin + MAX_CHARACTERS // 6)) >= 0:
        begin = blank + 1 - start
    if start + stop < end and (blank := text.rfind(" ", start + stop - MAX_CHARACTERS // 6, start + stop)) >= 0:
        stop = blank - start
    return start + begin, min(start + stop, end)


def _matches(text: str, asked: frozenset[int], language: str) -> tuple[Range, ...]:
    """Ranges of the words that are asked for, those that touch as one."""
    found: list[Range] = []
    for word in _WORD.finditer(text):
        for start, end in _matches_of_word(word.group(), asked, language):
            start, end = word.start() + start, word.start() + end
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((start, end))
    return tuple(found)


def _matches_of_word(word: str, asked: frozenset[int], language: str) -> Iterator[Range]:
    if not _UNSEPARATED.search(word):
        if asked & _terms_of_word(word, language):
            yield 0, len(word)
        return
    for start in range(max(1, len(word) - 1)):
        if asked & _terms_of_word(word[start : start + 2], language):
            yield start, min(start + 2, len(word))


@lru_cache(maxsize=50_000)
def _terms_of_word(word: str, language: str) -> frozenset[int]:
    return terms(word, language)
