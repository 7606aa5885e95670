"""The document half from Settings: the sandbox that reads PDFs, and the processor over the parts that it works with."""

from collections.abc import Callable

from config import Settings
from data_ingestion.attempt import Configured, Tools
from data_ingestion.document_ledger import DocumentLedger
from data_ingestion.processor import DataProcessor
from model_api.usage import Usage
from pdf_reader.document import SandboxLimits
from pdf_reader.sandbox import PdfSandbox


def make_sandbox(settings: Settings) -> PdfSandbox:
    """Starts no child before it is warmed up or used."""
    limits = SandboxLimits(
        max_pdf_megabytes=settings.max_pdf_megabytes,
        max_pages=settings.max_pages,
        page_timeout_seconds=settings.page_timeout_seconds,
        page_cpu_seconds=settings.page_cpu_seconds,
        memory_megabytes=settings.extraction_memory_megabytes,
        max_page_characters=settings.max_page_characters,
        max_image_pixels=settings.max_image_pixels,
        pages_per_child=settings.pages_per_child,
        max_page_links=settings.max_page_links,
        max_lost_seconds=settings.max_lost_seconds,
    )
    return PdfSandbox(limits, settings.extraction_processes)


def make_processor(
    settings: Settings,
    *,
    tools: Tools,
    ledger: DocumentLedger,
    configured: Callable[[], Configured],
    on_waste: Callable[[Usage], None],
) -> DataProcessor:
    """`on_waste` gets what an attempt that failed has spent."""
    return DataProcessor(
        tools=tools,
        ledger=ledger,
        configured=configured,
        default_stores=settings.target_stores,
        max_pdf_megabytes=settings.max_pdf_megabytes,
        on_waste=on_waste,
    )
