"""What happens in a recorded data set: people, workers and workers' deaths, until every kind of item is left behind."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.support.loopback_models import LoopbackModels
from tests.support.release_program import Program, until

TIDES_KEY = "tables/tide table + heights.pdf"
#: What no two years of the tide tables share: tests look for one and must not find the other.
TIDES_WORDS = {2025: "barnacle", 2026: "cormorant", 2027: "driftwood", 2028: "estuary"}
#: The page on which the model never answers, so that a worker can be killed meanwhile.
STALLED = "stalled"
#: A page that the model refuses to describe.
REFUSED = "unspeakable"
#: Pages of fewer than 40 characters are not asked about.
NIGHT_ORDERS = [
    "<p>At dusk the lamps on both piers are lit, and the log is signed by whoever keeps the watch.</p>",
    f"<p>What happened on the {REFUSED} night is not written down here, and nobody asks for it.</p>",
]
UNFINISHED = [
    "<p>On the first page of the unfinished book a pilot waits for the tug beside the mole.</p>",
    "<p>On the second page of the unfinished book the tug comes, and nothing is said of the pilot.</p>",
    f"<p>Then there is a {STALLED} page, and whoever reads it waits for the end until the lamps go out.</p>",
]

#: A bus that is not there: what is sent to it goes on waiting.
NO_BUS = "arn:aws:events:us-east-1:123456789012:event-bus/none"
#: Edits of AppConfig, one save each; `our_own_note` is a key that the version does not know.
EDITS: tuple[dict[str, Any], ...] = (
    {"image_dpi": 60, "image_quality": 60, "chunk_tokens": 150, "chunk_overlap_tokens": 20, "retrieval_k": 4},
    {"retrieval_k": 6, "categories": ["Harbour", "Notices"], "our_own_note": "kept as it is"},
    {"chunk_overlap_tokens": None},
)

_MAKE_PDF = """
import pathlib, sys
from samples import make_samples
make_samples.FOLDER = pathlib.Path(sys.argv[1])
make_samples.write_pdf(sys.argv[2], sys.argv[3], [sys.argv[4]])
"""


def record_offline(program: Program, models: LoopbackModels, folder: Path) -> None:
    """Without a model: extracted metadata, lexical vectors."""
    edit_app_config(program)
    samples = program.tree / "samples"
    program.manage("upload", str(samples / "harbour-handbook.pdf"), str(samples / "notice-to-mariners.pdf"))
    program.put(TIDES_KEY, tide_table(program, folder, 2025))
    program.put("not-a-document.pdf", b"This is a text, whatever its name says.\n")
    program.put("withdrawn.pdf", (samples / "notice-to-mariners.pdf").read_bytes())
    send(program, {"hello": "nobody"})
    program.work()

    # A second version of one document; another one is deleted.
    program.put(TIDES_KEY, tide_table(program, folder, 2026))
    program.work()
    program.manage("delete", "withdrawn.pdf", "--yes")
    program.work()

    # Runs: one over everything, one over one document and one store, one that is called off.
    program.manage("enqueue-all")
    program.work()
    program.manage("enqueue", "notice-to-mariners.pdf", "--store", "pages", "--cache-behavior", "rebuild")
    program.work()
    program.put("archive/cancelled.pdf", tide_table(program, folder, 2028))
    program.work()
    run = program.manage("enqueue", "archive/cancelled.pdf", "--cache-behavior", "rebuild")
    with program.panel() as panel:
        panel.post(f"/api/admin/cancel/{run['run_id']}").raise_for_status()
    program.work()

    # The worker dies after a document has ended and before the history has it.
    program.put("tables/2027.pdf", tide_table(program, folder, 2027))
    program.put("tables/2028.pdf", tide_table(program, folder, 2028))
    program.work_until_killed(
        lambda: _ended(program, "tables/2027.pdf", "tables/2028.pdf") and _has_unwritten_history(program)
    )

    # What waits: an event of an unchanged document, and a run's message for another.
    program.manage("upload", str(samples / "harbour-handbook.pdf"))
    program.manage("enqueue", "notice-to-mariners.pdf")


def record_model(program: Program, models: LoopbackModels, folder: Path) -> None:
    """With a model: written metadata, page contexts, answers in S3, vectors of an embeddings server, costs."""
    edit_app_config(program)
    samples = program.tree / "samples"
    program.manage("upload", str(samples / "harbour-handbook.pdf"), str(samples / "notice-to-mariners.pdf"))
    program.put(TIDES_KEY, tide_table(program, folder, 2025))
    program.put("not-a-document.pdf", b"This is a text, whatever its name says.\n")
    models.refused = REFUSED
    program.put("partly-described.pdf", make_pdf(program, folder, "Night orders", NIGHT_ORDERS))
    program.work()

    program.put(TIDES_KEY, tide_table(program, folder, 2026))
    program.work()
    with program.panel() as panel:
        ask(panel, "How long does it take to close the floodgate?")
    # A run that costs something: what was refused is asked again, and refused again.
    program.manage("enqueue", "harbour-handbook.pdf", "notice-to-mariners.pdf", "partly-described.pdf")
    program.work()
    models.refused = None
    program.manage("enqueue-all", "--prefix", "tables/", "--max-cost-usd", "1")
    program.work()

    # The worker dies with an entry of the history unwritten, and in the middle of the next document.
    for year in (2026, 2027):
        program.put(f"tables/{year}.pdf", tide_table(program, folder, year))
    models.stalled = STALLED
    program.put("unfinished.pdf", make_pdf(program, folder, "Pilots and tugs", UNFINISHED))
    program.work_until_killed(
        lambda: (
            _ended(program, "tables/2026.pdf", "tables/2027.pdf")
            and _has_unwritten_history(program)
            and program.states().get("unfinished.pdf") == "processing"
            and models.stalls > 0
            and _count_answers(program, "unfinished") == 2
        )
    )
    models.stalled = None
    program.put("notice-to-mariners.pdf", (samples / "notice-to-mariners.pdf").read_bytes())
    program.manage("enqueue", "harbour-handbook.pdf")


def tell_others(program: Program, models: LoopbackModels, folder: Path) -> None:
    """Since 0.2.0: a key of the API, and an event that could not be sent."""
    made = program.leafmill("keys", "create", "--scope", "read", "--prefix", "tables", "--name", "recorded")
    program.api_token = made["token"]
    program.settings["EVENTS_TARGET_ARN"] = NO_BUS
    program.put("announced.pdf", make_pdf(program, folder, "Announced", ["<p>The lantern is lit at nine.</p>"]))
    program.work()
    del program.settings["EVENTS_TARGET_ARN"]


def rate_an_answer(program: Program, models: LoopbackModels, folder: Path) -> None:
    """Since 0.2.0: what a person says of an answer is kept in the bucket."""
    handbook = program.settings["AWS_S3_PDF_PREFIX"] + "harbour-handbook.pdf"
    source = {"s3_key": handbook, "page": 5, "id": "recorded"}
    said = {"question": "How long?", "answer": "Eleven minutes.", "verdict": "good", "sources": [source]}
    with program.panel() as panel:
        panel.post("/api/feedback", json=said).raise_for_status()


def edit_app_config(program: Program) -> None:
    with program.panel() as panel:
        for edit in EDITS:
            version = panel.get("/api/admin/config").raise_for_status().json()["version"]
            panel.post("/api/admin/config", json=edit, headers={"If-Match": version}).raise_for_status()


def ask(panel: httpx.Client, question: str) -> None:
    answer = panel.get("/api/chat", params={"q": question}, timeout=60).raise_for_status()
    assert "event: done" in answer.text, answer.text


def send(program: Program, message: dict[str, Any]) -> None:
    program.client("sqs").send_message(QueueUrl=program.settings["SQS_QUEUE_URL"], MessageBody=json.dumps(message))


def tide_table(program: Program, folder: Path, year: int) -> bytes:
    words = f"High water by the old quay is told by the {TIDES_WORDS[year]} post. Nothing else is sure in {year}."
    return make_pdf(program, folder, f"Tide table {year}", [f"<p>{words}</p>"])


def make_pdf(program: Program, folder: Path, title: str, pages: list[str]) -> bytes:
    """A small PDF, made by the version's own script for samples. Each of `pages` begins on a page of its own."""
    breaks = '<p style="page-break-before: always"></p>'
    html = f'<h1 id="t">{title}</h1>' + breaks.join(pages)
    command = [str(program.python), "-c", _MAKE_PDF, str(folder), "made.pdf", title, html]
    subprocess.run(command, cwd=program.tree, env=program.env, check=True)
    return (folder / "made.pdf").read_bytes()


def _ended(program: Program, *names: str) -> bool:
    states = program.states()
    return all(states.get(name) in ("succeeded", "degraded") for name in names)


def _has_unwritten_history(program: Program) -> bool:
    return any(item["pk"]["S"] == "history" for item in program.items("history"))


def _count_answers(program: Program, word: str) -> int:
    """Stored answers of the model in which the word stands."""
    s3, bucket = program.client("s3"), program.settings["AWS_S3_BUCKET_NAME"]
    found = s3.list_objects_v2(Bucket=bucket, Prefix="processing/llm_cache/").get("Contents", ())
    bodies = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found]
    return sum(word.encode() in body for body in bodies)


def settle(program: Program) -> None:
    """Wait until a message that a killed worker held can be received again."""
    url = program.settings["SQS_QUEUE_URL"]
    name = "ApproximateNumberOfMessagesNotVisible"

    def is_settled() -> bool:
        found = program.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(found["Attributes"][name]) == 0

    until(is_settled)
