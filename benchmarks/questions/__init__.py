"""People's questions of annual reports, asked of this search and of other pipelines' hybrid searches with the same
dense model: `make bench-questions` (docs/benchmarks.md).

Each `*_search.py` is written against one library's public interface and runs in an environment of its own, as the
pipelines of benchmarks/peers do. Vectors come from one server, which all of them ask.
"""
