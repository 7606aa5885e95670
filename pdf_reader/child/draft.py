"""A page in the making: what has been read of it so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pdf_reader.blocks import Annotation, Block, Provenance
from pdf_reader.child.composing import Part, compose
from pdf_reader.document import Link, Page, PageImage, PageOutcome


@dataclass(slots=True)
class Draft:
    """A page in the making."""

    number: int
    outcome: PageOutcome = PageOutcome.EMPTY
    width: float = 0.0
    height: float = 0.0
    parts: Sequence[Part] = ()
    aside: Sequence[Block] = ()
    annotations: tuple[Annotation, ...] = ()
    hidden_text: str = ""
    image: PageImage | None = None
    links: tuple[Link, ...] = ()
    losses: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def finish(self) -> Page:
        is_ocr = self.outcome is PageOutcome.OCR
        composed = compose(self.parts, Provenance.OCR if is_ocr else Provenance.LAYOUT)
        return Page(
            number=self.number,
            outcome=self.outcome,
            text=composed.text,
            text_source="ocr" if is_ocr else "native",
            width=self.width,
            height=self.height,
            lines=composed.lines,
            blocks=(*composed.blocks, *self.aside),
            annotations=self.annotations,
            links=self.links,
            image=self.image,
            hidden_text=self.hidden_text,
            losses=tuple(self.losses),
            notes=tuple(self.notes),
        )
