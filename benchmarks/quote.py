"""Puts the tables that benchmarks have printed into docs/benchmarks.md, so that the figures there are those of a run.

    python -m benchmarks.quote

A table stands between `<!-- NAME -->` and `<!-- end of NAME -->`, and comes from `benchmarks/results/NAME.md`.
"""

import re

from benchmarks.machine import REPOSITORY, RESULTS

DOCUMENT = REPOSITORY / "docs" / "benchmarks.md"


def quoted(text: str) -> str:
    """`text` with every table that was kept in its place."""
    for name in re.findall(r"<!-- end of (\w+) -->", text):
        kept = RESULTS / f"{name}.md"
        if kept.is_file():
            table = f"<!-- {name} -->\n\n{kept.read_text(encoding='utf-8')}\n<!-- end of {name} -->"
            text = re.sub(rf"<!-- {name} -->.*?<!-- end of {name} -->", lambda _, table=table: table, text, flags=re.S)
    return text


def main() -> None:
    DOCUMENT.write_text(quoted(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
