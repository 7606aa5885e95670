"""One interface for dense vectors and BM25 sparse ones: API, local model, static model. Never stores."""
