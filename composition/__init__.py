"""Builds the parts of a process from Settings. It decides nothing about documents or messages."""
