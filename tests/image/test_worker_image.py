"""The image works as Fargate runs it, stops in order, is noticed when it hangs, and holds nothing that it shouldn't."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from composition.parts import Parts
from ledger import DocumentState
from scripts.container_engine import Engine
from scripts.image_sbom import describe_image
from tests.image.conftest import Container, counts, wait_until
from work_queue.liveness import MAX_SILENCE_SECONDS

Run = Callable[..., Container]
GOOD = (DocumentState.SUCCEEDED, DocumentState.DEGRADED)
SRD_PAGES = 403
SRD_KEY = "source-pdfs/srd.pdf"


def test_a_pdf_goes_through_the_container(run: Run, parts: Parts, samples: Path) -> None:
    parts.artifacts.upload_source(samples / "harbour-handbook.pdf", "source-pdfs/harbour handbook.pdf")

    worker = run("--until-empty")

    assert worker.wait() == 0, worker.logs()
    [document] = parts.documents.all()
    assert (document.s3_key, document.state) == ("source-pdfs/harbour handbook.pdf", DocumentState.SUCCEEDED)
    assert document.points["pages"] == document.pages_total == document.images
    [hit, *_] = parts.searcher("semantic").search("How long does it take to close the floodgate?", 3)
    assert "floodgate" in hit.text.lower()
    logged = [json.loads(line) for line in worker.logs().splitlines()]
    assert {"stage"} <= {key for line in logged for key in line}, "logs are JSON, a line an event"


def test_512_megabytes_suffice_for_403_pages(run: Run, parts: Parts, corpus: Path) -> None:
    parts.artifacts.upload_source(corpus / "good" / "srd-5.1-cc-by.pdf", SRD_KEY)

    worker = run("--until-empty", memory="512m")

    assert worker.wait() == 0, worker.logs()[-3_000:]
    assert worker.inspect("{{.State.OOMKilled}}") == "false"
    [document] = parts.documents.all()
    assert document.state in GOOD, document.message
    assert (document.pages_total, document.points["pages"], document.images) == (SRD_PAGES,) * 3


def test_sigterm_in_the_middle_of_a_document_ends_with_0_and_the_message_is_done_or_handed_back(
    run: Run, parts: Parts, corpus: Path
) -> None:
    settings = parts.settings
    parts.artifacts.upload_source(corpus / "good" / "srd-5.1-cc-by.pdf", SRD_KEY)
    worker = run(env={"SHUTDOWN_GRACE_SECONDS": "1"})
    wait_until(lambda: any(0 < item.pages_done < SRD_PAGES for item in parts.documents.all()))

    assert worker.stop() == 0, worker.logs()[-3_000:]

    [document] = parts.documents.all()
    queued = counts(parts, settings.sqs_queue_url)
    assert counts(parts, settings.sqs_dlq_url) == {"waiting": 0, "in flight": 0}
    if document.state in GOOD:
        assert queued == {"waiting": 0, "in flight": 0}
    else:
        assert document.state == DocumentState.QUEUED
        assert queued == {"waiting": 1, "in flight": 0}, "visible at once, for another worker"


def test_a_worker_that_hangs_turns_unhealthy(run: Run, engine: Engine) -> None:
    worker = run()
    healthcheck = ("python", "fargate_worker.py", "--healthcheck")
    wait_until(lambda: worker.execute(*healthcheck).returncode == 0)
    assert not worker.is_unhealthy()

    engine("kill", "--signal", "STOP", worker.id)

    assert worker.execute(*healthcheck).returncode == 0, f"it may be silent for {MAX_SILENCE_SECONDS} s"
    wait_until(worker.is_unhealthy)


def test_wrong_settings_end_it_at_once_with_one_clear_line(run: Run) -> None:
    worker = run(env={"SQS_QUEUE_URL": "", "QDRANT_HOST": "also"})
    assert worker.wait() == 2
    [line] = worker.logs().splitlines()
    assert "SQS_QUEUE_URL" in line
    assert "QDRANT_URL" in line


def test_it_runs_as_nobody_and_cannot_write_beside_tmp(run: Run, engine: Engine, image: str) -> None:
    assert engine("inspect", "--format", "{{.Config.User}}", image) == "10001:10001"
    worker = run()
    said = worker.execute("sh", "-c", "id -u; touch /app/x /opt/x /etc/x; touch /tmp/x && echo written")
    assert said.stdout.split() == ["10001", "written"]
    assert len(re.findall("Read-only file system", said.stderr)) == 3


def test_nothing_in_it_gives_more_rights(engine: Engine, image: str) -> None:
    assert _in_image(engine, image, "find", "/", "-xdev", "-type", "f", "-perm", "/6000") == ""


def test_it_holds_no_build_tool(engine: Engine, image: str) -> None:
    tools = "cc gcc g++ c++ clang ld make cmake cargo go git curl wget pip pip3 uv perl5 npm"
    found = _in_image(engine, image, "sh", "-c", f"for tool in {tools}; do command -v $tool; done; true")
    assert found == ""
    modules = "import importlib.util as u; print([m for m in ('pip', 'setuptools', 'wheel') if u.find_spec(m)])"
    assert _in_image(engine, image, "python", "-c", modules).strip() == "[]"


def test_it_holds_no_secret_and_no_address_of_the_machine_that_built_it(engine: Engine, image: str) -> None:
    described = engine("inspect", image) + engine("history", "--no-trunc", image)
    assert not re.findall(r"(?i)(?:api_key|password|secret|credential)\w*=\S+", described)
    addresses = set(re.findall(r"https?://[^/\s\"']+", described))
    assert not addresses, "none is needed to describe how it was made"
    kept = "find / -xdev ( -name pip.conf -o -name .netrc -o -name '*.pem' -path '/root/*' -o -name .env ) -print"
    assert (
        _in_image(engine, image, "sh", "-c", kept.replace("(", r"\(").replace(")", r"\)") + " 2>/dev/null; true") == ""
    )


def test_vocabularies_need_no_network(engine: Engine, image: str) -> None:
    count = "import tiktoken; print(len(tiktoken.get_encoding('o200k_base').encode('all hands on deck')))"
    arguments = [argument for argument in engine.runs if argument != "host"]
    arguments[arguments.index("--network") : arguments.index("--network") + 1] = ["--network", "none"]
    command = [*arguments, "--rm", "--no-healthcheck", "--read-only", "--entrypoint", "python", image, "-c", count]
    assert int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) > 2


def test_its_labels_say_what_it_is_and_of_which_commit(engine: Engine, image: str) -> None:
    (described,) = json.loads(engine("inspect", image))
    said = described.get("Labels") or described["Config"]["Labels"]
    assert said["org.opencontainers.image.licenses"] == "AGPL-3.0-only"
    assert {"title", "version", "revision", "base.name"} <= {
        key.removeprefix("org.opencontainers.image.") for key in said
    }


def test_its_bill_of_materials_lists_wheels_and_debian_packages(engine: Engine, image: str, tmp_path: Path) -> None:
    count = describe_image(engine, image, tmp_path / "sbom.json")
    bill = json.loads((tmp_path / "sbom.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert count == len(bill["components"]) == len({component["bom-ref"] for component in bill["components"]})
    names = {component["name"].lower() for component in bill["components"]}
    assert {"boto3", "pymupdf", "qdrant-client", "tesseract-ocr", "libc6"} <= names


def _in_image(engine: Engine, image: str, program: str, *arguments: str) -> str:
    command = [*engine.runs, "--rm", "--no-healthcheck", "--user", "0", "--entrypoint", program, image, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
