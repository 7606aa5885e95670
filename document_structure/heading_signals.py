"""What speaks for and against a run's being a heading: named signals, and the points that each is worth."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log2

from document_structure.text_runs import Run, Style

#: Points for one unit of each signal. Positive: for a heading.
WEIGHTS: Mapping[str, float] = {
    # how it is printed
    "larger": 4.0,  # per doubling of the body's size, from the first 4 % on
    "distinctly larger": 1.2,
    "smaller": -10.0,
    "bold": 1.6,
    "italic": 0.4,
    "other font": 0.6,
    "coloured": 0.5,
    "capitals": 0.6,
    "common style": -2.0,
    # where it is placed
    "space above": 1.2,
    "more space above than below": 0.6,
    "nothing below": -0.7,
    "far from what follows": -0.5,
    "end of the page": -0.6,
    "leads body text": 0.6,
    "followed by its like": -1.2,
    "alone above a table": 1.6,
    "centred": 0.2,
    "beside others": -1.2,
    "beside its like": -1.5,
    "inside a paragraph": -3.0,
    "runs on beside it": -3.0,
    "in a table": -3.0,
    "many lines": -0.6,
    # how it is worded
    "listed in the contents": 2.5,
    "strong number": 1.4,
    "weak number": 0.3,
    "bracketed number": -1.0,
    "number only": -2.0,
    "hardly a word": -8.0,
    "few letters": -3.0,
    "starts small": -2.2,
    "ends in a comma": -3.0,
    "ends in a full stop": -1.6,
    "ends in a colon": -0.8,
    "runs into a sentence": -2.0,
    "words over twelve": -0.15,
    "caption": -3.0,
    "list item": -3.0,
    "link": -2.5,
    "twins on the page": -1.0,
    "stock label": -1.0,
    "label of a note": -4.0,
}
_CAPTION = re.compile(
    r"(?:table|figure|fig|tab|tableau|tabelle|abbildung|abb|figura|tabla|tabela|chart|exhibit|box|plate|listing|equation|"
    r"图|圖|表|図|그림|표)\.?\s*(?:[A-Z]?[\d.\-]+|[IVX]+)\b",
    re.IGNORECASE,
)
#: What stands above a box or an aside, over and over.
_NOTE = re.compile(
    r"(?:note|nb|tip|hint|caution|warning|important|attention|danger|hinweis|tipp|achtung|warnung|vorsicht|wichtig|"
    r"remarque|avertissement|conseil|nota|aviso|advertencia|consejo|importante|avvertenza|suggerimento|"
    r"примечание|внимание|совет|注意|提示|警告|参考|ヒント|참고|주의)\s?[:：!]?",
    re.IGNORECASE,
)
_BULLET = re.compile(r"(?:[•‣◦▪▫■□●○·∙⁃–—*\-►▶➢✓✔❑❖]|o(?=\s))\s?")
_LINK = re.compile(r"https?://|www\.|\S@\S+\.\w", re.IGNORECASE)
_SENTENCE_BREAK = re.compile(r"[^\W\d_]{3,}[.:] +[A-Z][^\W\d_]*\s")
#: From here on a single character can be a word.
_FIRST_IDEOGRAPH = "\u2e80"
#: Capitals that stand so often in a document are a label (`NOTE`) sooner than a title.
_STOCK = 4
#: Gaps beyond this say no more.
_MAX_GAP = 1.25
#: The title of a table has at least so much space above it.
_FREE = 0.4


@dataclass(frozen=True, slots=True)
class Body:
    """What the document's plain text looks like; `shares` is the share of its characters by style."""

    style: Style
    shares: Mapping[Style, float]

    @classmethod
    def of(cls, characters: Mapping[Style, int]) -> "Body":
        """The style of most characters of the size that most characters have."""
        sizes: Counter[float] = Counter()
        for style, count in characters.items():
            sizes[style.size] += count
        size = max(sizes, key=lambda value: (sizes[value], -value), default=10.0)
        style = max(
            (style for style in characters if style.size == size),
            key=lambda style: characters[style],
            default=Style(size, False, False, "", 0),
        )
        total = sum(characters.values()) or 1
        return cls(style, {style: count / total for style, count in characters.items()})


