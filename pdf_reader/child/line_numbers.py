"""Numbers in the margin that count the lines of a page, as transcripts, bills and manuscripts have them."""

from collections.abc import Sequence
from itertools import pairwise

from pdf_reader.child.text import RawBlock, RawLine

#: So many numbers in a row, each one more than the last, count lines.
FEWEST = 5
#: Their left or right edges are in line within this many points.
ALIGNED_POINTS = 4.0
#: What may lie between two numbers.
STEPS = frozenset({1, 5})
#: This share of the numbers has text on its row.
BESIDE_SHARE = 0.6


def take_line_numbers(blocks: Sequence[RawBlock]) -> tuple[list[RawBlock], list[RawLine]]:
    """The blocks without the numbers, and the numbers."""
    lines = [line for block in blocks for line in block]
    numbers = [line for line in lines if (text := line.text.strip()).isdecimal() and len(text) <= 3]
    if len(numbers) < FEWEST:
        return list(blocks), []
    counting: set[int] = set()
    for edge in (2, 0):
        columns: list[tuple[float, list[RawLine]]] = []
        for number in numbers:
            place = number.bbox[edge]
            for first, column in columns:
                if abs(first - place) <= ALIGNED_POINTS:
                    column.append(number)
                    break
            else:
                columns.append((place, [number]))
        for _, column in columns:
            if _counts(column) and _is_margin(column, lines):
                counting |= {id(line) for line in column}
    if counting:
        # The page's own number below or above them counts pages, and is no text either.
        ends = (min(lines, key=lambda line: line.bbox[1]), *sorted(lines, key=lambda line: -line.bbox[3])[:2])
        counting |= {id(line) for line in ends if line in numbers}
    taken = [line for line in numbers if id(line) in counting]
    kept = ([line for line in block if id(line) not in counting] for block in blocks)
    return [block for block in kept if block], taken


def _counts(column: list[RawLine]) -> bool:
    """Whether the numbers grow by one step from top to bottom, and their rows by about one height."""
    if len(column) < FEWEST:
        return False
    column.sort(key=lambda line: line.bbox[1])
    values = [int(line.text) for line in column]
    steps = [b - a for a, b in pairwise(values)]
    common = max(set(steps), key=steps.count)
    return common in STEPS and steps.count(common) >= 0.9 * len(steps) and values[0] <= 2 * max(FEWEST, common)


def _is_margin(column: Sequence[RawLine], lines: Sequence[RawLine]) -> bool:
    """Whether all other text of their rows stands on one side, most rows have some, and nothing else is below or above
    them in the margin but lone numbers."""
    left, right = min(line.bbox[0] for line in column), max(line.bbox[2] for line in column)
    top, bottom = column[0].bbox[1], column[-1].bbox[3]
    own = {id(line) for line in column}
    others = [line for line in lines if id(line) not in own and top <= (line.bbox[1] + line.bbox[3]) / 2 <= bottom]
    if not others:
        return False
    after = all(line.bbox[0] >= right - 1 for line in others)
    before = all(line.bbox[2] <= left + 1 for line in others)
    if not (after or before):
        return False
    beside, prose, pieces = 0, 0, 0
    for number in column:
        middle = (number.bbox[1] + number.bbox[3]) / 2
        row = [line for line in others if line.bbox[1] <= middle <= line.bbox[3]]
        beside += bool(row)
        pieces += len(row)
        prose += any(any(map(str.isalpha, line.text)) for line in row)
    # Several pieces in a row are a table whose rows are numbered.
    return beside >= BESIDE_SHARE * len(column) and prose >= 0.8 * beside and pieces <= 1.3 * beside
