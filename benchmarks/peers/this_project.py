"""This project: the real DataProcessor, wired as the worker wires it.

`task.extra` "one store, no images": the chunks' store alone, and pages are not rendered. For that there is no setting,
so the sandbox is asked for less here.
"""

import os
from dataclasses import replace
from typing import Any

from benchmarks.peers import task as settings
from benchmarks.peers.task import Done, Task, main
from composition.parts import Parts
from config import load_settings
from foundation.store_names import StoreName

#: Where the benchmark has put the document.
S3_KEY = "source-pdfs/document.pdf"


class WithoutImages:
    """A PdfSandbox that renders nothing."""

    def __init__(self, sandbox: Any) -> None:
        self._sandbox = sandbox

    def read_texts_first(self, path: Any, facts: Any, options: Any, *others: Any) -> Any:
        return self._sandbox.read_texts_first(path, facts, replace(options, images=False), *others)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sandbox, name)


def run(task: Task) -> Done:
    os.environ |= {
        "OPENAI_BASE_URL": task.base_url,
        "OPENAI_API_KEY": "benchmark",
        "LLM_MODEL_NAME": settings.LLM_MODEL,
        "LLM_CONCURRENCY": str(settings.LLM_CALLS_AT_ONCE),
        "OPENAI_EMBEDDING_MODEL": settings.EMBEDDING_MODEL,
        "EMBEDDING_PROVIDER": "openai",
        "ENRICHMENT": "llm" if task.with_llm else "extractive",
        "ENRICHMENT_SCOPE": "page",
        "LOG_LEVEL": "WARNING",
    }
    parts = Parts(load_settings("no-such-file"))
    stores: tuple[StoreName, ...] | None = None
    if task.extra == "one store, no images":
        stores = ("semantic",)
        parts.__dict__["sandbox"] = WithoutImages(parts.sandbox)
    parts.warm_up()
    result = parts.processor.process_single_source(S3_KEY, stores)
    if result.state != "succeeded":
        raise SystemExit(f"{result.state}: {result.reason} {'; '.join(result.degraded)}")
    parts.close()
    points = {str(name): count for name, count in result.points.items()}
    return Done(points["semantic"], points, result.images, result.links)


if __name__ == "__main__":
    main(run, "pymupdf", "openai", "qdrant-client")
