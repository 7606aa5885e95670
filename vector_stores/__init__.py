"""The three Qdrant stores and their generations: inactive, complete, flipped, pruned. Never reads PDFs."""
