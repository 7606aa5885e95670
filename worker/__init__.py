"""Joins the queue and the document half in one process, and asks whether what they depend on answers."""
