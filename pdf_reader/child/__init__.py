"""Runs in the child processes only: everything that touches MuPDF or Tesseract. The worker never imports it."""
