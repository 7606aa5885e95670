"""What LangChain does once there are pages and chunks: a sentence for each page, vectors, points in Qdrant."""

from collections.abc import Sequence

from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_qdrant import QdrantVectorStore
from qdrant_client import QdrantClient
from qdrant_client.models import Distance, VectorParams

from benchmarks.peers import task as settings
from benchmarks.peers.task import Done, Task

COLLECTION = "langchain"


async def describe(pages: Sequence[Document], task: Task) -> None:
    """Put a sentence about each page into its metadata, which its chunks inherit."""
    model = ChatOpenAI(model=settings.LLM_MODEL, base_url=task.base_url, api_key="benchmark")
    chain = ChatPromptTemplate.from_template(settings.PROMPT) | model | StrOutputParser()
    sentences = await chain.abatch(
        [{"page": page.page_content} for page in pages], {"max_concurrency": settings.LLM_CALLS_AT_ONCE}
    )
    for page, sentence in zip(pages, sentences, strict=True):
        page.metadata["summary"] = sentence


def store(chunks: list[Document], task: Task) -> Done:
    client = QdrantClient(url=task.qdrant_url)
    client.create_collection(
        COLLECTION, vectors_config=VectorParams(size=settings.DIMENSIONS, distance=Distance.COSINE)
    )
    embeddings = OpenAIEmbeddings(model=settings.EMBEDDING_MODEL, base_url=task.base_url, api_key="benchmark")
    vectors = QdrantVectorStore(client=client, collection_name=COLLECTION, embedding=embeddings)
    vectors.add_documents(chunks, batch_size=settings.EMBEDDING_BATCH)
    points = client.count(COLLECTION).count
    client.close()
    return Done(len(chunks), {COLLECTION: points})
