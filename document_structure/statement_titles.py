"""Titles of statements: `CONSOLIDATED BALANCE SHEETS`, alone on its row above columns of figures.

They are printed like the text around them, often inside of what is taken for the table, and are what people ask for. A
name alone is no evidence, as sentences and rows of tables say it too: its row must be free, and figures must follow.
"""

import re
from collections.abc import Container, Mapping, Sequence
from typing import Final

from document_structure.numerals import number_value
from document_structure.periods import is_period
from document_structure.printed_contents import squeeze
from document_structure.text_runs import Run, StatementKind
from pdf_reader.document import Line

#: What the statements of a report are called by IAS 1, US GAAP and their translations.
_NAME = re.compile(
    r"\bstatements?\s+of\s+(?:[\w’'-]+\s+){0,4}?(?:operations|income|earnings|loss(?:es)?|cash\s?flows?|financial\s+position|"
    r"financial\s+condition|equity|deficit|capital|investments|net\s+assets|activities)\b"
    r"|\b(?<!off-)(?:balance\s+sheets?|(?:income|cash\s+flows?|equity|profit\s+and\s+loss)\s+(?:statements?|accounts?))\b"
    r"|\b(?:bilans?|comptes?\s+de\s+résultats?|(?:tableaux?|états?)\s+(?:\w+\s+)?(?:des?\s+|du\s+)(?:\w+\s+){0,3}?"
    r"(?:trésorerie|capitaux\s+propres|résultat|situation\s+financière))\b"
    r"|(?:bilanz|verlustrechnung|kapitalflussrechnung|gesamtergebnisrechnung|eigenkapitalveränderungsrechnung|"
    r"eigenkapitalspiegel|ergebnisrechnung)\b"
    r"|\b(?:estados?|cuentas?)\s+(?:\w+\s+){0,3}?de\s+(?:\w+\s+){0,4}?(?:resultados?|situación\s+financiera|efectivo|"
    r"patrimonio(?:\s+neto)?|pérdidas\s+y\s+ganancias)\b|\bbalances?\s+(?:general(?:es)?|de\s+situación|consolidados?)\b"
    r"|\b(?:stato\s+patrimoniale|conto\s+economico|rendiconto\s+finanziario|balanço\s+patrimonial|"
    r"demonstrações?\s+d[eoa]s?\s+(?:\w+\s+){0,3}?(?:resultados?|caixa|patrimônio))\b"
    r"|(?:资产负债表|資產負債表|利润表|利潤表|损益表|損益表|现金流量表|現金流量表|权益变动表|權益變動表|"
    r"貸借対照表|損益計算書|キャッシュ・フロー計算書|資本等変動計算書|資本変動計算書|包括利益計算書|財政状態計算書|"
    r"재무상태표|손익계산서|현금흐름표|자본변동표)",
    re.IGNORECASE,
)
#: What the notes that explain the statements are called.
_NOTES_NAME = re.compile(
    r"(?:.{1,50}\s)?notes\s+to\s+(?:the\s+)?(?:[\w-]+\s+){0,4}?(?:statements|accounts)\b.{0,40}"
    r"|(?:notes\s+)?annexes?\s+aux?\s+(?:comptes|états)\b.{0,40}|(?:konzern)?anhang(?:\s+(?:zum|der|des)\b.{0,40})?"
    r"|(?:notas|memoria)\s+(?:a|de|sobre)\s+l[ao]s\s+(?:\w+\s+){0,2}?(?:estados|cuentas)\b.{0,40}"
    r"|.{0,12}(?:财务报表|財務報表|会计报表|財務諸表)(?:附注|附註|注释|注記|に関する注記|に対する注記)",
    re.IGNORECASE,
)
#: Before the name of a statement these make a sentence of it, or the name of something else.
_ABOUT = re.compile(
    r"\b(?:in|on|to|from|for|by|with|not|of\s+the|sur|aux?|dans|zur|zum|im|der|al?|en|sobre)\b", re.IGNORECASE
)
#: What a title goes on with behind the name of the statement.
_AFTER = re.compile(
    r"\s*(?:[^\w\s]|(?:and|for|as|information|et|pour|au|und|für|zum|y|e|del?|al|consolid\w+)\b)", re.IGNORECASE
)
_MAX_CHARS: Final = 110
#: More words around a statement's name make it a sentence, a note or a row: `Note 7. Supplemental Balance Sheet …`.
_MAX_WORDS_BEFORE: Final = 6
_MAX_WORDS_AFTER: Final = 6
#: A title with so few lines above it on its page opens the page; others need to look like a title more.
_LINES_ABOVE: Final = 5
#: Of so many lines below, this share are figures, below titles inside of a page more.
_LINES_BELOW: Final = 40
_MIN_LINES_BELOW: Final = 6
_FIGURES: Final = 0.45
_FIGURES_INSIDE: Final = 0.7
_FIGURE_ENDS: Final = frozenset("0123456789)%—–-$€£¥")
#: A line is centred when its middle is so near to the page's, in shares of the page's width.
_OFF_CENTRE: Final = 0.04
_MARGIN: Final = 0.12
_INDENT_POINTS: Final = 20.0
#: Lines of `Page.text` are at most a blank line apart.
_LINE_BREAK_CHARS: Final = 2
#: Of the title of the notes so much is compared: `(continued)` follows.
_NOTES_KEY: Final = 24
#: What decided about runs, in words of `inspect --why`.
TITLE: Final = "title of a statement above its figures"
NOTES: Final = "title of the notes to the statements"
_CONTINUES_NOTES: Final = "continues the notes"
_CONTINUES: Final = "continues the statement of the page before"
_ABOVE: Final = "stands above the title of a statement"
_BELOW: Final = "tells the period of a statement"


