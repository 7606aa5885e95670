"""What settings mean together: a default that depends on others, and what contradicts what.

Values are raw, as the environment gives them, so that a missing or wrong setting hides no other fault.
"""

import warnings
from typing import Any


def with_embedding_provider(values: dict[str, Any]) -> dict[str, Any]:
    """Without a key or an address the default is the model that needs neither; `lexical` is its old name."""
    given = values.get("embedding_provider")
    if given == "lexical":
        message = "EMBEDDING_PROVIDER=lexical is now called static: a model in a package, without a key or a network"
        warnings.warn(message, FutureWarning, stacklevel=2)
    if given == "lexical" or not (given or _has_server(values, "embedding")):
        return {**values, "embedding_provider": "static"}
    return values


def combination_faults(values: dict[str, Any]) -> list[str]:
    """What is wrong between settings that are each fine; `values` are raw, so that missing ones don't hide this."""
    faults = []
    given = sum(bool(values.get(name)) for name in ("qdrant_url", "qdrant_host"))
    if not given and values.get("qdrant_local_path"):
        faults.append(
            "QDRANT_LOCAL_PATH is the folder of the development server: start that with `python scripts/local_stack.py"
            " qdrant` and set QDRANT_URL to its address"
        )
    elif given != 1:
        faults.append("set exactly one of QDRANT_URL and QDRANT_HOST")
    users = [
        f"{name.upper()}={value}"
        for name, value, server in (("embedding_provider", "openai", "embedding"), ("enrichment", "llm", "llm"))
        if values.get(name, value) == value and not _has_server(values, server)
    ]
    if users:
        faults.append(
            f"OPENAI_API_KEY (or OPENAI_BASE_URL) is needed by {' and '.join(users)};"
            " without one choose EMBEDDING_PROVIDER=static and ENRICHMENT=extractive"
        )
    return faults


def _has_server(values: dict[str, Any], name: str) -> bool:
    """Whether a key or an address is given, for all or for `name` (llm, embedding)."""
    return any(values.get(f"{whose}_{what}") for whose in ("openai", name) for what in ("api_key", "base_url"))
