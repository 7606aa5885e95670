"""Describes a document: title, summary, keywords, a context a page. Never reads a PDF, never stores points."""
