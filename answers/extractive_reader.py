"""An answer without a model: sentences and table rows of the passages that answer best, quoted, each with its citation.

By construction every sentence is in its passage. A question for a number gets the row or sentence that holds one, and
of a table's row the cell below the year or the name that was asked for. Pure.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from answers.checked_answer import CheckedAnswer, CheckedNumber, CheckedSentence, NumberOrigin, Verdict
from answers.number_matching import Figures
from answers.numbers import NumberKind, numbers_in, without_numbers
from answers.passage_sentences import plain
from answers.passages import Passage
from answers.prompt import citation
from answers.snippets import MAX_CHARACTERS
from answers.sources import Source, Terms
from embeddings.bm25 import terms
from model_api.fence import clean

#: Sentences that are quoted: more is the passages themselves.
MAX_QUOTES = 3
#: A quote with less than this part of the best one's weight is left out.
LEAST_SHARE = 0.5
#: How much a passage counts less for each place that it is further behind.
RANK_WEIGHT = 0.05
#: What a sentence gains that holds the year that was asked for, where a number is asked.
YEAR_GAIN = 0.25
#: A sentence this long has many of a question's words by chance: its weight is halved.
LONG_CHARACTERS = 400
#: Headings say what a sentence is about, and count less than its own words.
HEADING_WEIGHT = 0.4
_ASKS_FOR_NUMBER = re.compile(
    r"\bhow (?:much|many|long|old|far|high|large|big|often)\b|\bwhat (?:is|was|are|were) (?:the )?(?:\w+ ){0,4}"
    r"(?:amount|number|total|ratio|rate|margin|percent(?:age)?|revenue|income|cost|price|value|share|capex|dpo|dio|ebitda)\b"
    r"|\b(?:usd|eur|percent|%|million|billion|thousands?)\b|\bwie ?viele?|\bwie (?:lange|hoch|groß|oft)\b|\bcombien\b"
    r"|\bcuánt[oa]s?\b|\bquant[oiae]\b|多少|几|幾|いくつ|いくら|何[人個年分日回]|얼마|몇|\bكم\b",
    re.IGNORECASE,
)
_CELL = re.compile(r"(?<!\\)\|")
_FULL_STOP = re.compile(r"[.!?…。！？؟:;]$")
_TABLE_RULE = re.compile(r"\|[ |:-]+$", re.MULTILINE)
#: A numbered title: `5.2 Closing the floodgate`.
_NUMBERED_TITLE = re.compile(r"(?:\d+\.)*\d+\.?\s+[^\W\d_][^\d]*")


@dataclass(frozen=True, slots=True)
class Quote:
    """`text` is `source`'s own `[start:end]`, as plain words."""

    source: Source
    start: int
    end: int
    text: str
    weight: float


def read(question: str, passages: Sequence[Passage]) -> CheckedAnswer:
    """The answer; nothing is said when no passage has a word of the question."""
    parts: list[str] = []
    sentences: list[CheckedSentence] = []
    at = 0
    for quote in best_quotes(question, passages):
        line = f"- {quote.text} {citation(quote.source.metadata)}"
        numbers = numbers_in(quote.text, quote.source.language)
        sentences.append(
            CheckedSentence(
                quote.text,
                at + 2,
                at + len(line),
                Verdict.SUPPORTED,
                citations=(quote.source.citation([(quote.start, quote.end)]),),
                numbers=tuple(
                    CheckedNumber(number.text, NumberOrigin.SOURCE, (quote.source.number,)) for number in numbers
                ),
            )
        )
        parts.append(line)
        at += len(line) + 1
    return CheckedAnswer("\n".join(parts), tuple(sentences))


def best_quotes(question: str, passages: Sequence[Passage]) -> list[Quote]:
    """The best first; each adds a word of the question or a number."""
    candidates = list(_candidates(question, passages, wants_number=asks_for_number(question)))
    if not candidates:
        candidates = list(_candidates(question, passages, wants_number=False))
    if not candidates:
        return []
    chosen: list[Quote] = []
    texts: set[str] = set()
    best = max(quote.weight for quote in candidates)
    for quote in sorted(candidates, key=lambda quote: (-quote.weight, quote.source.number)):
        if quote.weight < best * LEAST_SHARE or len(chosen) == MAX_QUOTES:
            break
        if quote.text not in texts:
            chosen.append(quote)
            texts.add(quote.text)
    return chosen


def asks_for_number(question: str) -> bool:
    """By the words that such questions have in the languages that are asked in most."""
    return bool(_ASKS_FOR_NUMBER.search(question))


