"""Commands about the stores: search them, count what is in them."""

from typing import Annotated

import typer

from command_line.output import JsonFlag, fail, one_line_errors, out, print_json, table
from config import STORE_NAMES, load_settings, parse_store_names
from vector_stores.filters import SearchFilter
from vector_stores.points import Hit
from wiring import Wiring

SNIPPET_CHARACTERS = 300


def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    store: Annotated[str, typer.Option("--store", help="pages, semantic or haystack.")] = "semantic",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="How many hits.")] = 5,
    source: Annotated[str | None, typer.Option("--source", help="Only this document's S3 key.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Search a store, by meaning and by words."""
    with one_line_errors():
        try:
            (name,) = parse_store_names(store)
        except ValueError:
            fail(f"--store is one of {', '.join(STORE_NAMES)}", 2)
        wiring = Wiring(load_settings())
        hits = wiring.searcher(name).search(query, limit, SearchFilter(source=source))
        wiring.close()
    if as_json:
        print_json({"query": query, "store": name, "hits": [hit_as_json(hit) for hit in hits]})
        return
    if not hits:
        out.print("nothing found")
    for number, hit in enumerate(hits, start=1):
        meta = hit.metadata
        out.print(
            f"[bold]{number}. {meta['filename']}, p. {meta['page_label']}[/bold]  {meta['heading_path']}"
            f"  [dim]{hit.score:.3f}[/dim]",
            soft_wrap=True,
        )
        out.print("   " + snippet(hit.text), markup=False)


def stats(as_json: JsonFlag = False) -> None:
    """How many points and documents each store holds."""
    with one_line_errors():
        wiring = Wiring(load_settings())
        found = [store.stats() for store in wiring.stores.values()]
        wiring.close()
    if as_json:
        print_json({"stores": found})
        return
    numbers = ("points", "active", "documents")
    made = table("", "store", "collection", *numbers, "embedding model", right=numbers)
    for row in found:
        made.add_row(
            row["store"], row["collection"], str(row["points"]), str(row["active_points"]), str(row["documents"]),
            row["embedding_model"],
        )  # fmt: skip
    out.print(made)


def hit_as_json(hit: Hit) -> dict[str, object]:
    meta = hit.metadata
    return {
        "score": hit.score,
        "source": meta["source"],
        "page": meta["page"],
        "page_label": meta["page_label"],
        "pages_spanned": meta.get("pages_spanned", [meta["page"]]),
        "heading_path": meta["heading_path"],
        "image_url": meta["image_url"],
        "text": hit.text,
    }


def snippet(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= SNIPPET_CHARACTERS else words[:SNIPPET_CHARACTERS].rsplit(" ", 1)[0] + " …"
