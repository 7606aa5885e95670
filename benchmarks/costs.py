"""What a million PDFs cost: in tokens, Fargate hours, requests, storage and memory of Qdrant.

    python -m benchmarks.costs [--documents 1000000] [--prices FILE] [--model-call-seconds 3] [--output-tokens 150]

Counts are those of the last whole run of `many_documents.py` (`benchmarks/results/many_documents.json`), at page scope
and at document scope; prices come from `benchmarks/prices.json`, with their date and source, or from another such file.
Tasks are as large as the template makes them by default. Writes `benchmarks/results/costs.md` and `.json`.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.document_use import DocumentUse
from benchmarks.machine import RESULTS, keep, markdown
from infra.template import load_template

PRICES = Path(__file__).parent / "prices.json"
GIGABYTE = 1e9
#: Qdrant's rule for vectors in memory, with their index and temporary segments.
#: https://qdrant.tech/documentation/capacity-planning/
QDRANT_MEMORY_FACTOR = 1.5


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for so many of a unit."""

    usd: float
    count: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What no benchmark of models that only take time can count, and the size of a task."""

    model_call_seconds: float = 3.0
    output_tokens_a_call: float = 150.0
    vcpus: float = 2.0
    memory_gigabytes: float = 4.0
    slots: float = 32.0
    #: The share of its time that a task works to capacity, of which the benchmark's busy slots are a measure.
    efficiency: float = 0.85


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill: `a_document` of the unit of its price. Monthly lines are for one month."""

    name: str
    formula: str
    a_document: float
    price: str
    is_monthly: bool = False


def task_seconds(use: DocumentUse, given: Assumptions) -> float:
    """Of a task for one document: what CPU or model takes, whichever is more."""
    cpu = use.worker_cpu / given.vcpus
    model = use.chat_calls * given.model_call_seconds / given.slots
    return max(cpu, model) / given.efficiency


def bill(use: DocumentUse, given: Assumptions) -> list[Line]:
    """All lines, by the document."""
    hours = task_seconds(use, given) / 3_600
    return [
        Line("model, tokens in", "measured", use.chat_tokens, "model_input"),
        Line("model, tokens out", "calls × assumed", use.chat_calls * given.output_tokens_a_call, "model_output"),
        Line("embeddings, tokens", "characters ÷ 4", use.embedding_tokens, "embedding"),
        Line("Fargate, vCPU hours", "task hours × vCPUs", hours * given.vcpus, "fargate_vcpu"),
        Line("Fargate, GB hours", "task hours × GB", hours * given.memory_gigabytes, "fargate_memory"),
        Line("S3, puts and lists", "measured", use.s3_puts, "s3_put"),
        Line("S3, gets", "measured", use.s3_gets, "s3_get"),
        Line("DynamoDB, write units", "KB begun, index included", use.write_units, "dynamodb_write"),
        Line("DynamoDB, read units", "4 KB begun", use.read_units, "dynamodb_read"),
        Line("SQS, requests", "measured + S3's event", use.sqs_requests, "sqs"),
        Line("S3, GB", "measured", use.stored_bytes / GIGABYTE, "s3_storage", is_monthly=True),
        Line("DynamoDB, GB", "measured", use.table_bytes / GIGABYTE, "dynamodb_storage", is_monthly=True),
        Line(
            "Qdrant, GB of memory", "vectors × dimensions × 4 bytes × 1.5",
            use.vector_bytes * QDRANT_MEMORY_FACTOR / GIGABYTE, "qdrant_memory", is_monthly=True,
        ),
        Line(
            "Qdrant, GB on disk", "the same + payloads as JSON",
            (use.vector_bytes * QDRANT_MEMORY_FACTOR + use.payload_bytes) / GIGABYTE, "qdrant_disk", is_monthly=True,
        ),
    ]  # fmt: skip


def dollars(line: Line, documents: float, prices: Mapping[str, Price]) -> float:
    """What so many documents cost by this line."""
    price = prices[line.price]
    return line.a_document * documents * price.usd / price.count