def titles_of_statements(lines: Sequence[Line], page_width: float) -> dict[int, StatementKind]:
    """Which of a page's lines are titles of statements, and of the notes to them."""
    found: dict[int, StatementKind] = {}
    margin = _MARGIN * page_width
    for index, line in enumerate(lines):
        # Of most lines this tells, and takes a fraction of what follows.
        if not line.bold and line.bbox[0] <= margin and not line.text.isupper():
            continue
        text = line.text.strip()
        if not 3 <= len(text) <= _MAX_CHARS or text[-1] in ".,;:" or text[0].islower():
            continue
        centred = _is_centred(line, page_width)
        if not (line.bold or centred or text.isupper()):
            continue
        kind: StatementKind = "notes" if is_name_of_notes(text) else "figures" if is_name_of_statement(text) else ""
        if not kind:
            continue
        opens_page = _opens_page(line, lines) and (centred or _is_at_left(line, lines))
        beside = _beside(line, lines)
        is_free = all(not any(map(str.isdigit, peer.text)) for peer in beside)
        inside = not line.in_table and (centred or text.isupper()) and not beside
        figures = 1.0 if kind == "notes" else _figures_below(lines[index + 1 : index + 1 + _LINES_BELOW])
        if opens_page and is_free and figures >= _FIGURES:
            found[index] = kind
        elif inside and figures >= _FIGURES_INSIDE:
            found[index] = kind if kind == "notes" else "inside"
    return found


def is_name_of_notes(title: str) -> bool:
    """Whether a title is `Notes to Consolidated Financial Statements` or its like."""
    return _NOTES_NAME.fullmatch(title) is not None


def is_name_of_statement(title: str) -> bool:
    """Whether a title is the name of a statement with a few words around it, such as the company's."""
    name = _NAME.search(title)
    if name is None or is_period(title):
        return False
    before, after = title[: name.start()].split(), title[name.end() :].split()
    if len(before) > _MAX_WORDS_BEFORE or len(after) > _MAX_WORDS_AFTER:
        return False
    if after and not _AFTER.match(title[name.end() :]):
        return False
    return _ABOUT.search(title[: name.start()]) is None


