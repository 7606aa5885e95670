"""Cutting what does not fit: a table between rows, text between sentences, and only at last between tokens."""

import re
from collections.abc import Iterator
from itertools import pairwise

from document_structure.chunking.pieces import Kind, Piece
from foundation.tokens import count_tokens, token_spans

#: What joining two pieces with a line break may cost.
JOIN_TOKENS = 1

#: What stands between two sentences, or two items of a list: the next one begins behind it.
SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[^\s\d.,;:a-z])|(?<=[。！？])|\n(?=\s*(?:[-•*–]|\d+[.)])\s)")


def fit(piece: Piece, max_tokens: int, used: int) -> Iterator[Piece]:
    """The piece whole when a chunk can hold it, else its rows, sentences, or bare runs of tokens.

    Running text is also cut when that fills a chunk which would otherwise stay less than half full.
    """
    if piece.tokens + JOIN_TOKENS <= max_tokens:
        overflows = used + piece.tokens + JOIN_TOKENS > max_tokens
        if piece.kind is Kind.TEXT and overflows and used < max_tokens // 2:
            yield from sentences(piece)
        else:
            yield piece
    elif piece.kind is Kind.TABLE:
        yield from _row_groups(piece, max_tokens)
    elif piece.kind is Kind.CODE:
        yield from _line_groups(piece, max_tokens)
    else:
        for sentence in sentences(piece):
            if sentence.tokens + JOIN_TOKENS <= max_tokens:
                yield sentence
            else:
                yield from _token_runs(sentence, max_tokens - JOIN_TOKENS)


def sentences(piece: Piece, *, last_first: bool = False) -> Iterator[Piece]:
    edges = [0, *(match.end() for match in SENTENCE_END.finditer(piece.text)), len(piece.text)]
    spans = list(enumerate(pairwise(edges)))
    for number, (start, end) in reversed(spans) if last_first else spans:
        if text := piece.text[start:end].rstrip():
            glue = piece.glue if number == 0 else ("\n" if "\n" in piece.text[max(0, start - 1) : start] else " ")
            yield _part(piece, start, text, glue)


def _token_runs(piece: Piece, max_tokens: int) -> Iterator[Piece]:
    for start, end in token_spans(piece.text, max_tokens):
        text = piece.text[start:end]
        glue = piece.glue if start == 0 else ""
        yield _part(piece, start, text, glue)


def _part(piece: Piece, start: int, text: str, glue: str) -> Piece:
    """What begins `start` characters into a piece."""
    offset = piece.offset + start
    return piece._replace(offset=offset, end=offset + len(text), text=text, tokens=count_tokens(text), glue=glue)


def _line_groups(piece: Piece, max_tokens: int) -> Iterator[Piece]:
    """Code that no chunk can hold: as many whole lines as fit."""
    group: list[str] = []
    used, begin, position = 0, 0, 0
    for line in piece.text.split("\n"):
        cost = count_tokens(line) + JOIN_TOKENS
        if group and used + cost > max_tokens - JOIN_TOKENS:
            yield _part(piece, begin, "\n".join(group), "\n" if begin else piece.glue)
            group, used, begin = [], 0, position
        if cost > max_tokens - JOIN_TOKENS:
            yield from _token_runs(_part(piece, position, line, "\n"), max_tokens - JOIN_TOKENS)
            begin = position + len(line) + 1
        else:
            group.append(line)
            used += cost
        position += len(line) + 1
    if group:
        yield _part(piece, begin, "\n".join(group), "\n" if begin else piece.glue)


def _row_groups(piece: Piece, max_tokens: int) -> Iterator[Piece]:
    """A table that no chunk can hold: as many whole rows as fit, each time under the table's title and header."""
    lines = piece.text.split("\n")
    rows = lines[piece.header_lines :]
    lead = lines[: piece.header_lines]
    further = piece.lead.split("\n")
    if _cost(further) > max_tokens // 2:
        further = further[-2:]
    if _cost(further) > max_tokens // 2 or _cost(lead) > max_tokens // 2:
        rows, lead, further = lines, [], []
    # The rows are the last lines of the page's text that the piece was made of.
    position = piece.end - sum(len(row) + 1 for row in rows) + 1
    begin = position if lead and len(lead) > 2 else piece.offset
    group, used = list(lead), _cost(lead)
    held = 0
    for row in rows:
        cost = count_tokens(row) + JOIN_TOKENS
        if held and used + cost > max_tokens - JOIN_TOKENS:
            yield _table_part(piece, group, begin, position)
            group, used, begin, held = list(further), _cost(further), position, 0
        if cost > max_tokens - _cost(further) - JOIN_TOKENS:
            # One row larger than a chunk: nothing is left but to cut it.
            whole = piece._replace(text=row, offset=position, end=position + len(row))
            yield from _token_runs(whole, max_tokens - JOIN_TOKENS)
            begin = position + len(row) + 1
        else:
            group.append(row)
            held += 1
            used += cost
        position += len(row) + 1
    if held:
        yield _table_part(piece, group, begin, piece.end)


def _cost(lines: list[str]) -> int:
    return sum(count_tokens(line) + JOIN_TOKENS for line in lines)


def _table_part(piece: Piece, lines: list[str], offset: int, end: int) -> Piece:
    text = "\n".join(lines)
    return piece._replace(text=text, offset=offset, end=end, tokens=count_tokens(text))
