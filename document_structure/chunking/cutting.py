"""Cutting what does not fit: a table between rows, text between sentences, and only at last between tokens."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from document_structure.chunking.pieces import Kind, Piece
from foundation.tokens import count_tokens, token_spans

#: What joining two pieces with a line break may cost.
JOIN_TOKENS = 1

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[^\s\d.,;:a-z])|(?<=[。！？])|\n(?=\s*(?:[-•*–]|\d+[.)])\s)")


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
    else:
        for sentence in sentences(piece):
            if sentence.tokens + JOIN_TOKENS <= max_tokens:
                yield sentence
            else:
                yield from _token_runs(sentence, max_tokens - JOIN_TOKENS)


def sentences(piece: Piece) -> Iterator[Piece]:
    edges = [0, *(match.end() for match in _SENTENCE_END.finditer(piece.text)), len(piece.text)]
    for number, (start, end) in enumerate(pairwise(edges)):
        if text := piece.text[start:end].rstrip():
            glue = piece.glue if number == 0 else ("\n" if "\n" in piece.text[max(0, start - 1) : start] else " ")
            yield replace(piece, offset=piece.offset + start, text=text, tokens=count_tokens(text), glue=glue)


def _token_runs(piece: Piece, max_tokens: int) -> Iterator[Piece]:
    for start, end in token_spans(piece.text, max_tokens):
        text = piece.text[start:end]
        glue = piece.glue if start == 0 else ""
        yield replace(piece, offset=piece.offset + start, text=text, tokens=count_tokens(text), glue=glue)


def _row_groups(piece: Piece, max_tokens: int) -> Iterator[Piece]:
    """A table that no chunk can hold: as many whole rows as fit, each time under the table's header."""
    lines = piece.text.split("\n")
    header, rows = lines[:2], lines[2:]
    header_tokens = sum(count_tokens(line) + JOIN_TOKENS for line in header)
    if header_tokens > max_tokens // 2:
        header, header_tokens = [], 0
        rows = lines
    group, used, offset = list(header), header_tokens, 0
    position = sum(len(line) + 1 for line in header)
    for row in rows:
        cost = count_tokens(row) + JOIN_TOKENS
        if len(group) > len(header) and used + cost > max_tokens - JOIN_TOKENS:
            yield _table_part(piece, group, offset)
            group, used, offset = list(header), header_tokens, position
        position += len(row) + 1
        if cost > max_tokens - header_tokens - JOIN_TOKENS:
            # One row larger than a chunk: nothing is left but to cut it.
            yield from _token_runs(replace(piece, text=row, offset=piece.offset + position), max_tokens - JOIN_TOKENS)
            continue
        group.append(row)
        used += cost
    if len(group) > len(header):
        yield _table_part(piece, group, offset)


def _table_part(piece: Piece, lines: list[str], offset: int) -> Piece:
    text = "\n".join(lines)
    return replace(piece, text=text, offset=piece.offset + offset, tokens=count_tokens(text))
