"""LangChain: PyMuPDFLoader, RecursiveCharacterTextSplitter, EnsembleRetriever of BM25Retriever and a vector store.

https://docs.langchain.com/oss/python/integrations/retrievers/bm25; the ensemble fuses by reciprocal ranks, equal
weights. BM25Retriever's own preprocessing splits at blanks and keeps case and punctuation; its manual tells to give it
a tokenizer, which is here one of lower-case words.
"""

import re
from pathlib import Path

from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.document_loaders import PyMuPDFLoader
from langchain_community.retrievers import BM25Retriever
from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_openai import OpenAIEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.questions import asking
from benchmarks.questions.asking import Chunk, Rankings, Search, Task, main, rank, tidy


def cut(pdf: Path) -> list[Chunk]:
    pages = PyMuPDFLoader(str(pdf), mode="page").load()
    for page in pages:
        page.page_content = tidy(page.page_content)
    splitter = RecursiveCharacterTextSplitter.from_tiktoken_encoder(
        encoding_name="cl100k_base",
        chunk_size=asking.CHUNK_TOKENS,
        chunk_overlap=asking.CHUNK_OVERLAP_TOKENS,
    )
    return [Chunk(chunk.page_content, int(chunk.metadata["page"]) + 1) for chunk in splitter.split_documents(pages)]


def run(task: Task) -> Rankings:
    embeddings = OpenAIEmbeddings(
        model=asking.MODEL,
        base_url=task.base_url,
        api_key=asking.KEY,
        check_embedding_ctx_length=False,  # the server takes texts, no numbers of OpenAI's tokens
        chunk_size=asking.BATCH_TEXTS,
    )

    def index(chunks: list[Chunk]) -> Search:
        documents = [
            Document(page_content=chunk.text, metadata={"page": chunk.page, "at": at})
            for at, chunk in enumerate(chunks)
        ]
        words = BM25Retriever.from_documents(
            documents, preprocess_func=lambda text: re.findall(r"\w+", text.lower()), k=asking.CANDIDATES
        )
        vectors = InMemoryVectorStore.from_documents(documents, embeddings)
        meaning = vectors.as_retriever(search_kwargs={"k": asking.CANDIDATES})
        both = EnsembleRetriever(retrievers=[words, meaning], weights=[0.5, 0.5], id_key="at")
        return lambda question: [hit.metadata["page"] for hit in both.invoke(question)]

    return rank(task, cut, index)


if __name__ == "__main__":
    main(run, "langchain-core", "langchain-classic", "langchain-community", "langchain-openai", "pymupdf")
