"""Builds the parts from Settings and joins them; each part is made when it is first asked for.

The entry points (worker, command line, panel) use the same parts, so that they can't disagree about names and limits.
What is heavy is imported only with the part that needs it: a worker polls before it knows that Qdrant exists.
"""

import os
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING

from composition.aws import make_clients
from config import Settings
from data_ingestion.artifacts import Artifacts
from foundation.app_config import AppConfig
from foundation.app_config_file import AppConfigFile
from foundation.aws import AwsClients
from foundation.store_names import StoreName
from ledger import Claims, Documents, Runs, Table
from ledger.history import History
from ledger.paused_workers import PausedWorkers
from ledger.waiting_tasks import WaitingTasks
from work_queue.handover import FORGET_AFTER_SECONDS
from work_queue.queue import SqsQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from composition.enrichment import Enrichers
    from data_ingestion.ingestion import Configured
    from data_ingestion.processor import DataProcessor
    from embeddings.base import Embedder
    from embeddings.reranking import Reranker
    from model_api.usage import Usage
    from pdf_reader.sandbox import PdfSandbox
    from vector_stores.base import VectorStore
    from vector_stores.client import QdrantConnection
    from vector_stores.search import Searcher

#: Images of all documents of a worker share these threads; S3 answers slower than pages are read.
UPLOAD_THREADS = 16


