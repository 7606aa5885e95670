"""The commands of `scripts/manage_vector_stores.py`. They ask the queue, the ledger and the stores; they process nothing."""
