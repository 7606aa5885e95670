"""Makes a description of what a model said, each claim checked against the document as far as reading can."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from data_ingestion.document_metadata import Description, Provenance
from data_ingestion.enrichment.ports import DocumentBrief
from data_ingestion.enrichment.schema import DocumentAnswer
from data_ingestion.enrichment.title import choose_title
from document_structure.section_texts import SectionText
from embeddings.language import detect_language
from model_api.fence import clean

_LANGUAGE_CODE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")


def merge(
    answer: DocumentAnswer, brief: DocumentBrief, sections: Sequence[SectionText], first_page_text: str
) -> Description:
    """What the model said; of its provenance only where title and language come from.

    A title that the first page doesn't show gives way to one that it does; a name that the document doesn't hold is
    left out; a language that isn't a code is detected instead.
    """
    title = choose_title(brief.facts.title, clean(first_page_text), answer.source_book_title)
    language = (answer.language or "").strip()
    has_code = _LANGUAGE_CODE.match(language) is not None
    return Description(
        # Absent from the answer's type when AppConfig lists no categories.
        constrained_category=getattr(answer, "constrained_category", None),
        automatic_category=answer.automatic_category,
        title=title.text if title else None,
        summary=answer.summary,
        keywords=tuple(answer.keywords),
        language=language if has_code else detect_language(" ".join(section.text for section in sections[:20])),
        document_type=answer.document_type,
        entities=tuple(found_in(answer.entities, (section.text for section in sections))),
        questions=tuple(answer.questions),
        provenance=Provenance(
            title_source=title.source if title else None, language_source="llm" if has_code else "extractive"
        ),
    )


def found_in(names: Sequence[str], texts: Iterable[str]) -> list[str]:
    """Those of `names` that stand in `texts`, whatever the case, the blanks and the line breaks."""
    missing = {name: _squeezed(name) for name in names}
    longest = max(map(len, missing.values()), default=0)
    before = ""
    for text in texts:
        if not missing:
            break
        haystack = before + _squeezed(text)
        missing = {name: squeezed for name, squeezed in missing.items() if squeezed not in haystack}
        # A name may begin in one text and end in the next.
        before = haystack[max(0, len(haystack) - longest + 1) :]
    return [name for name in names if name not in missing]


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", clean(text)).casefold().split())
