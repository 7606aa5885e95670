"""LlamaIndex: PyMuPDFReader, IngestionPipeline with an extractor of 32 workers, SentenceSplitter, QdrantVectorStore.

https://developers.llamaindex.ai/python/framework/module_guides/loading/ingestion_pipeline/ and
https://developers.llamaindex.ai/python/examples/ingestion/parallel_execution_ingestion_pipeline/. `task.extra` is the
number of processes (`arun(num_workers=…)`), among which the extractor's calls at once are divided.
"""

import asyncio
from collections.abc import Sequence

from llama_index.core.extractors import SummaryExtractor
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import TextNode, TransformComponent
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAI
from llama_index.readers.file import PyMuPDFReader
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import AsyncQdrantClient

from benchmarks.peers import task as settings
from benchmarks.peers.task import Done, Task, main, tidy


def transformations(task: Task, processes: int) -> Sequence[TransformComponent]:
    extractor = SummaryExtractor(
        llm=OpenAI(model=settings.LLM_MODEL, api_base=task.base_url, api_key="benchmark"),
        prompt_template=settings.PROMPT.replace("{page}", "{context_str}"),
        num_workers=settings.LLM_CALLS_AT_ONCE // processes,
        show_progress=False,
    )
    splitter = SentenceSplitter(chunk_size=settings.CHUNK_TOKENS, chunk_overlap=settings.CHUNK_OVERLAP_TOKENS)
    embedding = OpenAIEmbedding(
        model_name=settings.EMBEDDING_MODEL,
        api_base=task.base_url,
        api_key="benchmark",
        embed_batch_size=settings.EMBEDDING_BATCH,
    )
    return [extractor, splitter, embedding] if task.with_llm else [splitter, embedding]


async def ingest(task: Task) -> Done:
    # Extractors take text nodes, readers make documents.
    pages = [TextNode(text=tidy(page.text), metadata=page.metadata) for page in PyMuPDFReader().load_data(task.pdf)]
    client = AsyncQdrantClient(url=task.qdrant_url)
    processes = int(task.extra or 1)
    pipeline = IngestionPipeline(
        transformations=transformations(task, processes),
        vector_store=QdrantVectorStore("llamaindex", aclient=client, batch_size=settings.EMBEDDING_BATCH),
        disable_cache=True,
    )
    chunks = await pipeline.arun(nodes=pages, num_workers=processes if processes > 1 else None)
    points = (await client.count("llamaindex")).count
    await client.close()
    return Done(len(chunks), {"llamaindex": points})


def run(task: Task) -> Done:
    return asyncio.run(ingest(task))


if __name__ == "__main__":
    main(run, "llama-index-core", "llama-index-readers-file", "llama-index-vector-stores-qdrant", "pymupdf")
