"""Reads a page's image by Tesseract, where it is installed: a process of its own, with its own limits."""

import csv
import io
import resource
import signal
import subprocess
from typing import Any

from pdf_reader.child.cleaning import clean_line
from pdf_reader.child.limits import die_with_parent
from pdf_reader.child.text import RawBlock, RawLine, Span, box_of

#: What Tesseract was trained on; more is slower and no better.
OCR_DPI = 300
#: Words that Tesseract itself believes in less than this are specks and drawings.
MIN_CONFIDENCE = 30.0
_FONT = "ocr"


class OcrError(Exception):
    """No text could be had; the message says why, and what to do, the same on every page."""


def read(pixmap: Any, dpi: int, languages: str, timeout_seconds: float, tesseract: str | None) -> list[RawBlock]:
    """The lines of a grey pixmap, by paragraph, in Tesseract's reading order; `tesseract` is where the program is.

    Raises OcrError.
    """
    if tesseract is None:
        packages = " ".join(f"tesseract-ocr-{language.replace('_', '-')}" for language in languages.split("+"))
        raise OcrError(
            f"text in images was not read, as OCR is not installed: apt-get install tesseract-ocr {packages}"
        )
    command = [tesseract, "stdin", "stdout", "-l", languages, "--dpi", str(dpi), "tsv"]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            input=pixmap.tobytes("pnm"),
            capture_output=True,
            timeout=timeout_seconds,
            check=False,
            preexec_fn=lambda: _confine(timeout_seconds),
        )
    except subprocess.TimeoutExpired:
        raise OcrError("ocr: timed out") from None
    except OSError:
        raise OcrError("ocr: tesseract could not be started") from None
    if done.returncode:
        raise OcrError(_explain(done.stderr.decode("utf-8", "replace"), languages))
    return parse_tsv(done.stdout.decode("utf-8", "replace"), 72 / dpi)


def _confine(cpu_seconds: float) -> None:
    die_with_parent()
    seconds = int(cpu_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    signal.setitimer(signal.ITIMER_REAL, 0)


def _explain(errors: str, languages: str) -> str:
    if "loading language" in errors or "load any languages" in errors:
        return f"ocr: tesseract has no language data for {languages}: install tesseract-ocr-<language>"
    return "ocr: tesseract failed"


def parse_tsv(tsv: str, points_per_pixel: float) -> list[RawBlock]:
    """Tesseract's TSV as lines in points, a block a paragraph; words that it doesn't believe in are left out."""
    paragraphs: dict[tuple[str, str], dict[str, list[Span]]] = {}
    for row in csv.DictReader(io.StringIO(tsv), delimiter="\t", quoting=csv.QUOTE_NONE):
        span = _span(row, points_per_pixel)
        if span:
            lines = paragraphs.setdefault((row["block_num"], row["par_num"]), {})
            lines.setdefault(row["line_num"], []).append(span)
    return [[_line(spans) for spans in lines.values()] for lines in paragraphs.values()]


def _span(row: dict[str, str], scale: float) -> Span | None:
    try:
        if row["level"] != "5" or float(row["conf"]) < MIN_CONFIDENCE:
            return None
        left, top, width, height = (float(row[name]) * scale for name in ("left", "top", "width", "height"))
    except (KeyError, TypeError, ValueError):
        return None
    text = clean_line(row["text"] or "").strip()
    if not text:
        return None
    box = (left, top, left + width, top + height)
    return Span(text, box, height, _FONT, False, False, 0, 255, True)


def _line(spans: list[Span]) -> RawLine:
    # Words differ in height by their ascenders; a line's type has one size.
    size = sorted(span.size for span in spans)[len(spans) // 2]
    for span in spans:
        span.size = size
    return RawLine(spans, box_of(spans), True, " ".join(span.text for span in spans))
