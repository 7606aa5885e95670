"""Real documents through the real worker: the whole `good` corpus, and again without doing anything twice."""

import re
from pathlib import Path

import pytest

from composition.parts import Parts
from tests.support.machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SRD = "source-pdfs/srd-5.1-cc-by.pdf"


@pytest.fixture
def machine(stack_env: dict[str, str]) -> Machine:
    return Machine(stack_env, worker_seconds=800)


def test_every_good_document_comes_out_and_a_second_drop_does_nothing(
    machine: Machine, parts: Parts, corpus: Path
) -> None:
    machine.manage("upload", str(corpus / "good"))
    machine.work()
    documents = machine.status()
    assert len(documents) == 16
    for key, document in documents.items():
        assert document["status"] == "succeeded" or document["degraded"], (key, document)
        assert document["points"]["pages"] == document["pages_total"] == document["images"], key
        assert document["points"]["semantic"] == document["points"]["haystack"] > 0, key

    srd = documents[SRD]
    assert (srd["status"], srd["pages_total"], srd["images"], srd["points"]["pages"]) == ("succeeded", 403, 403, 403)
    points = parts.stores["pages"].scroll(
        parts.stores["pages"].filter(document_id=parts.artifacts.document_id(SRD), active=True), ["metadata"]
    )
    by_page = {point.payload["metadata"]["page"]: point.payload["metadata"] for point in points if point.payload}
    with_path = [page for page in range(2, 404) if by_page[page]["heading_path"]]
    assert len(with_path) >= 400
    assert by_page[133]["heading_path"].startswith("Spellcasting > Spell Descriptions")
    assert re.fullmatch(r"s3://.+/pdf_page_images/srd-5.1-cc-by/[0-9a-f]{12}/133\.jpe?g", by_page[133]["image_url"])
    parts.close()

    machine.manage("upload", str(corpus / "good"))
    machine.work()
    assert machine.status() == documents
    assert [event["stage"] for event in machine.log if event["event"] == "stage done"] == []
