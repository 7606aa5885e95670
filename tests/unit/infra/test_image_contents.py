"""The image has what its programs import, and what boto3 has to know of the services that they call."""

import ast
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
DOCKERFILE = (REPOSITORY / "Dockerfile.worker").read_text(encoding="utf-8")
PROGRAMS = ("fargate_worker", "app", "mcp_server")
#: What commands import that nobody runs in the image: `up` and `demo`, and the benchmarks' measures.
NOT_IN_THE_IMAGE = {"development_stack", "benchmarks", "scripts"}


def folders_of(program: str) -> set[str]:
    """Folders of this repository that a program imports, also late and by way of others."""
    found: set[str] = set()
    waiting = [program]
    while waiting:
        name = waiting.pop()
        for path in (REPOSITORY / f"{name}.py", *(REPOSITORY / name).rglob("*.py")):
            if not path.exists():
                continue
            for imported in imports(path) - found - {program}:
                if (REPOSITORY / imported / "__init__.py").exists() or (REPOSITORY / f"{imported}.py").exists():
                    found.add(imported)
                    waiting.append(imported)
    return {name for name in found if (REPOSITORY / name).is_dir()}


def imports(path: Path) -> set[str]:
    """First names of the modules that a file imports anywhere."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
    return names


def test_every_folder_that_a_program_of_the_image_imports_is_copied() -> None:
    needed = set().union(*map(folders_of, PROGRAMS)) - NOT_IN_THE_IMAGE | {"mcp_server"}
    assert {"command_line", "data_ingestion", "document_events", "web"} <= needed
    assert needed <= set(re.findall(r"^COPY (\w+) /app/", DOCKERFILE, re.MULTILINE))
    sent = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{name}" for name in needed} <= set(sent)


def test_boto3_keeps_what_it_knows_of_the_services_that_are_called() -> None:
    aws = (REPOSITORY / "composition" / "aws.py").read_text(encoding="utf-8")
    called = set(re.findall(r'session\.client\("(\w+)"', aws))
    events = re.search(r"service: Literal\[(.+)\], region", aws)
    assert events
    called |= set(re.findall(r'"(\w+)"', events[1]))
    assert called == {"s3", "sqs", "dynamodb", "events", "sns"}
    assert called <= set(re.findall(r"! -name (\w+)", DOCKERFILE))
