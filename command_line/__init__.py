"""The commands of `scripts/manage_vector_stores.py`: they ask queue, ledger and stores. They never read a PDF."""
