"""Tests of real servers that somebody names; skipped where nobody does."""
