"""The `openai` package's client for what asks one question after the other. `transport.py` has the concurrent one."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import openai


def make_client(
    base_url: str | None, api_key: str | None, *, timeout_seconds: float, max_retries: int = 0
) -> "openai.OpenAI":
    """Without a `base_url` OpenAI's own server is asked."""
    import openai  # 0.9 s of CPU

    return openai.OpenAI(
        api_key=api_key or "none",  # a local server needs no key, the client insists on one
        base_url=base_url,
        max_retries=max_retries,
        timeout=timeout_seconds,
    )
