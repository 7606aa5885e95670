"""LangChain: PyMuPDFLoader, `abatch` with `max_concurrency`, RecursiveCharacterTextSplitter, QdrantVectorStore.

https://docs.langchain.com/oss/python/integrations/vectorstores/qdrant and
https://reference.langchain.com/python/langchain-core/runnables/config/RunnableConfig/max_concurrency
"""

import asyncio

from langchain_community.document_loaders import PyMuPDFLoader
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.peers import task as settings
from benchmarks.peers.langchain_parts import describe, store
from benchmarks.peers.task import Done, Task, main, tidy


def run(task: Task) -> Done:
    pages = PyMuPDFLoader(task.pdf, mode="page").load()
    for page in pages:
        page.page_content = tidy(page.page_content)
    if task.with_llm:
        asyncio.run(describe(pages, task))
    splitter = RecursiveCharacterTextSplitter.from_tiktoken_encoder(
        encoding_name="cl100k_base",
        chunk_size=settings.CHUNK_TOKENS,
        chunk_overlap=settings.CHUNK_OVERLAP_TOKENS,
    )
    return store(splitter.split_documents(pages), task)


if __name__ == "__main__":
    main(run, "langchain-core", "langchain-community", "langchain-openai", "langchain-qdrant", "pymupdf")
