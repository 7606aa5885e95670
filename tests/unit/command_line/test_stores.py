"""What `search` prints and gives as JSON of a passage that was found."""

from dataclasses import replace

from answers.snippets import snippets_of
from command_line.stores import hit_as_json, marked, reader_url
from vector_stores.points import Hit

TABLE = "| Percent | 2022 |\n| --- | --- |\n| Cost of sales | 56.2 |\n| Operating margin | 19.1 |"
FOUND = Hit(
    "1", 0.5, TABLE, {
        "source": "source-pdfs/a.pdf", "page": 4, "page_label": "iv", "heading_path": "Results", "image_url": None,
        "line_boxes": [[55, 82, 4, 10, 20, 30, 40]],
    },
)  # fmt: skip


def test_a_row_is_printed_behind_its_header_and_what_matches_is_bold() -> None:
    (snippet,) = snippets_of("operating margin", FOUND)
    line = marked(snippet)
    assert line.plain == "   Percent · 2022: Operating margin · 19.1"
    assert [line.plain[span.start : span.end] for span in line.spans] == ["Operating", "margin"]


def test_json_has_the_sentences_with_their_places() -> None:
    (snippet,) = hit_as_json("operating margin", FOUND)["snippets"]
    assert snippet["text"] == "Operating margin · 19.1"
    assert snippet["matches"] == [[0, 9], [10, 16]]
    assert snippet["boxes"] == [{"page": 4, "x0": 10, "y0": 20, "x1": 30, "y1": 40}]


def test_the_page_is_where_the_sentence_that_matches_stands_not_where_its_passage_begins() -> None:
    lines = [[0, 54, 4, 10, 20, 30, 40], [55, 82, 5, 10, 20, 30, 40]]
    over_two_pages = replace(
        FOUND, metadata=FOUND.metadata | {"page_label": "2", "line_boxes": lines, "chunk_index": 3, "document_id": "d"}
    )
    found = hit_as_json("operating margin", over_two_pages)
    assert (found["page"], found["page_label"], found["first_page"]) == (5, "3", 4)
    assert reader_url("https://panel.example", "operating margin", over_two_pages) == (
        "https://panel.example/documents/d/pages/5?q=operating+margin&passage=1"
    )
