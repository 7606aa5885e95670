"""The parts of `llm.py`: which passages a question gets, how the model is asked. Nothing here writes to a store."""
