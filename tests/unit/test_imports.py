"""The rule of the tree: a folder imports only folders of lower rows."""

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
#: From the bottom up. Folders of one row don't import each other.
ROWS: tuple[tuple[str, ...], ...] = (
    ("foundation",),
    ("ledger", "pdf_reader"),
    ("model_api", "document_structure"),
    ("embeddings",),
    ("vector_stores",),
    ("data_ingestion", "answers", "work_queue", "document_events"),
    ("config",),
    ("composition",),
    ("worker", "web", "command_line", "infra"),
    ("fargate_worker", "app", "mcp_server", "development_stack"),
    ("scripts",),
)
#: What is no part of the product imports it, and never the other way round.
OUTSIDE = ("benchmarks", "samples", "tests")
ROW_OF = {name: row for row, names in enumerate(ROWS) for name in names}
MODULES = [path for name in ROW_OF for path in (*REPOSITORY.glob(f"{name}.py"), *REPOSITORY.glob(f"{name}/**/*.py"))]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_module_imports_only_lower_rows(path: Path) -> None:
    own = path.relative_to(REPOSITORY).parts[0].removesuffix(".py")
    upward = [
        name
        for name in _imported(ast.parse(path.read_text(encoding="utf-8")))
        if name in OUTSIDE or (name != own and ROW_OF.get(name, -1) >= ROW_OF[own])
    ]
    assert upward == []


def test_every_folder_of_python_has_its_row() -> None:
    """A folder that nobody has placed would be imported from anywhere."""
    found = {path.parts[-2] for path in REPOSITORY.glob("*/*.py")} | {path.stem for path in REPOSITORY.glob("*.py")}
    assert found - {*ROW_OF, *OUTSIDE} == set()


def _imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
    return names
