"""Commands about the stores: search them, count what is in them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import urlencode

import typer
from rich.markup import escape
from rich.text import Text

from answers.passages import is_answered
from answers.places import label_of
from answers.snippets import Snippet, page_of, snippets_of
from command_line.documents import full_key
from command_line.output import (
    EXIT_FAILED,
    EXIT_USAGE,
    JsonFlag,
    counted,
    fail,
    one_line_errors,
    one_question,
    one_store,
    out,
    print_json,
    progress_bar,
    table,
)
from composition.parts import Parts
from config import EmbeddingProvider, load_settings
from data_ingestion.refill import refill_document
from foundation.store_names import StoreName, parse_store_names
from vector_stores.filters import SearchFilter
from vector_stores.migration import Migrated, drop_left_over, migrate
from vector_stores.points import Hit

NOTHING_ANSWERS = "no passage answers this; --json shows the nearest ones"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def _stores(context: typer.Context, as_json: JsonFlag = False) -> None:
    """What the stores hold; move them to another embedding model."""
    if context.invoked_subcommand is None:
        stats(as_json)


def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    store: Annotated[str, typer.Option("--store", help="pages, semantic or haystack.")] = "semantic",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="How many hits.")] = 5,
    source: Annotated[str | None, typer.Option("--source", help="Only this document's S3 key.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Search a store, by meaning and by words."""
    with one_line_errors():
        query, name = one_question(query), one_store(store)
        parts = Parts(load_settings())
        hits = parts.searcher(name).search(query, limit, SearchFilter(source=source), explain=True)
        answered = is_answered(query, hits, parts.app_config_file.current().retrieval_weak_similarity)
        panel = parts.settings.public_url
        parts.close()
    if as_json:
        found = [hit_as_json(query, hit) | ({"url": reader_url(panel, query, hit)} if panel else {}) for hit in hits]
        print_json({"query": query, "store": name, "is_answered": answered, "hits": found})
        return
    if not answered:
        out.print("nothing found" if not hits else NOTHING_ANSWERS, soft_wrap=True)
        return
    for number, hit in enumerate(hits, start=1):
        meta = hit.metadata
        label = label_of(page_of(query, hit), meta)
        out.print(
            f"[bold]{number}. {escape(meta['filename'])}, p. {escape(label)}[/bold]"
            f"  {escape(meta['heading_path'])}"
            f"  [dim]{hit.score:.3f}[/dim]",
            soft_wrap=True,
        )
        for snippet in snippets_of(query, hit):
            out.print(marked(snippet), soft_wrap=True)
        if panel:
            out.print(f"   {reader_url(panel, query, hit)}", style="dim", markup=False, soft_wrap=True)


@app.command("list")
def stats(as_json: JsonFlag = False) -> None:
    """How many points and documents each store holds."""
    with one_line_errors():
        parts = Parts(load_settings())
        found = [store.stats() for store in parts.stores.values()]
        parts.close()
    if as_json:
        print_json({"stores": [each.as_json() for each in found]})
        return
    numbers = ("points", "active", "documents")
    made = table("", "store", "collection", *numbers, "embedding model", right=numbers)
    for each in found:
        made.add_row(
            each.store, each.collection, str(each.points), str(each.active_points), str(each.documents),
            each.embedding_model,
        )  # fmt: skip
    out.print(made)


