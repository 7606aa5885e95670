"""Reads one page, step by step: what goes wrong in one step costs what that step gives, and no more."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from pdf_reader.child import annotations, damage, nesting, ocr, render
from pdf_reader.child.composing import Part
from pdf_reader.child.deep_structure import hidden_where_deep
from pdf_reader.child.draft import Draft
from pdf_reader.child.evidence import count_characters, image_boxes, is_readable, is_stamped_scan
from pdf_reader.child.frames import Frame
from pdf_reader.child.layout import FindTables, Layout, lay_out
from pdf_reader.child.limits import Timers
from pdf_reader.child.links import read_links
from pdf_reader.child.text import (
    Extract,
    RawBlock,
    Structure,
    TooMuchTextError,
    Words,
    read_text,
)
from pdf_reader.child.visibility import Sight, split_visible
from pdf_reader.document import ImageResult, Page, PageImage, PageOutcome, SandboxLimits
from pdf_reader.tables import FoundTable, Piece, Segment, find_tables
from pdf_reader.tags.elements import UnsoundTagsError
from pdf_reader.tags.reader import TagReader
from pdf_reader.wire import FlightRecorder, ReadTask, Step

#: OCR must find this many times the characters of the page's own text to be taken instead.
OCR_GAIN = 3
#: Of the page's remaining time.
OCR_SHARE = 0.9

_T = TypeVar("_T")


class PageReader:
    """Reads the pages of a document, one at a time.

    `recorder` gets each step; steps that the task does without are left out silently, as the worker knows why.
    A page's image is rendered while it is read, for what can't be seen is no text. Encoding it is left to
    `write_image`, so that the text can be sent before.
    """

    def __init__(self, document: Any, limits: SandboxLimits, recorder: FlightRecorder, task: ReadTask) -> None:
        self._document = document
        self._limits = limits
        self._recorder = recorder
        self._task = task
        self._options = task.options
        self._tag_reader: TagReader | None = None
        self._without = task.without
        self._promised: tuple[PageImage, Any] | None = None
        #: A step has failed for want of memory: better begin anew than go on with what is left.
        self.ran_out_of_memory = False

    def read(self, number: int) -> Page:
        """Page `number` of the document, whatever it is like."""
        draft = Draft(number)
        task = self._task
        self._without = task.without | task.first_without if number == task.first else task.without
        self._number, self._promised = number, None
        self._recorder.write(number, Step.TEXT)
        damage.forget()
        try:
            page = self._document.load_page(number - 1)
            shown = page.rect
            draft.width, draft.height = shown.width, shown.height
            extract = self._extract(page, number)
        except TooMuchTextError:
            draft.outcome = PageOutcome.TOO_COMPLEX
            draft.losses.append("text: too much on one page")
        except Exception as error:  # noqa: BLE001 (MuPDF's errors have no common base)
            draft.outcome = PageOutcome.TOO_COMPLEX if damage.is_want_of_memory(error) else PageOutcome.CRASHED
            draft.losses.append(f"text: {self._in_words(error)}")
        else:
            self._read_loaded(page, extract, draft)
        return draft.finish()

    @property
    def promises_image(self) -> bool:
        """The page that was read last is to have an image, which is not written yet."""
        return self._promised is not None

    def write_image(self) -> ImageResult:
        """Encode the image of the page that was read last, into the file that the page names."""
        assert self._promised
        (image, pixmap), self._promised = self._promised, None
        self._recorder.write(self._number, Step.IMAGE)
        try:
            render.save(pixmap, image.path, self._options)
        except Exception as error:  # noqa: BLE001 (as in reading)
            return ImageResult(self._number, f"{Step.IMAGE}: {self._in_words(error)}")
        return ImageResult(self._number)

    def _extract(self, page: Any, number: int) -> Extract:
        structure, limit = self._structure(number), self._limits.max_page_characters
        try:
            return read_text(page, limit, structure)
        except Exception as error:
            if not (nesting.is_nested_too_deeply(error) and nesting.flatten(self._document, page)):
                raise
        damage.forget()
        return read_text(page, limit, structure)

    def _structure(self, number: int) -> Structure:
        """How the page is run: with what its tags need, if they are wanted and there are some."""
        if not self._options.tags or Step.TAGS in self._without:
            return hidden_where_deep

        if self._tag_reader is not None and not self._tag_reader.has_structure:
            return nullcontext

        @contextmanager
        def numbered(page: Any) -> Iterator[None]:
            self._recorder.write(number, Step.TAGS)
            if self._tag_reader is None:
                self._tag_reader = TagReader(self._document)
            with self._tag_reader.numbered(page):
                self._recorder.write(number, Step.TEXT)
                yield

        return numbered

    def _read_loaded(self, page: Any, extract: Extract, draft: Draft) -> None:
        damaged = not extract.whole or damage.seen()
        sight = Sight(draft.width, draft.height)
        if self._options.images:
            sight = self._attempt(draft, Step.IMAGE, lambda: self._image(page, extract.drawing, draft)) or sight
        self._recorder.write(draft.number, Step.TEXT)
        blocks, draft.hidden_text = split_visible(extract.blocks, sight, lambda: image_boxes(page))
        fields = self._attempt(draft, Step.FIELDS, lambda: self._added(page, draft)) or []
        self._recorder.write(draft.number, Step.TEXT)
        if is_readable(blocks) or (fields and not blocks):
            self._lay_out(page, extract, blocks, fields, draft)
            draft.outcome = PageOutcome.REPAIRED if damaged else PageOutcome.TEXT
        elif damaged:
            draft.losses.append("text: the page's content is damaged")
        if self._options.links:
            self._attempt(draft, Step.LINKS, lambda: self._links(page, extract.words, blocks, draft))
        if self._options.ocr and (not draft.parts or is_stamped_scan(page, blocks)):
            self._attempt(draft, Step.OCR, lambda: self._ocr(page, sight, blocks, draft))

    def _added(self, page: Any, draft: Draft) -> list[annotations.Field]:
        """The fields of forms; comments go straight to the draft."""
        draft.annotations = annotations.read_annotations(page)
        return annotations.read_fields(page)

    def _lay_out(
        self,
        page: Any,
        extract: Extract,
        blocks: Sequence[RawBlock],
        fields: Sequence[annotations.Field],
        draft: Draft,
    ) -> None:
        def tables_of(segments: Sequence[Segment], frame: Frame, values: Sequence[Segment]) -> Sequence[FoundTable]:
            if not self._options.tables:
                return ()
            extra = [Piece(*value) for value in values]
            found = self._attempt(
                draft,
                Step.TABLES,
                lambda: find_tables(page, extract.words, segments, frame.matrix, extra, extract.drawing),
            )
            return found or ()

        layout = self._tagged_layout(page, extract.drawing, blocks, fields, draft, tables_of)
        if layout is None:
            self._recorder.write(draft.number, Step.TEXT)
            layout = lay_out(blocks, fields, draft.width, draft.height, tables_of)
        draft.parts, draft.aside = layout.parts, layout.aside

    def _tagged_layout(
        self,
        page: Any,
        drawing: Any,
        blocks: Sequence[RawBlock],
        fields: Sequence[annotations.Field],
        draft: Draft,
        tables_of: FindTables,
    ) -> Layout | None:
        """None without tags. Whatever goes wrong with them is worth a note: nothing that is printed is lost by it."""
        if not self._options.tags or Step.TAGS in self._without or self._tag_reader is None:
            return None
        self._recorder.write(draft.number, Step.TAGS)
        try:
            tags = self._tag_reader.read(page, drawing, blocks, draft.notes)
            return lay_out(blocks, fields, draft.width, draft.height, tables_of, tags) if tags else None
        except UnsoundTagsError as unsound:
            draft.notes.append(f"tags not used: {unsound}")
        except Exception as error:  # noqa: BLE001 (MuPDF's errors have no common base)
            draft.notes.append(f"tags not used: {self._in_words(error)}")
        return None

    def _links(self, page: Any, words: Words, blocks: Sequence[RawBlock], draft: Draft) -> None:
        found = read_links(page, words, blocks, draft.number, self._limits.max_page_links)
        draft.links = found.links
        draft.notes += found.notes

    def _image(self, page: Any, drawing: Any, draft: Draft) -> Sight | None:
        options = self._options
        dpi = self._affordable_dpi(draft, options.image_dpi, render.MAX_SIDE_PIXELS[options.image_format])
        if not dpi:
            draft.losses.append("image: the page is too large to be rendered")
            return None
        if dpi < options.image_dpi:
            draft.notes.append(f"image at {dpi} dpi, as the page is large")
        pixmap = render.render(page, dpi, drawing)
        path = render.image_path(self._task.working_folder, draft.number, options)
        draft.image = PageImage(path, pixmap.width, pixmap.height, dpi)
        self._promised = draft.image, pixmap
        return Sight(draft.width, draft.height, pixmap)

    def _affordable_dpi(self, draft: Draft, dpi: int, max_side_pixels: int) -> int:
        return render.affordable_dpi(draft.width, draft.height, dpi, self._limits.max_image_pixels, max_side_pixels)

    def _ocr(self, page: Any, sight: Sight, blocks: Sequence[RawBlock], draft: Draft) -> None:
        if sight.is_blank:
            return
        dpi = self._affordable_dpi(draft, ocr.OCR_DPI, render.MAX_OCR_SIDE_PIXELS)
        if not dpi or Step.IMAGE in self._without:
            draft.losses.append("ocr: the page can't be rendered")
            return
        pixmap = render.render_gray(page, dpi)
        if sight.pixels is None and Sight(draft.width, draft.height, pixmap).is_blank:
            return
        try:
            # Tesseract ends a little before the kernel would end us.
            seconds = min(Timers.remaining_seconds(), self._limits.page_timeout_seconds) * OCR_SHARE
            found = ocr.read(pixmap, dpi, self._options.ocr_languages, seconds, self._task.tesseract)
        except ocr.OcrError as error:
            draft.losses.append(str(error))
            return
        if count_characters(found) > OCR_GAIN * count_characters(blocks) or (found and not draft.parts):
            draft.parts, draft.outcome = [Part(block) for block in found], PageOutcome.OCR

    def _attempt(self, draft: Draft, step: Step, work: Callable[[], _T | None]) -> _T | None:
        if step in self._without:
            return None
        self._recorder.write(draft.number, step)
        try:
            return work()
        except Exception as error:  # noqa: BLE001 (MuPDF's errors have no common base)
            draft.losses.append(f"{step}: {self._in_words(error)}")
            return None

    def _in_words(self, error: Exception) -> str:
        if damage.is_want_of_memory(error):
            self.ran_out_of_memory = True
            return "took too much memory"
        return f"failed ({type(error).__name__})"
