"""One document's structure, from its pages as they come: by its outline when that is good, else by its layout."""

from collections import Counter
from collections.abc import Mapping, Sequence

from document_structure.front_matter import without_cover
from document_structure.heading_levels import levels_of_headings
from document_structure.heading_signals import Body
from document_structure.layout_headings import headings_among
from document_structure.outline import OutlineCheck
from document_structure.outline_merging import filled_up, is_sparse
from document_structure.page_lines import PageRuns
from document_structure.printed_contents import Listing, PrintedContents
from document_structure.running_lines import RunningText
from document_structure.section_tree import Ranges, Section, Structure
from document_structure.slides import Canvas, is_deck, slide_titles
from document_structure.text_runs import Run, Style, is_labelled
from pdf_reader.document import DocumentFacts, Page


class StructureAnalyser:
    """Takes a document's pages in order and keeps a few kilobytes of each; nothing is shared between documents."""

    def __init__(self, facts: DocumentFacts, *, ignore_outline: bool = False) -> None:
        self._outline = OutlineCheck(() if ignore_outline else facts.outline, facts.page_count)
        self._running = RunningText()
        self._runs: list[Run] = []
        self._characters: Counter[Style] = Counter()
        self._prose: Counter[int] = Counter()
        self._contents = PrintedContents()
        self._canvases: dict[int, Canvas] = {}

    def add(self, page: Page) -> None:
        """Takes what it needs of the next page."""
        if not page.lines:
            return
        self._canvases[page.number] = Canvas(page.width, page.height)
        self._outline.add(page)
        self._running.add(page)
        runs = PageRuns(page)
        for style, count in runs.prose:
            self._characters[style] += count
            self._prose[page.number] += count
        for run in runs.titles:
            self._characters[run.style] += len(run.title)
        self._runs += _outside(runs.titles, self._contents.add(page))

    def finish(self) -> Structure:
        """The structure of all pages that were added."""
        body = Body.of(self._characters)
        running = self._running.finish(body.style.size)
        outline = self._outline.finish()
        if outline is None:
            printed = self._printed(body, running)
            return Structure(printed, "layout" if printed else "none", running)
        if is_sparse(outline, len(self._canvases)):
            outline = filled_up(outline, self._printed(body, running))
        return Structure(outline, "outline", running)

    def _printed(self, body: Body, running: Mapping[int, Ranges]) -> tuple[Section, ...]:
        """The sections that the layout shows."""
        spans = {(page, start) for page, ranges in running.items() for start, _ in ranges}
        labelled = [run for run in self._runs if (run.page, run.offset) not in spans or is_labelled(run)]
        recurring = frozenset(i for i, run in enumerate(labelled) if (run.page, run.offset) in spans)
        runs = [run for i, run in enumerate(labelled) if i not in recurring and not run.in_prose]
        if is_deck(list(self._canvases.values()), body.style.size):
            heights = {page: canvas.height for page, canvas in self._canvases.items()}
            return tuple(Section(1, run.title, run.page, run.offset) for run in slide_titles(runs, heights))
        headings = without_cover(
            headings_among(labelled, self._characters, self._contents.levels(), recurring), self._prose
        )
        return tuple(
            Section(level, heading.run.title, heading.run.page, heading.run.offset)
            for heading, level in zip(headings, levels_of_headings(headings), strict=True)
        )


def _outside(runs: Sequence[Run], listing: Listing | None) -> list[Run]:
    """The runs that aren't entries of the page's table of contents, nor the title above them."""
    if listing is None:
        return list(runs)
    before = [run for run in runs if run.offset < listing.start]
    return before[:-1] + [run for run in runs if run.offset >= listing.end]
