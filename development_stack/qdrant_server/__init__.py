"""A development server: the part of Qdrant's REST API that this project and its clients use, over Qdrant's own engine.

The engine is `qdrant-edge-py`, which has no server. One process, one folder, no cluster, no TLS. What the server does
not speak it refuses by name. The product never imports this; it knows a URL.
"""
