"""An answer without a model: sentences and table rows of the passages that answer best, quoted, each with its citation.

By construction every sentence is in its passage; what would be a citation in it stands in wide brackets. A question for
a number gets the row or sentence that holds one. Of a table's row it gets the cells below the columns that it names.
Where it names no row it gets those of a short column.
Pure.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from answers.checked_answer import CheckedAnswer, CheckedNumber, CheckedSentence, NumberOrigin, Verdict
from answers.citation_marks import without_marks
from answers.number_matching import Figures
from answers.numbers import NumberKind, numbers_in, without_numbers
from answers.passage_sentences import plain
from answers.passage_tables import PassageTable, TableRow, cells_of, tables_in
from answers.passages import Passage
from answers.prompt import citation
from answers.snippets import MAX_CHARACTERS
from answers.sources import Source, Terms
from answers.table_marks import is_header
from answers.table_quotes import AskedFigures, cells_under, named_columns, quoted_row, rows_of_column
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
#: What a row gains whose name has all the figures that were asked for.
NAME_GAIN = 0.25
#: A sentence this long has many of a question's words by chance: its weight is halved.
LONG_CHARACTERS = 400
#: Headings say what a sentence is about, and count less than its own words.
HEADING_WEIGHT = 0.4
_ASKS_FOR_NUMBER = re.compile(
    r"\bhow (?:much|many|long|old|far|high|large|big|often)\b|\bwhat (?:is|was|are|were) (?:the )?(?:\w+ ){0,4}"
    r"(?:amount|number|total|ratio|rate|margin|percent(?:age)?|revenue|income|cost|price|value|share|capex|dpo|dio|ebitda)\b"
    r"|\b(?:what|how much) (?:do|does|did|will|would|must) .{1,80}?(?:cost|pay)\b"
    r"|\b(?:usd|eur|percent|%|million|billion|thousands?)\b|\bwie ?viele?|\bwie (?:lange|hoch|groß|oft)\b|\bcombien\b"
    r"|\bcuánt[oa]s?\b|\bquant[oiae]\b|多少|几|幾|いくつ|いくら|何[人個年分日回]|얼마|몇|\bكم\b",
    re.IGNORECASE,
)
#: What stands before a number that leads to another place, as in `section 5.2`: nobody asks for that.
_LEADS_TO = re.compile(
    r"(?:\b(?:sections?|chapters?|parts?|pages?|pp?\.|tables?|figures?|fig\.|notes?|items?|articles?|appendix|annex|steps?"
    r"|Abschnitt|Kapitel|Seite|Tabelle|Abbildung|Artikel|chapitre|tableau|artículo|capítulo|página|sección|tabla)|§)\s*$",
    re.IGNORECASE,
)
_LEADS_TO_CHARACTERS = 20
_FULL_STOP = re.compile(r"[.!?…。！？؟:;]$")
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
        said = without_marks(quote.text, passages)
        line = f"- {said} {citation(quote.source.metadata)}"
        numbers = numbers_in(quote.text, quote.source.language)
        sentences.append(
            CheckedSentence(
                said,
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


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, a row, or the rows of a column. `said` are the words of the question that it has, `above` those of
    what stands over it."""

    source: Source
    start: int
    end: int
    asked: Terms
    said: Terms
    above: Terms
    text: str
    header: str = ""
    numbers_share: float = 0.0


def _candidates(question: str, passages: Sequence[Passage], *, wants_number: bool) -> Iterator[Quote]:
    """Every sentence and row with a word of the question, weighed by how rare its words are among them.

    `wants_number`: only those that hold one, and short columns.
    """
    pieces = [piece for passage in passages for piece in _pieces(question, Source(passage), wants_number=wants_number)]
    counts = Counter(term for piece in pieces for term in piece.said)
    total = len(pieces)
    asked_years = {number.text: number for number in numbers_in(question) if number.kind is NumberKind.YEAR}
    years = list(asked_years.values())
    for piece in pieces:
        source, asked, said = piece.source, piece.asked, piece.said
        if not said:
            continue
        weights = {term: math.log(1 + total / (1 + counts[term])) for term in asked}
        whole = sum(weights.values()) or 1.0
        gained = sum(weights[term] for term in said) + HEADING_WEIGHT * sum(
            weights[term] for term in piece.above - said
        )
        weight = gained / whole + NAME_GAIN * piece.numbers_share
        text = source.passage.text[piece.start : piece.end]
        if wants_number:
            if not _has_figure(text, source.language):
                continue
            figures = Figures(text, source.language)
            has_year = any(figures.find(year) or year.text[-4:] in piece.header for year in years)
            weight += YEAR_GAIN * has_year
        weight /= (1 + RANK_WEIGHT * (source.number - 1)) * (1 + len(text) / LONG_CHARACTERS)
        yield Quote(source, piece.start, piece.end, piece.text, weight)


