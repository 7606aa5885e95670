"""LlamaIndex: PyMuPDFReader, SentenceSplitter, QueryFusionRetriever of BM25Retriever and VectorStoreIndex.

https://developers.llamaindex.ai/python/examples/retrievers/reciprocal_rerank_fusion/ with `num_queries=1`, which asks
no language model for more questions; BM25 with Snowball's English stemmer and stop words, as its manual has it.
"""

from pathlib import Path

import Stemmer
from llama_index.core import VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.readers.file import PyMuPDFReader
from llama_index.retrievers.bm25 import BM25Retriever

from benchmarks.questions import asking
from benchmarks.questions.asking import Chunk, Rankings, Search, Task, main, rank, tidy


def cut(pdf: Path) -> list[Chunk]:
    splitter = SentenceSplitter(chunk_size=asking.CHUNK_TOKENS, chunk_overlap=asking.CHUNK_OVERLAP_TOKENS)
    # The reader puts the file's path and page into the metadata, which would be embedded too.
    pages = [
        TextNode(text=tidy(page.text), metadata={"page": int(page.metadata["source"])})
        for page in PyMuPDFReader().load_data(pdf)
    ]
    nodes = splitter.get_nodes_from_documents(pages)
    return [Chunk(node.get_content(), int(node.metadata["page"])) for node in nodes if node.get_content().strip()]


def run(task: Task) -> Rankings:
    embedding = OpenAIEmbedding(
        model_name=asking.MODEL, api_base=task.base_url, api_key=asking.KEY, embed_batch_size=asking.BATCH_TEXTS
    )

    def index(chunks: list[Chunk]) -> Search:
        nodes = [
            TextNode(
                text=chunk.text,
                metadata={"page": chunk.page},
                excluded_embed_metadata_keys=["page"],
                excluded_llm_metadata_keys=["page"],
            )
            for chunk in chunks
        ]
        most = min(asking.CANDIDATES, len(nodes))  # its BM25 refuses to be asked for more than there is
        words = BM25Retriever.from_defaults(
            nodes=nodes, similarity_top_k=most, stemmer=Stemmer.Stemmer("english"), language="english"
        )
        meaning = VectorStoreIndex(nodes, embed_model=embedding).as_retriever(similarity_top_k=most)
        both = QueryFusionRetriever(
            [words, meaning],
            llm=MockLLM(),
            mode="reciprocal_rerank",
            num_queries=1,
            similarity_top_k=2 * most,
            use_async=False,
        )
        return lambda question: [hit.node.metadata["page"] for hit in both.retrieve(question)]

    return rank(task, cut, index)


if __name__ == "__main__":
    main(run, "llama-index-core", "llama-index-retrievers-bm25", "llama-index-readers-file", "bm25s", "pymupdf")
