"""Who is compared, how often, and what each leaves out of what this project does with the same document."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import REPOSITORY

ENVIRONMENTS = REPOSITORY / ".local" / "peers"


@dataclass(frozen=True, slots=True)
class System:
    """`module` runs in the environment of that name below `.local/peers`; without one, in ours."""

    name: str
    module: str
    environment: str | None = None
    extra: str = ""
    leaves_out: str = ""
    #: Slow, or seen to be no better: once is enough.
    most_rounds: int = 100
    #: The sets of rows it is in: with LLM calls, without.
    sets: tuple[bool, ...] = (True, False)

    @property
    def is_ours(self) -> bool:
        return self.environment is None

    @property
    def python(self) -> Path:
        folder = ENVIRONMENTS / self.environment if self.environment else REPOSITORY / ".venv"
        return folder / "bin" / "python"


#: What none of the others does here.
OTHERS_LACK = (
    "page images, limits in child processes, download from and results in S3, replacement of the old version as a"
    " whole, claims and ledger, page and Haystack collections, lexical vectors"
)
READERS_LACK = f"links, heading paths, chunks across pages, tables as such, {OTHERS_LACK}"
SYSTEMS = (
    System("this project", "this_project"),
    System(
        "this project, one store, no images",
        "this_project",
        extra="one store, no images",
        leaves_out="page images, the page and Haystack collections",
    ),
    System("LangChain", "langchain_pipeline", "langchain", leaves_out=READERS_LACK),
    System("LlamaIndex", "llamaindex_pipeline", "llamaindex", leaves_out=READERS_LACK),
    System(
        "LlamaIndex, 2 processes",
        "llamaindex_pipeline",
        "llamaindex",
        extra="2",
        leaves_out=READERS_LACK,
        most_rounds=1,
    ),
    System("Haystack", "haystack_pipeline", "haystack", leaves_out=READERS_LACK, most_rounds=1),
)
