"""Haystack: PyPDFToDocument, RecursiveDocumentSplitter, both retrievers of its in-memory store, DocumentJoiner.

https://haystack.deepset.ai/tutorials/33_hybrid_retrieval with `join_mode="reciprocal_rank_fusion"`.
"""

from pathlib import Path

from haystack import Document, Pipeline
from haystack.components.converters import PyPDFToDocument
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentCleaner, DocumentSplitter, RecursiveDocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import Secret

from benchmarks.questions import asking
from benchmarks.questions.asking import Chunk, Rankings, Search, Task, main, rank

KEY = Secret.from_token(asking.KEY)


def cut(pdf: Path) -> list[Chunk]:
    documents = PyPDFToDocument().run(sources=[pdf])["documents"]
    pages = DocumentSplitter(split_by="page", split_length=1)
    cleaner = DocumentCleaner(remove_empty_lines=True, remove_extra_whitespaces=True)
    # The default separators split into sentences with data that NLTK downloads.
    splitter = RecursiveDocumentSplitter(
        split_unit="token",
        split_length=asking.CHUNK_TOKENS,
        split_overlap=asking.CHUNK_OVERLAP_TOKENS,
        separators=["\n\n", "\n", " "],
    )
    found = []
    for page in pages.run(documents=documents)["documents"]:
        number = int(page.meta["page_number"])
        cleaned = cleaner.run(documents=[page])["documents"]
        parts = splitter.run(documents=[one for one in cleaned if one.content and one.content.strip()])["documents"]
        found += [Chunk(part.content, number) for part in parts if part.content and part.content.strip()]
    return found


def run(task: Task) -> Rankings:
    server = {"api_key": KEY, "model": asking.MODEL, "api_base_url": task.base_url}
    documents_embedder = OpenAIDocumentEmbedder(
        **server, batch_size=asking.BATCH_TEXTS, progress_bar=False, raise_on_failure=True
    )

    def index(chunks: list[Chunk]) -> Search:
        store = InMemoryDocumentStore(embedding_similarity_function="cosine", shared=False)
        documents = [
            Document(id=str(at), content=chunk.text, meta={"page": chunk.page}) for at, chunk in enumerate(chunks)
        ]
        store.write_documents(documents_embedder.run(documents=documents)["documents"])
        pipeline = Pipeline()
        pipeline.add_component("embedder", OpenAITextEmbedder(**server))
        pipeline.add_component("meaning", InMemoryEmbeddingRetriever(store, top_k=asking.CANDIDATES))
        pipeline.add_component("words", InMemoryBM25Retriever(store, top_k=asking.CANDIDATES))
        pipeline.add_component("both", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
        pipeline.connect("embedder.embedding", "meaning.query_embedding")
        pipeline.connect("words", "both")
        pipeline.connect("meaning", "both")

        def search(question: str) -> list[int]:
            answer = pipeline.run({"embedder": {"text": question}, "words": {"query": question}})
            return [hit.meta["page"] for hit in answer["both"]["documents"]]

        return search

    return rank(task, cut, index)


if __name__ == "__main__":
    main(run, "haystack-ai", "pypdf")
