"""Cuts an answer in Markdown into sentences, list items and table rows, each with its citations. Pure.

A citation behind a sentence's end belongs to that sentence. Nothing here knows what a sentence means.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import pairwise

from answers.citation_marks import Mark, code_ranges, marks_within
from answers.sentence_ends import stops

#: What follows in a longer answer is one sentence: no answer of a model's usual length comes near.
MAX_SENTENCES = 500
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+•–]|\d{1,3}[.)])[ \t]+")
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]")
_QUOTE = re.compile(r"(?:[ \t]{0,3}>[ \t]?)+")
_RULE = re.compile(r"[ \t]*\|?[ \t:|-]*-{2,}[ \t:|-]*")
#: A line that is only this is a line across the page, or a link's definition.
_NOTHING = re.compile(r"[ \t]*(?:[-*_=][ \t]*){3,}|[ \t]*\[[^\]]+\]:.*")
_LONE_BOLD = re.compile(r"(\*\*|__)[^*_\n]+\1:?")


class Kind(Enum):
    """What a piece of an answer is."""

    SENTENCE = auto()
    ROW = auto()
    HEADING = auto()
    CODE = auto()


@dataclass(frozen=True, slots=True)
class Sentence:
    """`answer[start:end]`, its citations within. `text` is without them and without the marks of lists and quotes.

    `header` is that of the table which a row is of.
    """

    kind: Kind
    text: str
    start: int
    end: int
    marks: tuple[Mark, ...] = ()
    header: str = ""


def sentences_of(answer: str, marks: Sequence[Mark]) -> list[Sentence]:
    """In order; `marks` are all citations of the answer."""
    found: list[Sentence] = []
    for kind, start, end, header in _blocks(answer):
        ranges = _cut(answer, start, end, marks) if kind is Kind.SENTENCE else [(start, end)]
        for first, last in ranges:
            own = () if kind is Kind.CODE else tuple(marks_within(marks, first, last))
            text = _without_marks(answer, first, last, own, kind)
            if text:
                found.append(Sentence(kind, text, first, last, own, header))
            elif own and found:  # citations on a line of their own belong to what stands before them
                found[-1] = replace(found[-1], end=last, marks=(*found[-1].marks, *own))
    if len(found) > MAX_SENTENCES:
        rest = found[MAX_SENTENCES - 1 :]
        joined = " ".join(sentence.text for sentence in rest)
        marks_of_rest = tuple(mark for sentence in rest for mark in sentence.marks)
        found[MAX_SENTENCES - 1 :] = [Sentence(Kind.SENTENCE, joined, rest[0].start, rest[-1].end, marks_of_rest)]
    return found


def _blocks(answer: str) -> Iterator[tuple[Kind, int, int, str]]:
    """Kind, start, end and a row's header of fenced code, headings, rows, list items and paragraphs, in order."""
    fences = {
        start: end for start, end in code_ranges(answer) if answer[start:end].lstrip(" ").startswith(("```", "~~~"))
    }
    at, begin, header, fenced_until = 0, -1, "", 0
    lines = answer.split("\n")
    for number, line in enumerate(lines):
        start, at = at, at + len(line) + 1
        if start < fenced_until:
            continue
        is_row = line.lstrip().startswith("|")
        is_special = start in fences or is_row or not line.strip() or _HEADING.match(line) or _NOTHING.fullmatch(line)
        quote = _QUOTE.match(line)
        item = _LIST_ITEM.match(line, quote.end() if quote else 0)
        if begin >= 0 and (is_special or item):
            yield Kind.SENTENCE, begin, start - 1, ""
            begin = -1
        header = header if is_row else ""
        if start in fences:
            fenced_until = fences[start]
            yield Kind.CODE, start, fenced_until, ""
        elif is_row:
            is_header = number + 1 < len(lines) and _RULE.fullmatch(lines[number + 1]) and not header
            if is_header:
                header = line
                yield Kind.HEADING, start, start + len(line), ""
            elif not _RULE.fullmatch(line):
                yield Kind.ROW, start, start + len(line), header
        elif _HEADING.match(line):
            yield Kind.HEADING, start, start + len(line), ""
        elif not is_special and begin < 0:
            begin = start + (item.end() if item else quote.end() if quote else len(line) - len(line.lstrip()))
    if begin >= 0:
        yield Kind.SENTENCE, begin, len(answer), ""


def _cut(answer: str, start: int, end: int, marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """The sentences of a paragraph, each with the citations that follow it."""
    within = marks_within(marks, start, end)
    edges = [start]
    for stop in stops(answer, start, end):
        before = marks_within(within, start, stop.start + 1)
        if stop.start < edges[-1] or (before and stop.start < before[-1].end):
            continue
        edge, is_cited = _behind_citations(answer, stop.end, marks_within(within, stop.end, end))
        if is_cited or stop.ends_sentence:
            edges.append(min(edge, end))
    edges.append(end)
    ranges = []
    for first, last in pairwise(edges):
        inner = answer[first:last]
        if inner.strip():
            ranges.append((first + len(inner) - len(inner.lstrip()), first + len(inner.rstrip())))
    return ranges


def _behind_citations(answer: str, at: int, marks: Sequence[Mark]) -> tuple[int, bool]:
    """Where the citations end that follow `at`, with a full stop behind them if there is one."""
    is_cited = False
    for mark in marks:
        if answer[at : mark.start].strip(" \t,;"):
            break
        at, is_cited = mark.end, True
    if is_cited and answer[at : at + 1] in (".", "。"):
        at += 1
    return at, is_cited


def _without_marks(answer: str, start: int, end: int, marks: Sequence[Mark], kind: Kind) -> str:
    """The words alone."""
    if kind is Kind.CODE:
        return answer[start:end].strip()
    parts, at = [], start
    for mark in marks:
        parts.append(answer[at : mark.start].rstrip(" \t"))
        at = mark.end
    parts.append(answer[at:end])
    text = "".join(parts)
    text = _QUOTE.sub("", text) if "\n" not in text else "\n".join(_QUOTE.sub("", line) for line in text.split("\n"))
    text = re.sub(r"^[ \t]*#{1,6}[ \t]+", "", text) if kind is Kind.HEADING else text
    if text.lstrip().startswith("|"):
        text = " · ".join(cell.strip() for cell in text.strip().strip("|").split("|") if cell.strip())
    text = " ".join(re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", text, flags=re.DOTALL).split())
    return text if re.search(r"\w", text) else ""


def is_title(sentence: Sentence, answer: str) -> bool:
    """A heading, also a line that is only bold."""
    return sentence.kind is Kind.HEADING or bool(_LONE_BOLD.fullmatch(answer[sentence.start : sentence.end].strip()))
