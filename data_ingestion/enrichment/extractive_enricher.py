"""Describes a document without any model: what can be counted in it, and nothing that would have to be understood.

Deterministic and offline, and it says what it is: `provenance.model` is `extractive`. It fills in where a model could
not, too.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from data_ingestion.document_metadata import Description, Provenance
from data_ingestion.enrichment.keywords import best_sentences, keywords, names
from data_ingestion.enrichment.ports import DocumentBrief, Enrichment
from data_ingestion.enrichment.title import choose_title
from data_ingestion.lease import Lease
from document_structure.section_texts import SectionText
from embeddings.language import UNKNOWN, detect_language
from embeddings.stop_words import STOP_WORDS
from model_api.fence import clean
from model_api.usage import Usage
from pdf_reader.document import Page

MODEL_NAME = "extractive"
#: Counting takes 1 s of CPU for a million characters; this much, spread evenly, finds the same.
SAMPLE_CHARACTERS = 300_000
LONG_TEXT_CHARACTERS = 10_000
SUMMARY_SENTENCES = 4
#: A line that is found more often than this is a running head, a foot or a table's label.
MAX_LINE_REPEATS = 4
#: Ligatures and the shapes of Arabic and Hebrew letters, under which some PDFs hide their letters.
_PRESENTATION_FORMS = re.compile("[\ufb00-\ufdff\ufe70-\ufefc]+")
#: Where a document says what it is.
OPENING_CHARACTERS = 3_000

_DOCUMENT_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("form", re.compile(r"\bform \d{3,}|\bomb no\.|\bformular\b|\bformulaire\b")),
    ("paper", re.compile(r"\babstract\b[^\0]{0,3000}\b(introduction|keywords|background)\b|\bdoi[: ]|\barxiv:")),
    ("manual", re.compile(r"\b(manual|handbook|user guide|instructions for|handbuch|manuel)\b")),
    ("guide", re.compile(r"\bguide(lines)?\b|\bleitfaden\b")),
    ("rulebook", re.compile(r"\b(rulebook|core rules|game master|dungeon master)\b")),
    ("report", re.compile(r"\b(annual report|report|bericht|rapport)\b")),
    ("contract", re.compile(r"\b(agreement|contract|vertrag|contrat)\b")),
    ("invoice", re.compile(r"\b(invoice|rechnung|facture)\b")),
)


class ExtractiveEnricher:
    """`ENRICHMENT=extractive`."""

    def begin(self, brief: DocumentBrief, lease: Lease) -> "ExtractiveRun":
        return ExtractiveRun(brief)


class ExtractiveRun:
    """Looks at sections only, once they are all there."""

    spent = Usage()

    def __init__(self, brief: DocumentBrief) -> None:
        self._brief = brief

    def add_page(self, page: Page) -> None:
        return None

    def page_context(self, page: int) -> str:
        return ""

    def finish(self, sections: Sequence[SectionText], first_page_text: str) -> Enrichment:
        return Enrichment(describe(self._brief, sections, first_page_text), self.spent)

    def abandon(self) -> None:
        return None


def describe(brief: DocumentBrief, sections: Sequence[SectionText], first_page_text: str) -> Description:
    """What can be said of a document by counting."""
    text = sample(lambda: (section.text for section in sections), SAMPLE_CHARACTERS)
    text = _without_repeated_lines(_PRESENTATION_FORMS.sub(_plain_letters, clean(text)))
    language = detect_language(text)
    if language == UNKNOWN and brief.facts.language:
        language = brief.facts.language.split("-")[0].lower()
    stop_words = STOP_WORDS.get(language, frozenset())
    found = keywords(text, stop_words)
    title = choose_title(brief.facts.title, first_page_text)
    weights = Counter({word: 1 for phrase in found for word in phrase.split()})
    opening = f"{title.text if title else ''}\n{clean(first_page_text)[:OPENING_CHARACTERS]}".lower()
    return Description(
        title=title.text if title else None,
        summary=" ".join(best_sentences(text, weights, SUMMARY_SENTENCES)),
        keywords=tuple(found),
        language=language,
        document_type=next((name for name, pattern in _DOCUMENT_TYPES if pattern.search(opening)), None),
        entities=tuple(names(text, language, stop_words)),
        provenance=Provenance(model=MODEL_NAME, cost_usd=0.0, title_source=title.source if title else None),
    )


def _plain_letters(form: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", form.group())


def sample(texts: Callable[[], Iterable[str]], max_characters: int) -> str:
    """About `max_characters` of the texts, spread evenly: the beginning of each long one, every so many of the short.

    Short ones are taken whole or not at all, since half a sentence says nothing. `texts` is called twice: they may be
    too many to be held.
    """
    total = sum(map(len, texts()))
    if total <= max_characters:
        return "\n\n".join(texts())
    share = max_characters / total
    taken, credit = [], 0.0
    for text in texts():
        if len(text) >= LONG_TEXT_CHARACTERS:
            taken.append(text[: int(len(text) * share)])
            continue
        credit += len(text) * share
        if credit >= len(text) / 2:
            taken.append(text)
            credit -= len(text)
    return "\n\n".join(taken)


def _without_repeated_lines(text: str) -> str:
    lines = text.split("\n")
    repeats = Counter(line.strip() for line in lines)
    return "\n".join(line for line in lines if not line.strip() or repeats[line.strip()] <= MAX_LINE_REPEATS)
