"""A document's section tree and running text. Reads plain `Page` data, never a PDF."""

from document_structure.analyser import StructureAnalyser
from document_structure.heading_trace import Explanation
from document_structure.layout_headings import THRESHOLD
from document_structure.section_tree import Section, Structure

__all__ = ["THRESHOLD", "Explanation", "Section", "Structure", "StructureAnalyser"]
