"""Raised and lowered characters, in Unicode's super- and subscripts: `10⁶`, `H₂O`, `revenue¹`."""

import re
from collections.abc import Sequence

from pdf_reader.child.text import RawBlock, RawLine, box_of

#: A raised or lowered character is at most this share of the size of the type beside it…
MAX_SIZE = 0.85
#: …and its baseline is off by at least this share of that size, and at most by that.
SHIFT = (0.08, 0.9)

_PLAIN = "0123456789+-−=()"
_RAISED = str.maketrans(_PLAIN + "abcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾" + "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")
_LOWERED = str.maketrans(_PLAIN + "aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎" + "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
#: Raised letters that have a character of their own.
_SIGNS = {"TM": "™", "SM": "℠"}
#: Numbers, signs, and single letters; the `th` of `4th`, the `er` of `1er` and words stay as they are.
_SCRIPT = re.compile(r"[\d+\-−=(),*†‡§ ]*[a-z]?[\d+\-−=(),*†‡§ ]*")
_UNRAISED = str.maketrans(
    {**{ord(b): a for a, b in zip(_PLAIN, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾", strict=True)}}
    | {ord(b): a for a, b in zip(_PLAIN, "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎", strict=True)}
)
del _UNRAISED[ord("⁻")], _UNRAISED[ord("₋")]


def mark_raised(blocks: Sequence[RawBlock]) -> list[RawBlock]:
    """Rewrites smaller spans that are off the line's baseline; a script that is a line of its own joins its line."""
    marked = []
    for block in blocks:
        lines: RawBlock = []
        for line in block:
            # Most lines are as large as the one before.
            is_small = bool(lines) and line.spans[0].size <= MAX_SIZE * lines[-1].spans[-1].size
            if is_small and _is_script_of(line, lines[-1]):
                _join(lines[-1], line)
            else:
                lines.append(line)
        for line in lines:
            if len(line.spans) > 1:
                _mark(line)
        marked.append(lines)
    return marked


def _is_script_of(line: RawLine, before: RawLine) -> bool:
    """Whether a piece in smaller type stands close behind a line, a little above or below it."""
    main = before.spans[-1]
    if len(line.text.strip()) > 4 or not before.horizontal:
        return False
    gap = line.bbox[0] - before.bbox[2]
    overlap = min(line.bbox[3], before.bbox[3]) - max(line.bbox[1], before.bbox[1])
    return -0.1 * main.size < gap < 0.2 * main.size and overlap > 0.3 * (line.bbox[3] - line.bbox[1])


def _join(line: RawLine, script: RawLine) -> None:
    line.spans += script.spans
    line.bbox = box_of(line.spans)
    line.text = "".join(span.text for span in line.spans)


def _mark(line: RawLine) -> None:
    main = line.main_span
    changed = False
    for index, span in enumerate(line.spans):
        text = span.text.strip()
        if not text or span.size > MAX_SIZE * main.size or not (_SCRIPT.fullmatch(text) or text in _SIGNS):
            continue
        shift = (span.baseline - main.baseline) / main.size
        if text in _SIGNS:
            if SHIFT[0] <= -shift <= SHIFT[1]:
                span.text = span.text.replace(text, _SIGNS[text])
                changed = True
            continue
        # Text before it: a number at a line's beginning is raised as well when a note begins with it.
        if SHIFT[0] <= -shift <= SHIFT[1]:
            span.text = span.text.translate(_RAISED)
        elif SHIFT[0] <= shift <= SHIFT[1] and index:
            span.text = span.text.translate(_LOWERED)
        else:
            continue
        changed = True
    if changed:
        line.text = "".join(span.text for span in line.spans)