def signals_of(run: Run, body: Body, *, listed: bool, twins: int, repeats: int) -> Iterator[tuple[str, float]]:
    """The signals that a run shows, by the names in `WEIGHTS`.

    `listed`: the printed table of contents has it. `twins` counts equal runs on the page, `repeats` in the document.
    """
    yield from _font_style(run, body)
    yield from _place(run, body)
    yield from _wording(run)
    yield from _number(run)
    yield "listed in the contents", float(listed)
    yield "twins on the page", float(min(twins, 3))
    yield "stock label", float(repeats >= _STOCK and is_capitals(run.title))


def is_capitals(title: str) -> bool:
    """Printed in capitals, in a script that has them."""
    letters = [character for character in title if character.isalpha()]
    return len(letters) >= 3 and sum(character.isupper() for character in letters) >= 0.9 * len(letters)


def _font_style(run: Run, body: Body) -> Iterator[tuple[str, float]]:
    ratio = run.style.size / max(body.style.size, 1.0)
    if ratio >= 1.04:
        yield "distinctly larger", 1.0
        yield "larger", min(0.7, log2(ratio))
    elif ratio < 0.93:
        yield "smaller", min(0.2, 1 - ratio)
    yield "bold", float(run.style.bold and not body.style.bold)
    yield "italic", float(run.style.italic and not body.style.italic)
    plain = not run.style.bold and not run.style.italic
    yield "other font", float(plain and run.style.font != body.style.font)
    yield "coloured", float(run.style.color != body.style.color)
    yield "capitals", float(is_capitals(run.title))
    share = body.shares.get(run.style, 0.0)
    yield "common style", 0.0 if share < 0.05 else min(1.0, share / 0.2)


def _place(run: Run, body: Body) -> Iterator[tuple[str, float]]:
    above = _MAX_GAP if run.gap_above is None else run.gap_above
    below = 0.2 if run.gap_below is None else run.gap_below
    yield "space above", max(-0.8, min(1.0, above - 0.25))
    yield "more space above than below", float(above > below + 0.1)
    yield "nothing below", float(run.gap_below is None)
    yield "far from what follows", float(below > 4)
    if run.follower is None:
        yield "end of the page", 1.0
    elif run.follower == run.style and not run.heads_table:
        yield "followed by its like", 1.0
    else:
        yield "leads body text", float(run.follower[:2] == body.style[:2])
    alone = run.row_peers == 0 and not run.in_table and run.style.bold and run.lines <= 2
    yield "alone above a table", float(run.heads_table and alone and (run.gap_above is None or run.gap_above > _FREE))
    yield "centred", float(run.centred)
    yield "beside others", min(2.0, float(run.row_peers))
    yield "beside its like", float(run.likes > 0)
    yield "inside a paragraph", float(run.inside)
    yield "runs on beside it", float(run.runs_on)
    yield "in a table", float(run.in_table)
    yield "many lines", float(max(0, run.lines - 2))


def _wording(run: Run) -> Iterator[tuple[str, float]]:
    title = run.title
    bare = run.numbering.title if run.numbering and run.numbering.title else title
    letters = sum(character.isalpha() for character in bare)
    visible = sum(not character.isspace() for character in bare) or 1
    yield "hardly a word", float(letters < 2 and not any(character > _FIRST_IDEOGRAPH for character in bare))
    yield "few letters", float(letters < 0.5 * visible)
    yield "starts small", float(next((character.islower() for character in bare if character.isalpha()), False))
    yield "ends in a comma", float(title.endswith((",", ";")))
    yield "ends in a full stop", float(title.endswith("."))
    yield "ends in a colon", float(title.endswith(":"))
    yield "runs into a sentence", float(not is_capitals(title) and _SENTENCE_BREAK.search(bare) is not None)
    yield "words over twelve", float(max(0, len(bare.split()) - 12))
    yield "caption", float(_CAPTION.match(title) is not None)
    yield "label of a note", float(_NOTE.fullmatch(title) is not None)
    yield "list item", float(_BULLET.match(title) is not None)
    yield "link", float(_LINK.search(title) is not None)


def _number(run: Run) -> Iterator[tuple[str, float]]:
    numbering = run.numbering
    if numbering is None:
        return
    if not numbering.title and numbering.shape not in ("chapter", "appendix"):
        yield "number only", 1.0
    elif numbering.is_strong:
        yield "strong number", 1.0
    elif numbering.shape == "bracket":
        yield "bracketed number", 1.0
    else:
        yield "weak number", 1.0
