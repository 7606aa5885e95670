"""Other pipelines beside this one, on one document and the same servers: `make bench-peers` (docs/benchmarks.md).

Each `*_pipeline.py` is the task written against one library's public interface, at the settings that its manual
recommends, and runs in a virtual environment of its own; none of their code is here.
"""
