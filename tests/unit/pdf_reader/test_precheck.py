"""A file's first bytes are enough to refuse what is no PDF, with a sentence that says what it is."""

from pathlib import Path

import pytest

from foundation.errors import FailureCode, PermanentError
from pdf_reader.precheck import looks_like, refuse_what_is_no_pdf


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", FailureCode.EMPTY_FILE, "0 bytes"),
        (b"%PDF-1.7\n", FailureCode.NOT_A_PDF, "nothing follows"),
        (b"<!DOCTYPE html><html><body>503</body>", FailureCode.NOT_A_PDF, "web page"),
        (b"PK\x03\x04" + bytes(60), FailureCode.NOT_A_PDF, "office document"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), FailureCode.NOT_A_PDF, "PNG"),
        (b"Dear reader, this is a letter.", FailureCode.NOT_A_PDF, "plain text"),
        (bytes(2_000), FailureCode.NOT_A_PDF, "zeros"),
        (bytes(2_000) + b"%PDF-1.7" + bytes(100), FailureCode.NOT_A_PDF, "zeros"),
    ],
)
def test_what_is_no_pdf_is_refused(tmp_path: Path, content: bytes, code: FailureCode, words: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(content)

    with pytest.raises(PermanentError, match=words) as refusal:
        refuse_what_is_no_pdf(path, 1)

    assert refusal.value.code is code


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(1024 * 1024))

    with pytest.raises(PermanentError, match="limit is 1 MB") as refusal:
        refuse_what_is_no_pdf(path, 1)

    assert refusal.value.code is FailureCode.TOO_LARGE


def test_a_header_may_stand_after_some_other_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.7\n" + bytes(100))

    refuse_what_is_no_pdf(path, 1)


def test_what_looks_like_nothing_known_is_called_something_else() -> None:
    assert looks_like(b"\x01\x02\x03\xff") == "something else"
