"""Series of labels: `Item 1`, `Item 1A`, `Item 2`, … count up through a document, and those that do are its headings.

Of all lines that begin with a label, a series takes the chain that counts best: values rise, each is taken once, the
better printed line wins. A mention in a sentence, a running head and an entry of the contents break the count.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from document_structure.continued_titles import is_continued
from document_structure.numerals import number_value
from document_structure.text_runs import Run, is_labelled

#: Labels from the widest division to the narrowest; sections and articles contain each other in either way.
RANKS = ("part", "title", "chapter", "section", "article", "item", "note", "appendix")
#: So many members make a series.
_MIN_MEMBERS = 3
#: Of a label, only so many candidates are looked at, the best printed.
_MAX_CANDIDATES = 2_000
#: What counts for a chain besides how its members are printed.
_SUCCESSOR = 0.6
_JUMP = -0.8
_FAR_JUMP = 8
_RESTART_IN_NEXT_PART = -1.0
_RESTART = -3.0
#: So many entries make a list of contents, at most so many characters apart: with nothing between them, or with a
#: title and a page number.
_LIST_GAP_CHARS = 4
_ENTRY_GAP_CHARS = 250
_MIN_LISTED = 5
#: Labels of which a document has one series; others (`Section 13` of some act) are also quoted in headings.
_EXCLUSIVE = frozenset({"part", "chapter", "item", "title", "article"})

Value = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Members and strays by the index of their run."""

    members: dict[int, str] = field(default_factory=dict)  # → label
    strays: frozenset[int] = frozenset()  # labelled, but not what their series counts
    listed: frozenset[int] = frozenset()  # entries of a list of contents


def series_among(
    runs: Sequence[Run], points: Sequence[float], running: frozenset[int], notes: Sequence[int] = ()
) -> Series:
    """The series of all labels. `points` says how well each run is printed as a heading, `running` which ones recur.

    `notes` are the titles of notes to statements: below them bare numbers in bold or in capitals count notes.
    """
    listed = _listed(runs, running)
    candidates: dict[str, list[int]] = defaultdict(list)
    for index, run in enumerate(runs):
        numbering = run.numbering
        if numbering is not None and numbering.label in RANKS and numbering.depth == 1 and index not in listed:
            candidates[numbering.label].append(index)
    members: dict[int, str] = {}
    strays: set[int] = set()
    for label in sorted({*candidates, *(["note"] if notes else [])}, key=RANKS.index):
        if label == "note":
            candidates[label] = sorted({*candidates[label], *_numbered_notes(runs, notes, sorted(members), running)})
        chosen = _chain(runs, candidates[label], points, running, bounds=sorted(members))
        if len(chosen) >= _MIN_MEMBERS or (label == "part" and len(chosen) > 1):
            members |= dict.fromkeys(chosen, label)
            if label in _EXCLUSIVE:
                strays |= set(candidates[label]) - set(chosen)
    return Series(members, frozenset(strays), listed)


def _numbered_notes(
    runs: Sequence[Run], notes: Sequence[int], bounds: Sequence[int], running: Container[int]
) -> Iterator[int]:
    """Runs such as `5. Leases` below the title of the notes, as far as the part or item goes."""
    for title in notes:
        end = next((bound for bound in bounds if bound > title), len(runs))
        labels = (run.numbering.label for run in map(runs.__getitem__, range(title, end)) if run.numbering)
        if "note" in labels:
            continue
        for index in range(title + 1, end):
            run = runs[index]
            numbering = run.numbering
            if numbering is None or numbering.label or numbering.depth > 1 or index in running:
                continue
            is_title = not run.in_prose and not run.in_table and not run.title.endswith((".", ","))
            stands_out = numbering.title and (run.style.bold or numbering.title.isupper())
            if is_title and stands_out and not is_continued(run.title):
                yield index


