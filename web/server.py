"""gunicorn for the panel: one process of many threads.

One process, because live views share one snapshot of the ledger and attempts are counted in memory; threads, because a
live view or an answer holds one for as long as it lasts. For more people, more panels: each reads the ledger once a
second at most.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from web.panel import SERVER_THREADS, Panel

#: Running answers get this long after SIGTERM; live views end at once.
GRACE_SECONDS = 10


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, make_app: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make_app = make_app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._make_app()


def serve(make_app: Callable[[], Flask], bind: str) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    options = {
        "bind": bind,
        "workers": 1,
        "worker_class": "gthread",
        "threads": SERVER_THREADS,
        "graceful_timeout": GRACE_SECONDS,
        "keepalive": 30,
        "accesslog": None,
        "worker_int": _end_views,
        "worker_exit": lambda _, worker: _end_views(worker),
        "worker_tmp_dir": None,
        "control_socket_disable": True,
    }
    _Server(make_app, {name: value for name, value in options.items() if value is not None}).run()


def _end_views(worker: Any) -> None:
    app = getattr(worker, "wsgi", None)
    panel: Panel | None = app.extensions.get("panel") if app else None
    if panel:
        panel.viewers.closing.set()
