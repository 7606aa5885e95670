"""What the panel's views share: the parts of one process, and how a view gets at them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from flask import Flask, current_app

from answers.answering import Answers
from composition.answers import make_answers
from composition.wiring import Wiring
from config import Settings
from ledger.config_changes import ConfigChanges
from ledger.costs import Costs
from web.access import Gate
from web.catalogue import Catalogue
from web.config_editor import ConfigEditor
from web.document_reader import DocumentReader
from web.events import Viewers
from web.feedback import Feedback
from web.listing import Listing
from web.queues import Queues
from web.runs import RunStarter
from web.uploads import Uploads

#: Threads of the server. A live view holds one for as long as it looks, an answer for as long as it is written; each
#: kind has places of its own, so that those who watch never keep others from asking; some are left for the rest.
SERVER_THREADS = 64
MAX_VIEWERS = 40
MAX_ANSWERS = 16


@dataclass
class Panel:
    """Made once for each app. Thread-safe."""

    settings: Settings
    wiring: Wiring
    gate: Gate
    viewers: Viewers = field(default_factory=lambda: Viewers(MAX_VIEWERS))
    answering: Viewers = field(default_factory=lambda: Viewers(MAX_ANSWERS))

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.wiring.documents, self.listing, self.wiring.artifacts.document_id)

    @cached_property
    def listing(self) -> Listing:
        return Listing(self.wiring.artifacts.list_sources)

    @cached_property
    def uploads(self) -> Uploads:
        settings = self.settings
        return Uploads(
            self.wiring.aws.s3,
            settings.aws_s3_bucket_name,
            max_bytes=settings.max_pdf_megabytes << 20,
            mode=settings.panel_upload_mode,
        )

    @cached_property
    def queues(self) -> Queues:
        return Queues(
            self.wiring.queue, self.wiring.dead_letter_queue, self.wiring.artifacts, self.wiring.paused_workers
        )

    @cached_property
    def runs(self) -> RunStarter:
        return RunStarter(self.wiring.runs, self.wiring.queue)

    @cached_property
    def costs(self) -> Costs:
        return Costs(self.wiring.table)

    @cached_property
    def answers(self) -> Answers:
        return make_answers(
            self.settings,
            app_config=self.wiring.app_config_file.current,
            searcher=self.wiring.searcher,
            artifacts=self.wiring.artifacts,
            costs=self.costs,
        )

    @cached_property
    def feedback(self) -> Feedback:
        return Feedback(self.wiring.aws.s3, self.settings.aws_s3_bucket_name)

    @cached_property
    def reader(self) -> DocumentReader:
        return DocumentReader(self.wiring)

    @cached_property
    def config_editor(self) -> ConfigEditor:
        return ConfigEditor(self.wiring.aws.s3, self.settings.aws_s3_bucket_name, ConfigChanges(self.wiring.table))


def install(app: Flask, panel: Panel) -> None:
    app.extensions["panel"] = panel


def panel() -> Panel:
    """The panel that the request is for."""
    return cast(Panel, current_app.extensions["panel"])