def _listed(runs: Sequence[Run], running: frozenset[int]) -> frozenset[int]:
    """Labels that follow one another on a page with nothing, or with a title and a page number, between."""
    found: set[int] = set()
    pages: set[int] = set()
    chain: list[int] = []
    end = -1
    labelled = [index for index, run in enumerate(runs) if is_labelled(run) and index not in running]
    for index in labelled:
        run = runs[index]
        gap = run.offset - end
        last = runs[chain[-1]] if chain else None
        is_row = last is not None and (last.is_entry or (last.numbering is not None and not last.numbering.title))
        near = _ENTRY_GAP_CHARS if is_row else _LIST_GAP_CHARS
        if last is not None and last.page == run.page and 0 <= gap <= near:
            chain.append(index)
        else:
            chain = [index]
        end = run.end
        if len(chain) >= _MIN_LISTED:
            found.update(chain)
            pages.add(run.page)
    return frozenset(found | {index for index in labelled if runs[index].page in pages and runs[index].is_entry})


def _chain(
    runs: Sequence[Run], candidates: Sequence[int], points: Sequence[float], running: frozenset[int], bounds: list[int]
) -> list[int]:
    """The best chain of candidates in document order. `bounds` are members of wider series: counting restarts there."""
    letters = _are_letters(runs[index] for index in candidates)
    worths = {index: _worth(runs[index], points[index], index in running) for index in candidates}
    if len(candidates) > _MAX_CANDIDATES:
        candidates = sorted(sorted(candidates, key=lambda index: -worths[index])[:_MAX_CANDIDATES])
    best: dict[Value, tuple[float, int]] = {}
    before: dict[int, int] = {}
    top = closed = (0.0, -1)
    bound = 0
    for index in candidates:
        numbering = runs[index].numbering
        value = number_value(numbering.number, prefer_letter=letters) if numbering else ()
        if not value or worths[index] <= 0:
            continue
        while bound < len(bounds) and bounds[bound] < index:
            bound, closed = bound + 1, top
        options = [(score + _step(earlier, value), last) for earlier, (score, last) in best.items() if earlier < value]
        options.append((0.0, -1))
        if value[0] <= 2 and closed[1] >= 0:
            options.append((closed[0] + _RESTART_IN_NEXT_PART, closed[1]))
        if value == (1,) and top[1] >= 0:
            options.append((top[0] + _RESTART, top[1]))
        score, previous = max(options)
        score += worths[index]
        if score > best.get(value, (0.0, -1))[0]:
            best[value] = (score, index)
            before[index] = previous
            top = max(top, (score, index))
    chain = []
    current = top[1]
    while current >= 0:
        chain.append(current)
        current = before[current]
    return chain[::-1]


def _step(earlier: Value, later: Value) -> float:
    """What one value after another is worth: `7` or `6B` or `7A` after `7` or `6A`."""
    if later[0] - earlier[0] == 1 and len(later) == 1:
        return _SUCCESSOR
    if later[0] == earlier[0] and (len(earlier) < len(later) or later[-1] - earlier[-1] == 1):
        return _SUCCESSOR
    return _JUMP if later[0] - earlier[0] > _FAR_JUMP else 0.0


def _worth(run: Run, points: float, is_running: bool) -> float:
    """How likely the run begins a division, as far as it can be said from itself."""
    numbering = run.numbering
    title = numbering.title if numbering else ""
    if title[:1] in {",", ";", ")", "(", "”", "’"} or title[:1].islower():
        return 0.0
    worth = max(0.2, min(2.5, (points + 3.0) / 3.0))
    if run.in_prose:
        worth *= 0.6
    return worth * (0.3 if is_running else 1.0)


def _are_letters(runs: Iterable[Run]) -> bool:
    """Whether single letters count as letters: there is one that is no Roman number, and it isn't the only one."""
    numbers = {run.numbering.number.upper() for run in runs if run.numbering}
    return len(numbers & set("ABEFGH")) > 1 or ("A" in numbers and "I" not in numbers)
