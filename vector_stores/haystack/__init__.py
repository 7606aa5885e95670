"""The store that Haystack's own `QdrantDocumentStore` can read."""
