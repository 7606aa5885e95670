"""Haystack: PyPDFToDocument, LLMMetadataExtractor of 32 workers, RecursiveDocumentSplitter, QdrantDocumentStore.

One `Pipeline.run_async`, which took AsyncPipeline's place (https://haystack.deepset.ai/release-notes/3.0.0); see
https://docs.haystack.deepset.ai/docs/extractors and https://haystack.deepset.ai/integrations/qdrant-document-store
"""

import asyncio
import itertools

from haystack import Pipeline
from haystack.components.converters import PyPDFToDocument
from haystack.components.embedders import OpenAIDocumentEmbedder
from haystack.components.extractors import LLMMetadataExtractor
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.preprocessors import DocumentCleaner, DocumentSplitter, RecursiveDocumentSplitter
from haystack.components.writers import DocumentWriter
from haystack.utils import Secret
from haystack_integrations.document_stores.qdrant import QdrantDocumentStore

from benchmarks.peers import task as settings
from benchmarks.peers.task import Done, Task, main

KEY = Secret.from_token("benchmark")
#: The extractor wants JSON.
ANSWER = {
    "type": "json_schema",
    "json_schema": {
        "name": "page",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"summary": {"type": "string"}},
            "required": ["summary"],
            "additionalProperties": False,
        },
    },
}


def extractor(task: Task) -> LLMMetadataExtractor:
    generator = OpenAIChatGenerator(
        api_key=KEY,
        model=settings.LLM_MODEL,
        api_base_url=task.base_url,
        generation_kwargs={"response_format": ANSWER},
    )
    return LLMMetadataExtractor(
        prompt=settings.PROMPT.replace("{page}", "{{ document.content }}"),
        chat_generator=generator,
        expected_keys=["summary"],
        max_workers=settings.LLM_CALLS_AT_ONCE,
        raise_on_failure=True,
    )


def run(task: Task) -> Done:
    store = QdrantDocumentStore(
        url=task.qdrant_url,
        embedding_dim=settings.DIMENSIONS,
        progress_bar=False,
        write_batch_size=settings.EMBEDDING_BATCH,
    )
    components = {
        "converter": PyPDFToDocument(),
        "cleaner": DocumentCleaner(remove_empty_lines=True, remove_extra_whitespaces=True),
        "pages": DocumentSplitter(split_by="page", split_length=1),
        **({"describe": extractor(task)} if task.with_llm else {}),
        # The default separators split into sentences with data that NLTK downloads.
        "splitter": RecursiveDocumentSplitter(
            split_unit="token",
            split_length=settings.CHUNK_TOKENS,
            split_overlap=settings.CHUNK_OVERLAP_TOKENS,
            separators=["\n\n", "\n", " "],
        ),
        "embedder": OpenAIDocumentEmbedder(
            api_key=KEY,
            model=settings.EMBEDDING_MODEL,
            api_base_url=task.base_url,
            batch_size=settings.EMBEDDING_BATCH,
            progress_bar=False,
            meta_fields_to_embed=["summary"],
            raise_on_failure=True,
        ),
        "writer": DocumentWriter(store),
    }
    pipeline = Pipeline()
    for name, component in components.items():
        pipeline.add_component(name, component)
    names = list(components)
    for sender, receiver in itertools.pairwise(names):
        pipeline.connect(f"{sender}.documents", f"{receiver}.documents")

    async def ingest() -> Done:
        result = await pipeline.run_async({"converter": {"sources": [task.pdf]}})
        points = await store.count_documents_async()
        await store.close_async()
        return Done(result["writer"]["documents_written"], {"haystack": points})

    return asyncio.run(ingest())


if __name__ == "__main__":
    main(run, "haystack-ai", "qdrant-haystack", "pypdf")
