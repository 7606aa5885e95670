"""One document's structure, from its pages as they come: by its outline when that is good, else by its tags, else by
its layout."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from document_structure.broken_words import BrokenWords
from document_structure.contents_places import PlacedEntries, SoughtTitles, place_entries
from document_structure.continued_titles import is_continued
from document_structure.front_matter import without_cover
from document_structure.heading_levels import levels_of_headings
from document_structure.heading_signals import Body
from document_structure.heading_trace import Explanation, Trace, explained, says, unjudged
from document_structure.layout_headings import headings_among
from document_structure.outline import OutlineCheck
from document_structure.outline_merging import filled_up, is_sparse
from document_structure.page_lines import PageRuns
from document_structure.printed_contents import Listing, PrintedContents
from document_structure.run_list import RunList
from document_structure.running_lines import RunningText
from document_structure.section_tree import Ranges, Section, Structure
from document_structure.slides import Canvas, is_deck, slide_titles
from document_structure.tagged_headings import TaggedHeadings
from document_structure.text_runs import Run, Style, is_labelled, without_leading
from pdf_reader.document import DocumentFacts, Page


class StructureAnalyser:
    """Takes a document's pages in order. What it needs of each waits on disk, but for the lines at its edges; nothing
    is shared between documents."""

    def __init__(self, facts: DocumentFacts, *, ignore_outline: bool = False) -> None:
        self._outline = OutlineCheck(() if ignore_outline else facts.outline, facts.page_count)
        self._running = RunningText()
        self._runs = RunList()
        self._characters: Counter[Style] = Counter()
        self._prose: Counter[int] = Counter()
        self._page_labels = facts.page_labels
        self._contents = PrintedContents()
        self._sought = SoughtTitles()
        self._tagged = TaggedHeadings()
        self._broken = BrokenWords()
        self._listings: dict[int, Ranges] = {}
        self._canvases: dict[int, Canvas] = {}

    def add(self, page: Page) -> None:
        """Takes what it needs of the next page."""
        if not page.lines:
            return
        self._canvases[page.number] = Canvas(page.width, page.height)
        self._outline.add(page)
        self._running.add(page)
        self._tagged.add(page)
        self._broken.add(page)
        listing = self._contents.add(page)
        runs = PageRuns(page, self._sought)
        for style, count in runs.prose:
            self._characters[style] += count
            self._prose[page.number] += count
        for run in runs.titles:
            self._characters[run.style] += len(run.title)
        if listing is not None:
            self._sought.add(self._contents.entries)
            self._listings[page.number] = ((listing.start, listing.end),)
        self._runs.add_page(_outside(runs.titles, listing))

    def finish(self) -> Structure:
        """The structure of all pages that were added."""
        body = Body.of(self._characters)
        running = self._running.finish(body.style.size)
        outline = self._outline.finish()
        spellings = self._broken.finish()
        if outline is None:
            if tagged := self._tagged.finish(running):
                return Structure(tagged, "tags", running, spellings)
            printed = self._printed(body, running)
            return Structure(printed, "layout" if printed else "none", running, spellings)
        if is_sparse(outline, len(self._canvases)):
            outline = filled_up(outline, self._tagged.finish(running) or self._printed(body, running))
        return Structure(outline, "outline", running, spellings)

    def explain(self, words: str, pages: Iterable[Page]) -> list[Explanation]:
        """What spoke for and against each line with these words, as if there was no outline, in document order.

        `pages` are those that were added. Costs as much as finding the headings once more.
        """
        recurring = self._running.finish(Body.of(self._characters).style.size)
        runs, running = self._candidates(recurring)
        wanted = frozenset(index for index, run in enumerate(runs) if says(run.title, words))
        trace = Trace(wanted)
        headings = without_cover(
            headings_among(runs, self._characters, self._placed(runs, running), running, trace), self._prose
        )
        judged = explained(runs, trace, {(heading.run.page, heading.run.offset) for heading in headings})
        judged_spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for run in runs:
            judged_spans[run.page].append((run.offset, run.end))
        rest = [line for page in pages for line in unjudged(page, words, judged_spans, self._listings, recurring)]
        return sorted([*judged, *rest], key=lambda explanation: explanation.page)

    def _candidates(self, running: Mapping[int, Ranges]) -> tuple[RunList, frozenset[int]]:
        """The runs that don't recur on page after page; those of them that may tell something come along, by index."""
        spans = {(page, start) for page, ranges in running.items() for start, _ in ranges}
        runs = RunList(_worth_judging(self._runs, spans))
        return runs, frozenset(index for index, run in enumerate(runs) if (run.page, run.offset) in spans)

    def _placed(self, runs: Sequence[Run], running: frozenset[int]) -> PlacedEntries:
        return place_entries(self._contents.entries, runs, running, self._page_labels)

    def _printed(self, body: Body, running: Mapping[int, Ranges]) -> tuple[Section, ...]:
        """The sections that the layout shows."""
        runs, recurring = self._candidates(running)
        if is_deck(list(self._canvases.values()), body.style.size):
            heights = {page: canvas.height for page, canvas in self._canvases.items()}
            slides = (run for index, run in enumerate(runs) if index not in recurring and not run.in_prose)
            return tuple(Section(1, run.title, run.page, run.offset) for run in slide_titles(slides, heights))
        found = headings_among(runs, self._characters, self._placed(runs, recurring), recurring)
        headings = without_cover(found, self._prose)
        return tuple(
            Section(level, heading.run.title, heading.run.page, heading.run.offset)
            for heading, level in zip(headings, levels_of_headings(headings), strict=True)
        )


def _worth_judging(runs: Iterable[Run], spans: Container[tuple[int, int]]) -> Iterator[Run]:
    """`spans` has page and offset of what recurs."""
    for run in runs:
        if (run.page, run.offset) not in spans or is_labelled(run) or run.statement or is_continued(run.title):
            yield run
        elif rest := without_leading(run, spans):
            yield rest


def _outside(runs: Sequence[Run], listing: Listing | None) -> list[Run]:
    """The runs that aren't entries of the page's table of contents, nor the title above them."""
    if listing is None:
        return list(runs)
    before = [run for run in runs if run.offset < listing.start]
    return before[:-1] + [run for run in runs if run.offset >= listing.end]
