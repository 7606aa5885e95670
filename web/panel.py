"""What the panel's views share: the parts of one process, and how a view gets at them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app

from answers.answering import Answers
from answers.retrieval import Retrieval
from composition.answers import make_answers
from composition.parts import Parts
from config import Settings
from data_ingestion.artifacts import Artifacts
from foundation.app_config_file import AppConfigFile
from foundation.aws import AwsClients
from foundation.store_names import StoreName
from ledger import Documents, Runs, Table
from ledger.config_changes import ConfigChanges
from ledger.costs import Costs
from ledger.history import History
from web.access import Gate
from web.catalogue import Catalogue
from web.config_editor import ConfigEditor
from web.document_reader import DocumentReader
from web.entry import Entry
from web.events import Viewers
from web.feedback import Feedback
from web.listing import Listing
from web.problems import not_found
from web.queues import Queues
from web.runs import RunStarter
from web.uploads import Uploads

if TYPE_CHECKING:
    from ledger.api_keys import ApiKeys
    from vector_stores.base import VectorStore
    from vector_stores.search import Searcher

#: Threads of the server. A live view holds one for as long as it looks, an answer for as long as it is written; each
#: kind has places of its own, so that those who watch never keep others from asking; some are left for the rest.
SERVER_THREADS = 64
MAX_VIEWERS = 40
MAX_ANSWERS = 16
_ID = re.compile("[0-9a-f]{64}")


@dataclass
class Panel:
    """Made once for each app. Thread-safe."""

    settings: Settings
    _parts: Parts
    gate: Gate
    viewers: Viewers = field(default_factory=lambda: Viewers(MAX_VIEWERS))
    answering: Viewers = field(default_factory=lambda: Viewers(MAX_ANSWERS))

    @property
    def aws(self) -> AwsClients:
        return self._parts.aws

    @property
    def artifacts(self) -> Artifacts:
        return self._parts.artifacts

    @property
    def documents(self) -> Documents:
        return self._parts.documents

    @property
    def stores(self) -> "Mapping[StoreName, VectorStore]":
        return self._parts.stores

    @property
    def app_config(self) -> AppConfigFile:
        return self._parts.app_config_file

    @property
    def table(self) -> Table:
        return self._parts.table

    @property
    def api_keys(self) -> "ApiKeys":
        return self._parts.api_keys

    @property
    def run_records(self) -> Runs:
        return self._parts.runs

    @property
    def history(self) -> History:
        return self._parts.history

    def searcher(self, store: StoreName) -> "Searcher":
        return self._parts.searcher(store)

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.documents, self.listing, self.artifacts.document_id)

    def entry(self, document_id: str) -> Entry:
        """Raises ProblemError (404) when neither the ledger nor the bucket knows the document."""
        entry = self.catalogue.find(document_id) if _ID.fullmatch(document_id) else None
        if entry is None:
            raise not_found("document")
        return entry

    @cached_property
    def listing(self) -> Listing:
        return Listing(self.artifacts.list_sources)

    @cached_property
    def uploads(self) -> Uploads:
        settings = self.settings
        return Uploads(
            self.aws.s3,
            settings.aws_s3_bucket_name,
            max_bytes=settings.max_pdf_megabytes << 20,
            mode=settings.panel_upload_mode,
        )

    @cached_property
    def queues(self) -> Queues:
        parts = self._parts
        return Queues(
            parts.queue,
            parts.dead_letters,
            parts.artifacts,
            parts.paused_workers,
            parts.worker_pauses,
            parts.queue_hours,
        )

    @cached_property
    def runs(self) -> RunStarter:
        return RunStarter(self.run_records, self._parts.queue)

    @cached_property
    def costs(self) -> Costs:
        return Costs(self._parts.table)

    @cached_property
    def answers(self) -> Answers:
        return make_answers(
            self.settings,
            app_config=self.app_config.current,
            retrieval=Retrieval(self.searcher, self._parts.passages_by_id, self.artifacts.get_links),
            artifacts=self.artifacts,
            costs=self.costs,
            close_at_end=self._parts.close_at_end,
        )

    @cached_property
    def feedback(self) -> Feedback:
        return Feedback(self.aws.s3, self.settings.aws_s3_bucket_name)

    @cached_property
    def reader(self) -> DocumentReader:
        return DocumentReader(self.artifacts, lambda: self.stores)

    @cached_property
    def config_editor(self) -> ConfigEditor:
        return ConfigEditor(self.aws.s3, self.settings.aws_s3_bucket_name, ConfigChanges(self._parts.table))


def install(app: Flask, panel: Panel) -> None:
    app.extensions["panel"] = panel


def panel() -> Panel:
    """The panel that the request is for."""
    return cast(Panel, current_app.extensions["panel"])
