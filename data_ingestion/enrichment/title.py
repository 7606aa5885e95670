"""Which title to believe: the file's, a model's or the first page's, each checked by the others."""

import re
import unicodedata
from dataclasses import dataclass

from document_structure.contents_title import is_contents_title

#: What programs write into a title field when nobody filled it in.
_JUNK = re.compile(
    r"^(microsoft (word|powerpoint|excel)\b.*|untitled.*|document\d*|slide \d+|title|no title|print(ing)?|pdf|scan.*|"
    r"image\d*|.*\.(pdf|docx?|pptx?|xlsx?|indd|qxd|tex|dvi|ps|eps|html?|rtf|odt|cdr|ai))$",
    re.IGNORECASE,
)
#: First lines that head a page, not a document.
_HEADS_A_PAGE = re.compile(
    r"^(\d[\d.]*\s.+\s\d+|.+(\. ?){4,}\d*|(page|p\.) \d+|introduction|preface|foreword)$",
    re.IGNORECASE,
)
#: A shorter or longer line of the first page is hardly a title.
MIN_LINE_CHARACTERS = 4
MAX_LINE_CHARACTERS = 150
#: Lines of the first page that may hold the title.
FIRST_LINES = 12


@dataclass(frozen=True, slots=True)
class Title:
    """`source` is `pdf` (its metadata), `llm` or `first_page`; `confirmed` says that the first page shows it."""

    text: str
    source: str
    confirmed: bool


def choose_title(pdf_title: str, first_page_text: str, model_title: str | None = None) -> Title | None:
    """The title that the first page confirms; a model's before the file's, for it knows where a title ends.

    Unconfirmed, the file's own is believed before a model's. Without either: the first line of the first page that
    looks like one.
    """
    pdf_title = "" if _JUNK.match(pdf_title.strip()) else pdf_title.strip()
    candidates = [
        Title(text, source, _shows(first_page_text, text))
        for text, source in ((model_title, "llm"), (pdf_title, "pdf"))
        if text
    ]
    for title in candidates:
        if title.confirmed:
            return title
    if model_title and pdf_title and _words(model_title) & _words(pdf_title):
        return Title(model_title, "llm", False)  # the file and the model agree, at least in part
    if pdf_title:
        return Title(pdf_title, "pdf", False)
    if model_title:
        return Title(model_title, "llm", False)
    line = _first_title_line(first_page_text)
    return Title(line, "first_page", True) if line else None


def _shows(page_text: str, title: str) -> bool:
    """All words of the title stand on the page; scripts without blanks are compared as one word."""
    words = _words(title)
    if not words:
        return False
    on_page = _words(page_text)
    squeezed = "".join(_normal(page_text).split())
    return all(word in on_page or (len(word) > 3 and word in squeezed) for word in words)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", _normal(text)))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _first_title_line(page_text: str) -> str | None:
    lines = [
        " ".join(unicodedata.normalize("NFKC", line).split()).lstrip("# ")
        for line in page_text.splitlines()
        if line.strip()
    ][:FIRST_LINES]
    return next((line for line in lines if _looks_like_title(line)), None)


def _looks_like_title(line: str) -> bool:
    letters = sum(c.isalpha() for c in line)
    fits = MIN_LINE_CHARACTERS <= len(line) <= MAX_LINE_CHARACTERS or (len(line) >= 2 and not line.isascii())
    return (
        fits
        and letters >= len(line) * 0.5
        and not (_HEADS_A_PAGE.match(line) or is_contents_title(line))
        and "://" not in line
        and "@" not in line
        and "|" not in line
    )
