"""What known models want to read before a question and before a passage; without it they find less. Pure.

From the models' cards. Models that need nothing (all-MiniLM, all-mpnet, gte v1, bge-m3) are not listed.
"""

from dataclasses import dataclass

_BGE_QUERY = "Represent this sentence for searching relevant passages: "


@dataclass(frozen=True, slots=True)
class Prefixes:
    query: str = ""
    passage: str = ""


#: By how the model's name begins, without its owner, in lower case; the longest match counts.
KNOWN = {
    "e5-": Prefixes("query: ", "passage: "),
    "multilingual-e5-": Prefixes("query: ", "passage: "),
    # Instructed models read instructions in queries only.
    "multilingual-e5-large-instruct": Prefixes(
        "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
    ),
    "bge-small-en": Prefixes(_BGE_QUERY),
    "bge-base-en": Prefixes(_BGE_QUERY),
    "bge-large-en": Prefixes(_BGE_QUERY),
    "nomic-embed-text": Prefixes("search_query: ", "search_document: "),
    "modernbert-embed": Prefixes("search_query: ", "search_document: "),
    "mxbai-embed": Prefixes(_BGE_QUERY),
    "snowflake-arctic-embed": Prefixes(_BGE_QUERY),
    "snowflake-arctic-embed-l-v2": Prefixes("query: "),
    "snowflake-arctic-embed-m-v2": Prefixes("query: "),
    "embeddinggemma": Prefixes("task: search result | query: ", "title: none | text: "),
    "qwen3-embedding": Prefixes(
        "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
    ),
}


def prefixes_of(model: str) -> Prefixes:
    """The prefixes of a model by its name, with or without its owner; none for one that isn't known."""
    name = model.rstrip("/").split("/")[-1].lower()
    known = [start for start in KNOWN if name.startswith(start)]
    return KNOWN[max(known, key=len)] if known else Prefixes()
