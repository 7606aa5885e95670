"""The comparison of reading cases: what is made of others' Markdown, and of what the checker prints."""

import json

from benchmarks.machine import REPOSITORY
from benchmarks.reading_cases.__main__ import TOOLS, parse, table
from benchmarks.reading_cases.from_markdown import as_json

MARKDOWN = """# **The Mill**

A *weir* holds 10<sup>6</sup> litres, see [the **report**](https://example.org/a).

## Grain \\- first

|Sort|Sacks|
|---|---|
|**Wheat**|12<br>13|

```
def mill(sack):
    return sack
```
"""


def test_others_markdown_is_taken_apart() -> None:
    data = json.loads(as_json([MARKDOWN, "Last page."]))

    assert data["pages"][0]["text"].startswith("The Mill\n\nA weir holds 10⁶ litres, see the report.")
    assert "    return sack" in data["pages"][0]["text"]
    assert data["sections"] == [
        {"level": 1, "title": "The Mill", "page": 1},
        {"level": 2, "title": "Grain - first", "page": 1},
    ]
    assert data["tables"] == [{"page": 1, "markdown": "|Sort|Sacks|\n|---|---|\n|Wheat|12 13|"}]
    assert data["links"] == [{"link_text": "the report", "target_url": "https://example.org/a"}]
    assert [chunk["heading_path"] for chunk in data["chunks"]] == ["The Mill", "The Mill > Grain - first"]
    assert data["chunks"][-1]["text"].endswith("Last page.")


def test_verdicts_are_read_and_shown_side_by_side() -> None:
    one = parse("right  01-a\nWRONG  02-b\n         lacks 'x'\n1 of 2 right\n")

    assert one == {"01-a": True, "02-b": False}
    shown = table({"this project": one, "another": None})
    assert "another could not be fetched here" in shown
    assert shown.split("\n")[1].split() == ["01-a", "yes", "-"]
    assert shown.split("\n")[3].split() == ["right", "of", "2", "1", "absent"]


def test_each_tool_has_its_lock_and_its_script() -> None:
    for tool in TOOLS[1:]:
        locked = (REPOSITORY / "requirements" / f"peers-{tool.environment}.txt").read_text(encoding="utf-8")
        assert f"{tool.package}==" in locked
        assert (REPOSITORY / "benchmarks" / "reading_cases" / f"inspect_{tool.environment}.py").is_file()
