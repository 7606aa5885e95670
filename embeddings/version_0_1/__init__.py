"""How version 0.1.0 made vectors: only to search, fill and migrate collections that it left behind."""
