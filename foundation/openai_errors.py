"""What servers of OpenAI's protocol call an error, as far as chat and embeddings share it."""

#: Error codes that no waiting cures, whatever their status (OpenAI sends a spent quota as 429).
#: https://platform.openai.com/docs/guides/error-codes
CLOSED_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached", "invalid_api_key", "model_not_found"})
