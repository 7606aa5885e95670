"""What is asked during an outage: exactly what failed, since a server that answers may still refuse the work.

A revoked key, a spent quota and a missing model show in a one-token question or one vector, a read-only store in one
write; a cheaper question (`dependency_probes.py`) passes them all, and documents would be tried in vain.
"""

from collections.abc import Callable

from composition.embeddings import ask_for_one_vector
from composition.wiring import Wiring
from vector_stores.write_probe import write_one_point
from worker.dependency_probes import ask_disk


def outage_probes(wiring: Wiring, ask_aws: Callable[[], None]) -> dict[str, Callable[[], None]]:
    """By the names that errors.TransientError gives. Each raises while documents would fail of it."""

    def write() -> None:
        for name in wiring.settings.target_stores:
            write_one_point(wiring.stores[name])

    def fit() -> None:
        for name in wiring.settings.target_stores:
            wiring.stores[name].check_fit()

    return {
        "qdrant": write,
        "collections": fit,
        "llm": wiring.ask_language_model,
        "embeddings": lambda: ask_for_one_vector(wiring.settings),
        "aws": ask_aws,
        "disk": ask_disk,
    }
