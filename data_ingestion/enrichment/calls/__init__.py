"""Asks a model: reliably, within limits, and never twice for the same answer. Knows nothing of documents."""