@app.command("migrate-embeddings")
def migrate_embeddings(
    model: Annotated[str | None, typer.Option("--model", help="The OpenAI-compatible model to go to.")] = None,
    provider: Annotated[
        EmbeddingProvider | None,
        typer.Option("--provider", help="The provider to go to; the configured one if left out."),
    ] = None,
    store: Annotated[str, typer.Option("--store", help="A store, a comma list, or all.")] = "all",
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Delete the old collections afterwards.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Embed what the stores hold with another model, and switch over while searches go on. Goes on where it stopped.

    Afterwards set EMBEDDING_PROVIDER and OPENAI_EMBEDDING_MODEL to that model, and restart workers and panel.
    """
    with one_line_errors():
        if model is None and provider is None:
            fail("say where to go: --model, --provider, or both", EXIT_USAGE)
        try:
            names = parse_store_names(store)
        except ValueError as error:
            fail(str(error), EXIT_USAGE)
        settings = load_settings()
        changes = {"openai_embedding_model": model, "embedding_provider": provider}
        parts = Parts(settings.model_copy(update={name: value for name, value in changes.items() if value}))
        moved: dict[StoreName, Migrated] = {}
        for name in names:
            with progress_bar(f"migrating {name}", None) as advance:
                moved[name] = migrate(parts.stores[name], advance)
            if drop_old and (left_over := moved[name].left_over):
                drop_left_over(parts.stores[name], left_over)
        parts.close()
    if as_json:
        print_json({"model": parts.embedder.name, "stores": {name: asdict(result) for name, result in moved.items()}})
        return
    for name, result in moved.items():
        kept = f"; the old collection {result.left_over} is kept" if result.left_over and not drop_old else ""
        out.print(f"{name}: {result.points} points, {result.embedded} texts embedded{kept}", soft_wrap=True)


@app.command("refill")
def refill(
    keys: Annotated[list[str] | None, typer.Argument(help="S3 keys; all documents if left out.")] = None,
    store: Annotated[str, typer.Option("--store", help="A store, a comma list, or all.")] = "all",
    as_json: JsonFlag = False,
) -> None:
    """Put points that Qdrant lost back from S3: no PDF is read, no model is asked. Goes on where it stopped."""
    with one_line_errors():
        try:
            names = parse_store_names(store)
        except ValueError as error:
            fail(str(error), EXIT_USAGE)
        parts = Parts(load_settings())
        artifacts, stores = parts.artifacts, {name: parts.stores[name] for name in names}
        wanted = (
            [full_key(parts.artifacts, key) for key in keys] if keys else [one.key for one in artifacts.list_sources()]
        )
        points, found = 0, dict[str, dict[str, str]]()
        with progress_bar("refilling", len(wanted)) as advance:
            for done, key in enumerate(wanted, 1):
                refilled = refill_document(artifacts, stores, key)
                points += refilled.points
                known = parts.documents.get(artifacts.document_id(key))
                # A document that failed from the beginning has no points to put back.
                was_stored = known is None or bool(known.served)
                found[key] = {name: str(state) for name, state in refilled.states.items()} if was_stored else {}
                advance(done)
        parts.close()
    left = {key: states for key, states in found.items() if {"not_kept", "other_model"} & set(states.values())}
    if as_json:
        counts = Counter(state for states in found.values() for state in states.values())
        print_json({"documents": len(found), "points": points, "stores": counts, "left": left})
    else:
        _show_refilled(points, found, left)
    if left:
        raise typer.Exit(EXIT_FAILED)


def _show_refilled(points: int, found: Mapping[str, Mapping[str, str]], left: Mapping[str, Mapping[str, str]]) -> None:
    """`found` and `left` are states by store, by key."""
    out.print(
        f"{counted(len(found), 'document')}: {counted(points, 'point')} written; nothing was missing for"
        f" {sum(set(states.values()) == {'served'} for states in found.values()):,} of them"
    )
    for key, states in left.items():
        out.print(f"{key}: " + ", ".join(f"{name} {state}" for name, state in states.items()), markup=False)
    if left:
        out.print(
            "those left were stored before points were kept, or with another model:"
            " `leafmill enqueue KEY --cache-behavior rebuild`",
            soft_wrap=True,
        )


@app.command("fill-folders")
def fill_folders(as_json: JsonFlag = False) -> None:
    """Let points of older versions say their documents' folders. No model is asked. Goes on where it stopped.

    Keys of the API that are limited to a folder find them before as well, but each search takes longer.
    """
    with one_line_errors():
        parts = Parts(load_settings())
        filled: dict[StoreName, int] = {}
        for name, store in parts.stores.items():
            with progress_bar(f"filling {name}", None):
                filled[name] = store.fill_folders()
        parts.close()
    if as_json:
        print_json({"documents": filled})
        return
    for name, count in filled.items():
        out.print(f"{name}: {counted(count, 'document')} filled")


def hit_as_json(query: str, hit: Hit) -> dict[str, Any]:
    """`page` is where the best matching sentence stands, `first_page` where the passage begins."""
    meta = hit.metadata
    page = page_of(query, hit)
    return {
        "score": hit.score,
        "source": meta["source"],
        "page": page,
        "page_label": label_of(page, meta),
        "first_page": meta["page"],
        "pages_spanned": meta.get("pages_spanned", [meta["page"]]),
        "heading_path": meta["heading_path"],
        "image_url": meta["image_url"],
        "text": hit.text,
        "snippets": [snippet.as_json() for snippet in snippets_of(query, hit)],
    }


def reader_url(panel: str, query: str, hit: Hit) -> str:
    """Where the panel at that address shows the hit, its matching sentences marked."""
    wanted = {"q": query} | ({"passage": hit.id} if "chunk_index" in hit.metadata else {})
    return f"{panel}/documents/{hit.metadata['document_id']}/pages/{page_of(query, hit)}?{urlencode(wanted)}"


def marked(snippet: Snippet) -> Text:
    """A snippet on an indented line, what matches in bold."""
    line = Text("   " + (f"{snippet.header}: " if snippet.header else ""))
    begin = len(line)
    line.append(snippet.text)
    for start, end in snippet.matches:
        line.stylize("bold", begin + start, begin + end)
    return line
