"""Which Qdrant servers are new enough."""

import re

#: Searches give each list of hits a weight in the fusion (`RrfQuery.weights`); older servers have no such field.
MIN_VERSION = (1, 17)


def version_fault(version: str | None) -> str | None:
    """What is wrong with a server of this version ("1.18.3"), for a person; None when nothing is, or nobody knows."""
    numbers = re.match(r"v?(\d+)\.(\d+)", version or "")
    if not numbers or tuple(map(int, numbers.groups())) >= MIN_VERSION:
        return None
    needed = ".".join(map(str, MIN_VERSION))
    return f"Qdrant {version} is too old: searches need {needed} or newer"