def table(bills: Mapping[str, Sequence[Line]], documents: int, prices: Mapping[str, Price]) -> str:
    """A row a line, and for each scope what one document takes, what all take, and dollars."""
    columns = ["", "formula", "$"]
    for scope in bills:
        columns += [f"{scope} scope: a document", "all", "$"]
    rows: list[list[Any]] = []
    for is_monthly in (False, True):
        chosen = [[line for line in lines if line.is_monthly is is_monthly] for lines in bills.values()]
        for lines in zip(*chosen, strict=True):
            price = prices[lines[0].price]
            row: list[Any] = [lines[0].name, lines[0].formula, f"{price.usd:g} for {price.count:,.0f} {price.unit}"]
            for line in lines:
                row += [_short(line.a_document), _short(line.a_document * documents), dollars(line, documents, prices)]
            rows.append(row)
        total: list[Any] = ["**a month**" if is_monthly else "**once**", "", ""]
        for lines in chosen:
            total += ["", "", f"**{sum(dollars(line, documents, prices) for line in lines):,.0f}**"]
        rows.append(total)
    return markdown(columns, rows)


def read_prices(path: Path) -> tuple[dict[str, Price], str]:
    """The prices of a file like `prices.json`, and what it says of them all."""
    found = json.loads(path.read_text(encoding="utf-8"))
    prices = {name: Price(one["usd"], one["for"], one["unit"], one["source"]) for name, one in found["prices"].items()}
    return prices, f"Prices of {found['region']}, {found['date']}. {found['note']}"


def template_assumptions(model_call_seconds: float, output_tokens: float) -> Assumptions:
    """With tasks as large as the template makes them."""
    parameters = load_template()["Parameters"]
    return Assumptions(
        model_call_seconds=model_call_seconds,
        output_tokens_a_call=output_tokens,
        vcpus=parameters["Cpu"]["Default"] / 1_024,
        memory_gigabytes=parameters["Memory"]["Default"] / 1_024,
        slots=parameters["LlmConcurrency"]["Default"],
    )


def measured_uses() -> dict[str, DocumentUse]:
    """By scope, of the last whole run of `many_documents.py`."""
    found = json.loads((RESULTS / "many_documents.json").read_text(encoding="utf-8"))
    return {run["scope"]: DocumentUse.of(run) for run in (found["busy"], found["busy_document_scope"])}


def _short(value: float) -> str:
    for size, name in ((1e12, " T"), (1e9, " G"), (1e6, " M")):
        if value >= size:
            return f"{value / size:,.3g}{name}"
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


def main() -> None:
    given = Assumptions()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--prices", type=Path, default=PRICES)
    parser.add_argument("--model-call-seconds", type=float, default=given.model_call_seconds)
    parser.add_argument("--output-tokens", type=float, default=given.output_tokens_a_call, help="of a call")
    options = parser.parse_args()
    given = template_assumptions(options.model_call_seconds, options.output_tokens)
    prices, said = read_prices(options.prices)
    uses = measured_uses()
    bills = {scope: bill(use, given) for scope, use in uses.items()}
    pages = next(iter(uses.values())).pages
    heading = (
        f"{options.documents:,} PDFs of {pages:.1f} pages on average. Assumed: {given.model_call_seconds:g} s and"
        f" {given.output_tokens_a_call:g} tokens a model answer; tasks of {given.vcpus:g} vCPUs,"
        f" {given.memory_gigabytes:g} GB and {given.slots:g} slots, {given.efficiency:.0%} of their time at work."
        " A task's seconds a document:"
        f" {', '.join(f'{task_seconds(use, given):.1f} at {scope} scope' for scope, use in uses.items())}"
        " (CPU seconds ÷ vCPUs, or calls × seconds ÷ slots, whichever is more, ÷ that share)."
    )
    text = "\n\n".join([heading, table(bills, options.documents, prices), said]) + "\n"
    print(text)
    if options.documents == parser.get_default("documents") and options.prices == PRICES:
        (RESULTS / "costs.md").write_text(text, encoding="utf-8")
        kept = {scope: [{**asdict(line), "usd": dollars(line, options.documents, prices)} for line in lines]
                for scope, lines in bills.items()}  # fmt: skip
        keep("costs", {"documents": options.documents, "assumptions": asdict(given), "lines": kept})


if __name__ == "__main__":
    main()
