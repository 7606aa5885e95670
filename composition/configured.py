"""What follows from AppConfig as it is now: which model describes documents, and what shapes the result."""

import shutil
from collections.abc import Callable
from threading import Lock

from composition.enrichment import Enrichers
from config import Settings
from data_ingestion.attempt import Configured
from data_ingestion.plan import fingerprint
from embeddings.base import Embedder
from foundation.app_config import AppConfig


class Configurations:
    """Made anew only when AppConfig has changed. Thread-safe."""

    def __init__(
        self, settings: Settings, app_config: Callable[[], AppConfig], enrichers: Enrichers, embedder: Embedder
    ) -> None:
        self._settings = settings
        self._app_config = app_config
        self._enrichers = enrichers
        self._embedder = embedder
        self._current: Configured | None = None
        self._lock = Lock()

    def current(self) -> Configured:
        """Raises SettingsError when a cost cap lacks the price to keep it by."""
        app_config = self._app_config()
        with self._lock:
            if self._current is None or self._current.app_config is not app_config:
                model = describing_model(self._settings, app_config)
                self._current = Configured(
                    app_config,
                    self._enrichers.for_config(app_config),
                    model,
                    self._shape(app_config, model, self._embedder.name),
                    self._older_shapes(app_config, model),
                )
            return self._current

    def _older_shapes(self, app_config: AppConfig, model: str) -> frozenset[str]:
        """Documents that 0.1.0 stored with `lexical` are up to date for the model that took its place."""
        if not self._embedder.replaces_lexical:
            return frozenset()
        from embeddings.version_0_1.lexical import LexicalEmbedder

        return frozenset({self._shape(app_config, model, LexicalEmbedder().name)})

    def _shape(self, app_config: AppConfig, model: str, embedder_name: str) -> str:
        can_ocr = shutil.which("tesseract") is not None
        enrichment = f"{model} {self._settings.enrichment_scope}"
        return fingerprint(app_config, embedder=embedder_name, enrichment=enrichment, can_ocr=can_ocr)


def describing_model(settings: Settings, app_config: AppConfig) -> str:
    """The name of the model that describes documents; `extractive` is none. Pure."""
    if settings.enrichment == "extractive":
        return "extractive"
    return app_config.llm_model or settings.llm_model_name
