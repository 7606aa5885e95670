"""Builds the parts from Settings and joins them; each part is made when it is first asked for.

The entry points (worker, command line, panel) use the same parts, so that they can't disagree about names and limits.
What is heavy is imported only with the part that needs it: a worker polls before it knows that Qdrant exists.
"""

import gc
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import cached_property, partial
from typing import TYPE_CHECKING

from composition.aws import make_clients, make_scaling_client
from config import Settings
from data_ingestion.artifacts import Artifacts
from foundation.app_config_file import AppConfigFile
from foundation.aws import AwsClients
from foundation.store_names import StoreName
from ledger import Claims, Documents, Runs, Table
from ledger.history import History
from ledger.operator_pause import OperatorPauses
from ledger.paused_workers import PausedWorkers
from ledger.queue_hours import QueueHours
from ledger.waiting_tasks import WaitingTasks
from work_queue.handover import FORGET_AFTER_SECONDS
from work_queue.operator_pause import WorkerPauses
from work_queue.queue import SqsQueue
from work_queue.task_starts import TaskStarts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from answers.answering import Answers
    from composition.answers import Closable
    from composition.configured import Configurations
    from composition.enrichment import Enrichers
    from data_ingestion.processor import DataProcessor
    from document_events.sender import EventSender
    from embeddings.base import Embedder
    from embeddings.reranking import Reranker
    from ledger.api_keys import ApiKeys
    from model_api.usage import Usage
    from pdf_reader.sandbox import PdfSandbox
    from vector_stores.base import VectorStore
    from vector_stores.client import QdrantConnection
    from vector_stores.filters import SearchFilter
    from vector_stores.points import Hit
    from vector_stores.search import Searcher
    from work_queue.dead_letters import DeadLetters

#: Images of all documents of a worker share these threads; S3 answers slower than pages are read.
UPLOAD_THREADS = 16
#: Objects that a worker makes, less those that it gave up, before the garbage collector looks for cycles.
GC_THRESHOLD = 10_000


