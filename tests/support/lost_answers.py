"""Has botocore send one write again that the service has already carried out, as after a lost answer."""

from typing import Any


def lose_one_answer(client: Any, operation: str) -> list[int]:
    """The next answer to `operation` counts as lost. Returns the HTTP statuses of all answers, growing."""
    statuses: list[int] = []

    def needs_retry(response: Any, **_: Any) -> int | None:
        """Seconds until the next try, or None for botocore's own opinion."""
        statuses.append(response[0].status_code)
        return 0 if len(statuses) == 1 else None

    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first(f"needs-retry.{service}.{operation}", needs_retry)
    return statuses
