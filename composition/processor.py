"""The document half from Settings: the sandbox that reads PDFs, and the processor over the parts that it works with."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from config import Settings
from data_ingestion.artifacts import Artifacts
from data_ingestion.attempt import Configured, Tools
from data_ingestion.processor import DataProcessor
from embeddings.base import Embedder
from foundation.store_names import StoreName
from ledger import Claims, Documents, Runs
from ledger.history import History
from model_api.usage import Usage
from pdf_reader.document import SandboxLimits
from pdf_reader.sandbox import PdfSandbox
from vector_stores.base import VectorStore


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
    artifacts: Artifacts,
    sandbox: PdfSandbox,
    stores: Mapping[StoreName, VectorStore],
    embedder: Embedder,
    threads: ThreadPoolExecutor,
    documents: Documents,
    claims: Claims,
    runs: Runs,
    history: History,
    configured: Callable[[], Configured],
    on_waste: Callable[[Usage], None],
) -> DataProcessor:
    """`threads` upload images and wait for models; `on_waste` gets what an attempt that failed has spent."""
    return DataProcessor(
        tools=Tools(
            artifacts=artifacts,
            sandbox=sandbox,
            stores=stores,
            embedder=embedder,
            threads=threads,
            max_bad_pages_percent=settings.max_bad_pages_percent,
        ),
        documents=documents,
        claims=claims,
        history=history,
        configured=configured,
        default_stores=settings.target_stores,
        max_pdf_megabytes=settings.max_pdf_megabytes,
        why_run_stopped=runs.why_stopped,
        on_waste=on_waste,
    )
