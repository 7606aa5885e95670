"""One blueprint a subject. A view reads its input, asks one part of the panel, and answers JSON or a page."""
