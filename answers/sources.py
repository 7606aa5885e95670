"""A passage as the check of an answer reads it: its words, its figures, and the places of its sentences. Pure."""

import re
from collections.abc import Hashable, Sequence
from functools import cached_property

from answers.checked_answer import Citation
from answers.number_matching import Figures, Match, figures_of
from answers.numbers import Number, without_numbers
from answers.passage_sentences import Range, plain, sentence_ranges
from answers.passages import Passage
from answers.places import boxes_of, label_of
from answers.reader_links import reader_path
from embeddings.bm25 import DEFAULT_LANGUAGE, read_as, terms
from foundation.placed_box import PlacedBox

#: Sentences of a passage that are shown as what supports one of an answer.
MAX_EVIDENCE = 3
#: Of a link's query, which the reader marks.
_QUOTED_CHARACTERS = 300
_SEPARATORS = re.compile(r"[_\-./]+")

Terms = frozenset[int]


class Source:
    """Of one passage. What is looked up is made once."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.metadata = passage.hit.metadata
        self._found: dict[Hashable, Match | None] = {}
        self.language = read_as(str(self.metadata.get("language") or DEFAULT_LANGUAGE))

    @property
    def number(self) -> int:
        return self.passage.number

    @cached_property
    def _about(self) -> str:
        """What stands above the passage: its headings, its document's title and name."""
        known = ("heading_path", "document_title", "filename")
        return _SEPARATORS.sub(" ", " ".join(str(self.metadata.get(name) or "") for name in known))

    @cached_property
    def terms(self) -> Terms:
        """What the passage says, its headings and its document's name included."""
        return terms(f"{self._about}\n{self.passage.text}", self.language)

    @cached_property
    def figures(self) -> Figures:
        return figures_of(self.passage.text, self.language, self._about)

    @cached_property
    def ranges(self) -> Sequence[Range]:
        """Its sentences and table rows, as ranges of its text."""
        return list(sentence_ranges(self.passage.text))

    @cached_property
    def _terms_of_ranges(self) -> Sequence[Terms]:
        text = self.passage.text
        return [terms(without_numbers(text[start:end], self.language), self.language) for start, end in self.ranges]

    def share(self, wanted: Terms) -> float:
        """Which part of the terms it has; 0 without any."""
        return len(wanted & self.terms) / len(wanted) if wanted else 0.0

    def find(self, number: Number) -> Match | None:
        """Where the number stands in the passage; each is looked up once."""
        key = (number.text, number.kind, number.values, number.has_minus)
        if key not in self._found:
            self._found[key] = self.figures.find(number)
        return self._found[key]

    def evidence(self, wanted: Terms, matches: Sequence[Match]) -> list[Range]:
        """The sentences and rows that the figures stand in, and the one with most of the terms; in order."""
        chosen: set[int] = set()
        text = self.passage.text
        for match in matches:
            number = match.number
            if text[number.start : number.end] != number.text:
                continue  # it stands in the headings
            at = next((at for at, (start, end) in enumerate(self.ranges) if start <= number.start < end), None)
            if at is not None and len(chosen) < MAX_EVIDENCE - 1:
                chosen.add(at)
        said: Terms = frozenset().union(*(self._terms_of_ranges[at] for at in chosen))
        gains = [len((one & wanted) - said) for one in self._terms_of_ranges]
        best = max(range(len(gains)), key=gains.__getitem__, default=None)
        if best is not None and gains[best] > 0 and (not chosen or gains[best] * 3 >= len(wanted)):
            chosen.add(best)
        return [self.ranges[at] for at in sorted(chosen)]

    def boxes(self, ranges: Sequence[Range]) -> tuple[PlacedBox, ...]:
        """Where ranges of its text stand on their pages."""
        found = (box for start, end in ranges for box in boxes_of(self.metadata, start, end))
        return tuple(dict.fromkeys(found))

    def words(self, ranges: Sequence[Range]) -> str:
        """Ranges of its text as plain words."""
        return " ".join(plain(self.passage.text[start:end]) for start, end in ranges)

    def citation(self, ranges: Sequence[Range], *, is_added: bool = False) -> Citation:
        """The place of these sentences of it, marked in the reader; without any, the passage."""
        boxes = self.boxes(ranges)
        page = boxes[0].page if boxes else int(self.metadata.get("page") or 1)
        document_id = str(self.metadata.get("document_id") or "")
        passage_id = self.passage.hit.id
        marked = passage_id if "chunk_index" in self.metadata else None
        return Citation(
            number=self.number,
            passage_id=passage_id,
            document_id=document_id,
            filename=str(self.metadata.get("filename") or ""),
            page=page,
            page_label=label_of(page, self.metadata),
            path=str(self.metadata.get("heading_path") or ""),
            boxes=boxes,
            link=reader_path(document_id, page, self.words(ranges)[:_QUOTED_CHARACTERS], marked),
            is_added=is_added,
        )