class Wiring:
    """The parts of one process. Thread-safe; close it to end children, threads and connections.

    `a_person_waits`: calls of Qdrant and the embeddings API end after 8 s and are not made again.
    """

    def __init__(self, settings: Settings, *, a_person_waits: bool = False) -> None:
        self.settings = settings
        self._a_person_waits = a_person_waits
        self.worker_name = f"{socket.gethostname()}:{os.getpid()}"
        self.on_waste: Callable[[Usage], None] = lambda spent: None
        self._configured: Configured | None = None
        self._lock = RLock()

    # What is cheap

    @cached_property
    def aws(self) -> AwsClients:
        return make_clients(self.settings)

    @cached_property
    def artifacts(self) -> Artifacts:
        return Artifacts(self.aws.s3, self.settings.aws_s3_bucket_name, self.settings.aws_s3_pdf_prefix)

    @cached_property
    def table(self) -> Table:
        return Table(self.aws.dynamodb, self.settings.status_table_name)

    @cached_property
    def documents(self) -> Documents:
        return Documents(self.table)

    @cached_property
    def runs(self) -> Runs:
        return Runs(self.table)

    @cached_property
    def paused_workers(self) -> PausedWorkers:
        return PausedWorkers(self.table)

    @cached_property
    def waiting_tasks(self) -> WaitingTasks:
        return WaitingTasks(self.table, FORGET_AFTER_SECONDS)

    @cached_property
    def history(self) -> History:
        settings = self.settings
        return History(
            self.aws.s3, settings.aws_s3_bucket_name, self.table, self.worker_name, is_on=settings.write_history
        )

    @cached_property
    def queue(self) -> SqsQueue:
        return SqsQueue(self.aws.sqs, self.settings.sqs_queue_url)

    @cached_property
    def dead_letter_queue(self) -> SqsQueue:
        return SqsQueue(self.aws.sqs, self.settings.sqs_dlq_url)

    @cached_property
    def app_config_file(self) -> AppConfigFile:
        return AppConfigFile(self.aws.s3, self.settings.aws_s3_bucket_name)

    # What is heavy

    @cached_property
    def qdrant(self) -> "QdrantConnection":
        from composition.vector_stores import connect

        return connect(self.settings, a_person_waits=self._a_person_waits)

    @cached_property
    def embedder(self) -> "Embedder":
        from composition.embeddings import make_embedder

        return make_embedder(self.settings, a_person_waits=self._a_person_waits)

    @cached_property
    def reranker(self) -> "Reranker | None":
        from composition.embeddings import make_reranker

        return make_reranker(self.settings)

    @cached_property
    def stores(self) -> "dict[StoreName, VectorStore]":
        from composition.vector_stores import make_stores

        return make_stores(self.settings, self.qdrant, self.embedder)

    def searcher(self, store: StoreName) -> "Searcher":
        from vector_stores.search import Searcher

        return Searcher(self.stores[store], self.app_config_file.current(), self.reranker)

    @cached_property
    def sandbox(self) -> "PdfSandbox":
        from pdf_reader.document import SandboxLimits
        from pdf_reader.sandbox import PdfSandbox

        settings = self.settings
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

    @cached_property
    def enrichers(self) -> "Enrichers":
        from composition.enrichment import Enrichers

        return Enrichers(self.settings, self.aws)

    @cached_property
    def upload_threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(UPLOAD_THREADS, thread_name_prefix="upload")

    @cached_property
    def processor(self) -> "DataProcessor":
        from data_ingestion.ingestion import Tools
        from data_ingestion.processor import DataProcessor

        tools = Tools(
            artifacts=self.artifacts,
            sandbox=self.sandbox,
            stores=self.stores,
            embedder=self.embedder,
            threads=self.upload_threads,
            max_bad_pages_percent=self.settings.max_bad_pages_percent,
        )
        return DataProcessor(
            tools=tools,
            documents=self.documents,
            claims=Claims(self.table, self.worker_name),
            history=self.history,
            configured=self.configured,
            default_stores=self.settings.target_stores,
            max_pdf_megabytes=self.settings.max_pdf_megabytes,
            why_run_stopped=self.runs.why_stopped,
            on_waste=lambda spent: self.on_waste(spent),
        )

    def warm_up(self) -> None:
        """For whoever is about to process a document: a child and the model's client start in the background."""
        self.sandbox.warm_up()
        self.enrichers.warm_up()

    def configured(self) -> "Configured":
        """AppConfig as it is now, with the enricher and the fingerprint that follow from it."""
        from data_ingestion.ingestion import Configured

        app_config = self.app_config_file.current()
        with self._lock:
            if self._configured is None or self._configured.app_config is not app_config:
                model = self._model(app_config)
                self._configured = Configured(
                    app_config,
                    self.enrichers.for_config(app_config),
                    model,
                    self._shape(app_config, model, self.embedder.name),
                    self._older_shapes(app_config, model),
                )
            return self._configured

    def ask_language_model(self) -> None:
        """For one token, by what AppConfig says now. Raises TransientError, or DeploymentError, without an answer."""
        self.enrichers.probe(self._model(self.app_config_file.current()))

    def _model(self, app_config: AppConfig) -> str:
        if self.settings.enrichment == "extractive":
            return "extractive"
        return app_config.llm_model or self.settings.llm_model_name

    def _older_shapes(self, app_config: AppConfig, model: str) -> frozenset[str]:
        """Documents that 0.1.0 stored with `lexical` are up to date for the model that took its place."""
        if not self.embedder.replaces_lexical:
            return frozenset()
        from embeddings.version_0_1.lexical import LexicalEmbedder

        return frozenset({self._shape(app_config, model, LexicalEmbedder().name)})

    def _shape(self, app_config: AppConfig, model: str, embedder_name: str) -> str:
        from data_ingestion.plan import fingerprint

        can_ocr = shutil.which("tesseract") is not None
        enrichment = f"{model} {self.settings.enrichment_scope}"
        return fingerprint(app_config, embedder=embedder_name, enrichment=enrichment, can_ocr=can_ocr)

    def close(self) -> None:
        """End what was started, in the order in which it needs each other; parts never asked for are not made."""
        made = self.__dict__
        if "sandbox" in made:
            self.sandbox.close()
        if "enrichers" in made:
            self.enrichers.close()
        if "upload_threads" in made:
            self.upload_threads.shutdown(cancel_futures=True)
        if "history" in made:
            self.history.close()
        if "qdrant" in made:
            self.qdrant.close()
