"""One interface for dense vectors (OpenAI-compatible API, local model, offline lexical) and BM25 sparse ones. Never stores."""
