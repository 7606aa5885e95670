"""Passages of an answer, without a store."""

from typing import Any

from answers.passages import Passage
from vector_stores.points import Hit

#: A cash flow statement as it is stored.
STATEMENT = """Consolidated Statement of Cash Flows (in millions)
| | 2018 | 2017 |
| --- | --- | --- |
| Net cash provided by operating activities | 6,439 | 6,240 |
| Purchases of property, plant and equipment (PP&E) | (1,577) | (1,373) |
| Net revenues | 32,765 | 31,657 |
"""
HARBOUR = "The floodgate takes eleven minutes to close. It must not be opened at night. The harbour office decides."


def passage(number: int, text: str, filename: str = "a.pdf", page: int = 5, **metadata: Any) -> Passage:
    known = {
        "filename": filename,
        "page": page,
        "page_label": str(page),
        "document_id": "d" * 64,
        "chunk_index": number,
        "language": "en",
        "source": f"source-pdfs/{filename}",
        "heading_path": "",
        **metadata,
    }
    return Passage(number, Hit(f"id-{number}", 1.0, text, known), text, 3, is_cut=False)


STATEMENT_PASSAGE = passage(1, STATEMENT, "report_2018.pdf", 60, heading_path="Cash flows")
HARBOUR_PASSAGE = passage(2, HARBOUR, "harbour.pdf", 5)
