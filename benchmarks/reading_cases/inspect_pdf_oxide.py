"""pdf_oxide (https://github.com/yfedoseev/pdf_oxide) on one file."""

import sys

from from_markdown import as_json
from pdf_oxide import PdfDocument

document = PdfDocument(sys.argv[1])
print(as_json([document.to_markdown(page) for page in range(document.page_count())]))
