"""Tags that are damaged, or say what isn't so: they cost at most themselves, and a note says it."""

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdf_reader.blocks import BlockKind, Provenance
from pdf_reader.document import Page, PageOutcome, ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox
from tests.support.tagged_pdf import PARENT_TREE, ROOT, Element, TaggedPage, TaggedPdf, table

LINES = [f"Line {index} says that the miller weighs every sack of the lower valley twice." for index in range(12)]
Made = tuple[TaggedPdf, TaggedPage, Element, list[Element]]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[PdfSandbox]:
    sandbox = PdfSandbox(SandboxLimits(page_timeout_seconds=60, page_cpu_seconds=30, memory_megabytes=1_024), 1)
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="module")
def read(sandbox: PdfSandbox, tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], Page]:
    folder = tmp_path_factory.mktemp("lying")

    def read(data: bytes) -> Page:
        path = folder / "made.pdf"
        path.write_bytes(data)
        facts = sandbox.open(path)
        [page] = sandbox.read(path, facts, ReadOptions(images=False, ocr=False), folder, lambda: None)
        return page

    return read


def document() -> Made:
    pdf = TaggedPdf()
    page, top = pdf.page(), pdf.element("Document")
    paragraphs = [pdf.element("P", top) for _ in LINES]
    for index, (paragraph, line) in enumerate(zip(paragraphs, LINES, strict=True)):
        page.text(paragraph, line, 60, 80 + 30 * index)
    return pdf, page, top, paragraphs


def says_all(page: Page) -> bool:
    return [" ".join(block.text.split()) for block in page.blocks if block.end > block.start] == LINES


def parents_in_a_loop() -> bytes:
    pdf, _, top, _ = document()
    pdf.objects[top.number] = f"<< /S /Document /P {top.number} 0 R /K [] >>"
    return pdf.data()


def parents_in_a_wide_loop() -> bytes:
    pdf, _, top, _ = document()
    ring = [pdf.number() for _ in range(90)]
    for number, above in zip(ring, [*ring[1:], ring[0]], strict=True):
        pdf.objects[number] = f"<< /S /Sect /P {above} 0 R >>"
    pdf.objects[top.number] = f"<< /S /Document /P {ring[0]} 0 R /K [] >>"
    return pdf.data()


def parents_without_end() -> bytes:
    pdf, _, top, _ = document()
    chain = [pdf.number() for _ in range(50_000)]
    for number, above in zip(chain, [*chain[1:], ROOT], strict=True):
        pdf.objects[number] = f"<< /S /Sect /P {above} 0 R >>"
    pdf.objects[top.number] = f"<< /S /Document /P {chain[0]} 0 R /K [] >>"
    return pdf.data()


def half_the_page() -> bytes:
    pdf, page, _, _ = document()
    page.contents[6:] = []
    for index, line in enumerate(LINES[6:], start=6):
        page.untagged(line, 60, 80 + 30 * index)
    return pdf.data()


def nearly_all_no_part_of_the_text() -> bytes:
    pdf, page, _, _ = document()
    page.contents[1:] = []
    for index, line in enumerate(LINES[1:], start=1):
        page.artifact(line, 60, 80 + 30 * index)
    return pdf.data()


def elements_that_are_numbers() -> bytes:
    pdf, page, _, _ = document()
    page.owners = []
    pdf.objects[PARENT_TREE] = f"<< /Nums [0 [{' '.join('7 (x) /N [] null' for _ in LINES)}]] >>"
    return pdf.data()


def items_with_too_many_children() -> bytes:
    pdf, _, top, paragraphs = document()
    listed = pdf.element("L", top)
    for paragraph in paragraphs:
        paragraph.role, paragraph.parent = "LI", listed
        paragraph.kids = ["null " * 60_000, *paragraph.kids]
    top.kids = [f"{listed.number} 0 R"]
    return pdf.data()


