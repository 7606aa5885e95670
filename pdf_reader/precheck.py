"""What a look at a file's first bytes tells: enough to refuse what is no PDF without opening it."""

from pathlib import Path

from foundation.errors import FailureCode, PermanentError

#: Readers accept that much in front of the header (PDF 1.7, appendix H.3, note 13).
HEADER_REACH_BYTES = 1_024
_MAGIC = b"%PDF-"
#: A header line, and perhaps the comment of binary bytes below it.
_HEADER_ONLY_BYTES = 32

_LOOKS = {
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"%!PS": "PostScript",
    b"{\\rtf": "an RTF document",
    b"\xd0\xcf\x11\xe0": "an old office document",
    b"\x1f\x8b": "gzip data",
}
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<?xml", b"<!--")


def refuse_what_is_no_pdf(path: Path, max_megabytes: int) -> None:
    """Raises errors.PermanentError: `empty_file`, `too_large` or `not_a_pdf`."""
    size = path.stat().st_size
    if size == 0:
        raise PermanentError(FailureCode.EMPTY_FILE, "the file is empty (0 bytes)")
    if size > max_megabytes * 1024 * 1024:
        message = f"the file has {size / 1024 / 1024:.0f} MB, and the limit is {max_megabytes} MB"
        raise PermanentError(FailureCode.TOO_LARGE, message)
    with path.open("rb") as file:
        start = file.read(HEADER_REACH_BYTES)
    if _MAGIC not in start:
        raise PermanentError(FailureCode.NOT_A_PDF, f"not a PDF: this looks like {looks_like(start)}")
    if size <= _HEADER_ONLY_BYTES:
        raise PermanentError(FailureCode.NOT_A_PDF, "not a PDF: nothing follows the header line")


def looks_like(start: bytes) -> str:
    """A guess at what a file is that begins with these bytes, in words."""
    for magic, name in _LOOKS.items():
        if start.startswith(magic):
            return name
    stripped = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if stripped.startswith(_HTML_STARTS):
        return "a web page (HTML or XML)"
    if not any(start):
        return "nothing but zeros"
    if all(byte >= 32 or byte in b"\t\r\n\f" for byte in start):
        return "plain text"
    return "something else"