def _pieces(question: str, source: Source, *, wants_number: bool) -> Iterator[_Piece]:
    language, text = source.language, source.passage.text
    asked = terms(without_numbers(question, language), language)
    numbers = numbers_in(question, language)
    figures = AskedFigures(numbers)
    years = list(dict.fromkeys(number.text[-4:] for number in numbers if number.kind is NumberKind.YEAR))
    path = str(source.metadata.get("heading_path") or "")
    above = terms(path, language) & asked
    titles = {part.strip() for part in path.split(">")}
    tables = list(tables_in(text))
    places = {row.start: (table, row) for table in tables for row in table.rows}
    for start, end in source.ranges:
        if is_title(text, start, end, titles):
            continue
        said = terms(without_numbers(text[start:end], language), language) & asked
        if start not in places:
            yield _Piece(source, start, end, asked, said, above, _quoted(text[start:end]))
            continue
        table, row = places[start]
        columns = named_columns(table.header, asked - said, years, language)
        share = figures.share_in(row.cells[0], language) if row.cells else 0.0
        quoted = quoted_row(row, table.header, columns)
        header = " ".join(table.header)
        yield _Piece(source, start, end, asked, said, above, clean(quoted), header, share)
    for table in tables if wants_number else ():
        yield from _column(table, source, asked, above, figures, years)


def _column(
    table: PassageTable, source: Source, asked: Terms, above: Terms, figures: AskedFigures, years: Sequence[str]
) -> Iterator[_Piece]:
    """The rows of a column that the question names, when no row's name has its words: those whose names have all of its
    figures, else all of a short column. The question has a word of what stands over the table, too."""
    language = source.language
    columns = named_columns(table.header, asked, years, language)
    said = terms(" ".join(table.header[at] for at in columns), language) & asked
    header = " ".join(table.header)
    about = above | (terms(header, language) & asked)
    if not said or any(terms(without_numbers(row.cells[0], language), language) & asked for row in table.rows):
        return
    named = [row for row in table.rows if figures.share_in(row.cells[0], language) == 1.0]
    rows = rows_of_column(named or table.rows, table.header, columns)
    if not rows or (asked - said and not about - said and not named):
        return
    quoted = "; ".join(cell for row in rows for cell in cells_under(row, table.header, columns))
    share = 1.0 if named else 0.0
    yield _Piece(source, rows[0].start, rows[-1].end, asked, said, about, clean(f"{quoted}."), header, share)


def is_title(text: str, start: int, end: int, titles: Collection[str]) -> bool:
    """Whether `text[start:end]` names what follows and says nothing itself: a heading, or the header of a table.

    `titles` are the headings above the passage. Pure.
    """
    if text.startswith("|", start):
        return is_header(text, start, end)
    is_whole_line = text[start - 1 : start] in ("", "\n") and (text.startswith("\n", end) or not text[end:].strip())
    said = plain(text[start:end])
    is_numbered = _NUMBERED_TITLE.fullmatch(said) is not None and not _FULL_STOP.search(said)
    return is_whole_line and (said in titles or is_numbered)


def _has_figure(text: str, language: str) -> bool:
    return any(
        number.is_figure and not _LEADS_TO.search(text, max(0, number.start - _LEADS_TO_CHARACTERS), number.start)
        for number in numbers_in(text, language)
    )


def _quoted(text: str) -> str:
    """A sentence as it stands; of a row without a header its name and its cells."""
    if text.startswith("|"):
        cells = cells_of(clean(text))
        return quoted_row(TableRow(cells, 0, len(text)), (), ()) if cells else clean(plain(text))
    shown = clean(plain(text))
    shown = shown if len(shown) <= MAX_CHARACTERS else shown[:MAX_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return shown if _FULL_STOP.search(shown) else f"{shown}."
