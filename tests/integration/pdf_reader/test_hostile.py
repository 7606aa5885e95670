"""PDFs that no program writes, made object by object: each ends as it should, in one sandbox, within small limits."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from document_structure import StructureAnalyser
from foundation.errors import FailureCode, PermanentError
from pdf_reader.document import ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

pytestmark = pytest.mark.usefixtures("spawned_pdf_children")
LIMITS = SandboxLimits(page_timeout_seconds=60, page_cpu_seconds=20)
PLAIN = "The fighter makes two attacks."
SHOW = f"BT /F1 18 Tf 72 700 Td ({PLAIN}) Tj ET"
HELVETICA = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
LINK = "<< /Subtype /Link /Rect [70 690 300 720] /A << /S /GoTo /D (chapter) >> >>"


def stream(entries: str, content: str) -> str:
    return f"<< {entries} /Length {len(content)} >>\nstream\n{content}\nendstream"


def pdf(
    content: str = SHOW,
    *,
    catalog: str = "",
    page: str = "",
    resources: str = "",
    box: str = "0 0 612 792",
    font: str = HELVETICA,
    trailer: str = "",
    more: Mapping[int, str] | None = None,
) -> bytes:
    """One page that says `content`; objects from 6 on are free."""
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 5 0 R"
        f" /Resources << /Font << /F1 4 0 R >> {resources} >> {page} >>",
        4: font,
        5: stream("", content),
    } | dict(more or {})
    written = b"%PDF-1.7\n"
    offsets = {}
    for number, source in objects.items():
        offsets[number] = len(written)
        written += f"{number} 0 obj\n{source}\nendobj\n".encode("latin-1")
    size = max(objects) + 1
    rows = "".join(f"{offsets[n]:010} 00000 n \n" if n in offsets else "0000000000 65535 f \n" for n in range(size))
    end = f"xref\n0 {size}\n{rows}trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{len(written)}\n%%EOF\n"
    return written + end.encode("latin-1")


#: Name → file, and the text that must be read.
READABLE: dict[str, tuple[bytes, str]] = {
    "destinations in a circle": (
        pdf(catalog="/Names << /Dests 6 0 R >>", page=f"/Annots [{LINK}]", more={6: "<< /Kids [6 0 R 6 0 R] >>"}),
        PLAIN,
    ),
    "bookmarks in a circle": (
        pdf(
            catalog="/Outlines 6 0 R",
            more={
                6: "<< /First 7 0 R /Last 8 0 R >>",
                7: "<< /Title (A) /First 7 0 R /Next 8 0 R /Dest [3 0 R /Fit] >>",
                8: "<< /Title (B) /Next 7 0 R /First 8 0 R /Prev 8 0 R /Dest [3 0 R /Fit] >>",
            },
        ),
        PLAIN,
    ),
    "twenty thousand notes": (pdf(page=f"/Annots [{'<< /Subtype /Text /Rect [9 9 18 18] >> ' * 20_000}]"), PLAIN),
    "a stamp that stamps itself": (
        pdf(
            page="/Annots [6 0 R]",
            more={
                6: "<< /Subtype /Stamp /Rect [9 9 99 99] /AP << /N 7 0 R >> /Popup 6 0 R /Parent 6 0 R >>",
                7: stream("/Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 7 0 R >> >>", "/X Do " * 2),
            },
        ),
        PLAIN,
    ),
    "fields that are their own parents": (
        pdf(
            catalog="/AcroForm << /Fields [6 0 R] /NeedAppearances true /XFA 6 0 R >>",
            page="/Annots [6 0 R]",
            more={6: "<< /Subtype /Widget /FT /Tx /T (a) /V (x) /Parent 6 0 R /Kids [6 0 R] /Rect [0 0 100 20] >>"},
        ),
        PLAIN,
    ),
    "a structure tree in a circle": (
        pdf(catalog="/StructTreeRoot 6 0 R", more={6: "<< /K 6 0 R /ParentTree << /Nums [0 [6 0 R]] >> >>"}),
        PLAIN,
    ),
    "a tree of pages 5,000 deep": (
        pdf(
            more={2: "<< /Type /Pages /Kids [10 0 R] /Count 1 >>"}
            | {n: f"<< /Type /Pages /Kids [{n + 1 if n < 5_000 else 3} 0 R] /Count 1 >>" for n in range(10, 5_001)}
        ),
        PLAIN,
    ),
    "one reference after another": (pdf(page="/Annots 6 0 R /Rotate 7 0 R", more={6: "7 0 R", 7: "6 0 R"}), PLAIN),
    "a matrix of no numbers": (
        pdf(f"q nan inf -inf 1e999 0 1e308 cm {SHOW} Q q 0 0 0 0 0 0 cm {SHOW} Q {SHOW}"),
        PLAIN,
    ),
    "type of negative and endless size": (
        pdf(f"BT /F1 -18 Tf 300 700 Td (Mirrored) Tj ET BT /F1 1e30 Tf 72 500 Td (Giant) Tj ET {SHOW}"),
        PLAIN,
    ),
    "a page of no size": (pdf(box="0 0 0 0"), PLAIN),
    "a page of sizes that are none": (pdf(box="nan nan inf inf"), PLAIN),
    "a font that descends from itself": (
        pdf(font="<< /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [4 0 R] >>"),
        PLAIN,
    ),
    "a colour space of itself": (
        pdf(f"/C cs 0 sc {SHOW}", resources="/ColorSpace << /C 6 0 R >>", more={6: "[/Indexed 6 0 R 255 6 0 R]"}),
        PLAIN,
    ),
    "an image that is noise": (
        pdf(
            f"q 99 0 0 99 9 9 cm /I Do Q {SHOW}",
            resources="/XObject << /I 6 0 R >>",
            more={
                6: stream(
                    "/Subtype /Image /Width 5000 /Height 5000 /BitsPerComponent 8 /Filter /JPXDecode"
                    " /ColorSpace /DeviceRGB",
                    "\x9e\x01noise" * 999,
                )
            },
        ),
        PLAIN,
    ),
    "a portfolio that would write elsewhere": (
        pdf(
            catalog="/Collection << /View /D >> /Names << /EmbeddedFiles << /Names [(../../x.pdf) 6 0 R] >> >>",
            more={6: "<< /F (../../../tmp/x.pdf) /EF << /F 7 0 R >> >>", 7: stream("/Type /EmbeddedFile", "x")},
        ),
        PLAIN,
    ),
    "letters that are halves of letters": (
        pdf(
            "BT /F1 18 Tf 72 700 Td (1234x two plain words) Tj ET",
            font=f"{HELVETICA[:-2]} /ToUnicode 6 0 R >>",
            more={
                6: stream(
                    "",
                    "begincmap 1 begincodespacerange <00> <ff> endcodespacerange 5 beginbfchar <31> <D800> <32> <DC00>"
                    " <33> <0000> <34> <202E> <78> <D83DDE00> endbfchar endcmap",
                )
            },
        ),
        "\U0001f600 two plain words",
    ),
    "rubbish after the end": (pdf() + bytes(range(256)) * 4_000, PLAIN),
    "no cross-reference table": (pdf().partition(b"xref")[0], PLAIN),
}

#: Name → file, and what it may be refused with.
REFUSED = {
    "a page tree that doubles thirty times": (
        pdf(
            more={2: "<< /Type /Pages /Kids [10 0 R 10 0 R] /Count 2147483647 >>"}
            | {n: f"<< /Type /Pages /Kids [{n + 1} 0 R {n + 1} 0 R] /Count {2 ** (40 - n)} >>" for n in range(10, 40)}
            | {40: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"}
        ),
        {FailureCode.TOO_MANY_PAGES, FailureCode.CORRUPT},
    ),
    "nothing but a catalog of itself": (pdf(more={2: "1 0 R"}), {FailureCode.NO_PAGES, FailureCode.CORRUPT}),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[PdfSandbox]:
    sandbox = PdfSandbox(LIMITS, 1)
    yield sandbox
    sandbox.close()


@pytest.mark.parametrize("name", READABLE)
def test_text_is_read_whatever_stands_around_it(sandbox: PdfSandbox, tmp_path: Path, name: str) -> None:
    data, text = READABLE[name]
    path = tmp_path / "hostile.pdf"
    path.write_bytes(data)
    working_folder = tmp_path / "working_folder"
    working_folder.mkdir()

    facts = sandbox.open(path)
    analyser = StructureAnalyser(facts)
    [page] = sandbox.read(path, facts, ReadOptions(ocr=False), working_folder, lambda: None)
    analyser.add(page)

    assert text in page.text
    page.text.encode("utf-8")
    assert analyser.finish().path_at(1) in ((), ("A",), ("B",))
    assert {file.name for file in working_folder.iterdir()} <= {"1.jpg"}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_pages_to_read_is_refused(sandbox: PdfSandbox, tmp_path: Path, name: str) -> None:
    data, codes = REFUSED[name]
    path = tmp_path / "hostile.pdf"
    path.write_bytes(data)

    with pytest.raises(PermanentError) as refusal:
        sandbox.open(path)

    assert refusal.value.code in codes


def test_a_title_of_half_letters_is_cleaned(sandbox: PdfSandbox, tmp_path: Path) -> None:
    path = tmp_path / "titled.pdf"
    path.write_bytes(pdf(trailer="/Info 6 0 R", more={6: "<< /Title <FEFFD800004100000042> /Author 12 >>"}))

    facts = sandbox.open(path)

    facts.title.encode("utf-8")
    assert "\x00" not in facts.title
    assert facts.author == ""
