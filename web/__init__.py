"""The panel: pages for people, JSON for machines. It reads the ledger and fills the queue; it never reads a PDF."""