def _candidates(question: str, passages: Sequence[Passage], *, wants_number: bool) -> Iterator[Quote]:
    """Every sentence and row with a word of the question, weighed by how rare its words are among them.

    `wants_number`: only those that hold one.
    """
    pieces: list[tuple[Source, int, int, Terms, Terms, Terms]] = []
    for passage in passages:
        source = Source(passage)
        language = source.language
        asked = terms(without_numbers(question, language), language)
        above = terms(str(source.metadata.get("heading_path") or ""), language) & asked
        titles = {part.strip() for part in str(source.metadata.get("heading_path") or "").split(">")}
        for start, end in source.ranges:
            if is_title(passage.text, start, end, titles):
                continue
            own = terms(without_numbers(passage.text[start:end], language), language) & asked
            pieces.append((source, start, end, own, above, asked))
    counts = Counter(term for _, _, _, own, _, _ in pieces for term in own)
    total = len(pieces)
    years = [number for number in numbers_in(question) if number.kind is NumberKind.YEAR]
    for source, start, end, own, above, asked in pieces:
        if not own:
            continue
        weights = {term: math.log(1 + total / (1 + counts[term])) for term in asked}
        whole = sum(weights.values()) or 1.0
        gained = sum(weights[term] for term in own) + HEADING_WEIGHT * sum(weights[term] for term in above - own)
        weight = gained / whole
        text, header = source.passage.text[start:end], _header_cells(source.passage.text, start)
        if wants_number:
            if not _has_figure(text, source.language):
                continue
            figures = Figures(text, source.language)
            has_year = any(figures.find(year) or any(year.text[-4:] in cell for cell in header) for year in years)
            weight += YEAR_GAIN * has_year
        weight /= (1 + RANK_WEIGHT * (source.number - 1)) * (1 + len(text) / LONG_CHARACTERS)
        yield Quote(source, start, end, _quoted(text, header, question, wants_number=wants_number), weight)


def is_title(text: str, start: int, end: int, titles: Collection[str]) -> bool:
    """Whether `text[start:end]` names what follows and says nothing itself: a heading, or the header of a table.

    `titles` are the headings above the passage. Pure.
    """
    line_end = text.find("\n", end)
    if text.startswith("|", start):
        return line_end >= 0 and _TABLE_RULE.match(text, line_end + 1) is not None
    is_whole_line = text[start - 1 : start] in ("", "\n") and (line_end == end or not text[end:].strip())
    said = plain(text[start:end])
    is_numbered = _NUMBERED_TITLE.fullmatch(said) is not None and not _FULL_STOP.search(said)
    return is_whole_line and (said in titles or is_numbered)


def _has_figure(text: str, language: str) -> bool:
    return any(
        number.kind not in (NumberKind.YEAR, NumberKind.WORD, NumberKind.DATE) for number in numbers_in(text, language)
    )


def _quoted(text: str, header: Sequence[str], question: str, *, wants_number: bool) -> str:
    """A sentence as it stands; of a row its name and the cells, or the one whose column is asked for."""
    if not text.startswith("|"):
        shown = clean(plain(text))
        shown = shown if len(shown) <= MAX_CHARACTERS else shown[:MAX_CHARACTERS].rsplit(" ", 1)[0] + " …"
        return shown if _FULL_STOP.search(shown) else f"{shown}."
    cells = _cells(clean(text))
    if not cells:
        return clean(plain(text))
    name, values = cells[0], [(at, cell) for at, cell in enumerate(cells) if at and cell]
    if wants_number and len(header) == len(cells):
        years = [number.text[-4:] for number in numbers_in(question) if number.kind is NumberKind.YEAR]
        columns = [(at, cell) for at, cell in values if any(year in header[at] for year in years)]
        if name and columns:
            return "; ".join(f"{name} ({plain(header[at])}): {cell}" for at, cell in columns) + "."
    listed = " · ".join(cell for _, cell in values)
    return f"{name}: {listed}." if name and listed else f"{name or listed}."


def _cells(row: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in _CELL.split(row.strip())[1:-1]]


def _header_cells(text: str, start: int) -> list[str]:
    """The cells of the first row of the table that a row is of, if it is another."""
    if not text.startswith("|", start):
        return []
    above: list[str] = []
    for line in reversed(text[:start].split("\n")[:-1]):
        if not line.startswith("|"):
            break
        above.append(line)
    return _cells(above[-1]) if above else []
