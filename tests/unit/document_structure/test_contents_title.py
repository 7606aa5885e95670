import pytest

from data_ingestion.enrichment.title import choose_title
from document_structure.contents_title import is_contents_title


@pytest.mark.parametrize(
    "line",
    [
        "Contents", "TABLE OF CONTENTS", " Content ", "Chapter contents", "Inhaltsübersicht", "Table des matières",
        "Índice general", "Tabla de contenidos", "目录", "目 次",
    ],
)  # fmt: skip
def test_a_table_of_contents_is_known_by_its_title(line: str) -> None:
    """Wherever that is asked: it is not the document's title either."""
    assert is_contents_title(line)
    found = choose_title("", f"{line}\nThe Mills of the Valley")
    assert found
    assert found.text == "The Mills of the Valley"


@pytest.mark.parametrize("line", ["Hazardous content", "Contents of the granary", "The index of mills", ""])
def test_other_lines_are_none(line: str) -> None:
    assert not is_contents_title(line)
