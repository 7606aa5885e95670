"""A document's section tree and running text. Reads plain `Page` data, never a PDF."""

from data_ingestion.structure.analyser import StructureAnalyser
from data_ingestion.structure.tree import Section, Structure

__all__ = ["Section", "Structure", "StructureAnalyser"]
