"""The sandbox: child processes open, read, render and OCR hostile PDFs. Nothing else ever imports PyMuPDF."""
