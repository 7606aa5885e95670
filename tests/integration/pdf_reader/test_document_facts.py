"""What is known of a document before its pages are read: outline, printed page labels, and whether it is encrypted."""

from pathlib import Path

import pytest

from foundation.errors import FailureCode, PermanentError
from pdf_reader.child.mupdf import pymupdf
from pdf_reader.sandbox import PdfSandbox
from tests.support.sandbox_reading import make_pdf, read


def test_facts_tell_outline_and_labels(corpus: Path, sandbox: PdfSandbox) -> None:
    facts = sandbox.open(corpus / "good" / "uslm-review-guide.pdf")

    assert facts.page_count == 12
    first = facts.outline[0]
    assert (first.level, first.title, first.page) == (1, "Introduction", 2)
    assert first.top == pytest.approx(157, abs=1)


def test_a_password_opens_what_is_encrypted(sandbox: PdfSandbox, tmp_path: Path) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "A secret")
    path = tmp_path / "a.pdf"
    document.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="open sesame", owner_pw="owner")

    _, [page] = read(sandbox, path, tmp_path, password="open sesame")
    with pytest.raises(PermanentError, match="password") as without:
        sandbox.open(path)
    with pytest.raises(PermanentError, match="wrong") as wrong:
        sandbox.open(path, password="open barley")

    assert page.text == "A secret"
    assert without.value.code is wrong.value.code is FailureCode.ENCRYPTED


@pytest.mark.parametrize(
    ("rule", "label"),
    [
        pytest.param("<< /S /r /St 4 >>", "iv", id="a Roman number"),
        pytest.param("<< /P <FEFF004B002D> /S /D >>", "K-1", id="a prefix in UTF-16"),
        pytest.param("<< /P (1/a\\(b\\)) >>", "1/a(b)", id="a prefix with brackets and a slash"),
        pytest.param("<< /Nums 7 /P 7 /S (x) /St /y >>", "1", id="nothing that makes sense"),
    ],
)
def test_printed_page_labels(sandbox: PdfSandbox, tmp_path: Path, rule: str, label: str) -> None:
    document = pymupdf.open(make_pdf(tmp_path / "plain.pdf", 1))
    document.xref_set_key(document.pdf_catalog(), "PageLabels", f"<< /Nums [0 {rule}] >>")
    document.save(tmp_path / "labelled.pdf")

    assert sandbox.open(tmp_path / "labelled.pdf").page_labels == (label,)


def test_a_tree_of_page_labels_that_contains_itself_ends(sandbox: PdfSandbox, tmp_path: Path) -> None:
    document = pymupdf.open(make_pdf(tmp_path / "plain.pdf", 1))
    node = document.get_new_xref()
    document.update_object(node, f"<< /Kids [{node} 0 R {node} 0 R] /Nums [0 << /S /A >>] >>")
    document.xref_set_key(document.pdf_catalog(), "PageLabels", f"{node} 0 R")
    document.save(tmp_path / "looping.pdf")

    assert sandbox.open(tmp_path / "looping.pdf").page_labels == ("A",)
