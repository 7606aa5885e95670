"""What an agent gets of documents that the real worker ingested, by the SDK's own client."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from composition.parts import Parts
from config import Settings
from mcp_server.page_image import MAX_EDGE_PIXELS
from tests.integration.mcp_server.conftest import PUBLIC_URL, ROWS, Agent, Stocked

HANDBOOK = "source-pdfs/harbour-handbook.pdf"
QUESTION = "How long does it take to close the floodgate?"
TOOLS = ("search", "ask", "read_page", "list_documents", "outline", "table")


def structured(agent: Agent, tool: str, **arguments: Any) -> Any:
    result = agent.call(tool, **arguments)
    assert not result.is_error, result.content
    return result.structured_content


def refused(agent: Agent, tool: str, **arguments: Any) -> str:
    result = agent.call(tool, **arguments)
    assert result.is_error
    return "".join(part.text for part in result.content if part.type == "text")


def test_every_tool_says_that_it_only_reads_and_what_it_gives(agent: Agent) -> None:
    tools = agent.ask_client("list_tools").tools
    assert tuple(tool.name for tool in tools) == TOOLS
    for tool in tools:
        hints = tool.annotations
        assert (hints.read_only_hint, hints.destructive_hint, hints.open_world_hint) == (True, False, False), tool.name
        assert tool.output_schema["type"] == "object"
        assert all(one.get("description") or "enum" in one or one.get("type") for one in properties(tool)), tool.name


def properties(tool: Any) -> list[dict[str, Any]]:
    return list(tool.input_schema["properties"].values())


def test_a_search_finds_the_place_of_what_answers(agent: Agent) -> None:
    found = structured(agent, "search", query=QUESTION, limit=2)
    assert found["is_answered"]
    best = found["passages"][0]
    assert (best["s3_key"], best["page"], best["page_label"]) == (HANDBOOK, 5, "5")
    assert best["path"] == "5 Emergencies > 5.2 Closing the floodgate"
    assert "eleven minutes" in best["text"]
    assert best["boxes"][0]["page"] == 5
    assert best["link"].startswith(f"{PUBLIC_URL}/documents/{best['document']}/pages/5?q=How+long+does")
    assert best["link"].endswith(f"passage={best['passage']}")


def test_a_search_stays_within_a_document_and_its_pages(agent: Agent) -> None:
    found = structured(agent, "search", query="floodgate", document="harbour-handbook.pdf", first_page=3, last_page=4)
    pages = {page for passage in found["passages"] for page in passage["pages"]}
    assert pages & {3, 4}
    assert all(set(passage["pages"]) & {3, 4} for passage in found["passages"])
    elsewhere = structured(agent, "search", query="floodgate minutes", document="fees.pdf")
    assert {passage["s3_key"] for passage in elsewhere["passages"]} <= {"source-pdfs/fees.pdf"}


def test_without_a_model_ask_gives_the_passages(agent: Agent) -> None:
    result = agent.call("ask", question=QUESTION)
    assert result.structured_content
    answered = result.structured_content
    assert (answered["reason"], answered["model"], answered["cost_usd"]) == ("no_model", None, None)
    assert answered["passages"][0]["page"] == 5
    assert "takes eleven minutes" in result.content[0].text


def test_a_page_is_markdown_with_its_blocks_and_its_image(agent: Agent) -> None:
    result = agent.call("read_page", document=HANDBOOK, page=4, image=True, boxes=True)
    assert result.structured_content
    page = result.structured_content
    assert "## 4.1 Table of berth fees\n\n| Length | Summer, a day |" in page["text"]
    assert (page["page_count"], page["title"]) == (6, "The Harbour Keeper's Handbook")
    assert page["boxes"] == [{"page": 4, "x0": 0.0, "y0": 0.0, "x1": page["width"], "y1": page["height"]}]
    [table] = [block for block in page["blocks"] if block["kind"] == "table"]
    assert table["begins"].startswith("Length Summer")
    assert table["boxes"][0]["y1"] > table["boxes"][0]["y0"] > 0
    text, image = result.content
    assert text.type == "text"
    assert page["text"].split("\n", 1)[1] in text.text
    assert image.type == "image"
    with Image.open(io.BytesIO(base64.b64decode(image.data))) as shown:
        assert (shown.format, max(shown.size) <= MAX_EDGE_PIXELS) == ("JPEG", True)


def test_the_list_goes_on_with_its_cursor(agent: Agent) -> None:
    first = structured(agent, "list_documents", limit=2)
    assert first["total"] == 3
    second = structured(agent, "list_documents", limit=2, cursor=first["next_cursor"])
    keys = [document["s3_key"] for document in first["documents"] + second["documents"]]
    assert keys == ["source-pdfs/fees.pdf", HANDBOOK, "source-pdfs/ledger.pdf"]
    assert second["next_cursor"] is None
    assert structured(agent, "list_documents", prefix="harb")["total"] == 1
    listed = first["documents"][1]
    assert (listed["pages"], listed["is_searchable"], listed["state"]) == (6, True, "succeeded")
    assert listed["link"] == f"{PUBLIC_URL}/documents/{listed['document']}"


def test_an_outline_has_the_headings_with_their_pages_and_paths(agent: Agent) -> None:
    outline = structured(agent, "outline", document=HANDBOOK, levels=2)
    gate = next(item for item in outline["sections"] if item["title"] == "5.2 Closing the floodgate")
    assert (gate["page"], gate["path"].endswith("5 Emergencies")) == (5, True)
    assert gate["link"] == f"{PUBLIC_URL}/documents/{outline['document']}/pages/5"
    assert max(item["level"] for item in outline["sections"]) == 2
    assert gate["boxes"] == []
    placed = structured(agent, "outline", document=HANDBOOK, levels=2, boxes=True)["sections"]
    [box] = next(item for item in placed if item["title"] == gate["title"])["boxes"]
    passage = structured(agent, "search", query=QUESTION, limit=1)["passages"][0]
    assert (box["page"], 0 < box["y0"] < box["y1"] < passage["boxes"][0]["y1"]) == (5, True)
    part = structured(agent, "outline", document=HANDBOOK, levels=2, limit=3, offset=1)
    assert part["sections"] == outline["sections"][1:4]
    assert part["total"] == len(outline["sections"])


def test_a_table_over_pages_is_given_whole_with_the_place_of_each_row(agent: Agent) -> None:
    listed = structured(agent, "table", document="fees.pdf")
    assert [(table["page"], table["row_count"]) for table in listed["tables"]] == [(1, ROWS)]
    for page in (1, 2):
        table = structured(agent, "table", document="fees.pdf", page=page)
        assert table["tables"][0]["columns"] == ["Berth", "Ship", "Fee"]
        assert table["rows"][0] == ["B1", "Ship number 1", "10.00"]
        assert table["rows"][-1] == [f"B{ROWS}", f"Ship number {ROWS}", f"{ROWS * 10}.00"]
        assert [box["page"] for box in table["row_boxes"]] == [1] * 25 + [2] * 25
        assert [box["page"] for box in table["tables"][0]["boxes"]] == [1, 2]
    part = structured(agent, "table", document="fees.pdf", page=1, limit=10, offset=45)
    assert [row[0] for row in part["rows"]] == ["B46", "B47", "B48", "B49", "B50"]
    assert part["next_offset"] is None


def test_a_question_about_a_table_finds_its_row(agent: Agent) -> None:
    found = structured(agent, "table", document="fees.pdf", page=1, contains="ship number 37")
    assert found["rows"] == [["B37", "Ship number 37", "370.00"]]
    assert found["row_boxes"][0]["page"] == 2
    assert structured(agent, "table", document=HANDBOOK, contains="berth")["tables"][0]["page"] == 4
    assert structured(agent, "table", document=HANDBOOK, contains="no such words")["tables"] == []


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("read_page", {"document": HANDBOOK, "page": 7}, f"{HANDBOOK} has 6 pages, and no page 7."),
        ("read_page", {"document": HANDBOOK, "page": 0}, f"{HANDBOOK} has 6 pages, and no page 0."),
        ("outline", {"document": "harbour-handbok.pdf"}, "Did you mean source-pdfs/harbour-handbook.pdf?"),
        ("outline", {"document": "0" * 64}, f"There is no document {'0' * 64}. list_documents shows what there is."),
        ("search", {"query": "x", "document": "no.pdf"}, "There is no document no.pdf."),
        ("search", {"query": "  "}, "nothing to look for"),
        ("search", {"query": "x", "limit": 100}, "Wrong arguments. limit: Input should be less than or equal to 20."),
        ("table", {"document": HANDBOOK, "page": 4, "number": 2}, f"Page 4 of {HANDBOOK} has no table 2."),
        ("table", {"document": HANDBOOK, "page": 9}, f"{HANDBOOK} has 6 pages, and no page 9."),
    ],
)
def test_what_can_not_be_given_is_said_in_a_sentence(
    agent: Agent, tool: str, arguments: dict[str, Any], said: str
) -> None:
    message = refused(agent, tool, **arguments)
    assert said in message
    assert "\n" not in message


def test_documents_and_pages_are_resources_as_well(agent: Agent) -> None:
    document = structured(agent, "list_documents", prefix="harb")["documents"][0]["document"]
    templates = [one.uri_template for one in agent.ask_client("list_resource_templates").resource_templates]
    assert templates == [
        "leafmill://documents/{document}",
        "leafmill://documents/{document}/pages/{page}",
        "leafmill://documents/{document}/pages/{page}/image",
    ]
    page = agent.ask_client("read_resource", f"leafmill://documents/{document}/pages/5").contents[0]
    assert "eleven minutes" in page.text
    outline = agent.ask_client("read_resource", f"leafmill://documents/{document}").contents[0]
    assert "5.2 Closing the floodgate" in outline.text
    image = agent.ask_client("read_resource", f"leafmill://documents/{document}/pages/5/image").contents[0]
    assert base64.b64decode(image.blob)[:2] == b"\xff\xd8"
    assert HANDBOOK in agent.ask_client("read_resource", "leafmill://documents").contents[0].text
    with pytest.raises(Exception, match="has 6 pages, and no page 70"):
        agent.ask_client("read_resource", f"leafmill://documents/{document}/pages/70")


def test_no_call_writes_anything(agent: Agent, stocked: Stocked, settings_of_stock: Settings) -> None:
    before = everything(settings_of_stock)
    for tool, arguments in {
        "search": {"query": QUESTION},
        "ask": {"question": QUESTION},
        "read_page": {"document": HANDBOOK, "page": 4, "image": True},
        "list_documents": {},
        "outline": {"document": HANDBOOK},
        "table": {"document": HANDBOOK},
    }.items():
        structured(agent, tool, **arguments)
    assert everything(settings_of_stock) == before


def everything(settings: Settings) -> Any:
    """All objects of the bucket, all items of the table, and how many points each store has."""
    parts = Parts(settings)
    pages = parts.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=settings.aws_s3_bucket_name)
    objects = {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}
    items = parts.aws.dynamodb.scan(TableName=settings.status_table_name)["Items"]
    points = [store.stats() for store in parts.stores.values()]
    parts.close()
    return objects, sorted(map(repr, items)), points