#: Files whose tags can't be used; each must read as if it had none, and say so.
UNUSABLE = {
    "an element above itself": parents_in_a_loop,
    "ninety elements above one another in a circle": parents_in_a_wide_loop,
    "fifty thousand elements above one another": parents_without_end,
    "half of the page tagged": half_the_page,
    "nearly all of the page marked as no part of its text": nearly_all_no_part_of_the_text,
    "elements that are numbers and strings": elements_that_are_numbers,
    "items with sixty thousand children each": items_with_too_many_children,
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_unusable_tags_cost_only_themselves(read: Callable[[bytes], Page], name: str) -> None:
    page = read(UNUSABLE[name]())

    assert page.outcome is PageOutcome.TEXT
    assert says_all(page)
    assert {block.provenance for block in page.blocks} == {Provenance.LAYOUT}
    assert page.losses == ()
    assert [note for note in page.notes if note.startswith("tags not used: ")]


def roles_that_do_not_exist() -> bytes:
    pdf = TaggedPdf(root="/RoleMap << /Sloth /Snail /Snail /Sloth /Up /Down >>")
    page, top = pdf.page(), pdf.element("Document")
    for index, line in enumerate(LINES):
        page.text(pdf.element(("Sloth", "Up", "Nonsense")[index % 3], top), line, 60, 80 + 30 * index)
    return pdf.data()


def parents_that_do_not_know_their_children() -> bytes:
    pdf, _, top, _ = document()
    pdf.objects[top.number] = f"<< /S /Document /P {ROOT} 0 R /K [] >>"
    return pdf.data()


def a_million_children() -> bytes:
    pdf, _, top, paragraphs = document()
    kids = f"{paragraphs[0].number} 0 R " * 1_000_000
    pdf.objects[top.number] = f"<< /S /Document /P {ROOT} 0 R /K [{kids}] >>"
    return pdf.data()


def one_number_for_all() -> bytes:
    pdf, page, _, _ = document()
    page.contents = [content.replace(f"/MCID {index} ", "/MCID 0 ") for index, content in enumerate(page.contents)]
    return pdf.data()


def numbers_that_no_element_has() -> bytes:
    pdf, page, _, _ = document()
    page.contents = [content.replace("/MCID ", "/MCID -9999999999") for content in page.contents[:2]] + page.contents[
        2:
    ]
    return pdf.data()


def every_paragraph_upside_down() -> bytes:
    pdf, _, top, _paragraphs = document()
    top.kids.reverse()
    return pdf.data()


def all_text_a_heading() -> bytes:
    pdf, _, _, paragraphs = document()
    for paragraph in paragraphs:
        paragraph.role = "H1"
    return pdf.data()


def all_text_in_one_figure() -> bytes:
    pdf, _, top, _ = document()
    top.role, top.entries = "Figure", "/Alt (image) /A << /O /Layout /BBox [-1e30 -1e30 1e30 1e30] >>"
    return pdf.data()


#: Files whose tags lie in part: nothing that is printed may be lost, doubled or moved.
LYING = {
    "roles that stand for nothing": roles_that_do_not_exist,
    "parents that don't know their children": parents_that_do_not_know_their_children,
    "a million children": a_million_children,
    "all text with one number": one_number_for_all,
    "numbers that no element has": numbers_that_no_element_has,
    "an order from the bottom up": every_paragraph_upside_down,
    "a page of headings": all_text_a_heading,
    "a page that is a figure as large as the world": all_text_in_one_figure,
}


@pytest.mark.parametrize("name", LYING)
def test_what_is_printed_stays_whatever_tags_say(read: Callable[[bytes], Page], name: str) -> None:
    page = read(LYING[name]())

    assert page.outcome is PageOutcome.TEXT
    assert " ".join(page.text.split()) == " ".join(LINES)
    assert BlockKind.HEADING not in {block.kind for block in page.blocks}
    assert page.losses == ()


def test_a_table_whose_cells_are_elsewhere_is_none(read: Callable[[bytes], Page]) -> None:
    """A page of prose tagged as a table, its rows in any order."""
    pdf = TaggedPdf()
    page, top = pdf.page(), pdf.element("Document")
    made = pdf.element("Table", top)
    order = list(range(12))
    random.Random(4).shuffle(order)
    for index in order:
        row = pdf.element("TR", made)
        for part, x in ((LINES[index][:30], 60), (LINES[index][30:], 300)):
            page.text(pdf.element("TD", row), part, x, 80 + 30 * index)
    page.text(pdf.element("P", top), "Not in the table.", 60, 600)

    found = read(pdf.data())

    assert not [block for block in found.blocks if block.table and block.provenance is Provenance.TAGS]
    assert "".join(LINES).replace(" ", "") in found.text.replace(" ", "").replace("|", "").replace("\n", "").replace(
        "---", ""
    )


def test_nothing_in_the_box_of_a_tagged_table_is_lost(read: Callable[[bytes], Page]) -> None:
    pdf = TaggedPdf()
    page, top = pdf.page(), pdf.element("Document")
    rows = [["Sack", "Pounds"], ["one", "12"], ["two", "13"], ["three", "17"]]
    table(pdf, page, top, rows, 100, [60, 200])
    page.untagged("stranger", 130, 116)

    found = read(pdf.data())

    assert found.text.count("stranger") == 1
    assert not [block for block in found.blocks if block.table and block.provenance is Provenance.TAGS]


def test_a_cell_in_two_tables_is_in_none(read: Callable[[bytes], Page]) -> None:
    pdf = TaggedPdf()
    page, top = pdf.page(), pdf.element("Document")
    made = table(pdf, page, top, [["Sack", "Pounds"], ["one", "12"], ["two", "13"]], 100, [60, 200])
    made.kids.append(made.kids[-1])
    page.text(pdf.element("P", top), LINES[0], 60, 300)

    found = read(pdf.data())

    assert found.text.count("two") == 1
    assert "tags of a table not used: a cell that is in two places" in found.notes


def test_a_table_of_a_million_cells_takes_no_time(read: Callable[[bytes], Page]) -> None:
    pdf = TaggedPdf()
    page, top = pdf.page(), pdf.element("Document")
    made = table(pdf, page, top, [["Sack", "Pounds"], ["one", "12"], ["two", "13"]], 100, [60, 200])
    cell = pdf.number()
    pdf.objects[cell] = f"<< /S /TD /P {made.number} 0 R >>"
    pdf.elements[-1].entries = "/A << /O /Table /RowSpan 2000000000 /ColSpan 2000000000 >>"
    row = pdf.number()
    kids = " ".join(f"{pdf.number()} 0 R" for _ in range(100_000))
    pdf.objects[row] = f"<< /S /TR /P {made.number} 0 R /K [{kids}] >>"
    made.kids.append(f"{row} 0 R")

    found = read(pdf.data())

    assert found.text.count("Pounds") == 1


_REFERENCES = st.integers(min_value=1, max_value=48).map(lambda number: f"{number} 0 R")
#: Root and parent tree, and all elements.
_NUMBERS = st.one_of(st.sampled_from([ROOT, PARENT_TREE]), st.integers(min_value=22, max_value=46))
_VALUES = st.one_of(
    _REFERENCES,
    st.integers(min_value=-5, max_value=10**12).map(str),
    st.sampled_from(["null", "true", "(text)", "/Table", "/TD", "/P", "<<>>", "[]", "/Figure", "/L"]),
    st.lists(_REFERENCES, max_size=5).map(lambda items: f"[{' '.join(items)}]"),
)
_DICTIONARIES = st.dictionaries(
    st.sampled_from(["S", "P", "K", "Pg", "A", "Alt", "ActualText", "E", "Lang", "Nums", "Kids", "MCID", "C", "R"]),
    _VALUES,
    max_size=6,
).map(lambda entries: f"<< {' '.join(f'/{key} {value}' for key, value in entries.items())} >>")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(broken=st.dictionaries(_NUMBERS, _DICTIONARIES, min_size=1, max_size=8))
def test_any_tree_leaves_the_text(read: Callable[[bytes], Page], broken: dict[int, str]) -> None:
    """Any of the objects of a sound tree, but for the page and its content, replaced by anything."""
    pdf, _, top, _ = document()
    table(pdf, pdf.pages[0], top, [["Sack", "Pounds"], ["one", "12"], ["two", "13"]], 500, [60, 200])
    pdf.objects |= broken

    page = read(pdf.data())

    assert page.outcome is PageOutcome.TEXT
    assert page.losses == ()
    # /ActualText may say anything, and is what the text is then.
    if not any("/ActualText" in source or "/E " in source for source in broken.values()):
        for line in [*LINES, "Sack", "Pounds", "two", "13"]:
            assert " ".join(page.text.split()).count(line) == 1
