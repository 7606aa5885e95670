"""What every system is asked to do, and how it answers. Standard library only, for every environment."""

import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version

LLM_MODEL = "gpt-4.1-mini"
LLM_CALLS_AT_ONCE = 32
EMBEDDING_MODEL = "text-embedding-3-small"
DIMENSIONS = 1536
#: Ours, as the generic profile has them; given to every splitter.
CHUNK_TOKENS, CHUNK_OVERLAP_TOKENS = 400, 50
#: Texts in one request for embeddings: ours.
EMBEDDING_BATCH = 128
PROMPT = "Say in one sentence what this page is about, so that a search finds it.\n\n{page}"


@dataclass(frozen=True, slots=True)
class Task:
    """Make `pdf` searchable in the Qdrant at `qdrant_url`, with vectors (and a sentence a page) from `base_url`."""

    pdf: str
    qdrant_url: str
    base_url: str
    with_llm: bool
    #: What else one system needs to know: the key in its bucket, an option.
    extra: str = ""

    def as_argument(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it, as the system itself counts; `points` by collection as read back from Qdrant."""

    chunks: int
    points: dict[str, int]
    images: int = 0
    links: int = 0


def tidy(text: str) -> str:
    """One space between words, lines kept: for readers that give back what the PDF has (tab, return, space, space)."""
    return re.sub(r"[^\S\n]+", " ", text)


def main(run: Callable[[Task], Done], *distributions: str) -> None:
    """Do the task named by the first argument and print the outcome as the last line."""
    task = Task(**json.loads(sys.argv[1]))
    begin = time.perf_counter()
    done = run(task)
    outcome = asdict(done) | {
        "seconds_after_imports": round(time.perf_counter() - begin, 3),
        "versions": {name: version(name) for name in distributions},
    }
    print(f"\n{json.dumps(outcome)}", flush=True)
