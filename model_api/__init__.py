"""Speaks OpenAI's protocol: reliably, within limits, and never twice for the same answer. It knows no documents."""
