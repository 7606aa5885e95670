"""An answer sentence by sentence: what in the documents supports it, and what doesn't. The shape that others pass on.

`to_json` is what the panel's events, `ask --json`, the API and the MCP server give.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from foundation.placed_box import PlacedBox


class Verdict(StrEnum):
    """How far the cited passages support a sentence; `none` is for what claims nothing (headings, lead-ins, code)."""

    SUPPORTED = "supported"
    WEAK = "weak"
    UNSUPPORTED = "unsupported"
    NONE = "none"


class NumberOrigin(StrEnum):
    """Where a number of an answer comes from."""

    SOURCE = "source"  # it stands in a cited passage
    CALCULATED = "calculated"  # shown arithmetic over numbers that do
    QUESTION = "question"  # a year that only the question names
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Citation:
    """A place that supports a sentence. `number` is that of the passage, as the sources count.

    `page` counts from 1, `path` is the heading path; `boxes` are points of the page as it is shown. `link` is the path
    of the reader below the panel's address, its sentences marked. `is_added`: the answer didn't name it, the check
    found it.
    """

    number: int
    passage_id: str
    document_id: str
    filename: str
    page: int
    page_label: str
    path: str
    boxes: tuple[PlacedBox, ...]
    link: str
    is_added: bool = False

    @property
    def place(self) -> str:
        """How people name it: `handbook.pdf, p. 12`."""
        return f"{self.filename}, p. {self.page_label}"

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "passage_id": self.passage_id,
            "document": self.document_id,
            "filename": self.filename,
            "page": self.page,
            "page_label": self.page_label,
            "path": self.path,
            "boxes": [box.as_json() for box in self.boxes],
            "link": self.link,
            "is_added": self.is_added,
        }


@dataclass(frozen=True, slots=True)
class CheckedNumber:
    """A number as the answer writes it. `passages` are those that it, or its calculation's operands, stand in."""

    text: str
    origin: NumberOrigin
    passages: tuple[int, ...] = ()
    calculation: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "origin": self.origin.value,
            "passages": list(self.passages),
            "calculation": self.calculation,
        }


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """`text` is without its citations. `reason` says in words why the verdict is not `supported`.

    `removed` are citations as they were written that don't support it, or that name no passage. It is
    `[start:end]` of the answer as the model wrote it, its citations included.
    """

    text: str
    start: int
    end: int
    verdict: Verdict
    reason: str = ""
    citations: tuple[Citation, ...] = ()
    removed: tuple[str, ...] = ()
    numbers: tuple[CheckedNumber, ...] = ()
    is_checked_by_model: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "citations": [citation.to_json() for citation in self.citations],
            "removed": list(self.removed),
            "numbers": [number.to_json() for number in self.numbers],
            "is_checked_by_model": self.is_checked_by_model,
        }


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """`text` is the answer in Markdown, without the citations that were removed; what isn't supported is marked in it.

    `is_refusal`: it only says that the documents don't answer.
    """

    text: str = ""
    sentences: tuple[CheckedSentence, ...] = ()
    is_refusal: bool = False

    @property
    def counts(self) -> Mapping[str, int]:
        """How many sentences have each verdict."""
        counted = Counter(sentence.verdict.value for sentence in self.sentences)
        return {verdict.value: counted[verdict.value] for verdict in Verdict}

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "sentences": [sentence.to_json() for sentence in self.sentences],
            "counts": dict(self.counts),
            "is_refusal": self.is_refusal,
        }


NOTHING_SAID = CheckedAnswer()
