"""Reads what a tagged PDF says of itself (PDF 32000-1, 14.7 and 14.8), where that is sound; never decides about text
that has no tags."""