class Parts:
    """The parts of one process. Thread-safe; close it to end children, threads and connections.

    `a_person_waits`: calls of Qdrant and the embeddings API end after 8 s and are not made again.
    """

    def __init__(self, settings: Settings, *, a_person_waits: bool = False) -> None:
        self.settings = settings
        self._a_person_waits = a_person_waits
        self.worker_name = f"{socket.gethostname()}:{os.getpid()}"
        self.on_waste: Callable[[Usage], None] = lambda spent: None
        self.on_unsent_events: Callable[[float], None] = lambda age_seconds: None
        self.event_checkpoint: Callable[[str], None] = lambda name: None
        self._exit = ExitStack()

    # What is cheap

    @cached_property
    def aws(self) -> AwsClients:
        return make_clients(self.settings)

    @cached_property
    def artifacts(self) -> Artifacts:
        settings = self.settings
        return Artifacts(self.aws.s3, self.aws.writer, settings.aws_s3_bucket_name, settings.aws_s3_pdf_prefix)

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
    def operator_pauses(self) -> OperatorPauses:
        return OperatorPauses(self.table)

    @cached_property
    def queue_hours(self) -> QueueHours:
        return QueueHours(self.table)

    @cached_property
    def worker_pauses(self) -> WorkerPauses:
        target = self.settings.autoscaling_target
        starts = TaskStarts(partial(make_scaling_client, self.settings), target) if target else None
        return WorkerPauses(self.operator_pauses, starts)

    @cached_property
    def answers(self) -> "Answers":
        """Of the commands and the MCP server; the panel makes its own from what it keeps."""
        from answers.retrieval import Retrieval
        from composition.answers import make_answers
        from ledger.costs import Costs

        return make_answers(
            self.settings,
            app_config=self.app_config_file.current,
            retrieval=Retrieval(self.searcher, self.passages_by_id, self.artifacts.get_links),
            artifacts=self.artifacts,
            costs=Costs(self.table),
            close_at_end=self.close_at_end,
        )

    @cached_property
    def api_keys(self) -> "ApiKeys":
        from ledger.api_keys import ApiKeys

        return ApiKeys(self.table)

    @cached_property
    def waiting_tasks(self) -> WaitingTasks:
        return WaitingTasks(self.table, FORGET_AFTER_SECONDS)

    @cached_property
    def history(self) -> History:
        settings = self.settings
        history = History(
            self.aws.s3, settings.aws_s3_bucket_name, self.table, self.worker_name, is_on=settings.write_history
        )
        return self._exit.enter_context(closing(history))

    @cached_property
    def events(self) -> "EventSender | None":
        """None while events are off: then nothing of them is imported, written or asked."""
        if not self.settings.events_target_arn:
            return None
        from composition.events import make_sender

        sender = make_sender(
            self.settings,
            self.settings.events_target_arn,
            self.table,
            on_unsent=lambda age_seconds: self.on_unsent_events(age_seconds),
            checkpoint=self.event_checkpoint,
        )
        return self._exit.enter_context(closing(sender))

    @cached_property
    def claims(self) -> Claims:
        return Claims(self.table, self.worker_name, on_event=self.events.offer if self.events else None)

    @cached_property
    def queue(self) -> SqsQueue:
        return SqsQueue(self.aws.sqs, self.settings.sqs_queue_url)

    @cached_property
    def dead_letter_queue(self) -> SqsQueue:
        return SqsQueue(self.aws.sqs, self.settings.sqs_dlq_url)

    @cached_property
    def dead_letters(self) -> "DeadLetters":
        from work_queue.dead_letters import DeadLetters
        from work_queue.messages import parse

        understand = partial(
            parse, bucket=self.settings.aws_s3_bucket_name, prefix=self.settings.aws_s3_pdf_prefix
        )  # fmt: skip
        return DeadLetters(self.dead_letter_queue, self.queue, understand)

    @cached_property
    def app_config_file(self) -> AppConfigFile:
        return AppConfigFile(self.aws.s3, self.settings.aws_s3_bucket_name)

    # What is heavy

    @cached_property
    def qdrant(self) -> "QdrantConnection":
        from composition.vector_stores import connect

        connection = connect(self.settings, a_person_waits=self._a_person_waits)
        return self._exit.enter_context(closing(connection))

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

    def passages_by_id(self, store: StoreName, ids: "Sequence[str]", wanted: "SearchFilter") -> "list[Hit]":
        return self.stores[store].find_all(ids, wanted)

    @cached_property
    def sandbox(self) -> "PdfSandbox":
        from composition.processor import make_sandbox

        return self._exit.enter_context(closing(make_sandbox(self.settings)))

    @cached_property
    def enrichers(self) -> "Enrichers":
        from composition.enrichment import Enrichers

        return self._exit.enter_context(closing(Enrichers(self.settings, self.aws)))

    @cached_property
    def configurations(self) -> "Configurations":
        from composition.configured import Configurations

        return Configurations(self.settings, self.app_config_file.current, self.enrichers, self.embedder)

    @cached_property
    def upload_threads(self) -> ThreadPoolExecutor:
        threads = ThreadPoolExecutor(UPLOAD_THREADS, thread_name_prefix="upload")
        self._exit.callback(threads.shutdown, cancel_futures=True)
        return threads

    @cached_property
    def processor(self) -> "DataProcessor":
        from composition.processor import make_processor
        from data_ingestion.attempt import Tools
        from data_ingestion.document_ledger import DocumentLedger

        return make_processor(
            self.settings,
            tools=Tools(
                artifacts=self.artifacts,
                sandbox=self.sandbox,
                stores=self.stores,
                embedder=self.embedder,
                threads=self.upload_threads,
                max_bad_pages_percent=self.settings.max_bad_pages_percent,
            ),
            ledger=DocumentLedger(self.documents, self.claims, self.runs, self.history),
            configured=self.configurations.current,
            on_waste=lambda spent: self.on_waste(spent),
        )

    def warm_up(self) -> None:
        """For a caller that is about to process a document: a child and the model's client start in the background.

        Documents make many objects and few cycles. Looking for cycles as often as Python does, some hundred times a
        document, takes a twentieth of a worker's CPU.
        """
        gc.set_threshold(GC_THRESHOLD)
        self.sandbox.warm_up()
        self.enrichers.warm_up()

    def ask_language_model(self) -> None:
        """For one token, by what AppConfig says now. Raises TransientError, or DeploymentError, without an answer."""
        from composition.configured import describing_model

        self.enrichers.probe(describing_model(self.settings, self.app_config_file.current()))

    def close_at_end(self, made: "Closable") -> None:
        """What was made elsewhere from these parts ends with them."""
        self._exit.enter_context(closing(made))

    def close(self) -> None:
        """End what was started, the last first; parts never asked for are not made."""
        self._exit.close()