def statements_among(runs: Sequence[Run]) -> Mapping[int, str]:
    """What is decided about runs that are titles of statements, or belong to one, by their index.

    A statement that goes on on the next page under the same title has one heading. The company's name above a title,
    in its type, and the period below it are none. The notes have one heading, above the first of them.
    """
    decided: dict[int, str] = {}
    latest, page, noted = "", 0, ""
    exhibits: set[str] = set()
    for index, run in enumerate(runs):
        if run.statement == "notes":
            key = squeeze(run.title)[:_NOTES_KEY]
            if key != noted and _leads_to_notes(index, runs):
                decided[index], noted = NOTES, key
            elif noted:
                decided[index] = _CONTINUES_NOTES
        elif run.statement:
            key = squeeze(run.title)
            decided[index] = _CONTINUES if key == latest and run.page <= page + 1 else TITLE
            latest, page = key, run.page
        if run.statement and decided.get(index):
            after = runs[index + 1] if index + 1 < len(runs) else None
            if after and _is_next(run, after) and is_period(after.title) and after.numbering is None:
                decided[index + 1] = _BELOW
            before = runs[index - 1] if index else None
            if before and before.style == run.style and _is_next(before, run) and _is_name(before, exhibits):
                decided.setdefault(index - 1, _ABOVE)
        if index and (number := _exhibit_of(runs[index - 1])) and number not in exhibits:
            exhibits.add(number)
            noted = ""
    return decided


def _leads_to_notes(index: int, runs: Sequence[Run]) -> bool:
    """Whether something with the number 1 follows, on the page or the next."""
    last_page = runs[index].page + 1
    for following in range(index + 1, len(runs)):
        run = runs[following]
        if run.page > last_page:
            return False
        numbering = run.numbering
        if numbering is not None and number_value(numbering.number) == (1,) and numbering.label in ("", "note"):
            return True
    return False


def _is_name(run: Run, exhibits: Container[str]) -> bool:
    """Whether it has no number but that of an exhibit which began on an earlier page."""
    return run.numbering is None or _exhibit_of(run) in exhibits


def _exhibit_of(run: Run) -> str:
    numbering = run.numbering
    return numbering.number if numbering is not None and numbering.label == "exhibit" else ""


def _is_next(above: Run, below: Run) -> bool:
    return above.page == below.page and below.offset - above.end <= _LINE_BREAK_CHARS


def _is_centred(line: Line, page_width: float) -> bool:
    left, right = line.bbox[0], line.bbox[2]
    return left > _MARGIN * page_width and abs((left + right) - page_width) < 2 * _OFF_CENTRE * page_width


def _is_at_left(line: Line, lines: Sequence[Line]) -> bool:
    return line.bbox[0] < min(other.bbox[0] for other in lines) + _INDENT_POINTS


def _opens_page(line: Line, lines: Sequence[Line]) -> bool:
    """Whether hardly anything is above it, and no names of columns."""
    above = [other for other in lines if other.bbox[3] <= line.bbox[1] + 1]
    columns = any(other.in_table and other.text.rstrip()[-1].isdigit() for other in above)
    return len(above) <= _LINES_ABOVE and not columns


def _beside(line: Line, lines: Sequence[Line]) -> list[Line]:
    """What stands on the same row."""
    middle = (line.bbox[1] + line.bbox[3]) / 2
    return [other for other in lines if other is not line and other.bbox[1] < middle < other.bbox[3]]


def _figures_below(lines: Sequence[Line]) -> float:
    """The share of lines that are a table's, or end as figures do."""
    if len(lines) < _MIN_LINES_BELOW:
        return 0.0
    return sum(line.in_table or line.text.rstrip()[-1] in _FIGURE_ENDS for line in lines) / len(lines)
