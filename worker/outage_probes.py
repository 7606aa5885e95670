"""What is asked during an outage: exactly what failed, since a server that answers may still refuse the work.

A revoked key, a spent quota and a missing model show in a one-token question or one vector, a read-only store in one
write; a cheaper question (`dependency_probes.py`) passes them all, and documents would be tried in vain.
"""

from collections.abc import Callable, Mapping

from composition.embeddings import ask_for_one_vector
from config import Settings
from foundation.store_names import StoreName
from vector_stores.base import VectorStore
from vector_stores.write_probe import write_one_point
from worker.dependency_probes import ask_disk


def outage_probes(
    settings: Settings,
    *,
    stores: Callable[[], Mapping[StoreName, VectorStore]],
    ask_language_model: Callable[[], None],
    ask_aws: Callable[[], None],
) -> dict[str, Callable[[], None]]:
    """By the names that errors.TransientError gives. Each raises while documents would fail of it.

    `stores` is called by a probe only: making them imports Qdrant's client, which an idle worker never needs.
    """

    def write() -> None:
        for name in settings.target_stores:
            write_one_point(stores()[name])

    def fit() -> None:
        for name in settings.target_stores:
            stores()[name].check_fit()

    return {
        "qdrant": write,
        "collections": fit,
        "llm": ask_language_model,
        "embeddings": lambda: ask_for_one_vector(settings),
        "aws": ask_aws,
        "disk": ask_disk,
    }
